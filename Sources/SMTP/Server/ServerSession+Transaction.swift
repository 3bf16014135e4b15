// MAIL, RCPT, DATA and BDAT: from the envelope to a whole message. No I/O; memory is bounded by the limits.

import Mail
import NIOCore
import SettingValues

extension ServerSession {
    /// A transaction between MAIL and the end of its data.
    struct OpenMail: Sendable {
        var sender: Mailbox?
        var parameters: MailParameters
        var recipients: [Mailbox] = []
        /// Place of each recipient in `recipients`.
        var places: [Mailbox: Int] = [:]
        var options: [Mailbox: Envelope.RecipientOptions] = [:]
        /// For each accepted RCPT, the place of its recipient: LMTP answers them one by one, the repeated ones too.
        var accepted: [Int] = []
        /// A chunk or DATA was refused: what is still sent for this transaction is thrown away.
        var hasFailed = false
    }

    /// A chunk that is thrown away, and what is said at its end.
    struct SkippedChunk: Sendable {
        enum Word: Sendable {
            case refusal(CommandError)
            case replies([Reply])
        }

        var remainingBytes: Int
        var word: Word
    }

    /// MAIL.
    mutating func open(_ path: Path, _ parameters: MailParameters) throws(CommandError) -> Reply {
        guard clientName != nil else { throw .badSequence(greetFirst) }
        guard hasLoginItNeeds else { throw .needsLogin(isEncrypted: isEncrypted) }
        guard mail == nil || mail?.hasFailed == true else { throw .badSequence("a transaction is open already") }
        guard isExtended || parameters == MailParameters() else { throw .badSequence("parameters need EHLO") }
        if parameters.requiresTLS, !isEncrypted { throw .unknownParameter("REQUIRETLS") }
        if parameters.hasAuth, !offersLogin { throw .unknownParameter("AUTH") }
        var sender: Mailbox?
        if case .mailbox(let mailbox) = path { sender = mailbox }
        if let refusal = senderRefusal(sender) { return Reply(refusal) }
        if let size = parameters.sizeBytes, size > limits.messageBytes {
            return Reply(Refusal(.messageTooBig, "a message of \(size) bytes exceeds \(limits.messageBytes) bytes"))
        }
        // A failed transaction is over with this; what was forwarded about the client belongs to the new one.
        let forwarded = peer.forwarded
        forgetMail()
        peer.forwarded = forwarded
        mail = OpenMail(sender: sender, parameters: parameters)
        return Common.sender
    }

    /// RCPT.
    mutating func add(_ path: Path, _ parameters: RecipientParameters) throws(CommandError) -> Reply {
        guard mail != nil, mail?.hasFailed == false else { throw .badSequence("send MAIL first") }
        guard chunks == nil else { throw .badSequence("the message has begun already") }
        guard let recipient = mailbox(path) else { throw .badRecipient(nil) }
        guard isExtended || parameters.isEmpty else { throw .badSequence("parameters need EHLO") }
        let isUTF8 = mail?.parameters.smtputf8 == true
        if recipient.needsSMTPUTF8, !isUTF8 { throw .needsSMTPUTF8 }
        if let original = parameters.options.originalRecipient, NotificationParameters.needsSMTPUTF8(original), !isUTF8
        {
            throw .needsSMTPUTF8
        }
        let known = mail?.places[recipient]
        let isFull =
            offers.dialect == .lmtp
            ? mail?.accepted.count ?? 0 >= limits.recipients
            : known == nil && mail?.recipients.count ?? 0 >= limits.recipients
        if isFull { return Reply(452, "4.5.3", "more than \(limits.recipients) recipients, send the rest separately") }
        note(recipient, known, parameters)
        return Common.recipient
    }

    /// The first word about a recipient counts; the same one again is one recipient, and over LMTP one more reply.
    private mutating func note(_ recipient: Mailbox, _ known: Int?, _ parameters: RecipientParameters) {
        let place = known ?? mail?.recipients.count ?? 0
        if offers.dialect == .lmtp { mail?.accepted.append(place) }
        guard known == nil else { return }
        mail?.places[recipient] = place
        mail?.recipients.append(recipient)
        if !parameters.isEmpty { mail?.options[recipient] = parameters.options }
    }

    /// `<Postmaster>` is the postmaster of this host (RFC 5321 section 4.5.1).
    private func mailbox(_ path: Path) -> Mailbox? {
        switch path {
        case .null: nil
        case .postmaster: Mailbox("postmaster@\(hostname)")
        case .mailbox(let mailbox): mailbox
        }
    }

    private var greetFirst: String { offers.dialect == .lmtp ? "send LHLO first" : "send EHLO or HELO first" }

    /// What has to come before a message can; nil where it may come.
    private var missing: String? {
        guard let mail else { return "send MAIL first" }
        if mail.hasFailed { return "this transaction has failed, send RSET" }
        return mail.recipients.isEmpty ? "send RCPT first" : nil
    }

    // MARK: DATA

    /// DATA.
    mutating func startData(hasMoreInput: Bool) throws(CommandError) -> Action {
        if let missing = chunks == nil ? missing : "the message comes by BDAT" {
            // RFC 2920 lets nothing follow DATA unasked. What does is the text of a message: read as commands, it would
            // let the text's author speak for the client.
            guard hasMoreInput else { throw .badSequence(missing) }
            close()
            return .replyAndClose(CommandError.badSequence("\(missing), closing").reply)
        }
        guard takeRoom(mail?.parameters.sizeBytes ?? ByteLoan.stepBytes) else {
            mail?.hasFailed = true
            let reply = Reply(ContentCollector.noRoom)
            guard hasMoreInput else { return .reply(reply) }
            close()
            return .replyAndClose(reply)
        }
        body = DotUnstuffer(limits: limits, loan: loan, spool: offers.spool)
        phase = .receiving
        return .reply(Common.startData)
    }

    /// Takes room for a message out of the budget; false where there is none. Without a budget there is always room.
    private mutating func takeRoom(_ bytes: Int) -> Bool {
        guard let budget = offers.budget else { return true }
        loan = budget.borrow(min(max(bytes, 1), limits.messageBytes))
        return loan != nil
    }

    /// The content of a message.
    mutating func receive(from buffer: inout ByteBuffer) -> Action {
        if skipped != nil { return skip(from: &buffer) }
        if chunks != nil { return receiveChunk(from: &buffer) }
        switch body?.take(from: &buffer) {
        case nil, .needMore: return .needMore
        case .refused(let refusal): return finish(with: refusal)
        case .message(let bytes, let hasEightBit): return handOut(bytes, hasEightBit)
        }
    }

    // MARK: BDAT

    /// BDAT. Whatever is thought of it: the octets of the chunk are no commands.
    mutating func startChunk(_ bytes: Int, isLast: Bool, _ buffer: inout ByteBuffer) -> Action {
        phase = .receiving
        if let word = chunkRefusal(bytes, isLast) {
            skipped = SkippedChunk(remainingBytes: bytes, word: word)
            return skip(from: &buffer)
        }
        chunks?.begin(bytes: bytes, isLast: isLast)
        return receiveChunk(from: &buffer)
    }

    /// Why a chunk is thrown away; nil where it is taken.
    private mutating func chunkRefusal(_ bytes: Int, _ isLast: Bool) -> SkippedChunk.Word? {
        guard isExtended else { return .refusal(.badSequence("BDAT needs EHLO")) }
        if mail?.hasFailed == true {
            // RFC 3030 section 2: what was pipelined behind a failed chunk is thrown away, and that is no fault.
            let reply = Reply(503, "5.5.1", "this transaction has failed")
            return .replies(isLast ? endFailed(reply) : [reply])
        }
        if let missing { return .refusal(.badSequence(missing)) }
        if bytes > limits.messageBytes - (chunks?.count ?? 0) {
            let refusal = Refusal(.messageTooBig, "the message exceeds \(limits.messageBytes) bytes")
            return .replies(fail(refusal, wasLast: isLast))
        }
        if chunks == nil {
            guard takeRoom(max(mail?.parameters.sizeBytes ?? 0, bytes)) else {
                return .replies(fail(ContentCollector.noRoom, wasLast: isLast))
            }
            chunks = ChunkReceiver(limits: limits, loan: loan, spool: offers.spool)
        }
        return nil
    }

    private mutating func receiveChunk(from buffer: inout ByteBuffer) -> Action {
        switch chunks?.take(from: &buffer) {
        case nil, .needMore: return .needMore
        case .chunk(let bytes):
            phase = .commands
            return .reply(Reply(250, "2.0.0", "\(bytes) bytes taken"))
        case .refused(let refusal, let wasLast):
            phase = .commands
            return .replies(fail(refusal, wasLast: wasLast))
        case .message(let bytes, let hasEightBit): return handOut(bytes, hasEightBit)
        }
    }

    private mutating func skip(from buffer: inout ByteBuffer) -> Action {
        guard var chunk = skipped else { return .needMore }
        let passed = min(chunk.remainingBytes, buffer.readableBytes)
        buffer.moveReaderIndex(forwardBy: passed)
        chunk.remainingBytes -= passed
        guard chunk.remainingBytes == 0 else {
            skipped = chunk
            return .needMore
        }
        skipped = nil
        phase = .commands
        switch chunk.word {
        case .replies(let replies): return .replies(replies)
        case .refusal(let error): return refuse(error)
        }
    }

    /// A chunk is refused, and with it the message: what to say.
    private mutating func fail(_ refusal: Refusal, wasLast: Bool) -> [Reply] {
        chunks = nil
        loan?.giveBack()
        loan = nil
        mail?.hasFailed = true
        return wasLast ? endFailed(Reply(refusal)) : [Reply(refusal)]
    }

    /// The last word of a transaction that failed: LMTP says it for each recipient (RFC 2033 section 4.3).
    private mutating func endFailed(_ reply: Reply) -> [Reply] {
        let count = offers.dialect == .lmtp ? max(mail?.accepted.count ?? 0, 1) : 1
        forgetMail()
        return Array(repeating: reply, count: count)
    }

    // MARK: The end

    /// A message that has come to its end and is not taken.
    private mutating func finish(with refusal: Refusal) -> Action {
        phase = .commands
        return .replies(endFailed(Reply(refusal)))
    }

    private mutating func handOut(_ bytes: MessageBytes, _ hasEightBit: Bool) -> Action {
        let parameters = mail?.parameters ?? MailParameters()
        let transaction = Transaction(
            envelope: Envelope(
                sender: mail?.sender, recipients: mail?.recipients ?? [],
                body: hasEightBit ? .eightBitMIME : .sevenBit, smtputf8: parameters.smtputf8, ret: parameters.ret,
                envelopeID: parameters.envelopeID, requiresTLS: parameters.requiresTLS,
                recipientOptions: mail?.options ?? [:]),
            bytes: bytes, clientName: toldName, clientAddress: toldAddress,
            protocolName: protocolName(isUTF8: parameters.smtputf8),
            door: offers.dialect == .lmtp ? .lmtp : .smtp, user: user?.name, maySendAs: user?.maySendAs,
            loan: loan)
        replyOrder = mail?.accepted ?? []
        // From here on it belongs to the handler of the message.
        loan = nil
        forgetMail()
        phase = .waiting
        return .message(transaction)
    }

    /// RFC 3848 and RFC 6531 section 4.3; HELO has no word for TLS or log-in.
    private func protocolName(isUTF8: Bool) -> String {
        guard isExtended else { return "SMTP" }
        let base =
            switch (offers.dialect, isUTF8) {
            case (.smtp, false): "ESMTP"
            case (.smtp, true): "UTF8SMTP"
            case (.lmtp, false): "LMTP"
            case (.lmtp, true): "UTF8LMTP"
            }
        guard isEncrypted || user?.isOurs == true else { return base }
        return base + (isEncrypted ? "S" : "") + (user?.isOurs == true ? "A" : "")
    }
}

// The server's side of one SMTP session as a state machine (RFC 5321): bytes in, actions out; no I/O, no clock.
// Takes the inbound buffer, the answer to a message, and the reasons to end; gives replies and whole messages.
//
//             MAIL             RCPT               DATA (354)           end of data           answer
//   greeted --------> mailing -------> mailing ------------> receiving ------------> waiting -------> greeted
//
// Input is read in order and never twice: what is pipelined behind a message stays in the buffer until the message has
// been answered. Every refusal of a command counts; after `limits.badCommands` the client is sent away. Once closed,
// nothing more is read.

package import Mail
package import NIOCore

/// One session with one client.
package struct ServerSession: Sendable {
    /// What the owner of the socket has to do.
    package enum Action: Sendable {
        /// Nothing, until there are more bytes or, in phase `.waiting`, an answer.
        case needMore
        /// Write it and call again.
        case reply(Reply)
        /// Write it and close; input is of no interest any more.
        case replyAndClose(Reply)
        /// A message has come whole: get an answer and call ``ServerSession/answer(_:id:)``.
        case message(Transaction)
    }

    /// Where the session stands.
    package enum Phase: Sendable { case commands, receiving, waiting, closed }

    /// Why the session ends from our side.
    package enum Ending: Sendable {
        /// The client was silent for `limits.idleSeconds`.
        case idle
        /// The session lasted `limits.sessionSeconds`.
        case sessionTime
        /// No answer to a message came in time.
        case answerTime
        /// The server stops.
        case stopping
    }

    /// One message with what the session knows about it.
    package struct Transaction: Sendable {
        /// Sender, recipients, SMTPUTF8 as asked for; `body` is a fact: 8BITMIME where an octet above 127 is in `bytes`.
        package let envelope: Envelope
        /// The message, dots off, without its end.
        package let bytes: MessageBytes
        /// The name of EHLO or HELO.
        package let clientName: String
        /// SMTP, ESMTP or UTF8SMTP, for the Received field (RFC 3848, RFC 6531 section 4.3).
        package let protocolName: String
    }

    /// Where the session stands.
    package private(set) var phase = Phase.commands
    private let hostname: String
    private let limits: Limits
    private let spool: SpoolPolicy
    private let ehloReply: Reply
    private var lines: CommandLines
    private var clientName: String?
    private var isExtended = false
    private var badCommands = 0
    private var mail: OpenMail?
    private var body: DotUnstuffer?

    /// A transaction between MAIL and the end of its data.
    private struct OpenMail {
        var sender: Mailbox?
        var smtputf8: Bool
        var recipients: [Mailbox] = []
        var known: Set<Mailbox> = []
    }

    /// - Parameters:
    ///   - hostname: our name, for the greeting and EHLO.
    ///   - limits: `messageBytes`, `textLineBytes`, `commandBytes`, `badCommands` and `recipients` are used.
    ///   - spool: what of a message stays in memory.
    package init(hostname: String, limits: Limits, spool: SpoolPolicy = .memoryOnly) {
        self.spool = spool
        self.hostname = hostname
        self.limits = limits
        self.lines = CommandLines(limitBytes: limits.commandBytes)
        let offers = ["PIPELINING", "SIZE \(limits.messageBytes)", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        self.ehloReply = Reply(250, lines: [hostname] + offers)
    }

    /// What is said first.
    package var greeting: Reply { Reply(220, nil, "\(hostname) ESMTP Letterlock") }

    /// Takes what can be taken out of `buffer`, up to the next thing to do.
    package mutating func next(from buffer: inout ByteBuffer) -> Action {
        switch phase {
        case .waiting, .closed: return .needMore
        case .receiving: return receive(from: &buffer)
        case .commands:
            do throws(CommandError) {
                guard let line = try lines.next(from: &buffer) else { return .needMore }
                return try follow(try Command.parse(line), hasMoreInput: buffer.readableBytes > 0)
            } catch {
                return refuse(error)
            }
        }
    }

    /// The answer to the message handed out last; the reply to write.
    /// - Parameters:
    ///   - refusal: nil where all of it has been accepted.
    ///   - id: our name for the message, told to the client for its log.
    package mutating func answer(_ refusal: Refusal?, id: String) -> Reply {
        if phase == .waiting { phase = .commands }
        guard let refusal else { return Reply(250, "2.0.0", "accepted as \(id)") }
        return Reply(refusal)
    }

    /// Ends the session; the last reply to write.
    package mutating func end(_ why: Ending) -> Reply {
        close()
        return switch why {
        case .idle: Reply(421, "4.4.2", "\(hostname) waited too long, closing")
        case .sessionTime: Reply(421, "4.4.2", "\(hostname) the session lasted too long, closing")
        case .answerTime: Reply(421, "4.4.7", "\(hostname) the message could not be handled in time, closing")
        case .stopping: Reply(421, "4.3.2", "\(hostname) is stopping, closing")
        }
    }

    /// The reply to a client that is one too many, before any session.
    package static func tooManyConnections(hostname: String) -> Reply {
        Reply(421, "4.3.2", "\(hostname) has too many connections, try again later")
    }

    private mutating func close() {
        phase = .closed
        mail = nil
        body = nil
    }

    private mutating func refuse(_ error: CommandError) -> Action {
        if error.endsSession {
            close()
            return .replyAndClose(error.reply)
        }
        badCommands += 1
        guard badCommands < limits.badCommands else {
            close()
            return .replyAndClose(Reply(421, "4.7.0", "\(hostname) too many bad commands, closing"))
        }
        return .reply(error.reply)
    }

    private mutating func follow(_ command: Command, hasMoreInput: Bool) throws(CommandError) -> Action {
        switch command {
        case .hello(let name, let extended):
            clientName = name
            isExtended = extended
            mail = nil
            return .reply(extended ? ehloReply : Reply(250, nil, hostname))
        case .mail(let path, let parameters): return .reply(try open(path, parameters))
        case .recipient(let path): return .reply(try add(path))
        case .data: return try startData(hasMoreInput: hasMoreInput)
        case .reset:
            mail = nil
            return .reply(Common.reset)
        case .noop: return .reply(Common.noop)
        case .verify: return .reply(Common.verify)
        case .help: return .reply(Common.help)
        case .quit:
            close()
            return .replyAndClose(Reply(221, "2.0.0", "\(hostname) closing"))
        }
    }

    private mutating func open(_ path: Path, _ parameters: MailParameters) throws(CommandError) -> Reply {
        guard clientName != nil else { throw .badSequence("send EHLO or HELO first") }
        guard mail == nil else { throw .badSequence("a transaction is open already") }
        guard isExtended || parameters == MailParameters() else { throw .badSequence("parameters need EHLO") }
        if let size = parameters.sizeBytes, size > limits.messageBytes {
            return Reply(Refusal(.messageTooBig, "a message of \(size) bytes exceeds \(limits.messageBytes) bytes"))
        }
        var opened = OpenMail(sender: nil, smtputf8: parameters.smtputf8)
        if case .mailbox(let mailbox) = path { opened.sender = mailbox }
        mail = opened
        return Common.sender
    }

    private mutating func add(_ path: Path) throws(CommandError) -> Reply {
        guard mail != nil else { throw .badSequence("send MAIL first") }
        guard let recipient = mailbox(path) else { throw .badRecipient }
        if recipient.needsSMTPUTF8, mail?.smtputf8 != true { throw .needsSMTPUTF8 }
        if mail?.known.contains(recipient) == true { return Common.recipient }
        guard mail?.recipients.count ?? 0 < limits.recipients else {
            return Reply(452, "4.5.3", "more than \(limits.recipients) recipients, send the rest separately")
        }
        mail?.known.insert(recipient)
        mail?.recipients.append(recipient)
        return Common.recipient
    }

    /// `<Postmaster>` is the postmaster of this host (RFC 5321 section 4.5.1).
    private func mailbox(_ path: Path) -> Mailbox? {
        switch path {
        case .null: nil
        case .postmaster: Mailbox("postmaster@\(hostname)")
        case .mailbox(let mailbox): mailbox
        }
    }

    private mutating func startData(hasMoreInput: Bool) throws(CommandError) -> Action {
        guard let recipients = mail?.recipients, !recipients.isEmpty else {
            let what = mail == nil ? "send MAIL first" : "send RCPT first"
            // RFC 2920 lets nothing follow DATA unasked. What does is the text of a message: read as commands, it would
            // let whoever wrote the text speak for the client.
            guard hasMoreInput else { throw .badSequence(what) }
            close()
            return .replyAndClose(CommandError.badSequence("\(what), closing").reply)
        }
        body = DotUnstuffer(limits: limits, spool: spool)
        phase = .receiving
        return .reply(Common.startData)
    }

    private mutating func receive(from buffer: inout ByteBuffer) -> Action {
        switch body?.take(from: &buffer) {
        case nil, .needMore: return .needMore
        case .refused(let refusal):
            body = nil
            mail = nil
            phase = .commands
            return .reply(Reply(refusal))
        case .message(let bytes, let hasEightBit):
            let transaction = Transaction(
                envelope: Envelope(
                    sender: mail?.sender, recipients: mail?.recipients ?? [],
                    body: hasEightBit ? .eightBitMIME : .sevenBit, smtputf8: mail?.smtputf8 ?? false),
                bytes: bytes, clientName: clientName ?? "",
                protocolName: mail?.smtputf8 == true ? "UTF8SMTP" : isExtended ? "ESMTP" : "SMTP")
            body = nil
            mail = nil
            phase = .waiting
            return .message(transaction)
        }
    }

    /// Replies that never change, made once.
    private enum Common {
        static let sender = Reply(250, "2.1.0", "sender noted")
        static let recipient = Reply(250, "2.1.5", "recipient noted")
        static let startData = Reply(354, nil, "send the message, end with <CRLF>.<CRLF>")
        static let reset = Reply(250, "2.0.0", "reset")
        static let noop = Reply(250, "2.0.0", "nothing done")
        static let verify = Reply(252, "2.5.0", "addresses are not verified here, send the message")
        static let help = Reply(214, "2.0.0", "EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT")
    }
}

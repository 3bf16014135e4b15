// The filter's side of one milter connection as a state machine: bytes in, actions out; no I/O, no clock.
//
//   offered -> idle -> MAIL -> envelope -> HEADER/BODY -> content -> BODYEOB -> waiting -> answer -> idle
//                 ^                                                                                   |
//                 +--- ABORT at any moment before; many messages on one connection -------------------+
//
// Everything is answered at the end of the message: no step before it is replied to where the MTA agrees to that, else
// with CONTINUE. A fault in the middle (an address, a line end, the size) is remembered and refused there too; what
// comes until then is read and not kept. A client that breaks the protocol is cut off, and the MTA's default action
// applies.

package import Mail
package import NIOCore
package import SettingValues

/// One connection of an MTA.
package struct MilterSession: Sendable {
    /// What the owner of the socket has to do.
    package enum Action: Sendable {
        /// Nothing, until there are more bytes or, in phase `.waiting`, an answer.
        case needMore
        /// Write it and call again.
        case reply(ByteBuffer)
        /// A message has come whole: get an answer and call ``MilterSession/answer(_:)``.
        case message(Transaction)
        /// A message was not taken, which ends it: note why, write the reply and call again.
        case refused(Refusal, ByteBuffer)
        /// Close. nil where the MTA said good-bye, else what was wrong, for the log.
        case close(String?)
    }

    /// Where the session stands.
    package enum Phase: Sendable { case negotiating, idle, envelope, content, waiting, closed }

    /// One message with what the MTA told about it.
    package struct Transaction: Sendable {
        /// As the client gave it; `body` is a fact: 8BITMIME where an octet above 127 is in `bytes`.
        package let envelope: Envelope
        /// The message, CRLF lines.
        package let bytes: MessageBytes
        /// The name of EHLO or HELO, or "".
        package let clientName: String
        /// The SMTP client's address without port, or "".
        package let clientAddress: String
        /// For the Received field: ESMTP, ESMTPA, UTF8SMTP, UTF8SMTPA.
        package let protocolName: String
        /// The user who logged in at the MTA (`{auth_authen}`), or nil.
        package let user: String?
        /// The MTA's own name of the message (`i`), letters and digits only, or nil.
        package let queueID: String?
    }

    /// Where the session stands.
    package private(set) var phase = Phase.negotiating
    private let limits: Limits
    private let spool: SpoolPolicy
    private var terms: MilterTerms?
    private var client = MilterClient()
    private var envelope: MilterEnvelope?
    private var content: MilterContent?
    private var spellings: [Mailbox: [[UInt8]]] = [:]

    /// - Parameters:
    ///   - limits: `messageBytes`, `textLineBytes` and `recipients` are used.
    ///   - spool: what of a message stays in memory.
    package init(limits: Limits, spool: SpoolPolicy = .memoryOnly) {
        self.limits = limits
        self.spool = spool
    }

    /// Bytes of the message in hand that are kept.
    package var heldBytes: Int { content?.heldBytes ?? 0 }

    /// Takes what can be taken out of `bytes`, up to the next thing to do. Never traps, whatever the bytes are.
    package mutating func receive(_ bytes: inout ByteBuffer) -> Action {
        while phase != .waiting, phase != .closed {
            switch MilterFrames.next(from: &bytes) {
            case .needMore: return .needMore
            case .malformed(let why): return close(why)
            case .frame(let command, let data):
                if let action = take(command, data) { return action }
            }
        }
        return .needMore
    }

    /// The answer to the message handed out last; the frames to write.
    package mutating func answer(_ verdict: MilterVerdict) -> MilterAnswerWriter {
        let writer = MilterAnswerWriter(
            verdict, keepsLeadingSpace: terms?.keepsLeadingSpace ?? true, spellings: spellings)
        if phase == .waiting { phase = .idle }
        spellings = [:]
        return writer
    }

    /// What keeps the MTA waiting while an answer is being found (SMFIR_PROGRESS).
    package static let progress: ByteBuffer = {
        var bytes = ByteBuffer()
        bytes.write(.progress)
        return bytes
    }()

    /// The message that is coming in is not taken: what is kept of it goes at once, the MTA hears of it at its end.
    package mutating func giveUpMessage(_ why: Refusal) { content?.fail(why) }

    /// Nothing is read any more.
    package mutating func close() {
        phase = .closed
        envelope = nil
        content = nil
    }

    private mutating func close(_ why: String?) -> Action {
        close()
        return .close(why)
    }

    /// - Returns: nil where there is nothing to be done for it.
    private mutating func take(_ command: MilterCommand, _ data: ByteBuffer) -> Action? {
        guard let terms else { return negotiate(command, data) }
        switch command {
        case .negotiate: return close("a second negotiation")
        case .quit: return close(nil)
        case .quitNewConnection:
            forgetMessage()
            client = MilterClient()
            return nil
        case .abort:
            forgetMessage()
            return nil
        case .macro: return client.macros.take(data) ? nil : close("macros that are cut short")
        case .bodyEnd: return end(data)
        case .connect, .hello, .mail, .recipient, .data, .header, .headerEnd, .body, .unknown:
            if let fault = step(command, data) { return close(fault) }
            guard terms.wantsReply(to: command) else { return nil }
            var reply = ByteBuffer()
            reply.write(.proceed)
            return .reply(reply)
        }
    }

    private mutating func negotiate(_ command: MilterCommand, _ data: ByteBuffer) -> Action {
        switch command {
        case .negotiate: break
        case .quit: return close(nil)
        default: return close("no negotiation at the start")
        }
        switch MilterTerms.agree(data) {
        case .failure(let refused): return close(refused.reason)
        case .success(let agreed):
            terms = agreed
            phase = .idle
            return .reply(agreed.reply)
        }
    }

    /// One step that may be replied to.
    /// - Returns: what is wrong with it, or nil.
    private mutating func step(_ command: MilterCommand, _ data: ByteBuffer) -> String? {
        var data = data
        switch command {
        case .connect: return client.connect(data) ? nil : "a client that cannot be read"
        case .hello:
            guard let name = data.readMilterText() else { return "a HELO without its end" }
            client.setName(name)
        case .mail: return open(data)
        case .recipient: return addRecipient(data)
        case .header:
            guard beginContent() else { return "a header field outside of a message" }
            guard let name = data.readMilterText(), let value = data.readMilterText() else {
                return "a header field without its end"
            }
            content?.addHeader(name: name, value: value)
        case .headerEnd:
            guard beginContent() else { return "the end of a header outside of a message" }
            content?.endHeader()
        case .body:
            guard beginContent() else { return "a body outside of a message" }
            content?.addBody(data)
        case .data, .unknown, .abort, .macro, .bodyEnd, .quit, .quitNewConnection, .negotiate: break
        }
        return nil
    }

    private mutating func open(_ data: ByteBuffer) -> String? {
        var data = data
        guard phase == .idle || phase == .envelope else { return "MAIL inside of a message" }
        guard let arguments = data.readMilterTexts(), !arguments.isEmpty else { return "a MAIL without its end" }
        // MAIL twice: the first one came to nothing.
        content = nil
        client.macros.keepOnly(.mail)
        envelope = MilterEnvelope(
            arguments: arguments, macroAddress: client.macros["{mail_addr}"], recipientLimit: limits.recipients)
        phase = .envelope
        return nil
    }

    private mutating func addRecipient(_ data: ByteBuffer) -> String? {
        var data = data
        guard phase == .envelope else { return "RCPT outside of an envelope" }
        guard let arguments = data.readMilterTexts(), !arguments.isEmpty else { return "a RCPT without its end" }
        envelope?.add(arguments: arguments, macroAddress: client.macros["{rcpt_addr}"])
        client.macros.remove("{rcpt_addr}")
        return nil
    }

    private mutating func beginContent() -> Bool {
        switch phase {
        case .content: return true
        case .envelope:
            phase = .content
            content = MilterContent(
                limits: limits, keepsLeadingSpace: terms?.keepsLeadingSpace ?? true, spool: spool)
            if let fault = envelope?.fault { content?.fail(fault) }
            return true
        case .negotiating, .idle, .waiting, .closed: return false
        }
    }

    private mutating func end(_ data: ByteBuffer) -> Action {
        guard beginContent(), let told = envelope, var content else {
            return close("the end of a body outside of a message")
        }
        content.addBody(data)
        defer { forgetMessage() }
        do throws(Refusal) {
            let bytes = try content.finish()
            guard !told.envelope.recipients.isEmpty else {
                throw Refusal(.undecided, "a message without recipients cannot be judged")
            }
            var envelope = told.envelope
            envelope.body = content.hasEightBit ? .eightBitMIME : .sevenBit
            let user = client.macros.text("{auth_authen}")
            let transaction = Transaction(
                envelope: envelope, bytes: bytes, clientName: client.name, clientAddress: client.address,
                protocolName: (envelope.smtputf8 ? "UTF8SMTP" : "ESMTP") + (user == nil ? "" : "A"), user: user,
                queueID: client.macros.queueID)
            spellings = told.spellings
            phase = .waiting
            return .message(transaction)
        } catch {
            return .refused(error, MilterAnswerWriter.frame(.refuse(error)))
        }
    }

    private mutating func forgetMessage() {
        envelope = nil
        content = nil
        client.macros.forgetMessage()
        if phase != .waiting { phase = .idle }
    }
}

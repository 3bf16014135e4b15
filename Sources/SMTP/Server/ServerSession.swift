// The server's side of one SMTP or LMTP session as a state machine (RFC 5321, RFC 2033): bytes in, actions out; no I/O,
// no clock. Takes the inbound buffer, answers to messages and log-ins, and the reasons to end; gives replies and
// messages.
//
//             MAIL             RCPT            DATA, BDAT          end of data           answer
//   greeted --------> mailing -------> mailing ------------> receiving ------------> waiting -------> greeted
//
// Input is read in order and never twice: what is pipelined behind a message stays in the buffer until the message has
// been answered. Every refusal of a command counts; after `limits.badCommands` the client is sent away. Once closed,
// nothing more is read. Nothing that came before TLS has begun is remembered after it (RFC 3207 section 4.2).
//
// Here: commands and their order. MAIL, RCPT, DATA and BDAT are in +Transaction, AUTH in +Login, STARTTLS, XCLIENT and
// XFORWARD in +Peer.

package import Mail
package import NIOCore
package import SettingValues

/// One session with one client.
package struct ServerSession: Sendable {
    /// What the owner of the socket has to do.
    package enum Action: Sendable {
        /// Nothing, until there are more bytes or, in phases `.waiting`, `.checking` and `.securing`, the other's word.
        case needMore
        /// Write it and call again.
        case reply(Reply)
        /// Write them in order and call again: LMTP answers for each recipient.
        case replies([Reply])
        /// Write it and close; input is of no interest any more.
        case replyAndClose(Reply)
        /// A message has come whole: get an answer and call ``ServerSession/answer(_:recipientRefusals:id:)``.
        case message(Transaction)
        /// Write it as it is, begin TLS in the same moment, and call ``ServerSession/secured()`` when it is there.
        case startTLS(Reply)
        /// Check it and call ``ServerSession/loginAnswer(_:)``.
        case checkLogin(LoginInput)
    }

    /// Where the session stands: `securing` waits for TLS, `checking` for a word on a log-in, `waiting` for an answer
    /// to a message.
    package enum Phase: Sendable { case securing, commands, receiving, checking, waiting, closed }

    /// Why the session ends from our side.
    package enum Ending: Sendable {
        /// The client was silent for `limits.idleSeconds`.
        case idle
        /// The session lasted `limits.sessionSeconds`.
        case sessionTime
        /// A message took longer than `limits.dataSeconds` to come in.
        case dataTime
        /// The client did not log in for too long, where it has to.
        case loginTime
        /// No answer to a message or a log-in came in time.
        case answerTime
        /// The client has more connections than one may have.
        case tooManyOfClient
        /// The server stops.
        case stopping
    }

    /// One message with what the session knows about it.
    package struct Transaction: Sendable {
        /// Sender, recipients and parameters as asked for; `body` is a fact: 8BITMIME where an octet above 127 is in
        /// `bytes`.
        package let envelope: Envelope
        /// The message, dots off, without its end.
        package let bytes: MessageBytes
        /// The name of EHLO, HELO or LHLO, or what a trusted peer told.
        package let clientName: String
        /// The client's address without port, or what a trusted peer told; "" where it is not known.
        package let clientAddress: String
        /// The word for the Received field: SMTP, ESMTPSA, UTF8LMTP, … (RFC 3848, RFC 6531 section 4.3).
        package let protocolName: String
        /// `.smtp` or `.lmtp`.
        package let door: ReceivedMessage.Door
        /// Who has logged in, here or at a trusted peer.
        package let user: String?
        /// What that user may send as; nil where a trusted peer has named the user, and has seen to it.
        package let maySendAs: DomainList?
        /// What the message holds of the budget: to be given back when it has been answered.
        package let loan: ByteLoan?
    }

    /// Where the session stands.
    package internal(set) var phase: Phase
    let hostname: String
    let limits: Limits
    let offers: SessionOffers
    private var lines = CommandLines()
    private var badCommands = 0
    private(set) var isExtended = false
    var clientName: String?
    var peer = Peer()
    var isEncrypted = false
    var login = LoginState.none
    var user: User?
    var mail: OpenMail?
    var body: DotUnstuffer?
    var chunks: ChunkReceiver?
    var skipped: SkippedChunk?
    /// What the message that comes in holds of the budget.
    var loan: ByteLoan?
    /// Of the message that waits for its answer: for each reply of LMTP, the place of its recipient.
    var replyOrder: [Int] = []

    /// - Parameters:
    ///   - hostname: our name, for the greeting and EHLO.
    ///   - limits: `messageBytes`, `textLineBytes`, `commandBytes`, `badCommands` and `recipients` are used.
    package init(hostname: String, limits: Limits, offers: SessionOffers = SessionOffers()) {
        self.hostname = hostname
        self.limits = limits
        self.offers = offers
        self.phase = offers.beginsWithTLS ? .securing : .commands
    }

    /// What is said first.
    package var greeting: Reply {
        Reply(220, nil, "\(hostname) \(offers.dialect == .lmtp ? "LMTP" : "ESMTP") Letterlock")
    }

    /// True from DATA or the first BDAT on until the message is whole.
    package var isTakingMessage: Bool { phase == .receiving || chunks != nil }

    /// True where mail may be sent: nobody has to log in, or somebody has.
    package var hasLoginItNeeds: Bool { !offers.requiresLogin || user != nil }

    /// Takes what can be taken out of `buffer`, up to the next thing to do.
    package mutating func next(from buffer: inout ByteBuffer) -> Action {
        switch phase {
        case .securing, .checking, .waiting, .closed: return .needMore
        case .receiving: return receive(from: &buffer)
        case .commands:
            do throws(CommandError) {
                let limit = lineLimitBytes(buffer)
                guard let line = try lines.next(from: &buffer, limitBytes: limit) else { return .needMore }
                guard login == .none else { return try continueLogin(line) }
                return try follow(try Command.parse(line), &buffer)
            } catch {
                login = .none
                return refuse(error)
            }
        }
    }

    /// The answer to the message handed out last; the replies to write, of which SMTP has one and LMTP one for each
    /// accepted RCPT, in order.
    /// - Parameters:
    ///   - refusal: nil where all of it has been accepted.
    ///   - recipientRefusals: over LMTP, the answer for each recipient of the envelope; empty where `refusal` says it
    ///     all.
    ///   - heldRecipients: over LMTP, places of recipients for whom it was taken and is held back.
    ///   - id: our name for the message, told to the client for its log.
    package mutating func answer(
        _ refusal: Refusal?, recipientRefusals: [Refusal?] = [], heldRecipients: Set<Int> = [], id: String
    ) -> [Reply] {
        if phase == .waiting { phase = .commands }
        let order = replyOrder
        replyOrder = []
        guard offers.dialect == .lmtp else { return [Self.reply(refusal, id)] }
        return order.map { place in
            let own = recipientRefusals.indices.contains(place) ? recipientRefusals[place] : refusal
            return Self.reply(own, heldRecipients.contains(place) ? "\(id), held back for a check" : id)
        }
    }

    private static func reply(_ refusal: Refusal?, _ id: String) -> Reply {
        refusal.map { Reply($0) } ?? Reply(250, "2.0.0", "accepted as \(id)")
    }

    /// Ends the session; the last reply to write.
    package mutating func end(_ why: Ending) -> Reply {
        close()
        return switch why {
        case .idle: Reply(421, "4.4.2", "\(hostname) waited too long, closing")
        case .sessionTime: Reply(421, "4.4.2", "\(hostname) the session lasted too long, closing")
        case .dataTime: Reply(421, "4.4.2", "\(hostname) the message took too long, closing")
        case .loginTime: Reply(421, "4.4.2", "\(hostname) nobody logged in, closing")
        case .answerTime: Reply(421, "4.4.7", "\(hostname) the message could not be handled in time, closing")
        case .tooManyOfClient: Reply(421, "4.7.0", "\(hostname) has too many connections of yours, closing")
        case .stopping: Reply(421, "4.3.2", "\(hostname) is stopping, closing")
        }
    }

    /// The reply to a client that is one too many, before any session.
    package static func tooManyConnections(hostname: String) -> Reply {
        Reply(421, "4.3.2", "\(hostname) has too many connections, try again later")
    }

    // MARK: Commands

    mutating func close() {
        phase = .closed
        login = .none
        forgetMail()
    }

    /// The transaction is over, however it went.
    mutating func forgetMail() {
        mail = nil
        body = nil
        chunks = nil
        skipped = nil
        loan?.giveBack()
        loan = nil
        peer.forwarded = ClientClaims()
    }

    mutating func refuse(_ error: CommandError) -> Action {
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

    private mutating func follow(_ command: Command, _ buffer: inout ByteBuffer) throws(CommandError) -> Action {
        switch command {
        case .hello(let name, let extended):
            guard offers.dialect == .smtp else { throw .unknown }
            return greet(name, extended: extended)
        case .lhlo(let name):
            guard offers.dialect == .lmtp else { throw .unknown }
            return greet(name, extended: true)
        case .mail(let path, let parameters): return .reply(try open(path, parameters))
        case .recipient(let path, let parameters): return .reply(try add(path, parameters))
        case .data: return try startData(hasMoreInput: buffer.readableBytes > 0)
        case .chunk(let bytes, let isLast): return startChunk(bytes, isLast: isLast, &buffer)
        case .startTLS: return try startTLS(hasMoreInput: buffer.readableBytes > 0)
        case .logIn(let mechanism, let initial): return try startLogin(mechanism, initial)
        case .claims(let verb, let claims): return .reply(try believe(verb, claims))
        case .reset:
            forgetMail()
            return .reply(Common.reset)
        case .noop: return .reply(Common.noop)
        case .verify: return .reply(Common.verify)
        case .help: return .reply(Common.help)
        case .quit:
            close()
            return .replyAndClose(Reply(221, "2.0.0", "\(hostname) closing"))
        }
    }

    private mutating func greet(_ name: String, extended: Bool) -> Action {
        clientName = name
        isExtended = extended
        forgetMail()
        guard extended else { return .reply(Reply(250, nil, hostname)) }
        var lines = [
            hostname, "PIPELINING", "SIZE \(limits.messageBytes)", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES",
            "CHUNKING", "DSN", "LIMITS RCPTMAX=\(limits.recipients)",
        ]
        if offers.startTLS, !isEncrypted { lines.append("STARTTLS") }
        if isEncrypted { lines.append("REQUIRETLS") }
        if offersLogin { lines.append("AUTH " + offers.mechanisms.joined(separator: " ")) }
        if peer.isTrusted {
            for verb in [ClientClaims.Verb.xclient, .xforward] {
                let names = ClientClaims.attributes(of: verb).map(\.rawValue)
                lines.append("\(verb.rawValue) \(names.joined(separator: " "))")
            }
        }
        return .reply(Reply(250, lines: lines))
    }

    /// A new session on the same connection, as after TLS or XCLIENT.
    mutating func startOver() {
        clientName = nil
        isExtended = false
        login = .none
        user = nil
        forgetMail()
    }

    /// Replies that never change, made once.
    enum Common {
        static let sender = Reply(250, "2.1.0", "sender noted")
        static let recipient = Reply(250, "2.1.5", "recipient noted")
        static let startData = Reply(354, nil, "send the message, end with <CRLF>.<CRLF>")
        static let reset = Reply(250, "2.0.0", "reset")
        static let noop = Reply(250, "2.0.0", "nothing done")
        static let verify = Reply(252, "2.5.0", "addresses are not verified here, send the message")
        static let help = Reply(
            214, "2.0.0", "EHLO HELO LHLO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT")
        static let startTLS = Reply(220, "2.0.0", "begin TLS")
        static let loggedIn = Reply(235, "2.7.0", "logged in")
        static let believed = Reply(250, "2.0.0", "noted")
    }
}

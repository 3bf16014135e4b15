// The client's side of SMTP as a machine: replies and wishes in, actions out. No channel, no clock, no content.
// It never says that a message was accepted unless the hop said 2xx after the final dot, and never asks for the content
// unless the hop took every recipient. Whatever it does not understand ends the dialogue.
// TLS and log-in are the owner's work; the machine says when, and believes nothing that was said before TLS began.
// Source: RFC 5321 sections 3 and 4, RFC 2920 (PIPELINING), RFC 1870, RFC 6152, RFC 6531, RFC 3207, RFC 4954.

import Foundation
package import NIOCore

/// One dialogue with the next hop: greeting, EHLO (HELO where it is refused), STARTTLS and AUTH as the
/// ``ClientOpening`` wants them, transactions one after the other, QUIT.
///
///     (securing ->) greeting -> hello (-> startTLS -> securing -> hello) (-> login) -> ready
///     ready -> commands -> (content -> finalDot | resetting) -> ready ... -> quitting -> closed
package struct ClientSession: Sendable {
    /// What the owner of the connection has to do, in order.
    package enum Action: Sendable, Equatable {
        /// Write and flush these bytes.
        case write(ByteBuffer)
        /// Write the content and then the final dot, telling ``ClientSession/finalDotComing()`` just before the latter.
        case sendContent
        /// Begin TLS as the client, then call ``ClientSession/secured(_:)``, or fail with `tlsFailed`.
        case startTLS
        /// Choose one of these mechanisms and call ``ClientSession/beginLogin(_:initial:isSatisfied:)``, or fail with
        /// `loginFailed`.
        case chooseLogin([String])
        /// Answer this challenge by ``ClientSession/respond(_:isSatisfied:)``, or fail with `loginFailed`.
        case answerChallenge([UInt8])
        /// The dialogue is ready for its first transaction.
        case opened
        /// It will never be; close the connection.
        case notOpened(ClientFailure)
        /// The transaction is over. `closing`: close the connection, it is of no further use.
        case finished(ClientOutcome, closing: Bool)
        /// Close the connection; no transaction was open.
        case close
    }

    /// Where the dialogue stands.
    package enum State: Sendable, Equatable {
        case greeting, hello, startTLS, securing, login, ready, commands, content, finalDot, resetting, quitting, closed
    }

    /// What the hop announced; empty before the dialogue is open.
    package private(set) var capabilities = ClientCapabilities()
    /// Where the dialogue stands.
    package private(set) var state: State
    /// True while a transaction may begin.
    package var isReady: Bool { state == .ready }
    /// True before ``Action/opened``.
    package var isOpening: Bool {
        switch state {
        case .greeting, .hello, .startTLS, .securing, .login: true
        case .ready, .commands, .content, .finalDot, .resetting, .quitting, .closed: false
        }
    }
    /// True where the hop takes no further transaction on this connection (MAILMAX, RFC 9422).
    package var isExhausted: Bool { capabilities.mailMax.map { transactions >= $0 } ?? false }

    private let hostname: String
    private let opening: ClientOpening
    private var security = ClientSecurity.clear
    private var hasGreeted = false
    private var triedTLS = false
    private var triedHELO = false
    /// While we log in: whose turn it is, and whether a yes may be believed.
    private var login = (isOurTurn: false, isSatisfied: false)
    private var transactions = 0
    private var parser = ReplyParser()
    private var inbound = ByteBuffer()
    private var exchange: ClientExchange?

    /// - Parameter hostname: the name for EHLO.
    package init(hostname: String, opening: ClientOpening = ClientOpening()) {
        self.hostname = hostname
        self.opening = opening
        state = opening.tls == .implicit ? .securing : .greeting
    }

    /// Starts a transaction. Only while ``isReady``; else it fails at once.
    package mutating func begin(_ transaction: ClientTransaction) -> [Action] {
        guard state == .ready, !transaction.recipients.isEmpty else {
            return [.finished(.failed(ClientFailure(.closed, at: .commands)), closing: state != .ready)]
        }
        if let shortfall = capabilities.shortfall(for: transaction) {
            return [.finished(.unsupported(shortfall), closing: false)]
        }
        var exchange = ClientExchange(transaction, capabilities)
        transactions += 1
        let commands = exchange.nextCommands()
        self.exchange = exchange
        state = .commands
        return [.write(commands)]
    }

    /// Takes bytes of the hop.
    package mutating func receive(_ bytes: ByteBuffer) -> [Action] {
        guard state != .closed else { return [] }
        if inbound.readableBytes == 0 { inbound = bytes } else { inbound.writeImmutableBuffer(bytes) }
        var actions: [Action] = []
        // Bytes that come while nothing has been asked are a 421 before the hop goes, or the sign that the two sides no
        // longer agree on which reply belongs to what. In both cases the connection must not be used again.
        while state != .closed, inbound.readableBytes > 0 {
            if state == .securing {
                actions += fail(.malformed("bytes came in clear where TLS must begin"))
                break
            }
            if state == .ready {
                state = .closed
                actions.append(.close)
                break
            }
            switch parser.next(from: &inbound) {
            case .needMore: return actions
            case .reply(let reply): actions += take(reply)
            case .malformed(let why): actions += fail(.malformed(why))
            }
        }
        return Self.merged(actions)
    }

    /// The owner is about to write the final dot: from here on the outcome is unknown until the hop says it.
    package mutating func finalDotComing() {
        if state == .content { state = .finalDot }
    }

    /// The dialogue ends for a reason from outside: the connection is gone, a time is over.
    package mutating func fail(_ reason: ClientFailure.Reason) -> [Action] {
        let before = state
        state = .closed
        switch before {
        case .greeting, .hello, .login: return [.notOpened(ClientFailure(reason, at: .opening))]
        case .startTLS, .securing: return [.notOpened(ClientFailure(Self.whileSecuring(reason), at: .opening))]
        case .commands:
            // A refusal that was heard is known, whatever happened to the replies after it.
            if case .refused(let refusals)? = exchange?.outcome { return finished(.refused(refusals), closing: true) }
            return finished(.failed(ClientFailure(reason, at: .commands)), closing: true)
        case .content: return finished(.failed(ClientFailure(reason, at: .content)), closing: true)
        case .finalDot: return finished(.failed(ClientFailure(reason, at: .finalDot)), closing: true)
        // Only the answer to RSET is missing: what came of the transaction is known.
        case .resetting: return finished(exchange?.outcome ?? .accepted, closing: true)
        case .ready, .quitting: return [.close]
        case .closed: return []
        }
    }

    /// Says goodbye where no transaction is open; does nothing otherwise.
    package mutating func quit() -> [Action] {
        guard state == .ready else { return [] }
        state = .quitting
        return [.write(ByteBuffer(string: "QUIT\r\n"))]
    }

    // MARK: - Replies

    private mutating func take(_ reply: Reply) -> [Action] {
        switch state {
        case .greeting, .hello: return takeOpening(reply)
        case .startTLS: return takeStartTLS(reply)
        case .login: return takeLogin(reply)
        case .commands: return takeCommandReply(reply)
        case .content: return takeEarly(reply)
        case .finalDot: return takeFinal(reply)
        case .resetting:
            let outcome = exchange?.outcome ?? .accepted
            return finished(outcome, closing: !reply.isPositive)
        case .quitting, .ready, .securing, .closed:
            state = .closed
            return [.close]
        }
    }

    private mutating func takeOpening(_ reply: Reply) -> [Action] {
        if state == .greeting {
            guard reply.isPositive else { return fail(.unwelcome(reply)) }
            hasGreeted = true
            state = .hello
            return [.write(hello(extended: true))]
        }
        if reply.isPositive {
            capabilities = triedHELO ? ClientCapabilities() : ClientCapabilities(reply)
            capabilities.security = security
            return afterHello()
        }
        guard reply.isPermanent, !triedHELO else { return fail(.unwelcome(reply)) }
        triedHELO = true
        return [.write(hello(extended: false))]
    }

    /// What is still to be done before the first transaction.
    private mutating func afterHello() -> [Action] {
        let wantsTLS = opening.tls == .ifOffered || opening.tls == .required
        if security == .clear, wantsTLS, !triedTLS {
            triedTLS = true
            if capabilities.startTLS { return startTLS() }
            if opening.tls == .required { return fail(.noTLS("it does not offer STARTTLS")) }
        }
        guard opening.logsIn else { return opened() }
        guard security != .clear || opening.mayLogInClear else {
            return fail(.loginFailed("the password would go in clear"))
        }
        guard !capabilities.loginMechanisms.isEmpty else { return fail(.loginFailed("it does not offer AUTH")) }
        state = .login
        login = (isOurTurn: true, isSatisfied: false)
        return [.chooseLogin(capabilities.loginMechanisms)]
    }

    private mutating func opened() -> [Action] {
        state = .ready
        return [.opened]
    }

    // MARK: - Transactions

    private func hello(extended: Bool) -> ByteBuffer {
        var command = ByteBuffer()
        ClientCommands.hello(hostname, extended: extended, into: &command)
        return command
    }

    private mutating func takeCommandReply(_ reply: Reply) -> [Action] {
        guard reply.code != 421 else { return fail(.leaving(reply)) }
        guard let step = exchange?.take(reply) else { return fail(.malformed("a reply came to no command")) }
        switch step {
        case .wait: return []
        case .more:
            guard let commands = exchange?.nextCommands() else { return [] }
            return [.write(commands)]
        case .awaitReset:
            state = .resetting
            return []
        case .reset:
            state = .resetting
            return [.write(ByteBuffer(string: "RSET\r\n"))]
        case .content:
            state = .content
            return [.sendContent]
        case .abort:
            // The hop wants the content although it refused someone. Sending a lone dot would deliver an empty message
            // to the others; closing delivers nothing (RFC 5321 section 4.1.1.4).
            return finished(exchange?.outcome ?? .accepted, closing: true)
        case .nonsense: return fail(.malformed("the reply code \"\(reply.code)\" is out of place"))
        }
    }

    /// A reply before the final dot: the hop has seen enough (too big, going away). The dot is never sent.
    private mutating func takeEarly(_ reply: Reply) -> [Action] {
        guard reply.isTransient || reply.isPermanent else {
            return fail(.malformed("the reply code \"\(reply.code)\" came before the final dot"))
        }
        return finished(.refused([ClientRefusal(recipient: nil, reply: reply)]), closing: true)
    }

    private mutating func takeFinal(_ reply: Reply) -> [Action] {
        if reply.isPositive { return finished(.accepted, closing: false) }
        guard !reply.isIntermediate else {
            return fail(.malformed("the reply code \"\(reply.code)\" came to the final dot"))
        }
        return finished(.refused([ClientRefusal(recipient: nil, reply: reply)]), closing: reply.code == 421)
    }

    private mutating func finished(_ outcome: ClientOutcome, closing: Bool) -> [Action] {
        state = closing ? .closed : .ready
        exchange = nil
        return [.finished(outcome, closing: closing)]
    }

    /// A transaction that ends while surplus bytes lie behind its last reply ends with closing, in one action.
    private static func merged(_ actions: [Action]) -> [Action] {
        guard actions.count >= 2, actions.last == .close,
            case .finished(let outcome, false) = actions[actions.count - 2]
        else { return actions }
        return actions.dropLast(2) + [.finished(outcome, closing: true)]
    }
}

/// What comes between the hop's greeting and the first transaction.
extension ClientSession {
    // MARK: - TLS

    fileprivate mutating func startTLS() -> [Action] {
        // Nothing was asked yet: what is there already is no answer to STARTTLS.
        guard inbound.readableBytes == 0 else { return fail(.malformed("bytes came before STARTTLS was sent")) }
        state = .startTLS
        return [.write(ByteBuffer(string: "STARTTLS\r\n"))]
    }

    fileprivate mutating func takeStartTLS(_ reply: Reply) -> [Action] {
        guard reply.isPositive else {
            if opening.tls == .required { return fail(.noTLS("it said to STARTTLS: \(reply)")) }
            state = .hello
            return afterHello()
        }
        // What came in clear behind the answer would be read as if it had come under TLS (CVE-2011-0411, for a client
        // CVE-2021-38370): the connection ends.
        guard inbound.readableBytes == 0 else {
            return fail(.malformed("bytes came between the answer to STARTTLS and the handshake"))
        }
        state = .securing
        return [.startTLS]
    }

    /// The handshake is done. Nothing that was announced before counts any more (RFC 3207 section 4.2).
    package mutating func secured(_ security: ClientSecurity) -> [Action] {
        guard state == .securing else { return [] }
        self.security = security
        capabilities = ClientCapabilities()
        triedHELO = false
        guard hasGreeted else {
            state = .greeting
            return []
        }
        state = .hello
        return [.write(hello(extended: true))]
    }

    /// What ends a connection while TLS begins is TLS's failure: an opportunistic client tries again without.
    fileprivate static func whileSecuring(_ reason: ClientFailure.Reason) -> ClientFailure.Reason {
        switch reason {
        case .closed: .tlsFailed("the connection was closed during the handshake")
        case .silent: .tlsFailed("the hop was silent during the handshake")
        default: reason
        }
    }

    // MARK: - Log-in

    /// Sends AUTH. Only after ``Action/chooseLogin(_:)``.
    /// - Parameter isSatisfied: true where the hop's yes may be believed at once.
    package mutating func beginLogin(_ mechanism: String, initial: [UInt8]?, isSatisfied: Bool) -> [Action] {
        guard state == .login, login.isOurTurn else { return [] }
        login = (isOurTurn: false, isSatisfied: isSatisfied)
        var command = ByteBuffer()
        ClientCommands.login(mechanism, initial: initial, into: &command)
        return [.write(command)]
    }

    /// Answers a challenge. Only after ``Action/answerChallenge(_:)``.
    package mutating func respond(_ response: [UInt8], isSatisfied: Bool) -> [Action] {
        guard state == .login, login.isOurTurn else { return [] }
        login = (isOurTurn: false, isSatisfied: isSatisfied)
        var line = ByteBuffer()
        ClientCommands.response(response, into: &line)
        return [.write(line)]
    }

    fileprivate mutating func takeLogin(_ reply: Reply) -> [Action] {
        guard !login.isOurTurn else { return fail(.malformed("a reply came before our word in AUTH")) }
        if reply.isIntermediate {
            guard let challenge = Data(base64Encoded: reply.text == "=" ? "" : reply.text) else {
                return fail(.malformed("a challenge is not base64"))
            }
            login.isOurTurn = true
            return [.answerChallenge([UInt8](challenge))]
        }
        guard reply.isPositive else { return fail(.loginFailed("it said: \(reply)")) }
        guard login.isSatisfied else {
            return fail(.loginFailed("it said yes, but did not prove that it knows the password"))
        }
        return opened()
    }
}

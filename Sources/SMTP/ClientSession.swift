// The client's side of SMTP as a machine: replies and wishes in, actions out. No channel, no clock, no content.
// It never says that a message was accepted unless the hop said 2xx after the final dot, and never asks for the content
// unless the hop took every recipient. Whatever it does not understand ends the dialogue.
// Source: RFC 5321 sections 3 and 4, RFC 2920 (PIPELINING), RFC 1870, RFC 6152, RFC 6531.

package import NIOCore

/// One dialogue with the next hop: greeting, EHLO (HELO where it is refused), transactions one after the other, QUIT.
///
///     greeting -> hello -> ready -> commands -> (content -> finalDot | resetting) -> ready ... -> quitting -> closed
package struct ClientSession: Sendable {
    /// What the owner of the connection has to do, in order.
    package enum Action: Sendable, Equatable {
        /// Write and flush these bytes.
        case write(ByteBuffer)
        /// Write the content and then the final dot, telling ``ClientSession/finalDotComing()`` just before the latter.
        case sendContent
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
        case greeting, hello, ready, commands, content, finalDot, resetting, quitting, closed
    }

    /// What the hop announced; empty before the dialogue is open.
    package private(set) var capabilities = ClientCapabilities()
    /// Where the dialogue stands.
    package private(set) var state = State.greeting
    /// True while a transaction may begin.
    package var isReady: Bool { state == .ready }

    private let hostname: String
    private var triedHELO = false
    private var parser = ReplyParser()
    private var inbound = ByteBuffer()
    private var exchange: ClientExchange?

    /// - Parameter hostname: the name for EHLO.
    package init(hostname: String) { self.hostname = hostname }

    /// Starts a transaction. Only while ``isReady``; else it fails at once.
    package mutating func begin(_ transaction: ClientTransaction) -> [Action] {
        guard state == .ready, !transaction.recipients.isEmpty else {
            return [.finished(.failed(ClientFailure(.closed, at: .commands)), closing: state != .ready)]
        }
        if let shortfall = capabilities.shortfall(for: transaction) {
            return [.finished(.unsupported(shortfall), closing: false)]
        }
        var exchange = ClientExchange(transaction, capabilities)
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
        case .greeting, .hello: return [.notOpened(ClientFailure(reason, at: .opening))]
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
        case .commands: return takeCommandReply(reply)
        case .content: return takeEarly(reply)
        case .finalDot: return takeFinal(reply)
        case .resetting:
            let outcome = exchange?.outcome ?? .accepted
            return finished(outcome, closing: !reply.isPositive)
        case .quitting, .ready, .closed:
            state = .closed
            return [.close]
        }
    }

    private mutating func takeOpening(_ reply: Reply) -> [Action] {
        if state == .greeting {
            guard reply.isPositive else { return fail(.unwelcome(reply)) }
            state = .hello
            return [.write(hello(extended: true))]
        }
        if reply.isPositive {
            capabilities = triedHELO ? ClientCapabilities() : ClientCapabilities(reply)
            state = .ready
            return [.opened]
        }
        guard reply.isPermanent, !triedHELO else { return fail(.unwelcome(reply)) }
        triedHELO = true
        return [.write(hello(extended: false))]
    }

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

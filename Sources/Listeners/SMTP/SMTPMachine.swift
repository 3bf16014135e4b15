// One SMTP or LMTP connection: the session machine with its clocks, its client's place and its last words. Touches no
// channel; the frame carries its steps out.

import Logging
import Mail
package import NIOCore
import NIOTLS
import SMTP

/// The protocol of an SMTP or LMTP connection.
package struct SMTPMachine: ConnectionMachine {
    package typealias Event = SMTPEvent
    package typealias Step = ConnectionStep<SMTPEvent>

    private let door: SMTPDoor
    private(set) var session: ServerSession
    private var clock = SMTPClock()
    private var source = ProxyHeader.Source.proxy
    private var place: String?
    private var isStopping = false

    /// - Parameter door: what all connections of the listener share.
    package init(_ door: SMTPDoor) {
        self.door = door
        session = ServerSession(
            hostname: door.configuration.hostname, limits: door.configuration.limits, offers: door.offers)
    }

    private var limits: Limits { door.configuration.limits }

    package var isClosed: Bool { session.phase == .closed }
    package var deadline: NIODeadline? { clock.next(limits.idleSeconds, session.hasLoginItNeeds) }

    // MARK: Beginning

    /// Greets, or waits for TLS; the clocks start here.
    package mutating func begin(address: String, _ step: inout Step) {
        guard clock.farewellEnd == nil else { return }
        clock.begin(step.now, limits, session)
        let (client, mayBeTrusted) = peer(address)
        let isTrusted = mayBeTrusted && door.configuration.trustedPeers.contains(client)
        session.connected(from: client, isTrusted: isTrusted)
        place = isTrusted ? "" : door.clients.enter(client)
        if place == nil {
            door.logger.info("too many connections of one client", metadata: ["client": "\(client)"])
            return finish(session.end(.tooManyOfClient), &step)
        }
        if session.phase != .securing { say(session.greeting, &step) }
    }

    /// The client's address, "" where it has none. A Unix socket that only the proxy has seen is not "unix" in our
    /// list.
    private func peer(_ address: String) -> (address: String, mayBeTrusted: Bool) {
        switch source {
        case .address(let told): (told, true)
        case .unix: ("", false)
        case .proxy: (address, true)
        }
    }

    /// What a proxy says of the client, which comes before all else, and that TLS is there.
    package mutating func told(_ event: Any, _ step: inout Step) {
        switch event {
        case let told as ProxyHeader.Source: source = told
        case TLSUserEvent.handshakeCompleted: secured(&step)
        default: break
        }
    }

    private mutating func secured(_ step: inout Step) {
        guard session.phase == .securing else { return }
        clock.handshakeEnd = .distantFuture
        clock.idleSince = step.now
        session.secured()
        if door.offers.beginsWithTLS { say(session.greeting, &step) }
    }

    // MARK: Work

    /// A command that comes octet by octet is silence until it is whole; a message has a limit of its own.
    package mutating func heard(_ now: NIODeadline) {
        if session.phase == .receiving { clock.idleSince = now }
    }

    /// Follows the session by one step.
    package mutating func read(_ step: inout Step) -> Bool {
        heard(step.now)
        guard follow(session.next(from: &step.input), &step) else { return false }
        clock.idleSince = step.now
        if isStopping, session.phase == .commands, !session.isTakingMessage {
            finish(session.end(.stopping), &step)
            return false
        }
        return true
    }

    package func mayRead(isWritable: Bool, holdsInput: Bool) -> Bool {
        switch session.phase {
        case .commands, .receiving, .securing: isWritable
        case .checking, .waiting, .closed: false
        }
    }

    /// Does what the session wants.
    /// - Returns: false where there is nothing more to do for now.
    @discardableResult
    private mutating func follow(_ action: ServerSession.Action, _ step: inout Step) -> Bool {
        clock.watchMessage(session.isTakingMessage, step.now, limits)
        switch action {
        case .needMore: return false
        case .reply(let reply): say(reply, &step)
        case .replies(let replies): for reply in replies { say(reply, &step) }
        case .replyAndClose(let reply):
            finish(reply, &step)
            return false
        case .message(let transaction):
            clock.awaitAnswer(step.now, Int64(limits.replySeconds))
            step.events.append(.message(transaction))
        case .checkLogin(let input):
            clock.awaitAnswer(step.now, SMTPClock.loginSeconds)
            step.events.append(.login(input))
        case .startTLS(let reply):
            guard let tls = door.tls else { return true }
            say(reply, &step)
            // What came before TLS has been read: the session refuses whatever stood behind STARTTLS.
            step.input = ByteBuffer()
            step.tls = tls
            clock.beginHandshake(step.now)
        }
        return true
    }

    // MARK: Decisions

    /// The answer to the message handed out last.
    mutating func answer(_ handled: HandledMessage, id: String, _ step: inout Step) {
        clock.answerEnd = nil
        clock.idleSince = step.now
        let replies = session.answer(
            handled.refusal, recipientRefusals: handled.recipientRefusals, heldRecipients: handled.heldRecipients,
            id: id)
        for reply in replies { say(reply, &step) }
        if isStopping { finish(session.end(.stopping), &step) }
    }

    /// The word on the log-in handed out last.
    mutating func answer(_ answer: ServerSession.LoginAnswer, _ step: inout Step) {
        clock.answerEnd = nil
        clock.idleSince = step.now
        follow(session.loginAnswer(answer), &step)
        if isStopping, session.phase != .closed { finish(session.end(.stopping), &step) }
    }

    // MARK: Ending

    /// Ends an idle session at once, lets a message in hand be answered first, gives one that is coming in a moment.
    package mutating func stop(_ step: inout Step) {
        guard !isStopping else { return }
        isStopping = true
        switch session.phase {
        case .securing: step.closing = .atOnce
        case .commands where !session.isTakingMessage: finish(session.end(.stopping), &step)
        case .commands, .receiving: clock.hurry(step.now)
        case .checking, .waiting, .closed: break
        }
    }

    /// A limit of time may have been reached.
    package mutating func ring(_ step: inout Step) {
        if let farewellEnd = clock.farewellEnd {
            if step.now >= farewellEnd { step.closing = .atOnce }
        } else if step.now >= clock.handshakeEnd {
            // Nobody would understand what is said in the middle of a handshake.
            step.closing = .atOnce
        } else if let ending = clock.ending(step.now, limits, session, isStopping: isStopping) {
            finish(session.end(ending), &step)
        }
    }

    package func failed(_ error: any Error) {
        door.logger.debug("connection failed", metadata: ["reason": "\(error)"])
    }

    /// Makes room for another connection of the client.
    package mutating func ended() {
        if let place { door.clients.leave(place) }
        place = nil
    }

    private func say(_ reply: Reply, _ step: inout Step) {
        door.metrics.replied(reply.code)
        reply.encode(into: &step.output)
    }

    /// The last words; the session is closed already.
    private mutating func finish(_ reply: Reply, _ step: inout Step) {
        guard clock.farewellEnd == nil else { return }
        clock.beginFarewell(step.now)
        say(reply, &step)
        step.closing = .afterWriting
    }
}

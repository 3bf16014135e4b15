// One connection to the next hop on its event loop: runs the session machine's actions, begins TLS, writes contents
// with back-pressure, and ends whatever takes too long. Confined to the loop; fails by outcome values, never by
// throwing.

import Dispatch
import Mail
import NIOCore
import NIOSSL
import NIOTLS
import SASL
import SMTP

/// Carries out a ``ClientSession`` on a channel.
final class NextHopHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A transaction under way and who waits for it.
    struct Job {
        var transaction: ClientTransaction
        /// Empty for an ask.
        var content: MessageBytes
        var deadline: NIODeadline
        var finish: @Sendable (ClientOutcome) -> Void
    }

    /// How long the answer to QUIT is waited for.
    private static let quitTime = TimeAmount.seconds(2)
    /// Most bytes that are written before they are flushed.
    private static let flushBytes = 65_536

    private var session: ClientSession
    private let replyTime: TimeAmount
    private let idleTime: TimeAmount
    private let handshakeTime: TimeAmount
    private let life: ConnectionLife
    private let tls: NextHopTLS.Ready?
    private var login: ClientMechanism?
    private let credentials: NextHopCredentials?

    private var context: ChannelHandlerContext?
    private var job: Job?
    private var content: ClientContent?
    private var isPumping = false
    private var opening: NIODeadline
    private var whenOpened: (@Sendable (ClientFailure?) -> Void)?
    private var openingFailure: ClientFailure?

    /// Last sign of life of the hop, or last wish of ours: what the reply and idle times count from.
    private var lastProgress = NIODeadline.now()
    private var timer: (task: Scheduled<Void>, at: NIODeadline)?

    /// - Parameters:
    ///   - openBy: when all before the first transaction must be done.
    ///   - tls: needed where `opening` may come to TLS.
    ///   - credentials: needed where `opening` logs in.
    init(
        hostname: String, opening: ClientOpening, limits: Limits, openBy: NIODeadline,
        life: ConnectionLife,
        tls: NextHopTLS.Ready? = nil, credentials: NextHopCredentials? = nil
    ) {
        session = ClientSession(hostname: hostname, opening: opening)
        handshakeTime = .bounded(seconds: max(1, limits.nextHopConnectSeconds))
        replyTime = .bounded(seconds: max(1, limits.nextHopReplySeconds))
        idleTime = .bounded(seconds: max(1, limits.nextHopIdleSeconds))
        self.opening = openBy
        self.life = life
        self.tls = tls
        self.credentials = credentials
    }

    // MARK: - Wishes, on the event loop

    /// Calls `report` once with nil when the first transaction may begin, or with why it never may.
    func onOpened(_ report: @escaping @Sendable (ClientFailure?) -> Void) {
        if session.isOpening {
            whenOpened = report
        } else if session.state == .closed {
            report(openingFailure ?? ClientFailure(.closed, at: .opening))
        } else {
            report(nil)
        }
    }

    /// Starts a transaction; its `finish` is called exactly once.
    func begin(_ job: Job) {
        guard self.job == nil, let context, context.channel.isActive else {
            return job.finish(.failed(ClientFailure(.closed, at: .commands)))
        }
        guard job.deadline > .now() else {
            return job.finish(.failed(ClientFailure(.deadline, at: .commands)))
        }
        self.job = job
        lastProgress = .now()
        perform(session.begin(job.transaction))
    }

    /// Ends what is under way and closes the connection.
    func abort(_ reason: ClientFailure.Reason) {
        perform(session.fail(reason))
        context?.close(promise: nil)
    }

    /// Says QUIT where no transaction is open.
    func quit() {
        lastProgress = .now()
        perform(session.quit())
    }

    /// What the hop announced.
    var capabilities: ClientCapabilities { session.capabilities }

    // MARK: - Channel events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        perform(session.fail(.closed))
        timer?.task.cancel()
        timer = nil
        self.context = nil
        life.ended()
    }

    func channelActive(context: ChannelHandlerContext) {
        lastProgress = .now()
        watch()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastProgress = .now()
        perform(session.receive(unwrapInboundIn(data)))
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            lastProgress = .now()
            pump()
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        perform(session.fail(.closed))
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent {
            lastProgress = .now()
            perform(session.secured(tls?.isProof == true ? .verified : .encrypted))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isHandshake = session.state == .securing
        perform(session.fail(isHandshake ? .tlsFailed(NextHopTLS.words(error, tls)) : .closed))
        context.close(promise: nil)
    }

    // MARK: - Actions

    private func perform(_ actions: [ClientSession.Action]) {
        for action in actions {
            switch action {
            case .write(let bytes): context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            case .sendContent: startContent()
            case .startTLS: startTLS()
            case .chooseLogin(let offered): chooseLogin(offered)
            case .answerChallenge(let challenge): answer(challenge)
            case .opened: reportOpened(nil)
            case .notOpened(let failure):
                openingFailure = failure
                reportOpened(failure)
                context?.close(promise: nil)
            case .finished(let outcome, let closing): finish(outcome, closing: closing)
            case .close:
                life.noLongerUsable()
                context?.close(promise: nil)
            }
        }
        watch()
    }

    /// In the same tick in which the answer to STARTTLS was read: what comes next goes through TLS.
    private func startTLS() {
        guard let context, let tls else {
            return perform(session.fail(.tlsFailed("TLS is not set up")))
        }
        do {
            try context.pipeline.syncOperations.addHandler(try tls.handler(), position: .first)
        } catch {
            perform(session.fail(.tlsFailed(NextHopTLS.words(error, tls))))
        }
    }

    private func reportOpened(_ failure: ClientFailure?) {
        if failure != nil { life.noLongerUsable() }
        whenOpened?(failure)
        whenOpened = nil
    }

    private func finish(_ outcome: ClientOutcome, closing: Bool) {
        // First marked, then reported: the waiter gives the connection back to the pool as soon as it hears.
        if closing || session.isExhausted { life.noLongerUsable() }
        let finished = job
        job = nil
        content = nil
        finished?.finish(outcome)
        if closing { context?.close(promise: nil) }
    }

    private func startContent() {
        // The hop may have said more in the same breath as 354; then it does not get the content.
        guard session.state == .content, let job else { return }
        content = ClientContent(job.content)
        pump()
    }

    /// Writes pieces as long as the socket takes them. Flushing may come back here: the flag keeps it to one level. TLS
    /// gathers what is not flushed and says nothing of it to the socket: without flushing now and then, all of a
    /// message would lie there.
    private func pump() {
        guard !isPumping, let context else { return }
        isPumping = true
        defer { isPumping = false }
        var unflushedBytes = 0
        while content != nil, context.channel.isWritable {
            do {
                if let piece = try content?.next() {
                    unflushedBytes += piece.readableBytes
                    context.write(wrapOutboundOut(piece), promise: nil)
                    if unflushedBytes >= Self.flushBytes || !context.channel.isWritable {
                        context.flush()
                        unflushedBytes = 0
                    }
                } else {
                    writeFinalDot(context)
                }
            } catch {
                // Without the final dot the hop must not deliver (RFC 5321 section 4.1.1.4).
                abort(.unreadable(error))
            }
        }
    }

    private func writeFinalDot(_ context: ChannelHandlerContext) {
        guard let dot = content?.finalDot() else { return }
        content = nil
        session.finalDotComing()
        context.writeAndFlush(wrapOutboundOut(dot), promise: nil)
    }

    // MARK: - Log-in

    private func chooseLogin(_ offered: [String]) {
        guard let credentials,
            let mechanism = ClientMechanism.best(
                of: offered, user: credentials.user, password: credentials.password)
        else {
            let words = "none of its mechanisms (\(offered.joined(separator: " "))) can be used"
            return perform(session.fail(.loginFailed(words)))
        }
        login = mechanism
        perform(
            session.beginLogin(
                mechanism.name, initial: mechanism.initialResponse, isSatisfied: mechanism.isSatisfied))
    }

    /// On a thread of its own: SCRAM's first challenge may cost a hundred milliseconds of work.
    private func answer(_ challenge: [UInt8]) {
        guard let login, let loop = context?.eventLoop else { return }
        let isolated = NIOLoopBound(self, eventLoop: loop)
        NextHopCredentials.queue.async {
            var login = login
            let answer = Result { () throws(ClientMechanism.Failure) in try login.respond(to: challenge) }
            loop.execute { [login] in isolated.value.send(answer, of: login) }
        }
    }

    private func send(_ answer: Result<[UInt8], ClientMechanism.Failure>, of login: ClientMechanism) {
        self.login = login
        switch answer {
        case .success(let response): perform(session.respond(response, isSatisfied: login.isSatisfied))
        case .failure(let failure): perform(session.fail(.loginFailed("\(failure)")))
        }
    }

    // MARK: - Time

    /// When what is under way has taken too long; nil where nothing can.
    private var limit: NIODeadline? {
        switch session.state {
        case .greeting, .hello, .startTLS, .login: min(opening, lastProgress + replyTime)
        case .securing: min(opening, lastProgress + handshakeTime)
        case .commands, .content, .resetting:
            min(job?.deadline ?? .distantFuture, lastProgress + replyTime)
        // A hop may take long to make a message safe; giving up early means delivering twice (RFC 5321 4.5.3.2.6).
        case .finalDot: job?.deadline
        case .ready: lastProgress + idleTime
        case .quitting: lastProgress + Self.quitTime
        case .closed: nil
        }
    }

    /// Sees to it that the clock looks here at the limit at the latest. A timer that fires too early looks again: so a
    /// connection in steady use sets a timer every half minute, not for every message.
    private func watch() {
        guard let context, let limit else {
            timer?.task.cancel()
            timer = nil
            return
        }
        if let timer, timer.at <= limit { return }
        timer?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: limit) { self.look() }
        timer = (task, limit)
    }

    private func look() {
        timer = nil
        let now = NIODeadline.now()
        guard let limit, limit <= now else { return watch() }
        switch session.state {
        case .ready: quit()
        case .greeting, .hello, .startTLS, .securing, .login:
            abort(opening <= now ? .deadline : .silent)
        default: abort((job?.deadline ?? .distantFuture) <= now ? .deadline : .silent)
        }
    }
}

// One connection to the next hop on its event loop: runs the session machine's actions, writes contents with
// back-pressure, and ends whatever takes too long. Confined to the loop; fails by outcome values, never by throwing.

import Mail
import NIOCore
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

    private var session: ClientSession
    private let replyTime: TimeAmount
    private let idleTime: TimeAmount
    private let life: ConnectionLife

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

    /// - Parameter openBy: when the greeting and EHLO must be done.
    init(hostname: String, limits: Limits, openBy: NIODeadline, life: ConnectionLife) {
        session = ClientSession(hostname: hostname)
        replyTime = .bounded(seconds: max(1, limits.nextHopReplySeconds))
        idleTime = .bounded(seconds: max(1, limits.nextHopIdleSeconds))
        opening = openBy
        self.life = life
    }

    // MARK: - Wishes, on the event loop

    /// Calls `report` once with nil when the first transaction may begin, or with why it never may.
    func onOpened(_ report: @escaping @Sendable (ClientFailure?) -> Void) {
        switch session.state {
        case .greeting, .hello: whenOpened = report
        case .closed: report(openingFailure ?? ClientFailure(.closed, at: .opening))
        default: report(nil)
        }
    }

    /// Starts a transaction; its `finish` is called exactly once.
    func begin(_ job: Job) {
        guard self.job == nil, let context, context.channel.isActive else {
            return job.finish(.failed(ClientFailure(.closed, at: .commands)))
        }
        guard job.deadline > .now() else { return job.finish(.failed(ClientFailure(.deadline, at: .commands))) }
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

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        perform(session.fail(.closed))
        context.close(promise: nil)
    }

    // MARK: - Actions

    private func perform(_ actions: [ClientSession.Action]) {
        for action in actions {
            switch action {
            case .write(let bytes): context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            case .sendContent: startContent()
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

    private func reportOpened(_ failure: ClientFailure?) {
        if failure != nil { life.noLongerUsable() }
        whenOpened?(failure)
        whenOpened = nil
    }

    private func finish(_ outcome: ClientOutcome, closing: Bool) {
        // First marked, then reported: the waiter gives the connection back to the pool as soon as it hears.
        if closing { life.noLongerUsable() }
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

    /// Writes pieces as long as the socket takes them. Flushing may come back here: the flag keeps it to one level.
    private func pump() {
        guard !isPumping, let context else { return }
        isPumping = true
        defer { isPumping = false }
        while content != nil, context.channel.isWritable {
            do {
                if let piece = try content?.next() {
                    context.write(wrapOutboundOut(piece), promise: nil)
                    if !context.channel.isWritable { context.flush() }
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

    // MARK: - Time

    /// When what is under way has taken too long; nil where nothing can.
    private var limit: NIODeadline? {
        switch session.state {
        case .greeting, .hello: min(opening, lastProgress + replyTime)
        case .commands, .content, .resetting: min(job?.deadline ?? .distantFuture, lastProgress + replyTime)
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
        case .greeting, .hello: abort(opening <= now ? .deadline : .silent)
        default: abort((job?.deadline ?? .distantFuture) <= now ? .deadline : .silent)
        }
    }
}

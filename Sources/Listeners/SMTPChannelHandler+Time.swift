// Time limits of one SMTP connection: silence, the whole session, a message that drips, a handshake that does not end, an
// answer that does not come. One alarm serves all of them, and is set only where it would ring too late.

import Mail
import NIOCore
import SettingValues
import SMTP

extension SMTPChannelHandler {
    /// The moments at which something may have to be done.
    struct Clock {
        /// Who answers for a message has `limits.replySeconds`; past this many more he counts as lost.
        private static let answerGraceSeconds: Int64 = 15
        /// Checking one word of a log-in takes a fraction of a second; past this it counts as lost.
        static let loginSeconds: Int64 = 60
        /// How long a message on its way may go on coming in when the server stops.
        private static let stoppingSeconds: Int64 = 10
        /// How long a client may take to fetch the last reply.
        private static let farewellSeconds: Int64 = 10
        /// How long a client may take for the handshake of TLS.
        private static let handshakeSeconds: Int64 = 30

        var idleSince = NIODeadline.distantFuture
        private(set) var sessionEnd = NIODeadline.distantFuture
        private(set) var loginEnd = NIODeadline.distantFuture
        var handshakeEnd: NIODeadline?
        var dataEnd: NIODeadline?
        var answerEnd: NIODeadline?
        private(set) var farewellEnd: NIODeadline?

        mutating func begin(_ now: NIODeadline, _ limits: Limits, _ session: ServerSession) {
            idleSince = now
            sessionEnd = now + .seconds(Int64(limits.sessionSeconds))
            if !session.hasLoginItNeeds { loginEnd = now + .seconds(Int64(limits.idleSeconds)) }
            if session.phase == .securing { beginHandshake(now) }
        }

        mutating func beginHandshake(_ now: NIODeadline) { handshakeEnd = now + .seconds(Self.handshakeSeconds) }

        mutating func beginFarewell(_ now: NIODeadline) { farewellEnd = now + .seconds(Self.farewellSeconds) }

        mutating func awaitAnswer(_ now: NIODeadline, _ seconds: Int64) {
            answerEnd = now + .seconds(seconds + Self.answerGraceSeconds)
        }

        /// The server stops, and a message is on its way.
        mutating func hurry(_ now: NIODeadline) { sessionEnd = min(sessionEnd, now + .seconds(Self.stoppingSeconds)) }

        /// The next of them; the alarm goes off there or a little before.
        func next(_ idleSeconds: Int, _ hasLoginItNeeds: Bool) -> NIODeadline {
            if let alone = farewellEnd ?? answerEnd { return alone }
            var next = min(sessionEnd, idleSince + .seconds(Int64(idleSeconds)))
            if let handshakeEnd { next = min(next, handshakeEnd) }
            if let dataEnd { next = min(next, dataEnd) }
            return hasLoginItNeeds ? next : min(next, loginEnd)
        }
    }

    /// A word of somebody else is waited for.
    func awaitAnswer(_ seconds: Int64) {
        guard let context else { return }
        clock.awaitAnswer(context.eventLoop.now, seconds)
        setAlarm()
    }

    /// A client that drips its message is cut off; whoever sends many gets that time for each.
    func watchMessage() {
        guard session.isTakingMessage else {
            clock.dataEnd = nil
            return
        }
        guard clock.dataEnd == nil, let context else { return }
        clock.dataEnd = context.eventLoop.now + .seconds(Int64(limits.dataSeconds))
        setAlarm()
    }

    /// Sets the alarm only where it would ring too late, so that a read costs no timer.
    func setAlarm() {
        guard let context else { return }
        let deadline = clock.next(limits.idleSeconds, session.hasLoginItNeeds)
        if let alarm {
            if alarm.at <= deadline { return }
            alarm.task.cancel()
        }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        alarm = (deadline, context.eventLoop.scheduleTask(deadline: deadline) { handler.value.ring() })
    }

    private func ring() {
        alarm = nil
        guard let context else { return }
        let now = context.eventLoop.now
        if let farewellEnd = clock.farewellEnd {
            if now >= farewellEnd { return context.close(promise: nil) }
        } else if let handshakeEnd = clock.handshakeEnd, now >= handshakeEnd {
            // Nobody would understand what is said in the middle of a handshake.
            return context.close(promise: nil)
        } else if let ending = ending(now) {
            finish(session.end(ending))
        }
        setAlarm()
    }

    /// Which limit has been reached; nil for none.
    private func ending(_ now: NIODeadline) -> ServerSession.Ending? {
        if let answerEnd = clock.answerEnd { return now >= answerEnd ? .answerTime : nil }
        if now >= clock.sessionEnd { return isStopping ? .stopping : .sessionTime }
        if let dataEnd = clock.dataEnd, now >= dataEnd { return .dataTime }
        if now >= clock.loginEnd, !session.hasLoginItNeeds { return .loginTime }
        return now >= clock.idleSince + .seconds(Int64(limits.idleSeconds)) ? .idle : nil
    }
}

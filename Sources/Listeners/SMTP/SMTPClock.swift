// Time limits of one SMTP connection: silence, the whole session, a message that drips, a handshake that does not end,
// an answer that does not come. Values; the frame's one alarm serves all of them.

import Mail
import NIOCore
import SettingValues
import SMTP

/// The moments at which something may have to be done.
struct SMTPClock {
    /// The handler of a message has `limits.replySeconds`; past this many more it counts as lost.
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
    var handshakeEnd = NIODeadline.distantFuture
    private(set) var dataEnd = NIODeadline.distantFuture
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
        let next = min(sessionEnd, idleSince + .seconds(Int64(idleSeconds)), handshakeEnd, dataEnd)
        return hasLoginItNeeds ? next : min(next, loginEnd)
    }

    /// A client that drips its message is cut off; a client that sends many gets that time for each.
    mutating func watchMessage(_ isTakingMessage: Bool, _ now: NIODeadline, _ limits: Limits) {
        guard isTakingMessage else {
            dataEnd = .distantFuture
            return
        }
        if dataEnd == .distantFuture { dataEnd = now + .seconds(Int64(limits.dataSeconds)) }
    }

    /// Which limit has been reached; nil for none.
    func ending(
        _ now: NIODeadline, _ limits: Limits, _ session: ServerSession, isStopping: Bool
    ) -> ServerSession.Ending? {
        if let answerEnd { return now >= answerEnd ? .answerTime : nil }
        if now >= sessionEnd { return isStopping ? .stopping : .sessionTime }
        if now >= dataEnd { return .dataTime }
        if now >= loginEnd, !session.hasLoginItNeeds { return .loginTime }
        return now >= idleSince + .seconds(Int64(limits.idleSeconds)) ? .idle : nil
    }
}

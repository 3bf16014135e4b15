// Counts of the doors, for monitoring. Touches memory; never fails.

import Metrics
import Synchronization

/// What is counted at the doors of one kind, all listeners of the kind together.
package final class DoorMetrics: Sendable {
    /// SMTP listeners.
    static let smtp = DoorMetrics("smtp")
    /// LMTP listeners.
    static let lmtp = DoorMetrics("lmtp")
    /// Milter listeners; their replies are those that the MTA is asked to give.
    static let milter = DoorMetrics("milter")

    /// Codes that are told apart; others, which only a next hop invents, are counted together.
    private static let codes = [
        214, 220, 221, 235, 250, 252, 334, 354, 421, 450, 451, 452, 454, 500, 501, 502, 503, 504, 521, 530, 535, 538,
        550,
        551, 552, 553, 554, 555,
    ]

    private let replies: [Counter?]
    private let otherReplies: Counter
    private let connections: Gauge
    private let open = Atomic<Int>(0)

    private init(_ door: String) {
        var replies = [Counter?](repeating: nil, count: 600)
        for code in Self.codes { replies[code] = Self.counter(door, "\(code)") }
        self.replies = replies
        self.otherReplies = Self.counter(door, "other")
        self.connections = Gauge(label: "letterlock_connections", dimensions: [("door", door)])
    }

    /// A reply has been given to the socket.
    func replied(_ code: Int) {
        let known = replies.indices.contains(code) ? replies[code] : nil
        (known ?? otherReplies).increment()
    }

    /// A connection has begun.
    func opened() { connections.record(open.add(1, ordering: .relaxed).newValue) }

    /// A connection has ended.
    func closed() { connections.record(open.subtract(1, ordering: .relaxed).newValue) }

    private static func counter(_ door: String, _ code: String) -> Counter {
        Counter(label: "letterlock_replies_total", dimensions: [("door", door), ("code", code)])
    }
}

/// Log-ins by result.
enum LoginMetrics {
    static let success = counter("success")
    static let wrong = counter("wrong")
    static let throttled = counter("throttled")
    static let malformed = counter("malformed")
    static let unavailable = counter("unavailable")

    private static func counter(_ result: String) -> Counter {
        Counter(label: "letterlock_logins_total", dimensions: [("result", result)])
    }
}

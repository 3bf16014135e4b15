// A stop-watch for the steps of one message. A value.

/// Measures how long the steps took.
package struct StepTimes: Sendable {
    /// What was measured so far.
    package private(set) var times = MessageRecord.Times()
    /// When the message had come in whole.
    let start: ContinuousClock.Instant
    private var mark: ContinuousClock.Instant

    /// - Parameter start: when the message had come in whole.
    package init(start: ContinuousClock.Instant = .now) {
        self.start = start
        mark = start
    }

    /// The plan is made.
    mutating func decided() { times.decide = lap() }
    /// Everything is sealed.
    mutating func sealed() { times.seal = lap() }
    /// The next hop has replied; again after a report.
    mutating func delivered() { times.deliver += lap() }
    /// The reply is known.
    mutating func replied() {
        let now = ContinuousClock.now
        if times.seal != .zero { times.deliver += mark.duration(to: now) }
        mark = now
        times.total = start.duration(to: now)
    }

    private mutating func lap() -> Duration {
        let now = ContinuousClock.now
        defer { mark = now }
        return mark.duration(to: now)
    }
}

// Moments and times of other clocks in the event loop's. Pure.

import NIOCore

extension NIODeadline {
    /// The moment of another clock.
    static func after(_ instant: ContinuousClock.Instant) -> NIODeadline {
        let left = (instant - ContinuousClock.now).components
        return .now() + .bounded(seconds: left.seconds) + .nanoseconds(left.attoseconds / 1_000_000_000)
    }
}

extension TimeAmount {
    /// Seconds out of settings or a caller's clock, bounded to a day either way: nanoseconds must not overflow.
    static func bounded(seconds: some BinaryInteger) -> TimeAmount {
        .seconds(min(max(Int64(clamping: seconds), -86_400), 86_400))
    }
}

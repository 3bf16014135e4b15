// The buckets of the portal: guesses, requests, bytes that are sent to us. In memory, bounded; time is given by a
// clock.

package import SettingValues
import Synchronization

/// Says which network has to wait.
package final class Throttle: Sendable {
    /// What is counted.
    package enum Kind: String, Sendable { case guesses, requests, uploads }

    /// Why and how long a network has to wait.
    package struct Busy: Sendable, Equatable {
        package let kind: Kind
        package let seconds: Int
        /// True where none had to wait in the last minute: worth a line in the log.
        package let isFirst: Bool
    }

    private let guesses: TokenBuckets
    private let requests: TokenBuckets
    private let uploads: TokenBuckets
    private let nowSeconds: @Sendable () -> Double
    private let lastNoted = Mutex(-Double.infinity)

    /// - Parameter nowSeconds: a clock that only goes forward.
    package init(_ settings: ThrottleSettings, nowSeconds: @escaping @Sendable () -> Double = Throttle.steadySeconds) {
        let now = nowSeconds()
        self.nowSeconds = nowSeconds
        guesses = TokenBuckets(BucketSize(settings.guesses, fullAfterSeconds: 1800), nowSeconds: now)
        requests = TokenBuckets(BucketSize(settings.requests, fullAfterSeconds: 60), nowSeconds: now)
        uploads = TokenBuckets(BucketSize(settings.uploadBytes, fullAfterSeconds: 3600), nowSeconds: now)
    }

    /// Seconds of the system's monotonic clock.
    package static let steadySeconds: @Sendable () -> Double = {
        let time = (ContinuousClock.now - begin).components
        return Double(time.seconds) + Double(time.attoseconds) * 1e-18
    }
    private static let begin = ContinuousClock.now

    /// Counts a request.
    /// - Parameter isRead: GET or HEAD: neither guesses nor uploads.
    /// - Returns: nil where it may go on.
    package func refuses(_ network: ClientNetwork, isRead: Bool) -> Busy? {
        let now = nowSeconds()
        if let wait = requests.admit(network, taking: 1, nowSeconds: now) { return busy(.requests, wait, now) }
        guard !isRead else { return nil }
        if let wait = guesses.admit(network, taking: 0, nowSeconds: now) { return busy(.guesses, wait, now) }
        if let wait = uploads.admit(network, taking: 0, nowSeconds: now) { return busy(.uploads, wait, now) }
        return nil
    }

    /// A wrong proof or an id that is not there.
    package func chargeGuess(_ network: ClientNetwork) { guesses.charge(network, 1, nowSeconds: nowSeconds()) }

    /// Bytes of a request's body.
    package func chargeUpload(_ network: ClientNetwork, bytes: Int) {
        uploads.charge(network, Double(bytes), nowSeconds: nowSeconds())
    }

    private func busy(_ kind: Kind, _ seconds: Int, _ now: Double) -> Busy {
        let isFirst = lastNoted.withLock { last in
            guard now - last >= 60 else { return false }
            last = now
            return true
        }
        return Busy(kind: kind, seconds: seconds, isFirst: isFirst)
    }
}

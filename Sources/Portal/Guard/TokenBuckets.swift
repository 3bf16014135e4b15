// What each client network, and all together, may still do: token buckets. In memory and bounded; a restart forgets
// them, and helps nobody much: guesses at a letter are counted on disk (PortalLetters). Pure but for its lock; time is
// given.

import Synchronization

/// What one bucket holds and how fast it fills.
package struct BucketSize: Sendable, Equatable {
    /// Most tokens.
    package var capacity: Double
    /// Tokens that come back each second.
    package var perSecond: Double

    /// A bucket that is full again after `seconds`.
    package init(_ capacity: Int, fullAfterSeconds seconds: Int) {
        self.capacity = Double(max(1, capacity))
        self.perSecond = self.capacity / Double(max(1, seconds))
    }
}

/// One bucket. It may go into debt: what was done before the count was known is paid for by a longer wait.
struct TokenBucket: Sendable, Equatable {
    private(set) var level: Double
    private var atSeconds: Double

    init(_ size: BucketSize, nowSeconds: Double) {
        level = size.capacity
        atSeconds = nowSeconds
    }

    mutating func fill(_ size: BucketSize, nowSeconds: Double) {
        level = min(size.capacity, level + max(0, nowSeconds - atSeconds) * size.perSecond)
        atSeconds = max(atSeconds, nowSeconds)
    }

    /// - Parameter floor: the deepest debt.
    mutating func take(_ tokens: Double, floor: Double) { level = max(floor, level - tokens) }
}

/// Buckets of one kind of doing: one for each network, one for all, and a reserve for networks that have done little.
///
/// A network's bucket is a sixteenth of the common one, so that no network can empty that alone. Where many together
/// have, a network that has used less than a quarter of its own still draws from the reserve: who comes anew is served
/// while those who do much wait.
package final class TokenBuckets: Sendable {
    /// The common bucket holds so many times what one network's does.
    package static let shares = 16.0

    private struct State {
        var networks: NetworkTable<TokenBucket>
        var common: TokenBucket
        var reserve: TokenBucket
    }

    private let own: BucketSize
    private let all: BucketSize
    private let state: Mutex<State>

    /// - Parameters:
    ///   - size: of one network's bucket.
    ///   - networks: most networks that are remembered; the one not heard of for longest is forgotten.
    package init(_ size: BucketSize, networks: Int = 100_000, nowSeconds: Double) {
        var all = size
        all.capacity *= Self.shares
        all.perSecond *= Self.shares
        self.own = size
        self.all = all
        let bucket = TokenBucket(all, nowSeconds: nowSeconds)
        state = Mutex(State(networks: NetworkTable(most: networks), common: bucket, reserve: bucket))
    }

    /// Networks remembered now.
    package var count: Int { state.withLock { $0.networks.count } }

    /// Whether a network may do something now.
    /// - Parameter tokens: taken at once where it may; 0 only asks.
    /// - Returns: nil: it may; else the seconds to wait, at least 1.
    package func admit(_ network: ClientNetwork, taking tokens: Double, nowSeconds: Double) -> Int? {
        state.withLock { state in
            var bucket = bucket(of: network, &state, nowSeconds)
            defer { state.networks.set(network, bucket) }
            guard bucket.level >= 1 else { return wait(for: bucket, own) }
            let isNew = bucket.level >= own.capacity * 0.75
            guard state.common.level >= 1 || (isNew && state.reserve.level >= 1) else {
                return wait(for: state.common, all)
            }
            take(tokens, &bucket, &state)
            return nil
        }
    }

    /// Takes tokens for what has been done already; into debt where there are none.
    package func charge(_ network: ClientNetwork, _ tokens: Double, nowSeconds: Double) {
        state.withLock { state in
            var bucket = bucket(of: network, &state, nowSeconds)
            take(tokens, &bucket, &state)
            state.networks.set(network, bucket)
        }
    }

    private func bucket(of network: ClientNetwork, _ state: inout State, _ nowSeconds: Double) -> TokenBucket {
        state.common.fill(all, nowSeconds: nowSeconds)
        state.reserve.fill(all, nowSeconds: nowSeconds)
        var bucket = state.networks.get(network) ?? TokenBucket(own, nowSeconds: nowSeconds)
        bucket.fill(own, nowSeconds: nowSeconds)
        return bucket
    }

    private func take(_ tokens: Double, _ bucket: inout TokenBucket, _ state: inout State) {
        let isNew = bucket.level >= own.capacity * 0.75
        bucket.take(tokens, floor: -own.capacity)
        if state.common.level < 1, isNew {
            state.reserve.take(tokens, floor: 0)
        } else {
            state.common.take(tokens, floor: 0)
        }
    }

    private func wait(for bucket: TokenBucket, _ size: BucketSize) -> Int {
        let seconds = ((1 - bucket.level) / size.perSecond).rounded(.up)
        return Int(min(max(1, seconds), 86_400))
    }
}

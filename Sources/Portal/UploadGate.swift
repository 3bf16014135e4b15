// How many uploads there may be at once, and how slow each may be. Memory and the clock only.

import Synchronization

/// Counts uploads under way.
final class UploadGate: Sendable {
    private let most: Int
    private let mostOfOne: Int
    private let underWay = Mutex<[String: Int]>([:])

    /// - Parameters:
    ///   - most: of all letters.
    ///   - mostOfOne: of one letter.
    init(most: Int, mostOfOne: Int) {
        self.most = most
        self.mostOfOne = mostOfOne
    }

    /// Begins one.
    /// - Returns: false where there is no place; then ``leave(_:)`` must not be called.
    func enter(_ letter: String) -> Bool {
        underWay.withLock { counts in
            guard counts.values.reduce(0, +) < most, counts[letter, default: 0] < mostOfOne else { return false }
            counts[letter, default: 0] += 1
            return true
        }
    }

    /// Ends one.
    func leave(_ letter: String) {
        underWay.withLock { counts in
            let left = counts[letter, default: 1] - 1
            counts[letter] = left > 0 ? left : nil
        }
    }
}

/// The pace of one upload.
final class Pace: Sendable {
    private let bytes = Mutex(0)

    /// So many more have come.
    func add(_ count: Int) { bytes.withLock { $0 += count } }

    /// Returns once the upload is too slow, or lasts too long; throws where the task is cancelled.
    func watch(graceSeconds: Int, bytesPerSecond: Int, mostSeconds: Int) async throws {
        var before = 0
        var seconds = 0
        // Each stretch of time has to bring its share: a burst at the start buys no hour of silence.
        while seconds < mostSeconds {
            try await Task.sleep(for: .seconds(graceSeconds))
            seconds += graceSeconds
            let now = bytes.withLock { $0 }
            guard now - before >= bytesPerSecond * graceSeconds else { return }
            before = now
        }
    }
}

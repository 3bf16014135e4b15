// Slows guessing down: a user or a client network that has been wrong too often rests for a minute, then two, at
// most an hour, never for ever. Memory is bounded; the clock is passed in. A rest is the same for users who do not
// exist.

import Glibc
import Synchronization

/// Counts wrong passwords.
package final class GuessThrottle: Sendable {
    /// First and longest rest, in seconds.
    static let restSeconds = 60...3600
    /// Doublings until the longest rest; more wrong ones are not counted.
    private static let mostDoublings = 6
    /// For so many seconds without a wrong one, one is forgotten: an office behind one address that mistypes now and
    /// then does not rest, and a patient guesser has some twenty guesses a day.
    static let forgettingSeconds: Int64 = 3600

    private struct Record {
        var failures = 0
        var restEnds: ContinuousClock.Instant?
        var last: ContinuousClock.Instant
    }

    private enum Key: Hashable {
        case user(String)
        case network(String)
    }

    /// A user who got in from a network: others' guesses elsewhere do not keep the user out there.
    private struct Home: Hashable {
        var user: String
        var network: String
    }

    private struct Books {
        var records: [Key: Record] = [:]
        var homes: [Home: ContinuousClock.Instant] = [:]
    }

    private let failuresAllowed: Int
    private let mostRecords: Int
    private let books = Mutex(Books())

    /// - Parameters:
    ///   - failuresAllowed: wrong ones before the first rest (`limits.loginFailures`).
    ///   - mostRecords: users and networks that are remembered; the one with the oldest failure goes first.
    package init(failuresAllowed: Int, mostRecords: Int = 10_000) {
        self.failuresAllowed = min(max(1, failuresAllowed), 1_000_000)
        self.mostRecords = max(10, mostRecords)
    }

    /// Seconds that this user from this network must rest; nil where a try is allowed.
    /// - Parameters:
    ///   - user: folded; nil where it is not known yet.
    ///   - network: as ``network(of:)`` gives it; nil is not counted.
    package func rest(user: String?, network: String?, now: ContinuousClock.Instant) -> Int? {
        books.withLock { books in
            var end: ContinuousClock.Instant?
            if let network { end = books.records[.network(network)]?.restEnds }
            if let user, let other = books.records[.user(user)]?.restEnds, !isHome(user, network, books) {
                end = end.map { max($0, other) } ?? other
            }
            guard let end, end > now else { return nil }
            return max(1, Int(clamping: (end - now).components.seconds + 1))
        }
    }

    /// A wrong password.
    package func failed(user: String, network: String?, now: ContinuousClock.Instant) {
        books.withLock { books in
            count(.user(user), &books, now)
            if let network { count(.network(network), &books, now) }
        }
    }

    /// A right one: the user's count begins anew; the network's stays, or one stolen password would free a guesser.
    package func succeeded(user: String, network: String?, now: ContinuousClock.Instant) {
        books.withLock { books in
            books.records[.user(user)] = nil
            guard let network else { return }
            books.homes[Home(user: user, network: network)] = now
            if books.homes.count > mostRecords { Self.forgetOldest(of: &books.homes, by: { $0 }) }
        }
    }

    /// Never where the network is not counted: nothing else would slow guesses from there.
    private func isHome(_ user: String, _ network: String?, _ books: Books) -> Bool {
        guard let network else { return false }
        return books.homes[Home(user: user, network: network)] != nil
    }

    private func count(_ key: Key, _ books: inout Books, _ now: ContinuousClock.Instant) {
        var record = books.records[key] ?? Record(last: now)
        let forgotten = max(0, (now - record.last).components.seconds / Self.forgettingSeconds)
        record.failures = max(0, record.failures - Int(clamping: forgotten))
        record.failures = min(record.failures + 1, failuresAllowed + Self.mostDoublings)
        record.last = now
        if record.failures >= failuresAllowed {
            let doublings = record.failures - failuresAllowed
            let seconds = min(Self.restSeconds.lowerBound << doublings, Self.restSeconds.upperBound)
            record.restEnds = now + .seconds(seconds)
        }
        books.records[key] = record
        if books.records.count > mostRecords { Self.forgetOldest(of: &books.records, by: \.last) }
    }

    /// A tenth at once, so that sorting is paid for by many insertions.
    private static func forgetOldest<Key: Hashable, Value>(
        of table: inout [Key: Value], by age: (Value) -> ContinuousClock.Instant
    ) {
        let oldest = table.sorted { age($0.value) < age($1.value) }.prefix(max(1, table.count / 10))
        for (key, _) in oldest { table[key] = nil }
    }

    /// The /24 of an IPv4 address, the /56 of an IPv6 address (what a household gets); nil for loopback, a Unix socket
    /// and what is no address: a webmail on this machine is no network of its own.
    package static func network(of address: String) -> String? {
        var four = in_addr()
        if inet_pton(AF_INET, address, &four) == 1 {
            return withUnsafeBytes(of: &four) { name(four: Array($0)) }
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, String(address.prefix { $0 != "%" }), &six) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: &six) { Array($0) }
        // ::ffff:192.0.2.1
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 255, bytes[11] == 255 {
            return name(four: Array(bytes[12...]))
        }
        guard bytes != [UInt8](repeating: 0, count: 15) + [1] else { return nil }
        return bytes[..<7].map { String($0, radix: 16) }.joined(separator: ":") + "/56"
    }

    private static func name(four bytes: [UInt8]) -> String? {
        bytes[0] == 127 ? nil : "\(bytes[0]).\(bytes[1]).\(bytes[2])/24"
    }
}

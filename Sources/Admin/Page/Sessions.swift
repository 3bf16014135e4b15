// Who is in: sessions in memory, gone with the process. A session ends when it is idle too long, when it is too old,
// and when its owner logs out. The clock is passed in; the number of sessions is bounded.

import Synchronization

/// One visitor who is in.
struct Session: Sendable, Equatable {
    /// What the cookie holds: 128 bits, hexadecimal.
    let token: String
    /// What every form of this session must hold.
    let formToken: String
    /// The name in the log.
    let who: String
    /// False on a page that asks nobody for a password.
    let isLogin: Bool
}

/// All sessions.
final class Sessions: Sendable {
    private struct Entry {
        var session: Session
        let since: ContinuousClock.Instant
        var last: ContinuousClock.Instant
        var notice: Notice?
    }

    /// What the next page tells about the last action.
    struct Notice: Sendable, Equatable {
        let isError: Bool
        let text: String
    }

    private static let most = 500

    private let idle: Duration
    private let longest: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let random: @Sendable (Int) -> [UInt8]?
    private let entries = Mutex<[String: Entry]>([:])

    /// - Parameters:
    ///   - idle: without a request.
    ///   - longest: whatever is done.
    ///   - random: strong bytes; nil where there are none.
    init(
        idle: Duration, longest: Duration, now: @escaping @Sendable () -> ContinuousClock.Instant,
        random: @escaping @Sendable (Int) -> [UInt8]?
    ) {
        self.idle = idle
        self.longest = longest
        self.now = now
        self.random = random
    }

    /// Begins one; nil where there is no randomness.
    func begin(_ who: String, isLogin: Bool = true) -> Session? {
        guard let token = random(16).map(Self.hexadecimal), let formToken = random(16).map(Self.hexadecimal) else {
            return nil
        }
        let session = Session(token: token, formToken: formToken, who: who, isLogin: isLogin)
        let now = now()
        entries.withLock { entries in
            entries = entries.filter { isAlive($0.value, now) }
            if entries.count >= Self.most, let oldest = entries.min(by: { $0.value.last < $1.value.last }) {
                entries[oldest.key] = nil
            }
            entries[token] = Entry(session: session, since: now, last: now, notice: nil)
        }
        return session
    }

    /// The session of a cookie, which now has been used; nil where there is none or it has ended.
    func find(_ token: String) -> Session? {
        let now = now()
        return entries.withLock { entries in
            guard let entry = entries[token] else { return nil }
            guard isAlive(entry, now) else {
                entries[token] = nil
                return nil
            }
            entries[token]?.last = now
            return entry.session
        }
    }

    /// Ends one.
    func end(_ token: String) { entries.withLock { $0[token] = nil } }

    /// Keeps what the next page of this session tells.
    func note(_ notice: Notice, for token: String) { entries.withLock { $0[token]?.notice = notice } }

    /// What there is to tell, once.
    func takeNotice(of token: String) -> Notice? {
        entries.withLock { entries in
            let notice = entries[token]?.notice
            entries[token]?.notice = nil
            return notice
        }
    }

    private func isAlive(_ entry: Entry, _ now: ContinuousClock.Instant) -> Bool {
        entry.last.duration(to: now) < idle && entry.since.duration(to: now) < longest
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }

    /// Compares two tokens without telling by the time where they differ.
    static func equal(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

// Who may open the admin page: password and code against the file, guesses slowed down, a code used once. The file is
// read again when it has changed; one that cannot be used keeps the last good one. A name that does not exist costs the
// same work and gets the same answer.

import Cryptography
package import Mail
import Synchronization

/// Checks log-ins to the admin page.
package final class AdminLoginDesk: Sendable {
    /// What came of a try.
    package enum Outcome: Sendable, Equatable {
        /// In, under this name.
        case accepted(name: String)
        /// Name, password or code are wrong: which is not told.
        case wrong
        /// Too many were; seconds to wait.
        case resting(seconds: Int)
        /// The file, the generator or the stretching cannot be used.
        case unavailable
    }

    /// Wrong tries before the first rest.
    private static let failuresAllowed = 5

    private let directory: NamedDirectory<AdminUser>
    private let throttle: GuessThrottle
    private let bench = StretchBench()
    /// Step of the last code that was used, by name: it and those before are used up.
    private let usedSteps = Mutex<[String: Int64]>([:])
    private let nowSeconds: @Sendable () -> Int64
    private let now: @Sendable () -> ContinuousClock.Instant
    /// Stands for users that do not exist; dies with the process.
    private let nobody: ScramVerifier?

    /// - Parameters:
    ///   - path: of the file (``AdminFile``).
    ///   - nowSeconds: seconds since 1970, for the codes.
    ///   - now: the clock of the throttle.
    ///   - report: hears of a file that cannot be used, once for each of its states.
    package init(
        path: String, nowSeconds: @escaping @Sendable () -> Int64,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        report: @escaping @Sendable (Diagnostic) -> Void
    ) {
        directory = NamedDirectory(path: path, report: report)
        self.nowSeconds = nowSeconds
        self.now = now
        throttle = GuessThrottle(failuresAllowed: Self.failuresAllowed)
        let parts = (0..<3).compactMap { _ in try? Randomness.bytes(32) }
        nobody =
            parts.count == 3
            ? ScramVerifier(salt: parts[0], iterations: AdminUser.iterations, storedKey: parts[1], serverKey: parts[2])
            : nil
    }

    /// True while this name stands in the file: a session ends when its owner is taken out.
    package func knows(_ name: String) -> Bool { directory.current()?.users[name] != nil }

    /// Checks one try.
    /// - Parameter clientAddress: without port; "" for a Unix socket.
    package func check(name: String, password: Secret, code: String, clientAddress: String) async -> Outcome {
        let folded = Preparation.name(name) ?? String(name.prefix(255))
        let network = GuessThrottle.network(of: clientAddress)
        if let seconds = throttle.rest(user: folded, network: network, now: now()) { return .resting(seconds: seconds) }
        guard let users = directory.current()?.users, let nobody else { return .unavailable }
        let user = users[folded]
        let verifier = user?.verifier ?? nobody
        let isRight = await bench.run {
            // Revealed to be stretched; what is no password is stretched too.
            var bytes = Array((Preparation.prepare(password.revealed) ?? "\u{0}").utf8)
            defer { SecretMemory.wipe(&bytes) }
            return verifier.accepts(bytes)
        }
        guard let isRight else { return .unavailable }
        // Asked once more: guesses made side by side must not outrun it.
        if let seconds = throttle.rest(user: folded, network: network, now: now()) { return .resting(seconds: seconds) }
        guard isRight, let user, useUp(code, of: user) else {
            throttle.failed(user: folded, network: network, now: now())
            return .wrong
        }
        throttle.succeeded(user: folded, network: network, now: now())
        return .accepted(name: user.name)
    }

    /// True where the code is right and has not been used; from then on it is used.
    private func useUp(_ code: String, of user: AdminUser) -> Bool {
        guard let step = user.secret.matchingStep(code, atSeconds: nowSeconds()) else { return false }
        return usedSteps.withLock { usedSteps in
            guard step > usedSteps[user.name] ?? -1 else { return false }
            usedSteps[user.name] = step
            return true
        }
    }
}

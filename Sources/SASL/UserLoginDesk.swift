// The checker of passwords against the file of users: which user, what is proved, and how many guesses were wrong. A
// user who does not exist costs the same work, has a salt of its own that stays the same, and gets the same answers.

import Cryptography
import Mail
package import SettingValues

/// Checks log-ins against a ``UserDirectory``.
package final class UserLoginDesk: LoginDesk {
    package let mechanisms = ["SCRAM-SHA-256", "PLAIN", "LOGIN"]

    private let directory: UserDirectory
    private let throttle: GuessThrottle
    private let bench: StretchBench
    private let now: @Sendable () -> ContinuousClock.Instant
    /// The server's part of a SCRAM nonce.
    let nonce: @Sendable () -> String?
    /// Makes the salts of users who do not exist; dies with the process. nil where the generator failed: nobody gets
    /// in.
    private let secret: [UInt8]?

    /// - Parameters:
    ///   - limits: `loginFailures` is used.
    ///   - now: the clock of the throttle.
    ///   - nonce: for test vectors; drawn by default. nil is "no randomness".
    package init(
        directory: UserDirectory, limits: Limits, bench: StretchBench = StretchBench(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        nonce: @escaping @Sendable () -> String? = { drawnNonce() }
    ) {
        self.directory = directory
        throttle = GuessThrottle(failuresAllowed: limits.loginFailures)
        self.bench = bench
        self.now = now
        self.nonce = nonce
        secret = try? Randomness.bytes(32)
    }

    package func begin(_ mechanism: String, clientAddress: String) -> (any LoginExchange)? {
        let network = GuessThrottle.network(of: clientAddress)
        switch mechanism.uppercased() {
        case "SCRAM-SHA-256": return ScramExchange(desk: self, network: network)
        case "PLAIN": return PlainExchange(desk: self, network: network)
        case "LOGIN": return LoginVerbExchange(desk: self, network: network)
        default: return nil
        }
    }

    /// Which user is asked about, and what is kept of the password; also for users that do not exist.
    struct Subject: Sendable {
        let name: String
        let network: String?
        let verifier: ScramVerifier
        /// nil for a user who does not exist: no password is right.
        let login: Login?
    }

    /// The name as it stands in the file of users; nil for nobody's.
    func knownName(_ name: String) -> String? {
        Preparation.name(name).flatMap { directory.current()?.users[$0]?.name }
    }

    /// Looks a name up, after the throttle has.
    func subject(_ name: String, network: String?) -> Result<Subject, LoginFailure> {
        // What is no name at all is counted as it is, bounded: else odd names were free guesses.
        let folded = Preparation.name(name) ?? String(name.prefix(255))
        if let seconds = throttle.rest(user: folded, network: network, now: now()) {
            return .failure(.throttled(seconds: seconds))
        }
        guard let users = directory.current(), let secret else { return .failure(.unavailable) }
        if let user = users.users[folded] {
            let login = Login(name: user.name, maySendAs: user.maySendAs)
            return .success(Subject(name: folded, network: network, verifier: user.verifier, login: login))
        }
        guard let salt = try? HMACSHA256.code(Array("salt \(folded)".utf8), key: secret),
            let key = try? HMACSHA256.code(Array("key \(folded)".utf8), key: secret)
        else { return .failure(.unavailable) }
        let verifier = ScramVerifier(
            salt: Array(salt.prefix(ScramVerifier.saltBytes)), iterations: users.usualIterations, storedKey: key,
            serverKey: key)
        return .success(Subject(name: folded, network: network, verifier: verifier, login: nil))
    }

    /// Checks a password given in clear.
    func check(name: String, password: Secret, authorisation: String, network: String?) async -> LoginStep {
        let subject: Subject
        switch self.subject(name, network: network) {
        case .success(let found): subject = found
        case .failure(let failure): return .failure(failure)
        }
        let verifier = subject.verifier
        let isRight = await bench.run {
            // Revealed to be stretched. What is no password is stretched, too: it must take as long.
            var bytes = Array((Preparation.prepare(password.revealed) ?? "\u{0}").utf8)
            defer { SecretMemory.wipe(&bytes) }
            return verifier.accepts(bytes)
        }
        guard let isRight else { return .failure(.unavailable) }
        return conclude(subject, isRight: isRight, authorisation: authorisation, final: nil)
    }

    /// The last word on an exchange. The throttle is asked once more: guesses made side by side must not outrun it.
    func conclude(_ subject: Subject, isRight: Bool, authorisation: String, final: [UInt8]?) -> LoginStep {
        let now = now()
        if let seconds = throttle.rest(user: subject.name, network: subject.network, now: now) {
            return .failure(.throttled(seconds: seconds))
        }
        // To act for somebody else is nothing that this file of users can allow (RFC 4616 section 2).
        let actsForHimself = authorisation.isEmpty || Preparation.name(authorisation) == subject.name
        guard isRight, actsForHimself, let login = subject.login else {
            throttle.failed(user: subject.name, network: subject.network, now: now)
            return .failure(.wrong)
        }
        throttle.succeeded(user: subject.name, network: subject.network, now: now)
        return .success(login, final: final)
    }

    /// 144 random bits.
    package static func drawnNonce() -> String? { (try? Randomness.bytes(18)).map { Base64.encode($0) } }
}

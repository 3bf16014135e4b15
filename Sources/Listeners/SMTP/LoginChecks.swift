// Carries the log-in of one connection between its session and the checker of passwords. Touches nothing itself.

import Logging
import Mail
import Metrics
import SASL
import SMTP

/// One connection's log-in; used by the connection's task only.
struct LoginChecks {
    private let desk: (any LoginDesk)?
    private let logger: Logger
    private var exchange: (any LoginExchange)?

    init(_ desk: (any LoginDesk)?, logger: Logger) {
        self.desk = desk
        self.logger = logger
    }

    /// The word on what the client said. Deriving a key from a password takes a good part of a second of computing, so
    /// it is done away from the event loop, whose other connections go on meanwhile.
    mutating func check(_ input: ServerSession.LoginInput) async -> ServerSession.LoginAnswer {
        if let mechanism = input.mechanism {
            exchange = desk?.begin(mechanism, clientAddress: input.clientAddress)
        }
        guard let current = exchange else { return .malformed }
        let step = await withTaskExecutorPreference(globalConcurrentExecutor) { await current.step(input.response) }
        if case .challenge = step {} else { exchange = nil }
        // For who watches over guesses. Only a user's own name is told: people type passwords into its place.
        if case .failure(let why) = step {
            var metadata: Logger.Metadata = ["client": "\(input.clientAddress)", "reason": "\(why)"]
            metadata["user"] = current.user.map { "\($0)" }
            logger.notice("log-in refused", metadata: metadata)
        }
        return Self.answer(step)
    }

    private static func answer(_ step: LoginStep) -> ServerSession.LoginAnswer {
        switch step {
        case .challenge(let octets): return .challenge(octets)
        case .success(let login, let final):
            LoginMetrics.success.increment()
            return .success(user: login.name, maySendAs: login.maySendAs, final: final)
        case .failure(.wrong):
            LoginMetrics.wrong.increment()
            return .wrong
        case .failure(.throttled(let seconds)):
            LoginMetrics.throttled.increment()
            return .throttled(seconds: seconds)
        case .failure(.malformed):
            LoginMetrics.malformed.increment()
            return .malformed
        case .failure(.unavailable):
            LoginMetrics.unavailable.increment()
            return .unavailable
        }
    }
}

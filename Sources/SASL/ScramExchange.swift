// The exchanges of the three mechanisms as a listener drives them: PLAIN (RFC 4616), LOGIN (draft-murchison-sasl-login,
// for Outlook), SCRAM-SHA-256 (RFC 7677). Each fails by LoginFailure; none outlives one AUTH.

import Mail
import Synchronization

/// PLAIN: one response, `authorisation NUL name NUL password`.
final class PlainExchange: LoginExchange {
    private let desk: UserLoginDesk
    private let network: String?
    private let claimed = Mutex<String?>(nil)
    var user: String? { claimed.withLock { $0 } }

    init(desk: UserLoginDesk, network: String?) {
        self.desk = desk
        self.network = network
    }

    func step(_ response: [UInt8]?) async -> LoginStep {
        guard let response else { return .challenge([]) }
        let parts = response.split(separator: 0, omittingEmptySubsequences: false)
        guard response.count <= 3 * Preparation.mostBytes + 2, parts.count == 3, !parts[1].isEmpty, !parts[2].isEmpty,
            let authorisation = String(validating: parts[0], as: UTF8.self),
            let name = String(validating: parts[1], as: UTF8.self),
            let password = String(validating: parts[2], as: UTF8.self)
        else { return .failure(.malformed) }
        claimed.withLock { $0 = desk.knownName(name) }
        return await desk.check(
            name: name, password: Secret(password), authorisation: authorisation, network: network)
    }
}

/// LOGIN: two questions. The name may come with AUTH.
final class LoginVerbExchange: LoginExchange {
    private let desk: UserLoginDesk
    private let network: String?
    private let name = Mutex<String?>(nil)
    private let claimed = Mutex<String?>(nil)
    var user: String? { claimed.withLock { $0 } }

    init(desk: UserLoginDesk, network: String?) {
        self.desk = desk
        self.network = network
    }

    func step(_ response: [UInt8]?) async -> LoginStep {
        guard let response else { return .challenge(Array("Username:".utf8)) }
        guard !response.isEmpty, response.count <= Preparation.mostBytes,
            let text = String(validating: response, as: UTF8.self)
        else { return .failure(.malformed) }
        let known = name.withLock { name in
            defer { if name == nil { name = text } }
            return name
        }
        claimed.withLock { $0 = desk.knownName(known ?? text) }
        guard let known else { return .challenge(Array("Password:".utf8)) }
        return await desk.check(name: known, password: Secret(text), authorisation: "", network: network)
    }
}

/// SCRAM-SHA-256: client-first, server-first, client-final, server-final.
final class ScramExchange: LoginExchange {
    private struct Progress {
        var subject: UserLoginDesk.Subject
        var server: ScramServer
        var authorisation: String
    }

    private let desk: UserLoginDesk
    private let network: String?
    private let progress = Mutex<Progress?>(nil)
    private let claimed = Mutex<String?>(nil)
    var user: String? { claimed.withLock { $0 } }

    init(desk: UserLoginDesk, network: String?) {
        self.desk = desk
        self.network = network
    }

    func step(_ response: [UInt8]?) async -> LoginStep {
        guard let response else { return .challenge([]) }
        guard let progress = progress.withLock({ $0 }) else { return first(response) }
        switch progress.server.check(response) {
        case .success(let final):
            return desk.conclude(
                progress.subject, isRight: true, authorisation: progress.authorisation, final: final)
        case .failure(.wrong):
            return desk.conclude(
                progress.subject, isRight: false, authorisation: progress.authorisation, final: nil)
        case .failure(let failure): return .failure(failure)
        }
    }

    private func first(_ response: [UInt8]) -> LoginStep {
        guard let first = ScramClientFirst(response) else { return .failure(.malformed) }
        claimed.withLock { $0 = desk.knownName(first.user) }
        switch desk.subject(first.user, network: network) {
        case .failure(let failure): return .failure(failure)
        case .success(let subject):
            guard let nonce = desk.nonce() else { return .failure(.unavailable) }
            let server = ScramServer(first, verifier: subject.verifier, serverNonce: nonce)
            progress.withLock {
                $0 = Progress(subject: subject, server: server, authorisation: first.authorisation ?? "")
            }
            return .challenge(Array(server.serverFirst.utf8))
        }
    }
}

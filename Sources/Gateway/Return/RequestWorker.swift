// Carries out what the portal has left for the gateway in letters.db: looks every second, has each kind done by the
// handler that is registered for it, and settles it with the handler's answer. Every row is hostile input: the portal's
// Unix user can write the file.

import Cryptography
import Foundation
import Links
import Logging
import Mail
import Sealing
import SettingValues
import Vault

/// Does one kind of request.
protocol RequestHandler: Sendable {
    /// - Parameter body: as it was asked, at most 4 KiB; may be anything.
    /// - Returns: what the one who asked may read, at most 4 KiB.
    /// - Throws: a ``Refusal`` where it cannot be done now: it is tried again.
    func carryOut(_ body: [UInt8], nowSeconds: Int64) async throws(Refusal) -> [UInt8]
}

/// Looks every second.
struct RequestWorker: Periodic {
    let letters: any GatewayLetters
    /// Who does what, by kind.
    let handlers: [String: any RequestHandler]
    let logger: Logger
    var pauseSeconds = 1.0
    let failure = "the portal's requests cannot be looked at"

    /// A request that cannot be carried out for so long is given up, in seconds.
    private static let giveUpSeconds: Int64 = 3600

    /// Carries out what waits. A database that fails ends the round; the next one tries again.
    func work(nowSeconds: Int64) async throws(Refusal) {
        // That it cannot be used is said once (StorageAlarm), not with each round.
        guard letters.problem == nil else { return }
        for request in try await letters.waitingRequests() {
            guard !Task.isCancelled else { return }
            guard let answer = await answer(to: request, nowSeconds) else { continue }
            try await letters.settleRequest(request.id, answer: answer, nowSeconds: nowSeconds)
        }
        try await letters.forgetRequests(nowSeconds: nowSeconds)
    }

    /// nil: not now.
    private func answer(to request: WaitingRequest, _ nowSeconds: Int64) async -> [UInt8]? {
        guard let handler = handlers[request.kind] else { return RequestAnswer.refused("unknown").json }
        do throws(Refusal) {
            return try await handler.carryOut(request.body, nowSeconds: nowSeconds)
        } catch {
            let age = nowSeconds.subtractingReportingOverflow(request.askedAtSeconds)
            let isOld = age.overflow || age.partialValue > Self.giveUpSeconds || age.partialValue < 0
            logger.error(
                isOld ? "a request of the portal is given up" : "a request of the portal failed, will be tried again",
                metadata: ["kind": "\(request.kind)", "reason": "\(error.detail)"])
            return isOld ? RequestAnswer.refused("trouble").json : nil
        }
    }
}

extension RequestAnswer {
    /// As it lies in the table.
    var json: [UInt8] { (try? JSONEncoder().encode(self)).map { [UInt8]($0) } ?? [] }
}

/// `revoke` and `extend`, asked by a sender on the control page.
struct ControlHandler: RequestHandler {
    /// Which of the two.
    enum Deed: Sendable { case revoke, extend }

    let deed: Deed
    let keeping: LetterKeeping
    /// Says what the settings are now.
    let current: CurrentPath
    let logger: Logger

    func carryOut(_ body: [UInt8], nowSeconds: Int64) async throws(Refusal) -> [UInt8] {
        try await answer(body, nowSeconds).json
    }

    private func answer(_ body: [UInt8], _ nowSeconds: Int64) async throws(Refusal) -> RequestAnswer {
        guard let wish = try? JSONDecoder().decode(ControlWish.self, from: Data(body)), try await isProven(wish) else {
            return .refused("gone")
        }
        let result: KeepingResult
        switch deed {
        case .revoke: result = try await keeping.revoke(wish.letter, nowSeconds: nowSeconds)
        case .extend:
            guard let links = current.path.links.offer?.settings, let seen = wish.expires else {
                return .refused("gone")
            }
            result = try await keeping.extend(
                wish.letter, seen: seen, bySeconds: Int64(links.expireSeconds),
                longestSeconds: links.longestLifeSeconds,
                nowSeconds: nowSeconds)
        }
        logger.notice("a sender has asked", metadata: ["letter": "\(wish.letter)", "result": "\(result)"])
        switch result {
        case .revoked: return .done(untilSeconds: nil)
        case .extended(let until): return .done(untilSeconds: until)
        case .longest: return .refused("longest")
        case .fixed: return .refused("fixed")
        case .gone: return .refused("gone")
        }
    }

    /// The portal is not believed: the proof must be that of the token which this gateway gave the letter's sender.
    private func isProven(_ wish: ControlWish) async throws(Refusal) -> Bool {
        guard let proof = Base64URL.decode(wish.auth), let owner = try await keeping.ledger.owner(of: wish.letter)
        else {
            return false
        }
        let token = try keeping.ledger.controlKey.token(for: owner.controlID)
        do throws(CryptographyError) { return ConstantTime.equal(proof, try token.auth()) } catch {
            throw error.refusal
        }
    }
}

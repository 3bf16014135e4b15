// What the admin page may look up and have done in a running gateway: values out, and three actions. Fails with a refusal.

import Foundation
package import Mail
import OpenPGP
import Sealing
import Synchronization
import Vault

/// A running gateway's side of the admin page.
package struct AdminOffice: Sendable {
    /// A letter with the end of its rest.
    package struct Letter: Sendable {
        package let line: LetterDesk.Line
        /// Seconds since 1970, or nil.
        package let restsUntilSeconds: Int64?
    }

    /// The key folder.
    package struct KeyFolder: Sendable {
        package let folder: String
        package let lines: [KeyLine]
        package let expiries: [Int64?]
        package let problem: String?
        package let ignored: [String]
    }

    let gateway: AssembledGateway
    private let cache = KeyCache()

    package init(_ gateway: AssembledGateway) { self.gateway = gateway }

    /// Counts by hour since 1970, those of hours without any mail left out.
    package func flow(sinceSeconds: Int64) async throws(Refusal) -> [Int64: [HourlyCounts.Kind: Int]] {
        try await gateway.flow.counts(sinceHour: HourlyCounts.hour(sinceSeconds))
    }

    /// The last messages that were not taken, newest first.
    package var refusals: [MessageRecord] { gateway.flow.refusals }

    /// Newest first.
    package func letters(nowSeconds: Int64) async throws(Refusal) -> [Letter] {
        let desk = LetterDesk(ledger: gateway.parts.ledger, letters: gateway.parts.letters)
        let resting = try await gateway.parts.letters.resting(nowSeconds: nowSeconds)
        return try await desk.lines().reversed().map { Letter(line: $0, restsUntilSeconds: resting[$0.id]) }
    }

    /// Deletes a letter. - Returns: false where there is none of that id.
    package func revoke(_ id: String) async throws(Refusal) -> Bool {
        try await LetterDesk(ledger: gateway.parts.ledger, letters: gateway.parts.letters).revoke(id)
    }

    /// Whether messages can be held at all.
    package var hasQuarantine: Bool { gateway.current.snapshot.path.quarantine != nil }

    /// Held messages, oldest first.
    package func held() async throws(Refusal) -> [HeldLine] { try await desk(for: "").lines(settled: false) }

    /// Destroys a held message. - Returns: false where it is not held.
    package func drop(_ id: String, reason: String, by who: String) async throws(Refusal) -> Bool {
        let desk = desk(for: who)
        guard let line = try await desk.line(id) else { return false }
        return try await desk.drop(line.id, reason: reason)
    }

    /// Releases a held message to all who are held.
    /// - Parameter homeFolder: GnuPG home with the officer's secret key, usable without a passphrase.
    /// - Returns: nil where it is not held; else why recipients stay held, by address: empty where nobody does.
    package func release(
        _ id: String, homeFolder: String, by who: String
    ) async throws(Refusal) -> [(recipient: String, reason: String)]? {
        let desk = desk(for: who)
        guard let line = try await desk.line(id), line.state == "held" else { return nil }
        let message: MessageBytes?
        do throws(OpeningError) {
            message = try await desk.open(
                line, homeFolder: homeFolder, gpgProgram: gateway.configuration.gpgProgram,
                gpgTimeoutSeconds: gateway.configuration.gpgTimeoutSeconds)
        } catch {
            throw Refusal(.engine, "cannot be opened", detail: "opening \(line.id): \(error.reason)")
        }
        guard let message else { return nil }
        let released = try await desk.release(line.id, message: message, by: gateway.current.snapshot)
        guard !released.isEmpty else { return nil }
        return released.compactMap { one in one.refusal.map { (one.recipient.description, $0.detail) } }
    }

    /// The key folder as the gateway sees it; looked at again after half a minute.
    package func keys() async -> KeyFolder {
        if let kept = cache.kept() { return kept }
        let keyring = gateway.parts.keyring
        let reports = await keyring.listing()
        let folder = gateway.configuration.keysFolder
        let found = KeyFolder(
            folder: folder, lines: reports.map(KeyLine.init), expiries: reports.map(\.expiresSeconds),
            problem: await keyring.problem(), ignored: KeyDesk.ignoredFiles(in: folder))
        cache.keep(found)
        return found
    }

    private func desk(for who: String) -> QuarantineDesk {
        QuarantineDesk(
            ledger: gateway.parts.ledger, gatewayFolder: gateway.configuration.gatewayFolder, who: who)
    }
}

/// The last look at the key folder: with many keys it is dear.
private final class KeyCache: Sendable {
    private let last = Mutex<(folder: AdminOffice.KeyFolder, at: ContinuousClock.Instant)?>(nil)

    func kept() -> AdminOffice.KeyFolder? {
        last.withLock { last in
            guard let last, last.at.duration(to: .now) < .seconds(30) else { return nil }
            return last.folder
        }
    }

    func keep(_ folder: AdminOffice.KeyFolder) { last.withLock { $0 = (folder, .now) } }
}

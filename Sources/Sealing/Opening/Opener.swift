// `letterlock decrypt`: finds what is sealed in a message, has gpg open it, and puts it back in its place. What cannot
// be opened stays byte for byte and is named; where nothing can be opened, nothing is given. The work for one message
// is bounded (Locksmith).

package import Mail
package import OpenPGP
package import SettingValues

/// A message with what could be opened of it in clear.
package struct DecryptedMessage: Sendable {
    /// The message.
    package let bytes: MessageBytes
    /// What is sealed in it as before, in words: part number, type and reason, one line each.
    package let unopened: [String]
    /// What a reader may want to know beside, one line each.
    package let notes: [String]
    /// Ciphertexts that were opened.
    package let openedCount: Int
}

/// Why nothing of a message was opened.
package struct OpeningError: Error, Sendable, Equatable {
    /// In words.
    package let reason: String
    /// True where gpg or the disk is at fault, not the message.
    package let isTemporary: Bool
    /// What is sealed in it, as ``DecryptedMessage/unopened``.
    package let unopened: [String]

    init(_ reason: String, isTemporary: Bool = false, unopened: [String] = []) {
        self.reason = reason
        self.isTemporary = isTemporary
        self.unopened = unopened
    }

    /// A fault of our own side.
    package init(_ refusal: Refusal) { self.init(refusal.detail, isTemporary: !refusal.isPermanent) }
}

/// Opens messages.
package struct Opener: Sendable {
    private let engine: Engine
    private let limits: Limits

    package init(engine: Engine, limits: Limits) {
        self.engine = engine
        self.limits = limits
    }

    /// The message as it was before sealing: PGP/MIME (RFC 3156), the forms that gateways make of it, encrypted files,
    /// and inline PGP.
    /// - Parameters:
    ///   - message: CRLF lines.
    ///   - homeFolder: GnuPG home with the secret keys; nil is the user's own.
    /// - Throws: an ``OpeningError`` where nothing could be opened.
    package func open(_ message: MessageBytes, homeFolder: String?) async throws(OpeningError) -> DecryptedMessage {
        // Sealing grows a message, opening may unpack it: more than this is a bomb.
        let locksmith = Locksmith(engine: engine, homeFolder: homeFolder, byteLimit: limits.messageBytes * 20)
        var run = OpeningRun(limits: limits, locksmith: locksmith)
        let opened = try await run.open(message, depth: 0, prefix: "")
        let report = run.locksmith
        guard report.openedCount == 0 else {
            return DecryptedMessage(
                bytes: opened, unopened: report.unopened, notes: report.notes, openedCount: report.openedCount)
        }
        if let failure = report.engineFailure { throw OpeningError(failure) }
        guard report.triedCount > 0 || !report.unopened.isEmpty else {
            throw OpeningError("no openpgp ciphertext found: it is neither PGP/MIME nor inline PGP")
        }
        throw OpeningError("nothing in the message could be opened", unopened: report.unopened)
    }
}

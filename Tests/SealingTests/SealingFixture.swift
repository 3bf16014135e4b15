// A sealer with a real engine, a real keyring and a plan made by the real policy.

import Foundation
import MIME
import Mail
import OpenPGP
import Policy
import PolicyLanguage
import Sealing
import SettingValues
import Support
import Wording

final class SealingFixture: Sendable {
    let folder: TemporaryFolder
    let gpg: TestGPG
    let engine: Engine
    let keyring: Keyring
    let limits = Limits()

    init(keys: [String]) throws {
        folder = try TemporaryFolder()
        gpg = try TestGPG()
        try FileManager.default.createDirectory(atPath: folder.file("keys"), withIntermediateDirectories: true)
        for key in keys { try folder.write("keys/\(key).asc", try gpg.makeKey(key)) }
        engine = try Engine(GPGSettings(timeoutSeconds: 30, workers: 1), homeFolder: folder.file("gnupg"))
        keyring = Keyring(folder: folder.file("keys"), engine: engine)
    }

    var sealer: Sealer { get throws { try signingSealer(nil) } }

    /// A sealer that signs with a key of the test's GnuPG home.
    func signingSealer(_ key: String?) throws -> Sealer {
        var settings = SealerSettings(
            hostname: "gate.example.org", links: EnabledLinks(Self.links), limits: limits,
            signer: key.map { SigningKey(name: $0, homeFolder: gpg.home) })
        settings.rounds = 1000
        return Sealer(engine: engine, settings: settings)
    }

    /// Links of a day's life, French for `.fr`.
    static var links: LinkSettings {
        var links = LinkSettings()
        links.url = "https://letters.example.org"
        links.from = Mailbox("letters@example.org")
        links.expireSeconds = 86_400
        links.languages = LanguageMap(entries: [".fr": .fr])
        return links
    }

    /// Reads and judges: everything is protected by what `with` says.
    func plan(
        _ message: String, from: String = "alice@example.org", to: [String], with: String = "[pgp, link]",
        then: String = "", rules one: String? = nil, envelope edit: (inout Envelope) -> Void = { _ in }
    ) async throws -> DecidedMessage {
        try await plan(MessageBytes(message), from: from, to: to, with: with, then: then, rules: one, envelope: edit)
    }

    /// The same for a message in bytes.
    func plan(
        _ message: MessageBytes, from: String = "alice@example.org", to: [String], with: String = "[pgp, link]",
        then: String = "", rules one: String? = nil, envelope edit: (inout Envelope) -> Void = { _ in }
    ) async throws -> DecidedMessage {
        let rules =
            "version: 1\nrules:\n  - id: all\n    \(one ?? "then: { protect: required, with: \(with)\(then) }")\n"
        let loaded = Ruleset.load(
            files: [PolicyFile(name: "rules.yaml", text: rules)],
            surroundings: Surroundings(inside: DomainList(["example.org"]), linksAvailable: true))
        guard let ruleset = loaded.ruleset else { throw SupportError("\(loaded.diagnostics)") }
        let recipients = to.compactMap(Mailbox.init)
        var envelope = Envelope(sender: Mailbox(from), recipients: recipients)
        edit(&envelope)
        let known = await keyring.lookup(recipients + ruleset.destinations + [envelope.sender].compactMap { $0 })
        let received = ReceivedMessage(
            envelope: envelope, bytes: message,
            origin: .init(
                id: "test", clientName: "client.example.org", clientAddress: "192.0.2.1", protocolName: "ESMTP"),
            receivedAtSeconds: 1_790_000_000)
        return decide(
            try read(received, limits: limits), known: known, rules: ruleset, nowSeconds: 0)
    }

    /// Ends gpg.
    func end() async { await engine.shutdown() }

    /// Opens a sealed message again, all of it.
    func open(_ sealed: MessageBytes) async throws -> String { try await opened(sealed).bytes.text }

    /// Opens what can be opened.
    func opened(_ sealed: MessageBytes) async throws -> DecryptedMessage {
        try await Opener(engine: engine, limits: limits).open(sealed, homeFolder: gpg.home)
    }

    /// The same for a message in text.
    func opened(_ sealed: String) async throws -> DecryptedMessage { try await opened(MessageBytes(sealed)) }
}

extension MessageBytes {
    var text: String { String(decoding: (try? copy()) ?? [], as: UTF8.self) }
}

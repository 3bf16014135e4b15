// Loading: values, files, environment.

import Foundation
import Mail
import Settings
import Testing

@Suite struct LoadingTests {
    private let example = """
        hostname: Gate.Example.ORG
        inside: [example.org, .example.org]
        keys: certificates
        policy: /etc/letterlock/policy
        listen:
          smtp: ["127.0.0.1:10025", {address: "[::1]:10025", tls: none}, "unix:/run/ll/smtp"]
          portal: 127.0.0.1:8080
        next-hop: {address: "mail.example.org:25", tls: none}
        gpg: {program: bin/gpg, timeout: 2m, workers: 2}
        links:
          url: https://Letters.example.org/secure/
          expire: 2h
          from: letters@example.org
          language: {default: fr, .co.uk: en, example.net: en}
          unattended: [noreply@example.org]
        limits: {message: 10KiB, connections: 7, next-hop-idle: 0s, text-line: 1000}
        """

    @Test("Every kind of value is read")
    func values() throws {
        let settings = try LetterlockSettings.load(text: example, name: "conf/letterlock.yaml")
        #expect(settings.hostname == "gate.example.org")
        #expect(settings.inside == DomainList(["example.org", ".example.org"]))
        #expect(settings.keys == "conf/certificates")
        #expect(settings.policy == "/etc/letterlock/policy")
        #expect(settings.state == "conf/var")
        #expect(
            settings.listen.smtp.map(\.address.description) == ["127.0.0.1:10025", "[::1]:10025", "unix:/run/ll/smtp"])
        #expect(settings.listen.portal == .tcp(host: "127.0.0.1", port: 8080))
        #expect(settings.nextHop.address == .tcp(host: "mail.example.org", port: 25))
        #expect(settings.gpg.program == "conf/bin/gpg")
        #expect(settings.gpg.timeoutSeconds == 120)
        #expect(settings.links.url == "https://letters.example.org/secure")
        #expect(settings.links.expireSeconds == 7200)
        #expect(settings.limits.messageBytes == 10240)
        #expect(settings.limits.connections == 7)
        #expect(settings.limits.nextHopIdleSeconds == 0)
        #expect(settings.limits.idleSeconds == 300)
        #expect(settings.warnings.isEmpty)
    }

    @Test(
        "The language follows the closest entry",
        arguments: [
            ("bob@x.co.uk", "en"), ("bob@co.uk", "fr"), ("bob@example.net", "en"), ("bob@sub.example.net", "fr"),
        ])
    func language(address: String, expected: String) throws {
        let settings = try LetterlockSettings.load(text: example, name: "letterlock.yaml")
        #expect(settings.links.language.language(for: try #require(Mailbox(address))) == expected)
    }

    @Test("Without a file the defaults hold, and paths start at the working directory")
    func defaults() throws {
        let settings = try LetterlockSettings.load(file: nil, environment: [:])
        #expect(settings.keys == "keys")
        #expect(settings.listen.smtp.map(\.address.description) == ["127.0.0.1:10025"])
    }

    @Test(
        "Empty files, and keys with nothing after the colon, count as not set",
        arguments: ["", "# nothing\n", "hostname:\ngpg:\n", "~"])
    func empty(text: String) throws {
        #expect(
            try LetterlockSettings.load(text: text, name: "x.yaml") == LetterlockSettings.load(text: "", name: "x.yaml")
        )
    }

    @Test("The environment wins over the file; tests' own variables are left alone")
    func environment() throws {
        let settings = try LetterlockSettings.load(
            text: example, name: "letterlock.yaml",
            environment: [
                "LETTERLOCK_NEXT_HOP_ADDRESS": "127.0.0.1:2525", "LETTERLOCK_LIMITS_MESSAGE": "1MiB",
                "LETTERLOCK_KEYS": "k",
                "LETTERLOCK_BIN": "/x", "HOME": "/root",
            ])
        #expect(settings.nextHop.address == .tcp(host: "127.0.0.1", port: 2525))
        #expect(settings.limits.messageBytes == 1 << 20)
        #expect(settings.keys == "k")
        #expect(settings.warnings.isEmpty)
    }

    @Test("A mistyped variable is a warning that names the near one")
    func mistypedVariable() throws {
        let settings = try LetterlockSettings.load(file: nil, environment: ["LETTERLOCK_HOSTNAM": "x"])
        let warning = try #require(settings.warnings.first)
        #expect(warning.message == "unknown variable \"LETTERLOCK_HOSTNAM\"")
        #expect(warning.hint == "did you mean \"LETTERLOCK_HOSTNAME\"?")
    }

    @Test("Files that cannot be read say why")
    func unreadable() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "ll-settings-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let binary = folder.appending(path: "binary.yaml").path(percentEncoded: false)
        let empty = folder.appending(path: "empty.yaml").path(percentEncoded: false)
        try Data([0xFF, 0xFE, 0x00]).write(to: URL(filePath: binary))
        try Data().write(to: URL(filePath: empty))
        for (path, words) in [
            (folder.path(percentEncoded: false), "cannot be"), (binary, "not UTF-8"),
            (empty + ".missing", "no such file"),
        ] {
            let errors = #expect(throws: SettingsErrors.self) {
                try LetterlockSettings.load(file: path, environment: [:])
            }
            #expect(errors?.diagnostics.first?.message.contains(words) == true, "\(path): \(errors?.description ?? "")")
        }
        #expect(try LetterlockSettings.load(file: empty, environment: [:]).hostname == "localhost")
    }

    @Test("The quarantine is off unless it is set up; its key is relative to the file")
    func quarantine() throws {
        #expect(try LetterlockSettings.load(text: "", name: "x.yaml").quarantine.key == nil)
        let settings = try LetterlockSettings.load(
            text: "quarantine: {key: q.asc, officer: o@example.org, keep: 7d, notify: {sender: no}}",
            name: "conf/letterlock.yaml")
        #expect(settings.quarantine.key?.hasSuffix("conf/q.asc") == true)
        #expect(settings.quarantine.officer?.description == "o@example.org")
        #expect(settings.quarantine.keepSeconds == 7 * 86_400)
        #expect(!settings.quarantine.tellsSender && settings.quarantine.tellsOfficer)
    }

    @Test("Senders are told of their letters unless it is turned off")
    func letterNotices() throws {
        let defaults = try LetterlockSettings.load(text: "", name: "x.yaml").links
        #expect(defaults.longestSeconds == 90 * 86_400)
        #expect(defaults.notices.opened && defaults.notices.resting && defaults.notices.expiring)
        #expect(defaults.notices.expired)
        let links = try LetterlockSettings.load(
            text: "links: {url: \"https://x.example\", from: a@b.c, longest: 40d, notices: {opened: no, expiring: no}}",
            name: "x.yaml"
        ).links
        #expect(links.longestSeconds == 40 * 86_400)
        #expect(!links.notices.opened && links.notices.resting && !links.notices.expiring && links.notices.expired)
    }

    @Test("Answers have limits, or are not taken")
    func answers() throws {
        func answers(_ text: String) throws -> LetterlockSettings.AnswerSettings? {
            try LetterlockSettings.load(text: "links: {answers: \(text)}", name: "x.yaml").links.answers
        }
        let usual = try #require(try answers(""))
        #expect(usual.count == 5 && usual.sizeBytes == 25 << 20 && usual.files == 20 && usual.perHour == 20)
        let other = try #require(try answers("{count: 2, size: 1MiB, per-hour: 3}"))
        #expect(other.count == 2 && other.sizeBytes == 1 << 20 && other.files == 20 && other.perHour == 3)
        #expect(try answers("none") == nil)
    }
}

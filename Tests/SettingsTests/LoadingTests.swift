// Loading: values, files, environment.

import Foundation
import Mail
import Settings
import SettingValues
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

    @Test("Languages stand by domain, suffix and address, folded")
    func languages() throws {
        let map = try LetterlockSettings.load(
            text: "links: {language: {default: fr, .CO.uk: en, example.net: nl, Marie@Example.NET: de}}", name: "x.yaml"
        ).links.languages
        #expect(map.fallback == .fr)
        #expect(
            map == LanguageMap(fallback: .fr, entries: [".co.uk": .en, "example.net": .nl, "marie@example.net": .de]))
    }

    @Test("A single value stands for a list of one, as in the policy")
    func singleValues() throws {
        let settings = try LetterlockSettings.load(
            text: """
                inside: example.org
                listen: {smtp: {address: "127.0.0.1:2525", trusted-peers: 10.0.0.0/8}, lmtp: "127.0.0.1:24"}
                admin: {names: admin.example.org}
                portal: {trusted-peers: unix}
                features: {file: f, headers: Subject}
                links: {url: "https://x.example", from: a@b.c, unattended: noreply@example.org}
                """, name: "x.yaml")
        #expect(settings.inside.entries == ["example.org"])
        #expect(settings.listen.smtp.map(\.trustedPeers) == [["10.0.0.0/8"]])
        #expect(settings.listen.lmtp.map(\.address.description) == ["127.0.0.1:24"])
        #expect(settings.admin.names == ["admin.example.org"])
        #expect(settings.portal.trustedPeers == ["unix"])
        #expect(settings.features.headers == ["Subject"])
        #expect(settings.links.unattended.entries == ["noreply@example.org"])
    }

    @Test(
        "Sizes are written as in the policy",
        arguments: [
            ("50MB", 50_000_000), ("10KB", 10_000), ("1GB", 1_000_000_000), ("50MiB", 50 << 20), ("2000", 2000),
        ])
    func sizes(text: String, bytes: Int) throws {
        let settings = try LetterlockSettings.load(text: "limits: {message: \(text)}", name: "x.yaml")
        #expect(settings.limits.messageBytes == bytes)
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

    @Test("The password mail names the subject where it is asked for")
    func subjectInNotices() throws {
        func links(_ notices: String) throws -> LinkSettings {
            try LetterlockSettings.load(text: "links: {notices: \(notices)}", name: "x.yaml").links
        }
        #expect(try !links("{sent: yes}").notices.subject)
        #expect(try links("{subject: yes}").notices.subject)
        #expect(try links("{subject: yes}").notices.sent)
        let wrong = #expect(throws: SettingsErrors.self) { try links("{subjekt: yes}") }
        #expect("\(wrong.map(\.description) ?? "")".contains("subject"))
    }

    @Test("Mails tell the time of a zone")
    func timeZone() throws {
        let usual = try LetterlockSettings.load(text: "", name: "x.yaml")
        #expect(usual.timeZone == nil && usual.mailTimeZone == .current)
        let paris = try LetterlockSettings.load(text: "time-zone: Europe/Paris", name: "x.yaml")
        #expect(paris.mailTimeZone.identifier == "Europe/Paris")
        let set = try LetterlockSettings.load(
            text: "", name: "x.yaml", environment: ["LETTERLOCK_TIME_ZONE": "America/New_York"])
        #expect(set.mailTimeZone.identifier == "America/New_York")
        for (wrong, hint) in [
            ("Europe/Pariss", "did you mean 'Europe/Paris'?"), ("Paris", "did you mean 'Europe/Paris'?"),
            ("new york", "did you mean 'America/New_York'?"), ("Mars/Olympus", "such as Europe/Paris or UTC"),
            ("\"\"", "such as Europe/Paris or UTC"),
        ] {
            let error = #expect(throws: SettingsErrors.self) {
                try LetterlockSettings.load(text: "time-zone: \(wrong)", name: "x.yaml")
            }
            let text = error.map(\.description) ?? ""
            #expect(text.contains("x.yaml:1") && text.contains(hint), "\(text)")
        }
    }

    @Test("Answers have limits, or are not taken")
    func answers() throws {
        func answers(_ text: String) throws -> AnswerSettings? {
            try LetterlockSettings.load(text: "links: {answers: \(text)}", name: "x.yaml").links.answers
        }
        let usual = try #require(try answers(""))
        #expect(usual.limits == AnswerLimits(count: 5, bytes: 25 << 20, files: 20) && usual.perHour == 20)
        let other = try #require(try answers("{count: 2, size: 1MiB, per-hour: 3}"))
        #expect(other.limits == AnswerLimits(count: 2, bytes: 1 << 20, files: 20) && other.perHour == 3)
        #expect(try answers("none") == nil)
    }
}

// Settings that have no effect because of others are named, so that nobody relies on one.

import Mail
import Settings
import SettingValues
import Testing

@Suite struct UnusedTests {
    private func warnings(_ text: String) throws -> [String] {
        try LetterlockSettings.load(text: text, name: "x.yaml").warnings.map(\.message)
    }

    @Test(
        "What is set for nothing is a warning",
        arguments: [
            ("features: {headers: [Subject]}", "features.file: the features log is set up, and has no file"),
            ("links: {from: a@b.c}", "links.url: links are set up, and have no address"),
            ("links: {language: {.fr: fr}}", "links.url: links are set up, and have no address"),
            ("quarantine: {keep: 3d}", "quarantine.key: the quarantine is set up, and has neither key nor officer"),
            ("sign: {homedir: x}", "sign.homedir: there is no \"key\" beside it"),
            ("extract: {when: never, files: 10}", "extract.when: attachments are not looked into"),
            ("users: u", "users: no listener asks for a log-in"),
            ("tls: {certificate: c, key: k}", "tls.certificate: no listener has TLS"),
            ("listen: {admin: none}\nadmin: {idle: 5m}", "listen.admin: there is no admin page"),
            ("admin: {metrics-peers: [10.0.0.0/8]}", "admin.metrics-peers: on loopback everybody"),
            ("portal: {forwarded: forwarded}", "portal.forwarded: no proxy is believed"),
            (
                "storage: {letters: 1GB, per-recipient: 2GB}",
                "storage.per-recipient: it is more than storage.letters"
            ),
            (
                "links: {url: \"https://x.example\", from: a@b.c, language: {bavaria: de}}",
                "links.language: \"bavaria\" is for addresses @bavaria"
            ),
        ])
    func named(text: String, message: String) throws {
        let warnings = try warnings(text)
        #expect(warnings.count == 1)
        #expect(warnings.first?.hasPrefix(message) == true, "\(warnings)")
    }

    @Test(
        "What has an effect is none",
        arguments: [
            "", "links: {unattended: [noreply@example.org]}", "extract: {when: never}",
            "sign: {key: a@b.c, homedir: x}",
            "links: {url: \"https://x.example\", from: a@b.c, longest: 40d}",
            "users: u\nlisten: {smtp: [{address: \"a:1\", tls: starttls, auth: required, certificate: c, key: k}]}",
            "tls: {certificate: c, key: k}\nadmin: {users: u}\nlisten: {admin: \"10.0.0.1:9090\"}",
            "admin: {metrics-peers: [10.0.0.0/8], users: u, certificate: c, key: k}\n"
                + "listen: {admin: \"10.0.0.1:9090\"}",
            "portal: {forwarded: forwarded, trusted-peers: [unix]}", "storage: {letters: 100MiB}",
            "storage: {letters: 1GB, per-recipient: 1GB}",
            "links: {url: \"https://x.example\", from: a@b.c, "
                + "language: {.fr: fr, localhost: de, X.example: nl, .X.example: fr}}",
        ])
    func quiet(text: String) throws { #expect(try warnings(text) == []) }
}

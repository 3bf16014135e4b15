// TLS, log-in, peers, the next hop, the log: what is read, and what is refused because it would be unsafe or useless.

import Mail
import Settings
import SettingValues
import Testing

@Suite struct ServingTests {
    private func load(_ text: String) throws -> LetterlockSettings {
        try LetterlockSettings.load(text: text, name: "/etc/ll/letterlock.yaml")
    }

    @Test("A listener with everything")
    func listener() throws {
        let settings = try load(
            """
            users: users
            tls: {certificate: tls/chain.pem, key: /k.pem}
            limits: {idle: 1m, recipients: 50}
            listen:
              smtp:
                - {address: "0.0.0.0:587", tls: starttls, auth: required,
                   trusted-peers: [192.0.2.7/24, "2001:DB8::1", unix], proxy-peers: ["::/0"],
                   reply: 90s, connections: 7, message: 1MiB, login-failures: 3}
                - {address: "0.0.0.0:465", tls: implicit, auth: optional, certificate: own.pem, key: own.key}
              lmtp: ["unix:/run/ll/lmtp", {address: "127.0.0.1:24", tls: starttls}]
              milter: [{address: "127.0.0.1:8891", split: yes, reply: 200s}]
              admin: none
            """)
        let first = try #require(settings.listen.smtp.first)
        #expect(first.tls == .starttls)
        #expect(first.auth == .required)
        #expect(first.trustedPeers == ["192.0.2.0/24", "2001:db8::1/128", "unix"])
        #expect(first.proxyPeers == ["::/0"])
        #expect([first.files.certificate, first.files.key] == ["/etc/ll/tls/chain.pem", "/k.pem"])
        let limits = first.limits.applied(to: settings.limits)
        #expect(limits.replySeconds == 90)
        #expect(limits.connections == 7)
        #expect(limits.messageBytes == 1 << 20)
        #expect(limits.loginFailures == 3)
        #expect(limits.idleSeconds == 60)
        #expect(limits.recipients == 50)
        #expect(settings.listen.smtp.last?.files.certificate == "/etc/ll/own.pem")
        #expect(settings.listen.lmtp.last?.files.key == "/k.pem")
        #expect(settings.listen.milter.first?.split == true)
        #expect(settings.listen.milter.first?.limits.applied(to: settings.limits).milterReplySeconds == 200)
        #expect(settings.listen.admin == nil)
        #expect(settings.users == "/etc/ll/users")
        #expect(settings.warnings.isEmpty)
    }

    @Test("A next hop with everything, and the log")
    func nextHop() throws {
        let pin = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        let settings = try load(
            """
            next-hop: {address: "192.0.2.1:465", tls: verified, implicit-tls: yes, name: MX.example.org,
                       ca-file: ca.pem, pins: ["\(pin)"], auth: {user: gate, password-file: secret}}
            log: {format: text, level: warning, addresses: hashed}
            """)
        #expect(settings.nextHop.tls == .verified)
        #expect(settings.nextHop.isImplicit)
        #expect(settings.nextHop.verifiedName == "mx.example.org")
        #expect(settings.nextHop.caFile == "/etc/ll/ca.pem")
        #expect(settings.nextHop.pins.map(\.description) == [pin])
        #expect(settings.nextHop.login?.user == "gate")
        #expect(settings.nextHop.login?.passwordFile == "/etc/ll/secret")
        #expect(settings.log.format == .text)
        #expect(settings.log.level == .warning)
        #expect(settings.log.addresses == .hashed)
    }

    @Test("A name to verify is that of the address, where it is a name")
    func verifiedName() throws {
        #expect(try load("next-hop: {address: \"Mail.example:25\"}").nextHop.verifiedName == "mail.example")
        #expect(try load("next-hop: {address: \"10.0.0.1:25\"}").nextHop.verifiedName == nil)
        #expect(try load("next-hop: {address: \"unix:/run/x\"}").nextHop.verifiedName == nil)
    }

    private static let files = "tls: {certificate: c, key: k}\n"

    @Test(
        "What is refused",
        arguments: [
            ("listen: {smtp: [{address: \"a:1\", tls: starttls}]}", "\"a:1\" has TLS and no certificate and key"),
            ("listen: {lmtp: [{address: \"a:1\", tls: implicit}]}", "\"a:1\" has TLS and no certificate and key"),
            (
                "listen: {smtp: [{address: \"a:1\", tls: starttls, key: k}]}",
                "\"a:1\" names only one of certificate and key"
            ),
            ("tls: {certificate: c}", "there is no \"key\" beside it"),
            ("listen: {smtp: [{address: \"a:1\", certificate: c, key: k}]}", "\"a:1\" has a certificate and no TLS"),
            ("users: u\nlisten: {smtp: [{address: \"a:1\", auth: optional}]}", "asks for a log-in without TLS"),
            (
                files + "listen: {smtp: [{address: \"a:1\", tls: starttls, auth: required}]}",
                "there is no file of users"
            ),
            (
                "listen: {lmtp: [{address: \"a:1\", auth: required}]}",
                "\"auth\" is a key of listen.smtp, and means nothing"
            ),
            ("listen: {milter: [{address: \"a:1\", auth: required}]}", "\"auth\" is a key of listen.smtp"),
            (
                "listen: {milter: [{address: \"a:1\", tls: starttls}]}",
                "\"tls\" is a key of listen.smtp and listen.lmtp"
            ),
            ("listen: {smtp: [{address: \"a:1\", split: yes}]}", "\"split\" is a key of listen.milter"),
            ("listen: {smtp: [{address: \"a:1\", tls: ssl}]}", "\"ssl\" is not one of none, starttls, implicit"),
            ("listen: {smtp: [{address: \"a:1\", auth: yes}]}", "\"yes\" is not one of none, optional, required"),
            ("listen: {milter: [{address: \"a:1\", split: maybe}]}", "\"maybe\" is not yes or no"),
            ("listen: {smtp: [{address: \"a:1\", reply: 1h}]}", "\"1h\" is out of range"),
            (
                "listen: {smtp: [{address: \"a:1\", trusted-peers: [\"10.0.0.0/33\"]}]}",
                "\"10.0.0.0/33\" is not an address"
            ),
            ("listen: {smtp: [{address: \"a:1\", trusted-peers: [example.org]}]}", "\"example.org\" is not an address"),
            ("listen: {smtp: [{address: \"a:1\", proxy-peers: {a: b}}]}", "a map stands here"),
            (
                "listen: {milter: [{address: \"a:1\", session: 1h}]}",
                "\"session\" is a key of listen.smtp and listen.lmtp"
            ),
            (
                "listen: {milter: [{address: \"a:1\", connections-per-client: 3}]}",
                "\"connections-per-client\" is a key of listen.smtp and listen.lmtp"
            ),
            ("listen: {lmtp: [{address: \"a:1\", login-failures: 3}]}", "\"login-failures\" is a key of listen.smtp"),
            ("next-hop: {address: \"10.0.0.1:25\", tls: verified}", "has no name that could be verified"),
            ("next-hop: {tls: opportunistic, implicit-tls: yes}", "TLS from the first byte cannot be done without"),
            ("next-hop: {tls: required, name: a.example}", "nothing is verified with \"tls: required\""),
            ("next-hop: {ca-file: x}", "nothing is verified with \"tls: none\""),
            ("next-hop: {name: 10.0.0.1}", "\"10.0.0.1\" is not the host name"),
            ("next-hop: {tls: verified, pins: [sha256/abc=]}", "\"sha256/abc=\" is not \"sha256/\" and the 44"),
            ("next-hop: {auth: {user: x}}", "it needs both \"user\" and \"password-file\""),
            ("next-hop: {auth: {user: x, password: y}}", "a password does not belong into this file"),
            ("next-hop: {auth: x}", "a single value stands here"),
            (
                "next-hop: {address: \"mx.example:587\", tls: opportunistic, auth: {user: x, password-file: y}}",
                "the password would go over the network in clear"
            ),
            ("log: {format: xml}", "\"xml\" is not one of json, text"),
            ("limits: {message: 50MiB, in-flight: 10MiB}", "it is less than limits.message"),
            ("listen: {admin: \"127.0.0.1:10025\"}", "\"127.0.0.1:10025\" is already taken by listen.smtp"),
            (
                "listen: {lmtp: [\"127.0.0.1:24\"]}\nnext-hop: {address: \"127.0.0.1:24\"}",
                "\"127.0.0.1:24\" is our own listener"
            ),
        ])
    func refused(text: String, message: String) throws {
        let errors = try #require(throws: SettingsErrors.self) { try load(text) }
        let first = try #require(errors.diagnostics.first)
        #expect(first.message.contains(message), "\(errors)")
    }

    @Test("A password for any server that answers is a warning")
    func warned() throws {
        let settings = try load(
            "next-hop: {address: \"mx.example:587\", tls: required, auth: {user: x, password-file: y}}")
        #expect(
            settings.warnings.map(\.message) == [
                "next-hop.auth: \"tls: required\" gives the password to any server that answers there"
            ])
        #expect(try load("next-hop: {auth: {user: x, password-file: y}}").warnings.isEmpty)
    }

    @Test("Every limit of a listener is read, and counts there only")
    func listenerLimits() throws {
        let names = [
            "message": "2KiB", "connections": "2", "connections-per-client": "2", "recipients": "2", "idle": "2s",
            "session": "2s", "data": "2s", "reply": "2s", "login-failures": "2",
        ]
        for (name, value) in names {
            let settings = try load("listen: {smtp: [{address: \"a:1\", \(name): \(value)}]}")
            let listener = try #require(settings.listen.smtp.first)
            #expect(listener.limits.applied(to: settings.limits) != settings.limits, "\(name)")
            #expect(settings.limits == Limits())
        }
    }
}

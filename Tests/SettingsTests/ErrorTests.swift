// Everything a settings file can get wrong: the message names the value, the place is right, the hint helps.

import Mail
import Settings
import SettingValues
import Testing

/// One wrong file.
struct Wrong: CustomTestStringConvertible, Sendable {
    let text: String
    let line: Int
    let column: Int
    let message: String
    let hint: String?

    init(_ text: String, _ line: Int, _ column: Int, _ message: String, _ hint: String? = nil) {
        (self.text, self.line, self.column, self.message, self.hint) = (text, line, column, message, hint)
    }

    var testDescription: String { text }
}

@Suite struct ErrorTests {
    @Test(
        "Each error has its place, its words and its hint",
        arguments: [
            Wrong("hostnam: x", 1, 1, "unknown key \"hostnam\"", "did you mean \"hostname\"?"),
            Wrong("timeout: 5s", 1, 1, "unknown key \"timeout\"", "the key is \"gpg.timeout\""),
            Wrong("gpg:\n  tiemout: 5s", 2, 3, "unknown key \"tiemout\"", "did you mean \"timeout\"?"),
            Wrong("gpg: [a]", 1, 6, "\"gpg\" is a list", "it takes a map of program, timeout, workers"),
            Wrong("[a]", 1, 1, "the file is a list"),
            Wrong("gpg: {timeout: 60}", 1, 16, "gpg.timeout: \"60\" is not a duration with a unit, such as"),
            Wrong("gpg: {timeout: 5 years}", 1, 16, "gpg.timeout: \"5 years\" is not a duration"),
            Wrong("gpg: {timeout: 2h}", 1, 16, "gpg.timeout: \"2h\" is out of range", "it takes 1s to 10m"),
            Wrong("gpg: {workers: many}", 1, 16, "gpg.workers: \"many\" is not a whole number"),
            Wrong("gpg: {workers: [1]}", 1, 16, "gpg.workers: a list stands here", "it takes a whole number"),
            Wrong("limits: {message: 50Mb}", 1, 19, "limits.message: \"50Mb\" is not a size such as"),
            Wrong(
                "limits: {message: 99999999999999999999}", 1, 19,
                "limits.message: \"99999999999999999999\" is not a size"),
            Wrong("limits: {message: 9223372036GiB}", 1, 19, "limits.message: \"9223372036GiB\" is not a size"),
            Wrong("limits: {message: -1}", 1, 19, "limits.message: \"-1\" is not a size"),
            Wrong(
                "limits: {recieved-fields: 1}", 1, 10, "unknown key \"recieved-fields\"",
                "did you mean \"received-fields\"?"),
            Wrong("hostname: a b", 1, 11, "hostname: \"a b\" is not a host name"),
            Wrong("hostname: -a.example", 1, 11, "hostname: \"-a.example\" is not a host name"),
            Wrong(
                "inside: {example.org: x}", 1, 9, "inside: a map stands here", "it takes a list of domains in [ ]"),
            Wrong(
                "inside: [\"*.example.org\"]", 1, 10, "inside: \"*.example.org\" is not a domain",
                "sub-domains are written with a leading dot: \".example.org\""),
            Wrong("inside: [a, b@]", 1, 13, "inside: \"b@\" is not a domain or address"),
            Wrong(
                "keys: ~/keys", 1, 7, "keys: \"~/keys\" starts with \"~\", which only a shell understands",
                "write the path in full"),
            Wrong("keys: ''", 1, 7, "keys: \"\" is not a path"),
            Wrong(
                "listen: {smtp: [\"10025\"]}", 1, 17,
                "listen.smtp: \"10025\" is not \"host:port\", \"[v6]:port\" or \"unix:/path\""),
            Wrong("listen: {smtp: [\"::1:25\"]}", 1, 17, "listen.smtp: \"::1:25\" is not \"host:port\""),
            Wrong("listen: {smtp: [\"a:65536\"]}", 1, 17, "listen.smtp: \"a:65536\" is not \"host:port\""),
            Wrong("listen: {smtp: [\"unix:run/x\"]}", 1, 17, "listen.smtp: \"unix:run/x\" is not \"host:port\""),
            Wrong("listen: {smtp: [{tls: none}]}", 1, 17, "listen.smtp: a listener has no \"address\""),
            Wrong(
                "listen: {smtp: [{adress: \"a:1\"}]}", 1, 18, "listen.smtp: unknown key \"adress\"",
                "did you mean \"address\"?"),
            Wrong(
                "listen:\n  smtp: [\"127.0.0.1:1\", \"127.0.0.1:1\"]", 2, 9,
                "listen.smtp: \"127.0.0.1:1\" is already taken by listen.smtp"),
            Wrong(
                "listen:\n  portal: 127.0.0.1:10025", 2, 11,
                "listen.portal: \"127.0.0.1:10025\" is already taken by listen.smtp"),
            Wrong("next-hop: {address: \"a:0\"}", 1, 21, "next-hop.address: port 0 cannot be connected to"),
            Wrong(
                "next-hop: {address: \"127.0.0.1:10025\"}", 1, 21,
                "next-hop.address: \"127.0.0.1:10025\" is our own listener"),
            Wrong(
                "next-hop: {tls: yes}", 1, 17,
                "next-hop.tls: \"yes\" is not one of none, opportunistic, required, verified"),
            Wrong(
                "links: {url: \"http://letters.example.org\", from: a@b.c}", 1, 14,
                "links.url: \"http://letters.example.org\" is neither https nor loopback"),
            Wrong(
                "links: {url: \"http://127.0.0.1.example.org\", from: a@b.c}", 1, 14,
                "links.url: \"http://127.0.0.1.example.org\" is neither https nor loopback"),
            Wrong("links: {url: \"ftp://x\", from: a@b.c}", 1, 14, "links.url: \"ftp://x\" is not a URL"),
            Wrong(
                "links: {url: \"https://a@b.example\", from: a@b.c}", 1, 14,
                "links.url: \"https://a@b.example\" is not a URL"),
            Wrong(
                "links: {url: \"https://x.example/?a=b\", from: a@b.c}", 1, 14,
                "links.url: \"https://x.example/?a=b\" is not a URL"),
            Wrong(
                "links: {url: \"https://x.example\"}", 0, 0,
                "links.from: links.url is set, and there is no address to send the notifications from"),
            Wrong("links: {from: nobody}", 1, 15, "links.from: \"nobody\" is not a mail address"),
            Wrong("links: {expire: 30m}", 1, 17, "links.expire: \"30m\" is out of range", "it takes 1h to 365d"),
            Wrong("links: {expire: 366d}", 1, 17, "links.expire: \"366d\" is out of range"),
            Wrong(
                "links: {language: {default: sv}}", 1, 29, "links.language: there is no language \"sv\"",
                "there are en, fr, de, es, it, pt, nl"),
            Wrong("links: {organisation: Clinic}", 1, 23, "links.organisation: a single value stands here"),
            Wrong(
                "links: {organisation: {nmae: Clinic}}", 1, 24, "links.organisation: unknown key \"nmae\"",
                "did you mean \"name\"?"),
            Wrong(
                "links: {organisation: {colour: blue}}", 1, 32,
                "links.organisation.colour: \"blue\" is not a colour such as \"#14598a\""),
            Wrong(
                "links: {organisation: {phone: call us}}", 1, 31,
                "links.organisation.phone: \"call us\" is not a telephone number such as \"+33 1 23 45 67 89\""),
            Wrong(
                "links: {organisation: {logo: logo.gif}}", 1, 30,
                "links.organisation.logo: \"logo.gif\" is not a picture that the page can show"),
            Wrong(
                "links: {organisation: {name: \"a\\nb\"}}", 1, 30,
                "links.organisation.name: this is not one line of text"),
            Wrong(
                "links: {password: smoke}", 1, 19,
                "links.password: \"smoke\" is not one of to-sender, from-sender, standing, sms"),
            Wrong("quarantine: {key: q.asc}", 1, 19, "quarantine.key: there is no \"officer\" beside it"),
            Wrong("quarantine: {officer: a@b.c}", 1, 23, "quarantine.officer: there is no \"key\" beside it"),
            Wrong(
                "quarantine: {key: q, officer: a@b.c, keep: 5m}", 1, 44, "quarantine.keep: \"5m\" is out of range",
                "it takes 1h to 365d"),
            Wrong(
                "links: {url: \"https://x.example\", from: a@b.c, notices: {opend: no}}", 1, 58,
                "links.notices: unknown key \"opend\"", "did you mean \"opened\"?"),
            Wrong(
                "links: {url: \"https://x.example\", from: a@b.c, notices: {opened: often}}", 1, 66,
                "links.notices.opened: \"often\" is not yes or no"),
            Wrong(
                "links: {url: \"https://x.example\", from: a@b.c, longest: 90}", 1, 57,
                "links.longest: \"90\" is not a duration"),
            Wrong(
                "quarantine: {key: q, officer: a@b.c, notify: {sendr: yes}}", 1, 47,
                "quarantine.notify: unknown key \"sendr\"", "did you mean \"sender\"?"),
            Wrong(
                "quarantine: {key: q, officer: a@b.c, notify: yes}", 1, 46,
                "quarantine.notify: a single value stands here"),
            Wrong("links: {answers: 5}", 1, 18, "links.answers: a single value stands here"),
            Wrong(
                "links: {answers: {cuont: 5}}", 1, 19, "links.answers: unknown key \"cuont\"",
                "did you mean \"count\"?"),
            Wrong(
                "links: {answers: {size: 5KiB}}", 1, 25, "links.answers: size cannot be this",
                "it takes 64KiB to 512MiB"),
            Wrong("links: {answers: {count: 0}}", 1, 26, "links.answers: count cannot be this", "it takes 1 to 1000"),
            Wrong("links: {notices: {subject: maybe}}", 1, 28, "links.notices.subject: \"maybe\" is not yes or no"),
            Wrong("links: {notices: {sent: [yes]}}", 1, 25, "links.notices.sent: a list stands here"),
            Wrong("quarantine: {notify: {officer: maybe}}", 1, 32, "quarantine.notify.officer: \"maybe\" is not yes"),
            Wrong(
                "links: {sms: {url: \"https://x.example\", timeout: 5}}", 1, 50,
                "links.sms.timeout: \"5\" is not a duration"),
            Wrong(
                "links: {time-zone: UTC}", 1, 9, "unknown key \"time-zone\"",
                "\"time-zone\" stands at the top level of the file, and not under \"links\""),
            Wrong("log: {level: warn}", 1, 14, "log.level: \"warn\" is not one of", "did you mean \"warning\"?"),
            Wrong("log: {level: ERR}", 1, 14, "log.level: \"ERR\" is not one of", "did you mean \"error\"?"),
            Wrong("limits: {message: 50mb}", 1, 19, "limits.message: \"50mb\" is not a size", "did you mean \"50MB\"?"),
            Wrong("limits: {message: 50M}", 1, 19, "limits.message: \"50M\" is not a size", "did you mean \"50MB\"?"),
            Wrong("limits: {message: 5 mib}", 1, 19, "limits.message: \"5 mib\" is not", "did you mean \"5MiB\"?"),
            Wrong("gpg: {timeout: 5 min}", 1, 16, "gpg.timeout: \"5 min\" is not", "did you mean \"5m\"?"),
            Wrong(
                "links: {language: {fr: fr}}", 1, 20, "links.language: \"fr\" is for addresses @fr",
                "for all domains under it write \".fr\""),
            Wrong("links: {language: {pt: pt}}", 1, 20, "links.language: \"pt\" is for addresses @pt"),
            Wrong(
                "links: {language: {de-AT: de}}", 1, 20, "links.language: \"de-AT\" is not a domain",
                "for all domains under at write \".at: de\""),
            Wrong("links: {language: {pt_BR: pt}}", 1, 20, "links.language: \"pt_BR\" is not a domain"),
            Wrong(
                "links: {language: {Default: fr}}", 1, 20, "links.language: \"Default\" is not a domain",
                "did you mean \"default\"?"),
            Wrong(
                "links: {language: {X.example: fr, x.EXAMPLE: de}}", 1, 35,
                "links.language: \"x.EXAMPLE\" is the same as \"X.example\", and has another language"),
            Wrong(
                "links: {language: {.bücher.example: fr, .xn--bcher-kva.example: de}}", 1, 41,
                "links.language: \".xn--bcher-kva.example\" is the same as \".bücher.example\""),
            Wrong("hostname: a\nhostname: b", 1, 1, "a key stands twice in one map: \"hostname\""),
            Wrong("hostname: [a", 0, 0, "not valid YAML: "),
            Wrong("hostname: a\n---\nhostname: b", 0, 0, "more than one YAML document"),
            Wrong("a: &x [1]\nb: *x", 0, 0, "unknown key \"a\""),
        ])
    func wrong(_ wrong: Wrong) throws {
        let errors = try #require(
            throws: SettingsErrors.self,
            performing: { try LetterlockSettings.load(text: wrong.text, name: "letterlock.yaml") })
        let first = try #require(errors.diagnostics.first)
        #expect(first.message.hasPrefix(wrong.message), "\(first)")
        #expect(first.file == "letterlock.yaml")
        if wrong.line > 0 { #expect([first.line, first.column] == [wrong.line, wrong.column], "\(first)") }
        if let hint = wrong.hint { #expect(first.hint == hint, "\(first)") }
    }

    @Test(
        "One mistake is one finding",
        arguments: [
            "links: {url: nowhere, from: a@b.c}", "links: {url: \"https://x.example\", from: nobody}",
            "quarantine: {key: q, officer: nobody}", "sign: {key: x, homedir: y}",
            "features: {file: ~x, headers: [Subject]}", "users: u\nlisten: {smtp: [\"1\"]}",
            "portal: {forwarded: forwarded, trusted-peers: [x]}",
        ])
    func alone(text: String) throws {
        let errors = try #require(
            throws: SettingsErrors.self, performing: { try LetterlockSettings.load(text: text, name: "x") })
        #expect(errors.diagnostics.count == 1, "\(errors)")
    }

    @Test("All errors are told at once, in the order of the file")
    func together() throws {
        let text = "hostname: a b\ngpg: {timeout: 1, workers: 0}\nlimits: {connections: x}\n"
        let errors = try #require(
            throws: SettingsErrors.self, performing: { try LetterlockSettings.load(text: text, name: "x") })
        #expect(errors.diagnostics.map(\.line) == [1, 2, 2, 3])
    }

    @Test(
        "Errors of the environment name the variable",
        arguments: [
            ("LETTERLOCK_GPG_TIMEOUT", "5", "LETTERLOCK_GPG_TIMEOUT: \"5\" is not a duration"),
            ("LETTERLOCK_INSIDE", "example.org", "LETTERLOCK_INSIDE: the environment cannot set a list or map"),
            ("LETTERLOCK_NEXT_HOP_TLS", "tls", "LETTERLOCK_NEXT_HOP_TLS: \"tls\" is not one of none, opportunistic"),
            ("LETTERLOCK_LISTEN_ADMIN", "no", "LETTERLOCK_LISTEN_ADMIN: \"no\" is not \"host:port\""),
            ("LETTERLOCK_NEXT_HOP_AUTH", "x", "LETTERLOCK_NEXT_HOP_AUTH: the environment cannot set a list or map"),
            ("LETTERLOCK_HOSTNAME", "", "LETTERLOCK_HOSTNAME: \"\" is not a host name"),
        ])
    func environment(name: String, value: String, message: String) throws {
        let errors = try #require(
            throws: SettingsErrors.self,
            performing: { try LetterlockSettings.load(file: nil, environment: [name: value]) })
        #expect(errors.diagnostics.first?.message.hasPrefix(message) == true, "\(errors)")
        #expect(errors.diagnostics.first?.file == "environment")
    }

    @Test(
        "Public addresses that a browser opens",
        arguments: [
            ("https://letters.example.org", "https://letters.example.org"),
            ("https://x.example:8443/", "https://x.example:8443"),
            ("http://127.0.0.1:8443", "http://127.0.0.1:8443"), ("http://localhost:1/l", "http://localhost:1/l"),
            ("http://[::1]:80", "http://[::1]:80"), ("https://[2001:db8::1]", "https://[2001:db8::1]"),
        ])
    func publicBase(text: String, expected: String) throws {
        let settings = try LetterlockSettings.load(text: "links: {url: \"\(text)\", from: a@b.example}", name: "x")
        #expect(settings.links.url == expected)
    }
}

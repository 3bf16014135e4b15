// What each key of docs/letterlock.yaml is good for: two values of it, and the expression by which the program reads
// it.

/// One key, or one key of the map that a key takes.
struct KeyUse: Sendable {
    /// Dotted path in the settings file.
    let key: String
    /// The key of its map that the two values differ in, or nil.
    var inner: String?
    /// Two values as YAML writes them.
    let values: (String, String)
    /// Other keys that have to be set so that this one can be.
    var beside: [String: String] = [:]
    /// How the value is read outside of Settings and SettingValues; nil where ``through`` says it.
    var reads: String?
    /// The value that Settings itself sets by it, as a path of ``Leaves``.
    var through: String?

    init(_ key: String, _ first: String, _ second: String, reads: String) {
        self.key = key
        values = (first, second)
        self.reads = reads
    }

    /// For a key of a map: the map is `{inner: value}`.
    init(_ key: String, inner: String, _ first: String, _ second: String, rest: String = "", reads: String) {
        self.key = key
        self.inner = inner
        values = ("{\(inner): \(first)\(rest)}", "{\(inner): \(second)\(rest)}")
        self.reads = reads
    }

    /// The same with other keys.
    func beside(_ keys: [String: String]) -> KeyUse {
        var use = self
        use.beside = keys
        return use
    }

    /// For a key whose value Settings hands on.
    func through(_ leaf: String) -> KeyUse {
        var use = self
        use.reads = nil
        use.through = leaf
        return use
    }

    /// A settings file with one of the values.
    func text(_ value: String) -> String {
        var sections: [String: [String]] = [:]
        var lines: [String] = []
        for (key, value) in beside.merging([key: value], uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
            if parts.count == 1 {
                lines.append("\(key): \(value)")
            } else {
                sections[parts[0], default: []].append("\(parts[1]): \(value)")
            }
        }
        lines += sections.sorted { $0.key < $1.key }.map { "\($0.key): {\($0.value.joined(separator: ", "))}" }
        return lines.joined(separator: "\n")
    }
}

extension KeyUse {
    /// All of them.
    static let all =
        general + listening + listeners + administering + sending + signing + extracting + linking
        + linkMaps + opening + storing + holding + logging + limits

    private static let files = ["tls.certificate": "c", "tls.key": "k", "listen.smtp": tlsListener]
    private static let tlsListener = "[{address: \"a:1\", tls: starttls}]"
    private static let links = ["links.url": "\"https://a.example\"", "links.from": "a@a.example"]

    private static let general = [
        KeyUse("hostname", "a.example", "b.example", reads: ".settings.hostname"),
        KeyUse("inside", "[a.example]", "[b.example]", reads: "settings.inside"),
        KeyUse("time-zone", "UTC", "Asia/Tokyo", reads: ".mailTimeZone"),
        KeyUse("keys", "a", "b", reads: ".settings.keys"),
        KeyUse("policy", "a", "b", reads: ".settings.policy"),
        KeyUse("state", "a", "b", reads: ".settings.gatewayFolder"),
        KeyUse("users", "a", "b", reads: ".settings.users"),
    ]

    private static let listening = [
        KeyUse("tls.certificate", "a", "b", reads: "").beside(files).through("listener.files.certificate"),
        KeyUse("tls.key", "a", "b", reads: "").beside(files).through("listener.files.key"),
        KeyUse("listen.smtp", "\"a:1\"", "[\"a:1\", \"a:2\"]", reads: "listen.smtp"),
        KeyUse("listen.lmtp", "\"a:1\"", "\"a:2\"", reads: "listen.lmtp"),
        KeyUse("listen.milter", "\"a:1\"", "[\"a:1\", \"a:2\"]", reads: "listen.milter"),
        KeyUse("listen.lmtp", "\"a:1\"", "[\"a:1\", \"a:2\"]", reads: "listen.lmtp"),
        KeyUse("listen.portal", "\"a:1\"", "\"a:2\"", reads: "settings.listen.portal"),
        KeyUse("listen.admin", "\"127.0.0.1:1\"", "none", reads: ".listen.admin"),
    ]

    private static let listeners: [KeyUse] =
        [
            listener("tls", "starttls", "implicit", rest: ", certificate: c, key: k", reads: "door.offeredTLS"),
            listener("certificate", "a", "b", rest: ", tls: starttls, key: k", reads: "files.files"),
            listener("key", "a", "b", rest: ", tls: starttls, certificate: c", reads: "files.files"),
            listener(
                "auth", "optional", "required", rest: ", tls: starttls, certificate: c, key: k", reads: "door.auth"
            ).beside(["users": "u"]),
            listener("trusted-peers", "[10.0.0.0/8]", "[unix]", reads: "door.trustedPeers"),
            listener("proxy-peers", "[10.0.0.0/8]", "[10.0.0.0/9]", reads: "door.proxyPeers"),
            KeyUse("listen.milter", inner: "split", "yes", "no", rest: ", address: \"a:1\"", reads: "door.split"),
        ]
        + [
            ("message", "1KiB", "2KiB"), ("recipients", "1", "2"), ("connections", "1", "2"),
            ("connections-per-client", "1", "2"), ("idle", "1s", "2s"), ("session", "1s", "2s"), ("data", "1s", "2s"),
            ("reply", "1s", "2s"), ("login-failures", "1", "2"),
        ].map { name, one, two in listener(name, one, two, reads: "door.limits.applied(to:") }

    private static func listener(
        _ inner: String, _ first: String, _ second: String, rest: String = "", reads: String
    ) -> KeyUse {
        KeyUse("listen.smtp", inner: inner, first, second, rest: ", address: \"a:1\"\(rest)", reads: reads)
    }

    private static let administering = [
        KeyUse("admin.users", "a", "b", reads: "admin.users"),
        KeyUse("admin.certificate", "a", "b", reads: "admin.files").beside(["admin.key": "k"]),
        KeyUse("admin.key", "a", "b", reads: "admin.files").beside(["admin.certificate": "c"]),
        KeyUse("admin.names", "[a.example]", "[b.example]", reads: "admin.names"),
        KeyUse("admin.idle", "1m", "2m", reads: "admin.idleSeconds"),
        KeyUse("admin.session", "1m", "2m", reads: "admin.sessionSeconds"),
        KeyUse("admin.metrics-peers", "[10.0.0.0/8]", "[10.0.0.0/9]", reads: "admin.metricsPeers"),
        KeyUse("admin.release-homedir", "a", "b", reads: "admin.releaseHomeFolder"),
    ]

    private static let sending = [
        KeyUse("next-hop.address", "\"a:1\"", "\"a:2\"", reads: "hop.address"),
        KeyUse("next-hop.tls", "none", "required", reads: "hop.tls"),
        KeyUse("next-hop.implicit-tls", "yes", "no", reads: "hop.isImplicit").beside(["next-hop.tls": "required"]),
        KeyUse("next-hop.name", "a.example", "b.example", reads: "hop.serverName").beside(["next-hop.tls": "verified"]),
        KeyUse("next-hop.ca-file", "a", "b", reads: "hop.caFile").beside([
            "next-hop.tls": "verified", "next-hop.name": "a.example",
        ]),
        KeyUse("next-hop.pins", "[\"\(pin("A"))\"]", "[\"\(pin("B"))\"]", reads: "hop.pins")
            .beside(["next-hop.tls": "verified"]),
        KeyUse("next-hop.auth", inner: "user", "a", "b", rest: ", password-file: p", reads: "hop.login"),
        KeyUse("next-hop.auth", inner: "password-file", "a", "b", rest: ", user: u", reads: ".passwordFile"),
        KeyUse("gpg.program", "/a", "/b", reads: "settings.gpg"),
        KeyUse("gpg.timeout", "1s", "2s", reads: "timeoutSeconds: settings.timeoutSeconds"),
        KeyUse("gpg.workers", "1", "2", reads: "settings.workers"),
    ]

    private static func pin(_ first: Character) -> String { "sha256/\(first)\(String(repeating: "A", count: 42))=" }

    private static let signing = [
        KeyUse("sign.key", "a@a.example", "b@a.example", reads: "settings.sign.key"),
        KeyUse("sign.homedir", "a", "b", reads: "settings.sign.homeFolder").beside(["sign.key": "a@a.example"]),
    ]

    private static let extracting = [
        KeyUse("extract.when", "needed", "never", reads: "extract.isOn"),
        KeyUse("extract.program", "/a", "/b", reads: "settings.program ?? Self.programBesideOurs"),
        KeyUse("extract.timeout", "1s", "2s", reads: "timeoutSeconds * 2"),
        KeyUse("extract.workers", "1", "2", reads: "0..<max(1, settings.workers)"),
        KeyUse("extract.memory", "128MiB", "129MiB", reads: "memoryBytes: settings.memoryBytes"),
        KeyUse("extract.text", "1KiB", "2KiB", reads: "textBytes: textBytes"),
        KeyUse("extract.unpacked", "1KiB", "2KiB", reads: "unpackedBytes: unpackedBytes"),
        KeyUse("extract.files", "1", "2", reads: "files: files, depth"),
        KeyUse("extract.depth", "1", "2", reads: "depth: depth,"),
    ]

    private static let linking = [
        KeyUse("links.url", "\"https://a.example\"", "\"https://b.example\"", reads: "links.baseURL").beside(links),
        KeyUse("links.from", "a@a.example", "b@a.example", reads: "links.from").beside(links),
        KeyUse("links.expire", "1h", "2h", reads: "links.expireSeconds"),
        KeyUse("links.password", "standing", "[from-sender, to-sender]", reads: "links.passwords"),
        KeyUse("links.standing-expire", "1d", "2d", reads: "links.standingExpireSeconds"),
        KeyUse("links.unattended", "[a.example]", "[b.example]", reads: "links.unattended"),
        KeyUse("links.longest", "1h", "2h", reads: "links.longestLifeSeconds"),
    ]

    private static let linkMaps = [
        KeyUse("links.language", inner: "default", "en", "fr", reads: "languages.fallback"),
        KeyUse("links.language", inner: ".fr", "en", "fr", reads: "languages.language(for:"),
        KeyUse("links.organisation", inner: "name", "a", "b", reads: "organisation.displayName"),
        KeyUse("links.organisation", inner: "logo", "a.png", "b.png", reads: "organisation.logoFile"),
        KeyUse("links.organisation", inner: "colour", "\"#000000\"", "\"#000001\"", reads: "organisation.colour"),
        KeyUse("links.organisation", inner: "phrase", "a", "b", reads: "if let phrase {"),
        KeyUse("links.organisation", inner: "phone", "\"123\"", "\"456\"", reads: "organisation.phone"),
        KeyUse("links.answers", inner: "count", "1", "2", reads: "answers.count"),
        KeyUse("links.answers", inner: "size", "64KiB", "1MiB", reads: "limits.bytes"),
        KeyUse("links.answers", inner: "files", "1", "2", reads: "limits.files"),
        KeyUse("links.answers", inner: "per-hour", "1", "2", reads: "answers.perHour"),
        KeyUse("links.sms", inner: "url", "\"https://a.example\"", "\"https://b.example\"", reads: "hook.target"),
        KeyUse("links.sms", inner: "command", "[/a]", "[/b]", reads: "hook.target"),
        KeyUse("links.sms", inner: "header-file", "a", "b", rest: hook, reads: "hook.headerFile"),
        KeyUse("links.sms", inner: "ca-file", "a", "b", rest: hook, reads: "hook.caFile"),
        KeyUse(
            "links.sms", inner: "body", "\"{number} {text}\"", "\"{text} {number}\"", rest: hook, reads: "hook.body"),
        KeyUse(
            "links.sms", inner: "content-type", "text/plain", "application/json", rest: hook,
            reads: "hook.contentType"),
        KeyUse("links.sms", inner: "timeout", "1s", "2s", rest: hook, reads: "hook.timeoutSeconds"),
        KeyUse("links.sms", inner: "tries", "1", "2", rest: hook, reads: "hook.tries"),
        KeyUse("links.notices", inner: "sent", "yes", "no", reads: "links.notices.sent"),
        KeyUse("links.notices", inner: "subject", "yes", "no", reads: "links.notices.subject"),
        KeyUse("links.notices", inner: "opened", "yes", "no", reads: "if opened { kinds.insert"),
        KeyUse("links.notices", inner: "resting", "yes", "no", reads: "if resting { kinds.insert"),
        KeyUse("links.notices", inner: "expiring", "yes", "no", reads: "if expiring { kinds.insert"),
        KeyUse("links.notices", inner: "expired", "yes", "no", reads: "if expired { kinds.insert"),
    ]

    private static let hook = ", url: \"https://a.example\""

    private static let opening = [
        KeyUse("portal.certificate", "a", "b", reads: "portal.tls.files").beside(["portal.key": "k"]),
        KeyUse("portal.key", "a", "b", reads: "portal.tls.files").beside(["portal.certificate": "c"]),
        KeyUse("portal.trusted-peers", "[10.0.0.0/8]", "[unix]", reads: "portal.trustedPeers"),
        KeyUse("portal.forwarded", "forwarded", "x-forwarded-for", reads: "portal.forwarded"),
        KeyUse("portal.guesses", "10", "11", reads: "settings.guesses"),
        KeyUse("portal.requests", "100", "101", reads: "settings.requests"),
        KeyUse("portal.uploads", "1MiB", "2MiB", reads: "settings.uploadBytes"),
    ]

    private static let storing = [
        KeyUse("storage.letters", "1MiB", "2MiB", reads: "quota.lettersBytes"),
        KeyUse("storage.per-recipient", "1MiB", "2MiB", reads: "quota.perRecipientBytes"),
        KeyUse("storage.alarm", "1%", "2%", reads: "quota.alarmBytes"),
    ]

    private static let holding = [
        KeyUse("quarantine.key", "a", "b", reads: "held.key").beside(["quarantine.officer": "a@a.example"]),
        KeyUse("quarantine.officer", "a@a.example", "b@a.example", reads: "held.officer").beside([
            "quarantine.key": "a"
        ]),
        KeyUse("quarantine.keep", "1h", "2h", reads: "settings.keepSeconds"),
        KeyUse("quarantine.notify", inner: "sender", "yes", "no", reads: "settings.tellsSender"),
        KeyUse("quarantine.notify", inner: "officer", "yes", "no", reads: "settings.tellsOfficer"),
    ]

    private static let logging = [
        KeyUse("log.format", "json", "text", reads: "settings.format"),
        KeyUse("log.level", "debug", "error", reads: "settings.level"),
        KeyUse("log.addresses", "plain", "hashed", reads: "settings.log.addresses"),
        KeyUse("features.file", "a", "b", reads: "features.file"),
        KeyUse("features.salt-file", "a", "b", reads: "settings.saltFile"),
        KeyUse("features.outside-domains", "salt", "keep", reads: "settings.outsideDomains"),
        KeyUse("features.headers", "[From]", "[To]", reads: "settings.headers"),
    ]

    private static let limits: [KeyUse] = [
        KeyUse("limits.message", "1KiB", "2KiB", reads: "limits.messageBytes"),
        KeyUse("limits.in-flight", "1GiB", "2GiB", reads: "limits.inFlightBytes"),
        KeyUse("limits.memory", "1KiB", "2KiB", reads: "limits.memoryBytes"),
        KeyUse("limits.memory-budget", "0", "1MiB", reads: "limits.memoryBudgetBytes"),
        KeyUse("limits.connections", "1", "2", reads: "limits.connections"),
        KeyUse("limits.connections-per-client", "1", "2", reads: "limits.connectionsPerClient"),
        KeyUse("limits.recipients", "1", "2", reads: "limits.recipients"),
        KeyUse("limits.command", "512", "1024", reads: "limits.commandBytes"),
        KeyUse("limits.text-line", "1000", "2000", reads: "limits.textLineBytes"),
        KeyUse("limits.idle", "1s", "2s", reads: "limits.idleSeconds"),
        KeyUse("limits.session", "1s", "2s", reads: "limits.sessionSeconds"),
        KeyUse("limits.data", "1s", "2s", reads: "limits.dataSeconds"),
        KeyUse("limits.reply", "1s", "2s", reads: "limits.replySeconds"),
        KeyUse("limits.milter-reply", "1s", "2s", reads: "limits.milterReplySeconds"),
        KeyUse("limits.shutdown", "1s", "2s", reads: "limits.shutdownSeconds"),
        KeyUse("limits.bad-commands", "1", "2", reads: "limits.badCommands"),
        KeyUse("limits.login-failures", "1", "2", reads: "limits.loginFailures"),
        KeyUse("limits.mime-depth", "1", "2", reads: "limits.mimeDepth"),
        KeyUse("limits.mime-parts", "1", "2", reads: "limits.mimeParts"),
        KeyUse("limits.header", "1KiB", "2KiB", reads: "limits.headerBytes"),
        KeyUse("limits.received-fields", "1", "2", reads: "limits.receivedFields"),
        KeyUse("limits.next-hop-connect", "1s", "2s", reads: "limits.nextHopConnectSeconds"),
        KeyUse("limits.next-hop-reply", "1s", "2s", reads: "limits.nextHopReplySeconds"),
        KeyUse("limits.next-hop-idle-connections", "1", "2", reads: "limits.nextHopIdleConnections"),
        KeyUse("limits.next-hop-idle", "1s", "2s", reads: "limits.nextHopIdleSeconds"),
    ]
}

// The table of all settings: one row for each key, with what it takes and where its value goes. A key that has no row
// here is unknown. Pure; rows throw a Problem for a value they cannot take.

import Mail
import SettingValues
import Yams

typealias Field<Value> = any WritableKeyPath<LetterlockSettings, Value> & Sendable

/// What is wrong with one value; the reader adds the place.
struct Problem: Error {
    var message: String
    var hint: String?
    /// Line and column of the part of the value that is meant, from 1; nil where the whole value is.
    var mark: (line: Int, column: Int)?
    /// The key inside of the value that is meant, such as `subject` of `links.notices`; nil where the whole value is.
    var key: String?

    /// - Parameter node: the part of the value that is meant.
    init(message: String, hint: String? = nil, node: Node? = nil) {
        self.message = message
        self.hint = hint
        self.mark = node?.mark.map { ($0.line, $0.column) }
    }
}

/// One key.
struct Setting: Sendable {
    /// Dotted path from the top of the file, such as `gpg.timeout`.
    let path: String
    /// False for lists and maps, which the environment cannot set.
    let isScalar: Bool
    /// Reads the value; the string is the folder that relative paths start from.
    let read: @Sendable (Node, String, inout LetterlockSettings) throws(Problem) -> Void
}

/// The rows.
enum SettingsSchema {
    /// Every key, in the order of docs/letterlock.yaml.
    static let settings: [Setting] =
        general + listening + administering + sending + signing + extracting + linking + opening + storing + holding
        + logging + features + limits

    private static let general: [Setting] = [
        text("hostname", \.hostname, takes: "a host name such as \"gate.example.org\"") {
            Hostname.isValid($0) ? $0.lowercased() : nil
        },
        domains("inside", \.inside),
        Setting(path: "time-zone", isScalar: true) { node, _, settings throws(Problem) in
            settings.timeZone = try ValueReader.timeZone(node)
        },
        path("keys", \.keys),
        path("policy", \.policy),
        path("state", \.state),
    ]

    private static let listening: [Setting] = [
        optionalPath("users", \.users),
        optionalPath("tls.certificate", \.tls.certificate),
        optionalPath("tls.key", \.tls.key),
        listeners("listen.smtp", \.listen.smtp, .smtp),
        listeners("listen.lmtp", \.listen.lmtp, .lmtp),
        listeners("listen.milter", \.listen.milter, .milter),
        text("listen.portal", \.listen.portal, takes: ValueReader.addressForm) { HostPort($0) },
        Setting(path: "listen.admin", isScalar: true) { node, _, settings throws(Problem) in
            let isOff = ["", "none"].contains(node.scalar?.string)
            settings.listen.admin = isOff ? nil : try ValueReader.address(node)
        },
    ]

    private static let administering: [Setting] = [
        optionalPath("admin.users", \.admin.users),
        optionalPath("admin.certificate", \.admin.files.certificate),
        optionalPath("admin.key", \.admin.files.key),
        Setting(path: "admin.names", isScalar: false) { node, _, settings throws(Problem) in
            settings.admin.names = try ValueReader.hostNames(node)
        },
        seconds("admin.idle", \.admin.idleSeconds, 60...86_400),
        seconds("admin.session", \.admin.sessionSeconds, 60...(7 * 86_400)),
        Setting(path: "admin.metrics-peers", isScalar: false) { node, _, settings throws(Problem) in
            settings.admin.metricsPeers = try ValueReader.networks(node)
        },
        optionalPath("admin.release-homedir", \.admin.releaseHomeFolder),
    ]

    private static let sending: [Setting] = [
        Setting(path: "next-hop.address", isScalar: true) { node, _, settings throws(Problem) in
            settings.nextHop.address = try NextHopReader.address(node)
        },
        Setting(path: "next-hop.tls", isScalar: true) { node, _, settings throws(Problem) in
            settings.nextHop.tls = try ValueReader.word(node)
        },
        Setting(path: "next-hop.implicit-tls", isScalar: true) { node, _, settings throws(Problem) in
            settings.nextHop.isImplicit = try ValueReader.flag(node)
        },
        Setting(path: "next-hop.name", isScalar: true) { node, _, settings throws(Problem) in
            settings.nextHop.name = try NextHopReader.name(node)
        },
        optionalPath("next-hop.ca-file", \.nextHop.caFile),
        Setting(path: "next-hop.pins", isScalar: false) { node, _, settings throws(Problem) in
            settings.nextHop.pins = try NextHopReader.pins(node)
        },
        Setting(path: "next-hop.auth", isScalar: false) { node, folder, settings throws(Problem) in
            settings.nextHop.login = try NextHopReader.auth(node, folder: folder)
        },
        path("gpg.program", \.gpg.program),
        seconds("gpg.timeout", \.gpg.timeoutSeconds, 1...600),
        count("gpg.workers", \.gpg.workers, 1...64),
    ]

    private static let signing: [Setting] = [
        text("sign.key", \.sign.key, takes: "a fingerprint (40 or 64 hexadecimal digits) or a mail address") {
            ValueReader.keyName($0).map(Optional.some)
        },
        optionalPath("sign.homedir", \.sign.homeFolder),
    ]

    private static let extracting: [Setting] = [
        word("extract.when", \.extract.when),
        optionalPath("extract.program", \.extract.program),
        seconds("extract.timeout", \.extract.timeoutSeconds, 1...300),
        count("extract.workers", \.extract.workers, 1...64),
        bytes("extract.memory", \.extract.memoryBytes, (128 << 20)...(1 << 36)),
        bytes("extract.text", \.extract.textBytes, 1024...(1 << 28)),
        bytes("extract.unpacked", \.extract.unpackedBytes, 1024...(1 << 34)),
        count("extract.files", \.extract.files, 1...100_000),
        count("extract.depth", \.extract.depth, 0...50),
    ]

    private static let logging: [Setting] = [
        word("log.format", \.log.format),
        word("log.level", \.log.level),
        word("log.addresses", \.log.addresses),
    ]

    private static let features: [Setting] = [
        optionalPath("features.file", \.features.file),
        optionalPath("features.salt-file", \.features.saltFile),
        word("features.outside-domains", \.features.outsideDomains),
        Setting(path: "features.headers", isScalar: false) { node, _, settings throws(Problem) in
            settings.features.headers = try ValueReader.fieldNames(node)
        },
    ]

    private static let linking: [Setting] = [
        Setting(path: "links.url", isScalar: true) { node, _, settings throws(Problem) in
            settings.links.url = try ValueReader.publicBase(node)
        },
        seconds("links.expire", \.links.expireSeconds, 3600...(365 * 86_400)),
        Setting(path: "links.from", isScalar: true) { node, _, settings throws(Problem) in
            settings.links.from = try ValueReader.mailbox(node)
        },
        Setting(path: "links.language", isScalar: false) { node, _, settings throws(Problem) in
            settings.links.languages = try ValueReader.languages(node)
        },
        Setting(path: "links.organisation", isScalar: false) { node, folder, settings throws(Problem) in
            settings.links.organisation = try OrganisationReader.organisation(node, in: folder)
        },
        Setting(path: "links.password", isScalar: true) { node, _, settings throws(Problem) in
            settings.links.passwords = try ValueReader.passwordWays(node)
        },
        Setting(path: "links.answers", isScalar: false) { node, _, settings throws(Problem) in
            settings.links.answers = try AnswerReader.answers(node)
        },
        Setting(path: "links.sms", isScalar: false) { node, folder, settings throws(Problem) in
            settings.links.texts = try ValueReader.textHook(node, in: folder)
        },
        seconds("links.standing-expire", \.links.standingExpireSeconds, 86_400...(3650 * 86_400)),
        domains("links.unattended", \.links.unattended),
        seconds("links.longest", \.links.longestSeconds, 3600...(3650 * 86_400)),
        Setting(path: "links.notices", isScalar: false) { node, _, settings throws(Problem) in
            try ValueReader.letterNotices(node, &settings.links.notices)
        },
    ]

    private static let opening: [Setting] = [
        optionalPath("portal.certificate", \.portal.tls.certificate),
        optionalPath("portal.key", \.portal.tls.key),
        Setting(path: "portal.trusted-peers", isScalar: false) { node, _, settings throws(Problem) in
            settings.portal.trustedPeers = try ListenerReader.networks(node)
        },
        word("portal.forwarded", \.portal.forwarded),
        count("portal.guesses", \.portal.throttle.guesses, 10...1_000_000),
        count("portal.requests", \.portal.throttle.requests, 100...100_000_000),
        bytes("portal.uploads", \.portal.throttle.uploadBytes, (1 << 20)...(1 << 40)),
    ]

    private static let storing: [Setting] = [
        bytes("storage.letters", \.storage.lettersBytes, (1 << 20)...(1 << 44)),
        bytes("storage.per-recipient", \.storage.perRecipientBytes, (1 << 20)...(1 << 44)),
        Setting(path: "storage.alarm", isScalar: true) { node, _, settings throws(Problem) in
            settings.storage.alarmPercent = try ValueReader.percent(node)
        },
    ]

    private static let holding: [Setting] = [
        optionalPath("quarantine.key", \.quarantine.key),
        Setting(path: "quarantine.officer", isScalar: true) { node, _, settings throws(Problem) in
            settings.quarantine.officer = try ValueReader.mailbox(node)
        },
        seconds("quarantine.keep", \.quarantine.keepSeconds, 3600...(365 * 86_400)),
        Setting(path: "quarantine.notify", isScalar: false) { node, _, settings throws(Problem) in
            try ValueReader.notify(node, &settings.quarantine)
        },
    ]

    private static let limits: [Setting] = [
        bytes("limits.message", \.limits.messageBytes, 1024...(1 << 30)),
        bytes("limits.in-flight", \.limits.inFlightBytes, 1024...(1 << 40)),
        bytes("limits.memory", \.limits.memoryBytes, 1024...(1 << 30)),
        bytes("limits.memory-budget", \.limits.memoryBudgetBytes, 0...(1 << 40)),
        count("limits.connections", \.limits.connections, 1...100_000),
        count("limits.connections-per-client", \.limits.connectionsPerClient, 0...100_000),
        count("limits.recipients", \.limits.recipients, 1...100_000),
        bytes("limits.command", \.limits.commandBytes, 512...65_536),
        bytes("limits.text-line", \.limits.textLineBytes, 1000...(1 << 26)),
        seconds("limits.idle", \.limits.idleSeconds, 1...3600),
        seconds("limits.session", \.limits.sessionSeconds, 1...86_400),
        seconds("limits.data", \.limits.dataSeconds, 1...86_400),
        seconds("limits.reply", \.limits.replySeconds, 1...540),
        seconds("limits.milter-reply", \.limits.milterReplySeconds, 1...540),
        seconds("limits.shutdown", \.limits.shutdownSeconds, 1...600),
        count("limits.bad-commands", \.limits.badCommands, 1...1000),
        count("limits.login-failures", \.limits.loginFailures, 1...1000),
        count("limits.mime-depth", \.limits.mimeDepth, 1...1000),
        count("limits.mime-parts", \.limits.mimeParts, 1...1_000_000),
        bytes("limits.header", \.limits.headerBytes, 1024...(1 << 26)),
        count("limits.received-fields", \.limits.receivedFields, 1...1000),
        seconds("limits.next-hop-connect", \.limits.nextHopConnectSeconds, 1...540),
        seconds("limits.next-hop-reply", \.limits.nextHopReplySeconds, 1...540),
        count("limits.next-hop-idle-connections", \.limits.nextHopIdleConnections, 0...10_000),
        seconds("limits.next-hop-idle", \.limits.nextHopIdleSeconds, 0...3600),
    ]
}

// MARK: - Kinds of rows

extension SettingsSchema {
    private static func text<Value>(
        _ path: String, _ field: Field<Value>, takes: String, convert: @escaping @Sendable (String) -> Value?
    ) -> Setting {
        Setting(path: path, isScalar: true) { node, _, settings throws(Problem) in
            let text = try ValueReader.scalar(node, takes: takes)
            guard let value = convert(text) else { throw Problem(message: "\"\(text)\" is not \(takes)") }
            settings[keyPath: field] = value
        }
    }

    private static func path(_ path: String, _ field: Field<String>) -> Setting {
        Setting(path: path, isScalar: true) { node, folder, settings throws(Problem) in
            settings[keyPath: field] = try ValueReader.path(node, in: folder)
        }
    }

    private static func domains(_ path: String, _ field: Field<DomainList>) -> Setting {
        Setting(path: path, isScalar: false) { node, _, settings throws(Problem) in
            settings[keyPath: field] = try ValueReader.domains(node)
        }
    }

    private static func optionalPath(_ path: String, _ field: Field<String?>) -> Setting {
        Setting(path: path, isScalar: true) { node, folder, settings throws(Problem) in
            settings[keyPath: field] = try ValueReader.path(node, in: folder)
        }
    }

    private static func word<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ path: String, _ field: Field<Word>
    ) -> Setting {
        Setting(path: path, isScalar: true) { node, _, settings throws(Problem) in
            settings[keyPath: field] = try ValueReader.word(node)
        }
    }

    private static func listeners(
        _ path: String, _ field: Field<[ListenerSettings]>, _ door: ListenerReader.Door
    ) -> Setting {
        Setting(path: path, isScalar: false) { node, folder, settings throws(Problem) in
            settings[keyPath: field] = try ListenerReader(door: door, folder: folder).listeners(node)
        }
    }

    private static func seconds(_ path: String, _ field: Field<Int>, _ range: ClosedRange<Int>) -> Setting {
        number(
            path, field, range, takes: "a duration with a unit, such as \"60s\", \"5m\", \"2h\" or \"30d\"",
            convert: Units.seconds, show: Units.show(seconds:), meant: Units.meantSeconds)
    }

    private static func bytes(_ path: String, _ field: Field<Int>, _ range: ClosedRange<Int>) -> Setting {
        number(
            path, field, range, takes: "a size such as \"1000\" (bytes), \"10KiB\", \"50MiB\" or \"50MB\"",
            convert: Units.bytes, show: Units.show(bytes:), meant: Units.meantBytes)
    }

    private static func count(_ path: String, _ field: Field<Int>, _ range: ClosedRange<Int>) -> Setting {
        number(
            path, field, range, takes: "a whole number", convert: Units.count, show: { "\($0)" }, meant: { _ in nil })
    }

    private static func number(
        _ path: String, _ field: Field<Int>, _ range: ClosedRange<Int>, takes: String,
        convert: @escaping @Sendable (String) -> Int?, show: @escaping @Sendable (Int) -> String,
        meant: @escaping @Sendable (String) -> String?
    ) -> Setting {
        Setting(path: path, isScalar: true) { node, _, settings throws(Problem) in
            let text = try ValueReader.scalar(node, takes: takes)
            guard let value = convert(text) else {
                throw Problem(
                    message: "\"\(text)\" is not \(takes)", hint: meant(text).map { "did you mean \"\($0)\"?" })
            }
            guard range.contains(value) else {
                let bounds = "\(show(range.lowerBound)) to \(show(range.upperBound))"
                throw Problem(message: "\"\(text)\" is out of range", hint: "it takes \(bounds)")
            }
            settings[keyPath: field] = value
        }
    }
}

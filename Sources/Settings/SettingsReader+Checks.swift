// Checks of values against each other, after all of them were read.

import Mail
import SettingValues

extension SettingsReader {
    /// Adds errors and warnings that no single value shows, and gives listeners the files that they share.
    /// - Parameter name: the settings file as the user named it, for findings about a key that was not set.
    mutating func checkTogether(name: String) {
        checkAddresses(name: name)
        checkTLSFiles(name: name)
        checkPortal(name: name)
        for (path, field) in Self.doors { checkListeners(path, field, name: name) }
        checkNextHop(name: name)
        checkNextHopTLS(name: name)
        checkNextHopAuth(name: name)
        checkLinks(name: name)
        checkQuarantine(name: name)
        checkMemory(name: name)
        checkStorage(name: name)
        checkLanguages(name: name)
        checkAdmin(name: name)
        checkUnused(name: name)
    }

    private static let doors: [(String, Field<[ListenerSettings]>)] = [
        ("listen.smtp", \.listen.smtp), ("listen.lmtp", \.listen.lmtp), ("listen.milter", \.listen.milter),
    ]

    private mutating func checkAddresses(name: String) {
        let listen = settings.listen
        var all = Self.doors.flatMap { path, field in settings[keyPath: field].map { (path, $0.address) } }
        all.append(("listen.portal", listen.portal))
        if let admin = listen.admin { all.append(("listen.admin", admin)) }
        var seen: [HostPort: String] = [:]
        for (path, address) in all {
            if case .tcp(_, 0) = address { continue }
            if let other = seen[address] {
                add(
                    .error, path, "\"\(address)\" is already taken by \(other)",
                    hint: "give each listener its own address", name: name)
            }
            seen[address] = path
        }
    }

    private mutating func checkTLSFiles(name: String) {
        guard (settings.tls.certificate == nil) != (settings.tls.key == nil) else { return }
        let (there, missing) = settings.tls.key == nil ? ("certificate", "key") : ("key", "certificate")
        add(
            .error, "tls.\(there)", "there is no \"\(missing)\" beside it", hint: "add \"\(missing)\" under tls",
            name: name)
    }

    private mutating func checkPortal(name: String) {
        let tls = settings.portal.tls
        guard (tls.certificate == nil) != (tls.key == nil) else { return }
        let (there, missing) = tls.key == nil ? ("certificate", "key") : ("key", "certificate")
        add(
            .error, "portal.\(there)", "there is no \"\(missing)\" beside it",
            hint: "add \"\(missing)\" under portal", name: name)
    }

    private mutating func checkListeners(
        _ path: String, _ field: Field<[ListenerSettings]>, name: String
    ) {
        for (index, listener) in settings[keyPath: field].enumerated() {
            if listener.tls != .none, listener.files.certificate == nil {
                settings[keyPath: field][index].files = settings.tls
                if settings.tls.certificate == nil || settings.tls.key == nil {
                    add(
                        .error, path, "\"\(listener.address)\" has TLS and no certificate and key",
                        hint: "set \"certificate\" and \"key\" there, or under \"tls\" for all listeners", name: name)
                }
            }
            if listener.tls == .none, listener.files.certificate != nil {
                add(
                    .error, path, "\"\(listener.address)\" has a certificate and no TLS",
                    hint: "set \"tls: starttls\" or \"tls: implicit\" there", name: name)
            }
            guard listener.auth != .none else { continue }
            if listener.tls == .none {
                add(
                    .error, path, "\"\(listener.address)\" asks for a log-in without TLS: passwords would go in clear",
                    hint: "set \"tls: starttls\" or \"tls: implicit\" there", name: name)
            }
            if settings.users == nil {
                add(
                    .error, path, "\"\(listener.address)\" asks for a log-in, and there is no file of users",
                    hint: "set \"users: PATH\"; letterlock users add writes it", name: name)
            }
        }
    }

    private mutating func checkNextHop(name: String) {
        let target = settings.nextHop.address
        for (_, field) in Self.doors where settings[keyPath: field].contains(where: { $0.address == target }) {
            add(
                .error, "next-hop.address", "\"\(target)\" is our own listener: mail would go round in a loop",
                hint: "name the server that takes mail after Letterlock", name: name)
        }
    }

    private mutating func checkNextHopTLS(name: String) {
        let nextHop = settings.nextHop
        if nextHop.isImplicit, nextHop.tls == .none || nextHop.tls == .opportunistic {
            add(
                .error, "next-hop.implicit-tls", "TLS from the first byte cannot be done without",
                hint: "set \"tls: required\" or \"tls: verified\" beside it", name: name)
        }
        if nextHop.tls == .verified {
            if nextHop.pins.isEmpty, nextHop.verifiedName == nil {
                add(
                    .error, "next-hop.tls", "\"\(nextHop.address)\" has no name that could be verified",
                    hint: "set \"name\" to the name in the server's certificate, or \"pins\"", name: name)
            }
            return
        }
        let unused = [
            ("name", nextHop.name != nil), ("ca-file", nextHop.caFile != nil), ("pins", !nextHop.pins.isEmpty),
        ]
        for (key, isSet) in unused where isSet {
            add(
                .error, "next-hop.\(key)", "nothing is verified with \"tls: \(nextHop.tls.rawValue)\"",
                hint: "set \"tls: verified\" beside it", name: name)
        }
    }

    /// A password goes only where nobody listens, or where TLS hides it.
    private mutating func checkNextHopAuth(name: String) {
        let nextHop = settings.nextHop
        guard nextHop.login != nil else { return }
        var isLocal = true
        if case .tcp(let host, _) = nextHop.address { isLocal = HostPort.isLoopback(host) }
        switch nextHop.tls {
        case .verified: break
        case .none, .opportunistic:
            guard !isLocal else { break }
            add(
                .error, "next-hop.auth", "the password would go over the network in clear",
                hint: "set \"tls: verified\"", name: name)
        case .required:
            guard !isLocal else { break }
            add(
                .warning, "next-hop.auth", "\"tls: required\" gives the password to any server that answers there",
                hint: "set \"tls: verified\"", name: name)
        }
    }

    private mutating func checkLinks(name: String) {
        if settings.links.passwords.contains(.sms), settings.links.texts == nil {
            add(
                .error, "links.password", "\"sms\" is allowed, and there is no hook that sends text messages",
                hint: "add \"sms: {url: https://…}\" or \"sms: {command: [/path]}\" under links", name: name)
        }
        guard settings.links.url != nil, settings.links.from == nil else { return }
        add(
            .error, "links.from", "links.url is set, and there is no address to send the notifications from",
            hint: "add \"from: letters@example.org\" under links", name: name)
    }

    private mutating func checkQuarantine(name: String) {
        let quarantine = settings.quarantine
        guard !isBroken(under: ["quarantine.key", "quarantine.officer"]) else { return }
        guard (quarantine.key == nil) != (quarantine.officer == nil) else { return }
        let (there, missing) = quarantine.key == nil ? ("officer", "key") : ("key", "officer")
        add(
            .error, "quarantine.\(there)", "there is no \"\(missing)\" beside it",
            hint: missing == "key"
                ? "add \"key: quarantine.asc\", the certificate that held messages are sealed to"
                : "add \"officer: security@example.org\", who is told of held messages", name: name)
    }

    private mutating func checkStorage(name: String) {
        let storage = settings.storage
        guard isWritten("storage.per-recipient"), storage.perRecipientBytes > storage.lettersBytes else { return }
        add(
            .warning, "storage.per-recipient",
            "it is more than storage.letters: the letters of one recipient may take all the room",
            hint: "make it less than \(Units.show(bytes: storage.lettersBytes)), or make storage.letters larger",
            name: name)
    }

    /// Short ones and languages are errors; `bavaria` may be somebody's network.
    private mutating func checkLanguages(name: String) {
        let bare = settings.links.languages.keys.filter { !$0.contains(".") && !$0.contains("@") }
        for domain in bare where domain != "localhost" {
            add(
                .warning, "links.language",
                "\"\(domain)\" is for addresses @\(domain), and not for the domains under it",
                hint: "for the domains under it write \".\(domain)\"", name: name)
        }
    }

    private mutating func checkMemory(name: String) {
        guard settings.limits.inFlightBytes < settings.limits.messageBytes else { return }
        add(
            .error, "limits.in-flight", "it is less than limits.message: the largest messages would never be taken",
            hint: "make it at least limits.message", name: name)
    }
}

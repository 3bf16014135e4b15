// Where a Postfix instance sends mail: each setting that decides about a route before relayhost or content_filter does,
// and each one that takes over when we do not answer. Values in, findings out. Pure.
// Source: postconf(5), transport(5), access(5), header_checks(5), ADDRESS_REWRITING_README.

import Foundation
import Mail
import Settings
import SettingValues

extension PostfixRecipes {
    /// Programs that send to no other host.
    private static let silentPrograms: Set<String> = ["error", "retry", "discard", "local", "virtual", "bounce"]

    /// A parameter that trivial-rewrite(8) reads: its line of master.cf may override it.
    func routing(_ name: String) -> String {
        postfix.value(name, of: postfix.services.first { $0.program == "trivial-rewrite" })
    }

    /// `smtp:[192.0.2.1]:25` in two: the service, and the next hop ("" where there is none).
    static func split(_ transport: String) -> (service: String, nextHop: String) {
        guard let colon = transport.firstIndex(of: ":") else { return (transport, "") }
        return (String(transport[..<colon]), String(transport[transport.index(after: colon)...]))
    }

    private func isSilent(_ service: String) -> Bool {
        let program = postfix.services.first { $0.name == service && $0.type == "unix" }?.program ?? service
        return Self.silentPrograms.contains(program)
    }

    /// Whether mail of a transport comes to us: by its own next hop, else by relayhost.
    func comesToUs(_ transport: String) -> Bool {
        let (service, nextHop) = Self.split(transport)
        return isSilent(service)
            || postfix.leads(nextHop.isEmpty ? routing("relayhost") : transport, to: mailListeners)
    }

    // MARK: Before relayhost

    /// A next hop that a transport names itself is taken before relayhost.
    func transports() -> [Finding] {
        var findings: [Finding] = []
        let usual = routing("default_transport")
        if !comesToUs(usual), !Self.split(usual).nextHop.isEmpty {
            findings.append(
                .fail(
                    area,
                    "default_transport is \"\(usual)\", which is taken before relayhost: mail leaves past us in clear",
                    hint: "\(change) default_transport=smtp"))
        }
        let relay = routing("relay_transport")
        guard !comesToUs(relay) else { return findings }
        // Domains of our own behind this Postfix, such as a server with the mailboxes, need no seal on their way.
        let others = words(postfix.value("relay_domains")).filter {
            !isInside($0) && !words(postfix.value("mydestination")).contains($0)
        }
        guard let first = others.first else { return findings }
        let what = "relay_transport is \"\(relay)\" for relay_domains, and \"\(first)\" there"
        let hint = "\(change) relay_transport=relay, with relayhost leading to Letterlock"
        findings.append(
            first.contains(":") || first.contains("/")
                ? .warn(area, "\(what) may hold domains that are not ours: their mail leaves in clear", hint: hint)
                : .fail(area, "\(what) is none of ours (inside): its mail leaves past us in clear", hint: hint))
        return findings
    }

    /// Who takes mail over while we do not answer.
    /// - Parameter services: smtp(8) and lmtp(8) services of master.cf that lead to us.
    func fallbacks(_ services: [PostfixConfiguration.Service]) -> [Finding] {
        var findings: [Finding] = []
        var told: Set<String> = []
        for service in services {
            let name = "\(service.program)_fallback_relay"
            let value = postfix.value(name, of: service)
            guard !value.isEmpty, !words(value).allSatisfy({ postfix.leads($0, to: mailListeners) }) else { continue }
            let isOwn = postfix.overrides[service.key]?[name] != nil
            guard told.insert(isOwn ? service.key : name).inserted else { continue }
            let place = isOwn ? " at the service \"\(service.name)\" of master.cf" : ""
            findings.append(
                .fail(
                    area, "\(name) is \"\(value)\"\(place): while we cannot be reached, mail leaves past us in clear",
                    hint: isOwn ? set(service, name, "") : "\(change) \(name)="))
        }
        return findings
    }

    /// All that send by SMTP or LMTP.
    var senders: [PostfixConfiguration.Service] {
        postfix.services.filter { $0.type == "unix" && ["smtp", "lmtp"].contains($0.program) }
    }

    /// The services that values of content_filter name, where these lead to us.
    var carriers: [PostfixConfiguration.Service] {
        let names = Set(
            postfix.values("content_filter").filter { postfix.leads($0, to: mailListeners) }
                .map { Self.split($0).service })
        return senders.filter { names.contains($0.name) }
    }

    /// A transport to us that master.cf does not have: the mail stays in the queue.
    func missingCarriers() -> [Finding] {
        let values = Set(postfix.values("content_filter") + [routing("default_transport"), routing("relay_transport")])
        return values.sorted().filter { postfix.leads($0, to: mailListeners) }.compactMap { value in
            let name = Self.split(value).service
            guard !postfix.services.contains(where: { $0.type == "unix" && $0.name == name }) else { return nil }
            return .fail(
                area,
                "\"\(value)\" names the service \"\(name)\", and master.cf has none: mail to us stays in the queue",
                hint: "postconf -c \(postfix.folder) -M \"\(name)/unix=\(name) unix - - n - 10 smtp\", and its options "
                    + "as in docs/install/postfix.md")
        }
    }

    // MARK: FILTER

    private static let checks = [
        "header_checks", "body_checks", "mime_header_checks", "nested_header_checks", "smtpd_client_restrictions",
        "smtpd_helo_restrictions", "smtpd_sender_restrictions", "smtpd_relay_restrictions",
        "smtpd_recipient_restrictions", "smtpd_data_restrictions", "smtpd_end_of_data_restrictions",
    ]

    /// FILTER in a table is taken before content_filter and before relayhost.
    func filterActions() -> [Finding] {
        var findings: [Finding] = []
        for name in Self.checks {
            let values = postfix.values(name).filter { !$0.isEmpty }
            let strays = values.flatMap(Self.filterTargets).filter { !postfix.leads($0, to: mailListeners) }
            if let stray = strays.first {
                findings.append(
                    .fail(
                        area,
                        "\(name) has \"FILTER \(stray)\", which is taken before the way to us: mail leaves in clear",
                        hint: "take FILTER out of \(name), or let it name Letterlock"))
            } else if name.hasSuffix("_checks"), values.contains(where: { $0.contains("/") && !$0.contains("{") }) {
                findings.append(
                    .warn(
                        area, "\(name) is set: an entry with FILTER is taken before the way to us",
                        hint: "see that no entry of it says FILTER"))
            }
        }
        return findings
    }

    private static func filterTargets(_ value: String) -> [String] {
        let words = value.split { $0.isWhitespace || $0 == "{" || $0 == "}" }.map(String.init)
        return words.indices.compactMap { index in
            guard words[index].uppercased().split(separator: "=").last == "FILTER" else { return nil }
            return index + 1 < words.count ? words[index + 1] : ""
        }
    }

    // MARK: Behind every filter

    /// local(8) and its like hand mail on after the last filter.
    func deliveries() -> [Finding] {
        var findings: [Finding] = []
        for name in ["mailbox_transport", "fallback_transport", "local_transport", "virtual_transport"] {
            let value = name.hasPrefix("mailbox") || name.hasPrefix("fallback") ? postfix.value(name) : routing(name)
            let domains = name == "virtual_transport" ? "virtual_mailbox_domains" : "mydestination"
            let (service, nextHop) = Self.split(value)
            guard !postfix.value(domains).isEmpty, !isSilent(service), !nextHop.isEmpty, !Self.isHere(nextHop),
                !postfix.leads(value, to: mailListeners)
            else { continue }
            findings.append(
                .warn(
                    area, "\(name) is \"\(value)\": mail for our own people goes there past us, in clear",
                    hint: "see that it is a server of your own, or: \(change) \(name)="))
        }
        return findings + strayUsers()
    }

    private func strayUsers() -> [Finding] {
        let luser = postfix.value("luser_relay")
        guard let mark = luser.lastIndex(of: "@"), !postfix.value("mydestination").isEmpty else { return [] }
        let domain = luser[luser.index(after: mark)...].lowercased()
        guard !isInside(domain), !words(postfix.value("mydestination")).contains(domain) else { return [] }
        return [
            .fail(
                area, "luser_relay is \"\(luser)\": mail for unknown people here leaves past us, in clear",
                hint: "\(change) luser_relay=")
        ]
    }

    /// Old forms of routing look inside to us, and lead outside behind us.
    func oldRouting() -> [Finding] {
        let names = ["allow_percent_hack", "swap_bangpath", "resolve_dequoted_address"].filter { routing($0) == "yes" }
        guard !names.isEmpty else { return [] }
        return [
            .warn(
                area,
                "\(names.joined(separator: ", ")) \(names.count == 1 ? "is" : "are") on: \"bob%other.example@\" a "
                    + "domain of ours looks inside to us, and leaves in clear",
                hint: "\(change) \(names.map { "\($0)=no" }.joined(separator: " "))")
        ]
    }

    /// A next hop on this machine.
    static func isHere(_ nextHop: String) -> Bool {
        let bare = nextHop.lowercased().drop { $0 == "[" }
        return ["127.", "localhost", "::1", "ipv6:::1", "unix:", "inet:127.", "inet:localhost"].contains {
            bare.hasPrefix($0)
        }
            || bare.hasPrefix("/") || bare.hasPrefix("private/")
    }

    // MARK: Words

    func words(_ list: String) -> [String] {
        list.split { $0 == "," || $0.isWhitespace }.map { $0.lowercased() }
    }

    func isInside(_ domain: String) -> Bool {
        Mailbox("postmaster@\(domain)").map(settings.inside.contains) ?? false
    }

    /// How a hint sets a parameter of one service. postconf(1) takes no white space in such a value, and Postfix needs
    /// none.
    func set(_ service: PostfixConfiguration.Service, _ name: String, _ value: String) -> String {
        "postconf -c \(postfix.folder) -P \(argument(service, name, value))"
    }

    func argument(_ service: PostfixConfiguration.Service, _ name: String, _ value: String) -> String {
        let packed = value.split { $0 == "," || $0.isWhitespace }.joined(separator: ",")
            .replacingOccurrences(of: "{,", with: "{").replacingOccurrences(of: ",}", with: "}")
        return "\"\(service.key)/\(name)=\(packed)\""
    }
}

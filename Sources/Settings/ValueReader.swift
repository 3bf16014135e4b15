// Readers of single values: a YAML node in, a typed value out, or a Problem that says what is expected. Pure.

import Foundation
import Mail
import SettingValues
import Yams

/// One function for each kind of value.
enum ValueReader {
    static let addressForm = "\"host:port\", \"[v6]:port\" or \"unix:/path\""

    /// The text of a scalar.
    static func scalar(_ node: Node, takes: String) throws(Problem) -> String {
        guard let text = node.scalar?.string else {
            throw Problem(message: "a \(kind(node)) stands here", hint: "it takes \(takes)", node: node)
        }
        return text
    }

    /// True where nothing was written after the colon: such a key counts as absent.
    static func isAbsent(_ node: Node) -> Bool {
        guard let scalar = node.scalar else { return false }
        return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    /// A path made absolute or relative to the folder of the settings file; never empty.
    static func path(_ node: Node, in folder: String) throws(Problem) -> String {
        let text = try scalar(node, takes: "a path")
        guard !text.isEmpty, !text.utf8.contains(where: { $0 < 32 }) else {
            throw Problem(message: "\"\(text)\" is not a path")
        }
        if text.hasPrefix("~") {
            throw Problem(
                message: "\"\(text)\" starts with \"~\", which only a shell understands", hint: "write the path in full"
            )
        }
        return join(folder, text)
    }

    /// `path` as seen from `folder`; "" is the working directory.
    static func join(_ folder: String, _ path: String) -> String {
        if folder.isEmpty || path.hasPrefix("/") { return path }
        return folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
    }

    /// A mail address.
    static func mailbox(_ node: Node) throws(Problem) -> Mailbox {
        let takes = "a mail address such as \"letters@example.org\""
        let text = try scalar(node, takes: takes)
        guard let mailbox = Mailbox(text) else {
            throw Problem(message: "\"\(text)\" is not \(takes): \(Mailbox.fault(in: text))")
        }
        return mailbox
    }

    /// Domains, `.domains` and addresses.
    static func domains(_ node: Node) throws(Problem) -> DomainList {
        var entries: [String] = []
        for item in try list(node, of: "domains") {
            let text = try scalar(item, takes: "a domain")
            try checkDomainEntry(text, at: item)
            entries.append(text)
        }
        return DomainList(entries)
    }

    /// Names of header fields (RFC 5322 section 3.6.8).
    static func fieldNames(_ node: Node) throws(Problem) -> [String] {
        var names: [String] = []
        for item in try list(node, of: "header fields") {
            let text = try scalar(item, takes: "the name of a header field")
            guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }) else {
                throw Problem(message: "\"\(text)\" is not the name of a header field", node: item)
            }
            names.append(text)
        }
        return names
    }

    /// Refuses what ``DomainList`` would take and never match.
    private static func checkDomainEntry(_ text: String, at node: Node) throws(Problem) {
        if text.contains("*") {
            throw Problem(
                message: "\"\(text)\" is not a domain",
                hint: "sub-domains are written with a leading dot: \".example.org\"",
                node: node)
        }
        let address = text.contains("@") ? text : "x@" + (text.hasPrefix(".") ? String(text.dropFirst()) : text)
        guard Mailbox(address) != nil else {
            throw Problem(
                message: "\"\(text)\" is not a domain or address",
                hint: "write \"example.org\", \".example.org\" for its sub-domains, or an address", node: node)
        }
    }

    /// An address to listen on.
    static func address(_ node: Node) throws(Problem) -> HostPort {
        let text = try scalar(node, takes: addressForm)
        guard let address = HostPort(text) else {
            throw Problem(message: "\"\(text)\" is not \(addressForm)", node: node)
        }
        return address
    }

    /// One of a few words.
    static func word<Word: RawRepresentable<String> & CaseIterable>(_ node: Node) throws(Problem) -> Word {
        let names = Word.allCases.map(\.rawValue)
        let takes = names.joined(separator: ", ")
        let text = try scalar(node, takes: takes)
        guard let word = Word(rawValue: text) else {
            throw Problem(
                message: "\"\(text)\" is not one of \(takes)", hint: meantWord(text, among: names), node: node)
        }
        return word
    }

    /// `yes` or `no`; YAML's `true` and `false` too.
    static func flag(_ node: Node) throws(Problem) -> Bool {
        let text = try scalar(node, takes: "yes or no")
        switch text {
        case "yes", "true": return true
        case "no", "false": return false
        default: throw Problem(message: "\"\(text)\" is not yes or no", node: node)
        }
    }

    /// The same as the value of a key in a map.
    private static func flag(_ node: Node, under key: String) throws(Problem) -> Bool {
        try under(key) { () throws(Problem) in try flag(node) }
    }

    /// `sign.key`: a fingerprint in upper case without spaces, or an address; nil for anything else.
    static func keyName(_ text: String) -> String? {
        let digits = text.filter { $0 != " " }.uppercased()
        let isHex = digits.utf8.allSatisfy { (48...57).contains($0) || (65...70).contains($0) }
        if isHex, digits.utf8.count == 40 || digits.utf8.count == 64 { return digits }
        return Mailbox(text).map(\.description)
    }

    /// `quarantine.notify`: `{sender: yes, officer: yes}`.
    static func notify(_ node: Node, _ quarantine: inout QuarantineSettings) throws(Problem) {
        guard let map = node.mapping else {
            throw Problem(
                message: "a \(kind(node)) stands here", hint: "it takes a map such as {sender: yes, officer: yes}",
                node: node)
        }
        for (key, value) in map {
            switch key.scalar?.string {
            case "sender": quarantine.tellsSender = try flag(value, under: "sender")
            case "officer": quarantine.tellsOfficer = try flag(value, under: "officer")
            default: throw unknown(key, among: ["sender", "officer"])
            }
        }
    }

    /// `links.notices`: `{sent: yes, opened: yes, resting: yes, expiring: yes, expired: yes}`.
    static func letterNotices(_ node: Node, _ notices: inout LetterNoticeSettings) throws(Problem) {
        guard let map = node.mapping else {
            throw Problem(
                message: "a \(kind(node)) stands here", hint: "it takes a map such as {opened: yes, resting: no}",
                node: node)
        }
        for (key, value) in map {
            switch key.scalar?.string {
            case "sent": notices.sent = try flag(value, under: "sent")
            case "subject": notices.subject = try flag(value, under: "subject")
            case "opened": notices.opened = try flag(value, under: "opened")
            case "resting": notices.resting = try flag(value, under: "resting")
            case "expiring": notices.expiring = try flag(value, under: "expiring")
            case "expired": notices.expired = try flag(value, under: "expired")
            default: throw unknown(key, among: ["sent", "subject", "opened", "resting", "expiring", "expired"])
            }
        }
    }

    /// `time-zone`: a name of the time zone database.
    static func timeZone(_ node: Node) throws(Problem) -> TimeZone {
        let name = try scalar(node, takes: ZoneName.takes)
        guard let zone = ZoneName.zone(name) else {
            throw Problem(message: "\"\(name)\" is no time zone", hint: ZoneName.hint(for: name), node: node)
        }
        return zone
    }

    /// `links.url`: https, or http on this machine itself, because browsers offer WebCrypto in secure contexts only.
    static func publicBase(_ node: Node) throws(Problem) -> String {
        let takes = "a URL such as \"https://letters.example.org\""
        let text = try scalar(node, takes: takes)
        let lower = text.lowercased()
        let scheme = ["https://", "http://"].first { lower.hasPrefix($0) }
        guard let scheme, text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }),
            !text.contains(where: { "?#\\\"<>".contains($0) })
        else {
            throw Problem(message: "\"\(text)\" is not \(takes)", node: node)
        }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }.lowercased()
        guard let host = host(ofAuthority: authority) else {
            throw Problem(message: "\"\(text)\" is not \(takes)", node: node)
        }
        guard scheme == "https://" || HostPort.isLoopback(host) else {
            throw Problem(
                message: "\"\(text)\" is neither https nor loopback: browsers open no letter there",
                hint: "put a TLS server in front of the portal and write its https address", node: node)
        }
        var base = scheme + authority + rest.dropFirst(authority.count)
        while base.hasSuffix("/") { base.removeLast() }
        return base
    }

    private static func host(ofAuthority authority: String) -> String? {
        if Hostname.isValid(authority) { return authority }
        if authority.hasPrefix("["), authority.hasSuffix("]") { return host(ofAuthority: authority + ":443") }
        guard case .tcp(let host, let port)? = HostPort(authority), port > 0 else { return nil }
        return host
    }

    /// `{default: en, .fr: fr}`.
    static func languages(_ node: Node) throws(Problem) -> LanguageMap {
        guard let map = node.mapping else {
            throw Problem(
                message: "a \(kind(node)) stands here", hint: "it takes a map such as {default: en, .fr: fr}",
                node: node)
        }
        var languages = LanguageMap()
        var first: [String: (written: String, language: String)] = [:]
        for (key, value) in map {
            let domain = try scalar(key, takes: "a domain")
            let language = try scalar(value, takes: "a language")
            guard let spoken = Language(rawValue: language) else {
                let known = Language.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(message: "there is no language \"\(language)\"", hint: "there are \(known)", node: value)
            }
            if domain == "default" {
                languages.fallback = spoken
            } else {
                try checkLanguageDomain(domain, language, at: key)
                // The dot is no part of a domain name.
                let dot = domain.hasPrefix(".") ? "." : ""
                let folded = dot + DomainList.folded(String(domain.dropFirst(dot.count)))
                if let other = first[folded], other.language != language {
                    throw Problem(
                        message: "\"\(domain)\" is the same as \"\(other.written)\", and has another language",
                        hint: "take one of the two out", node: key)
                }
                first[folded] = (domain, language)
                languages.set(spoken, for: domain)
            }
        }
        return languages
    }

    /// Refuses what looks like a language or a country, and is taken for the whole domain of an address.
    private static func checkLanguageDomain(_ domain: String, _ language: String, at node: Node) throws(Problem) {
        if domain.contains("@") || domain.contains(".") { return try checkDomainEntry(domain, at: node) }
        let parts = domain.lowercased().split { "-_".contains($0) }
        if parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isLetter) }) {
            throw Problem(
                message: "\"\(domain)\" is not a domain: languages are chosen by the recipient's domain",
                hint: "for all domains under \(parts[1]) write \".\(parts[1]): \(language)\"", node: node)
        }
        if domain.lowercased() == "default" {
            throw Problem(message: "\"\(domain)\" is not a domain", hint: "did you mean \"default\"?", node: node)
        }
        try checkDomainEntry(domain, at: node)
        guard domain.count > 3 else {
            throw Problem(
                message: "\"\(domain)\" is for addresses @\(domain), and not for the domains under it",
                hint: "for all domains under it write \".\(domain.lowercased())\"", node: node)
        }
    }

    /// An error for a key that is not in the table.
    static func unknown(_ key: Node, among known: [String]) -> Problem {
        let name = key.scalar?.string ?? kind(key)
        return Problem(message: "unknown key \"\(name)\"", hint: meant(name, among: known), node: key)
    }

    /// `did you mean "x"?`, or what there is.
    static func meant(_ name: String, among known: [String]) -> String {
        if let nearest = Diagnostic.nearest(to: name, among: known) { return "did you mean \"\(nearest)\"?" }
        return "known here: \(known.joined(separator: ", "))"
    }

    /// As ``meant(_:among:)``; `warn` is `warning` too.
    private static func meantWord(_ name: String, among known: [String]) -> String {
        let folded = name.lowercased()
        if Diagnostic.nearest(to: name, among: known) == nil, folded.count > 2,
            let one = known.first(where: { $0.hasPrefix(folded) || folded.hasPrefix($0) })
        {
            return "did you mean \"\(one)\"?"
        }
        return meant(name, among: known)
    }

    /// `1%` to `100%`.
    static func percent(_ node: Node) throws(Problem) -> Int {
        let form = "a percentage such as \"80%\""
        let text = try scalar(node, takes: form)
        guard text.hasSuffix("%"), let value = Units.count(String(text.dropLast())), (1...100).contains(value) else {
            throw Problem(message: "\"\(text)\" is not \(form)", hint: "it takes 1% to 100%")
        }
        return value
    }

    /// The items of a list; a single value is a list of one, as in the policy.
    static func list(_ node: Node, of what: String) throws(Problem) -> [Node] {
        guard let sequence = node.sequence else {
            if node.scalar != nil { return [node] }
            throw Problem(message: "a \(kind(node)) stands here", hint: "it takes a list of \(what) in [ ]", node: node)
        }
        return Array(sequence)
    }

    /// Reads what stands under a key of a map that is one value: an error names that key too.
    static func under<Value>(
        _ key: String, _ read: () throws(Problem) -> Value
    ) throws(Problem) -> Value {
        do throws(Problem) {
            return try read()
        } catch {
            var problem = error
            problem.key = key
            throw problem
        }
    }

    /// What a node is, in words.
    static func kind(_ node: Node) -> String {
        switch node {
        case .scalar: "single value"
        case .mapping: "map"
        case .sequence: "list"
        case .alias: "alias"
        }
    }
}

// Reads the keys of `then` that ask for something beside protection: header fields, footers, attachments, redirection,
// archives, links, receipts, signatures.

import Detection
import Mail
import Policy
import SettingValues

/// Reads effects of one rule.
struct EffectsReader {
    /// The keys of `then` that are read here.
    static let keys = [
        "sign", "redirect", "add-header", "remove-header", "footer", "copy-to", "strip-attachment", "link", "receipt",
    ]
    /// A line of a footer, and a header value, in octets: what fits on a line of mail with room for its encoding.
    private static let longestLine = 500
    private static let longestFooter = 16 * 1024
    /// Bounds of `expire`: one hour to a year, as in the settings.
    private static let expireSeconds: ClosedRange<Int64> = 3600...(365 * 86_400)

    let nodes: NodeReader
    let context: RuleContext
    private var problems: Problems { nodes.problems }

    init(nodes: NodeReader, context: RuleContext) {
        self.nodes = nodes
        self.context = context
    }

    /// Reads all of them.
    /// - Returns: false where one could not be read, with a finding.
    func read(_ then: NodeReader.Fields, _ what: String, into consequence: inout Consequence) -> Bool {
        var effects = Effects()
        for key in ["sign", "receipt"] {
            guard let node = then[key] else { continue }
            guard let wanted = nodes.boolean(node, "\(key) in \(what)") else { return false }
            if key == "sign" { effects.signs = wanted } else { effects.receipt = wanted }
        }
        if let node = then["redirect"] {
            guard let target = mailbox(node, "redirect in \(what)") else { return false }
            effects.redirect = target
        }
        if let node = then["copy-to"] {
            guard let archives = mailboxes(node, "copy-to in \(what)") else { return false }
            effects.archives = archives
        }
        if let node = then["remove-header"] {
            guard let names = headerNames(node, "remove-header in \(what)") else { return false }
            effects.headers += names.map { .remove(name: $0) }
        }
        if let node = then["add-header"] {
            guard let fields = headerFields(node, "add-header in \(what)") else { return false }
            effects.headers += fields
        }
        if let node = then["footer"] {
            guard let footer = footer(node, "footer in \(what)") else { return false }
            effects.footers = [footer]
        }
        if let node = then["link"] {
            guard let options = link(node, "link in \(what)") else { return false }
            effects.link = options
        }
        if let node = then["strip-attachment"] {
            guard let test = attachments(node, then.place(of: "strip-attachment")) else { return false }
            consequence.strips = [test]
        }
        consequence.effects.merge(effects)
        return true
    }

    // MARK: - Addresses

    private func mailbox(_ node: ConditionNode, _ what: String) -> Mailbox? {
        guard let text = nodes.text(node, what) else { return nil }
        return mailbox(text, nodes.place(node), what)
    }

    private func mailboxes(_ node: ConditionNode, _ what: String) -> [Mailbox]? {
        guard let entries = nodes.texts(node, what) else { return nil }
        let mailboxes = entries.compactMap { mailbox($0.text, $0.place, what) }
        return mailboxes.count == entries.count ? mailboxes : nil
    }

    /// Its key is part of the one look-up.
    private func mailbox(_ text: String, _ place: Place, _ what: String) -> Mailbox? {
        guard let mailbox = Mailbox(text), !mailbox.hasRoute else {
            let fault = Mailbox(text) == nil ? Mailbox.fault(in: text) : "it has a route in its local part"
            problems.error(
                place, "\(what): '\(text)' is not a mail address: \(fault)", hint: "such as archive@example.org")
            return nil
        }
        return mailbox
    }

    // MARK: - Header fields

    private func headerNames(_ node: ConditionNode, _ what: String) -> [String]? {
        guard let entries = nodes.texts(node, what) else { return nil }
        let names = entries.filter { isFree($0.text, $0.place, what) }.map(\.text)
        return names.count == entries.count ? names : nil
    }

    private func headerFields(_ node: ConditionNode, _ what: String) -> [Effects.HeaderChange]? {
        guard let entries = nodes.map(node, what) else { return nil }
        guard !entries.isEmpty else {
            problems.error(nodes.place(node), "\(what) names no field", hint: "such as { X-Classification: internal }")
            return nil
        }
        var fields: [Effects.HeaderChange] = []
        for (name, place, value) in entries {
            guard isFree(name, place, what), let text = nodes.text(value, "\(name) in \(what)") else { continue }
            guard text.utf8.count <= Self.longestLine, !text.unicodeScalars.contains(where: Self.isControl) else {
                problems.error(
                    nodes.place(value), "the value of \(name) in \(what) is no single line",
                    hint: "at most \(Self.longestLine) octets, without control characters")
                continue
            }
            fields.append(.add(name: name, value: text))
        }
        return fields.count == entries.count ? fields : nil
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 32 || (127..<160).contains(scalar.value) || (0x2028...0x2029).contains(scalar.value)
    }

    /// False, with a finding, for what is no field name and for fields that the message needs, that say whose it is and
    /// which way it came, or that tell of what was done to it.
    private func isFree(_ name: String, _ place: Place, _ what: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 60,
            name.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") })
        else {
            problems.error(place, "\(what): '\(name)' cannot be the name of a header field")
            return false
        }
        guard !StructuralFields.contains(name) else {
            problems.error(
                place, "\(what): the field '\(name)' is not for rules to change",
                hint: "use a field of your own, such as X-Classification")
            return false
        }
        return true
    }

    // MARK: - Footers

    private func footer(_ node: ConditionNode, _ what: String) -> Effects.Footer? {
        guard node.mapping != nil else { return lines(node, what).map { Effects.Footer(text: $0) } }
        guard let fields = nodes.fields(node, what, known: ["text", "html"]) else { return nil }
        guard let textNode = fields["text"] else {
            problems.error(
                fields.place, "\(what) has no 'text'", hint: "mail in plain text needs one; 'html' is optional")
            return nil
        }
        guard let text = lines(textNode, "text of \(what)") else { return nil }
        guard let htmlNode = fields["html"] else { return Effects.Footer(text: text) }
        return lines(htmlNode, "html of \(what)").map { Effects.Footer(text: text, html: $0) }
    }

    /// Lines that mail can carry.
    private func lines(_ node: ConditionNode, _ what: String) -> String? {
        guard let written = nodes.text(node, what) else { return nil }
        var text = written.replacing("\r\n", with: "\n")
        while text.hasSuffix("\n") { text.removeLast() }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard !text.isEmpty, text.utf8.count <= Self.longestFooter,
            lines.allSatisfy({ $0.utf8.count <= Self.longestLine })
        else {
            problems.error(
                nodes.place(node), "\(what) is empty or too long",
                hint: "at most \(Self.longestFooter) octets, in lines of at most \(Self.longestLine)")
            return nil
        }
        guard !text.unicodeScalars.contains(where: { Self.isControl($0) && $0 != "\n" && $0 != "\t" }) else {
            problems.error(nodes.place(node), "\(what) has control characters")
            return nil
        }
        return text
    }

    // MARK: - Links and attachments

    private func link(_ node: ConditionNode, _ what: String) -> Effects.LinkOptions? {
        guard let fields = nodes.fields(node, what, known: ["expire", "password", "replies"]) else { return nil }
        var options = Effects.LinkOptions()
        if let node = fields["password"] {
            guard let modes = passwords(node, "password in \(what)") else { return nil }
            options.passwords = modes
        }
        if let node = fields["expire"] {
            guard let text = nodes.text(node, "expire in \(what)") else { return nil }
            guard let seconds = Moments.duration(text), Self.expireSeconds.contains(seconds) else {
                problems.error(
                    nodes.place(node), "expire in \(what) must be a duration, and is '\(text)'",
                    hint: "such as 12h or 7d; from 1h to 365d")
                return nil
            }
            options.expireSeconds = seconds
        }
        if let node = fields["replies"] {
            switch node.scalar?.string.lowercased() {
            case "yes": options.replies = true
            case "no": options.replies = false
            default:
                guard let replies = nodes.boolean(node, "replies in \(what)") else { return nil }
                options.replies = replies
            }
        }
        return options
    }

    /// One way, or a list of different ones in order of preference.
    private func passwords(_ node: ConditionNode, _ what: String) -> [PasswordMode]? {
        guard let entries = nodes.texts(node, what) else { return nil }
        var modes: [PasswordMode] = []
        for (text, place) in entries {
            guard let mode = PasswordMode(rawValue: text) else {
                nodes.unknown(text, place, what, in: nil, known: PasswordMode.allCases.map(\.rawValue))
                return nil
            }
            guard !modes.contains(mode) else {
                problems.error(place, "\(what) names '\(text)' twice")
                return nil
            }
            modes.append(mode)
        }
        if modes.contains(.sms), !context.surroundings.textsAvailable {
            problems.warning(
                nodes.place(node), "\(what) allows 'sms', and the settings set up no hook for text messages",
                hint: "set 'links.sms' in the settings")
        }
        return modes
    }

    /// The words of the `attachment` condition.
    private func attachments(_ node: ConditionNode, _ place: Place) -> AttachmentStrip? {
        ConditionReader(nodes: nodes, context: context).strip(node, place)
    }
}

/// Header fields that rules cannot add or take away.
enum StructuralFields {
    private static let names: Set<String> = [
        "from", "sender", "reply-to", "to", "cc", "bcc", "date", "subject", "message-id", "in-reply-to", "references",
        "mime-version", "received", "return-path", "delivered-to", "dkim-signature", "domainkey-signature",
        "authentication-results", "received-spf", "hp-outer", "auto-submitted",
    ]
    private static let prefixes = ["content-", "resent-", "arc-"]

    static func contains(_ name: String) -> Bool {
        let lower = name.lowercased()
        return names.contains(lower) || prefixes.contains(where: lower.hasPrefix)
    }
}

// Settings that were written and have no effect because of others: each is a warning, so that nobody relies on one.

import Mail
import SettingValues

extension SettingsReader {
    /// Warns of everything that is set and not looked at.
    mutating func checkUnused(name: String) {
        for unused in unusedParts where !isBroken(under: unused.causes) {
            add(.warning, unused.path, unused.message, hint: unused.hint, name: name)
        }
    }

    /// One thing that is set for nothing.
    private struct Unused {
        let path: String
        let message: String
        let hint: String
        /// What it was concluded from: a mistake there is an error, and says nothing of what was meant.
        var causes: [String] {
            let section = path.prefix { $0 != "." }
            return [String(section), "listen", "admin"].filter { $0 == section || ["users", "tls"].contains(section) }
                + (section == "admin" ? ["listen.admin"] : [])
        }
    }

    private var unusedParts: [Unused] {
        var found: [Unused] = []
        func look(_ isUnused: Bool, _ path: String, _ message: String, _ hint: String) {
            if isUnused { found.append(Unused(path: path, message: message, hint: hint)) }
        }
        look(
            settings.features.file == nil && settings.features != .init(), "features.file",
            "the features log is set up, and has no file: nothing is written",
            "add \"file: /var/log/letterlock/features.jsonl\" under features")
        look(
            settings.links.url == nil && hasOtherLinkSettings, "links.url",
            "links are set up, and have no address: no letter can be put behind one",
            "add \"url: https://letters.example.org\" under links")
        look(
            settings.quarantine.key == nil && settings.quarantine.officer == nil && settings.quarantine != .init(),
            "quarantine.key", "the quarantine is set up, and has neither key nor officer: nothing can be held",
            "add \"key\" and \"officer\" under quarantine")
        look(
            settings.sign.key == nil && settings.sign.homeFolder != nil, "sign.homedir",
            "there is no \"key\" beside it: nothing can be signed", "add \"key: FINGERPRINT\" under sign")
        look(
            settings.extract.when == .never && settings.extract != .init(when: .never), "extract.when",
            "attachments are not looked into: the other keys of \"extract\" have no effect",
            "set \"when: needed\", or take the other keys out")
        found += unusedDoors
        return found
    }

    /// True where more of links is set than the mailboxes that nobody reads, which rules ask for too.
    private var hasOtherLinkSettings: Bool {
        var plain = LinkSettings()
        plain.unattended = settings.links.unattended
        return settings.links != plain
    }

    /// What belongs to doors that are not there.
    private var unusedDoors: [Unused] {
        var found: [Unused] = []
        func look(_ isUnused: Bool, _ path: String, _ message: String, _ hint: String) {
            if isUnused { found.append(Unused(path: path, message: message, hint: hint)) }
        }
        let listeners = settings.listen.smtp + settings.listen.lmtp
        look(
            settings.users != nil && !listeners.contains { $0.auth != .none }, "users",
            "no listener asks for a log-in: the file of users is not looked at",
            "set \"auth: required\" and \"tls: starttls\" at an entry of listen.smtp, or take it out")
        look(
            settings.tls.certificate != nil && settings.isAdminLocal && !listeners.contains { $0.tls != .none },
            "tls.certificate", "no listener has TLS: the certificate is not used",
            "set \"tls: starttls\" or \"tls: implicit\" at a listener; the unlock page has its own under portal")
        look(
            settings.listen.admin == nil && settings.admin != .init(), "listen.admin",
            "there is no admin page: the keys of \"admin\" have no effect", "give it an address, or take them out")
        look(
            settings.listen.admin != nil && settings.isAdminLocal && !settings.admin.metricsPeers.isEmpty,
            "admin.metrics-peers", "on loopback everybody may read /metrics: no network has to be named",
            "take it out, or let listen.admin be an address that others reach")
        look(
            settings.portal.forwarded != .xForwardedFor && settings.portal.trustedPeers.isEmpty, "portal.forwarded",
            "no proxy is believed, so the field is not looked at", "name the proxy in portal.trusted-peers")
        return found
    }
}

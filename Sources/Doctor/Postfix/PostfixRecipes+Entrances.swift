// Every door of a Postfix instance, judged by what really holds there: main.cf, and what its line of master.cf
// overrides. One door without the filter is a way in clear. Values in, findings out. Pure.
// Source: postconf(5), master(5), "Recipes" in docs/install/postfix.md.

import Mail
import Settings
import SettingValues

extension PostfixRecipes {
    /// Restrictions that let nobody send on to others.
    private static let closing = ["reject", "reject_unauth_destination", "defer", "defer_unauth_destination"]

    /// The doors that take mail for elsewhere and do not lead to us.
    func entrances(_ recipes: [Recipe]) -> [Finding] {
        // Where relayhost leads to us, a door without a filter is none without us.
        let filters = recipes.contains(.onlyWayOut) ? [] : recipes
        return postfix.entrances.filter { $0.key != reinjection?.key }.flatMap { service -> [Finding] in
            guard !filters.isEmpty else { return elsewhere(service) }
            // pickup's lack of a filter is told with the recipe itself.
            guard service.program == "smtpd", sendsOn(service), !filters.contains(where: { leads(service, by: $0) })
            else { return elsewhere(service) }
            return [
                .fail(
                    area,
                    "service \"\(service.name)\" takes mail for others, and \(reason(service, filters)): it leaves in "
                        + "clear",
                    hint: cure(service, filters))
            ]
        }
    }

    /// Why a door does not lead to us: what its own line of master.cf says comes first.
    private func reason(_ service: PostfixConfiguration.Service, _ filters: [Recipe]) -> String {
        let own = postfix.overrides[service.key] ?? [:]
        let names = filters.map(Self.parameter)
        let list = names.joined(separator: ", ")
        if filters.contains(.milter), own["receive_override_options"]?.contains("no_milters") == true {
            return "receive_override_options has no_milters there"
        }
        let values = names.compactMap { own[$0] }
        guard !values.isEmpty else { return "\(list) does not lead to us there" }
        return values.allSatisfy(\.isEmpty) ? "\(list) is emptied there" : "\(list) is set elsewhere there"
    }

    /// What mends it: an override is mended at its place, as main.cf does not reach it.
    private func cure(_ service: PostfixConfiguration.Service, _ filters: [Recipe]) -> String {
        let recipe = filters.first ?? .contentFilter
        let name = Self.parameter(recipe)
        let own = postfix.overrides[service.key] ?? [:]
        var changes = set(service, name, wanted(filters))
        let options = words(postfix.value("receive_override_options", of: service))
        if recipe == .milter, options.contains("no_milters") {
            let rest = options.filter { $0 != "no_milters" }.joined(separator: ",")
            changes += " " + argument(service, "receive_override_options", rest)
        }
        return own[name] == nil && recipe != .proxyFilter && !options.contains("no_milters")
            ? "set it in main.cf, or add it at that service: \(changes)" : changes
    }

    /// Whether a client may send on to others there: by its address, by logging in, or by a rule that we cannot judge.
    func sendsOn(_ service: PostfixConfiguration.Service) -> Bool {
        let hasNetworks = !postfix.value("mynetworks", of: service).isEmpty
        let logsIn = postfix.value("smtpd_sasl_auth_enable", of: service) == "yes"
        /// The first word that decides about a stranger's mail to strangers; a list that ends lets it pass.
        func lets(_ name: String) -> Bool {
            for word in postfix.value(name, of: service).split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
                switch word {
                case "permit_mynetworks": if hasNetworks { return true }
                case "permit_sasl_authenticated": if logsIn { return true }
                case _ where Self.closing.contains(String(word)): return false
                case _ where word.hasPrefix("reject_"): continue
                default: return true
                }
            }
            return true
        }
        return lets("smtpd_relay_restrictions") && lets("smtpd_recipient_restrictions")
    }

    /// Whether a door's mail comes to us by a recipe.
    private func leads(_ service: PostfixConfiguration.Service, by recipe: Recipe) -> Bool {
        switch recipe {
        case .onlyWayOut: true
        case .contentFilter, .proxyFilter:
            postfix.leads(postfix.value(Self.parameter(recipe), of: service), to: mailListeners)
        case .milter:
            postfix.leads(postfix.value("smtpd_milters", of: service), to: milters)
                && !postfix.value("receive_override_options", of: service).contains("no_milters")
        }
    }

    /// A content_filter of one door that leads somewhere else passes relayhost, and us, by.
    private func elsewhere(_ service: PostfixConfiguration.Service) -> [Finding] {
        let filter = postfix.value("content_filter", of: service)
        // One on this machine, such as a virus scanner, gives the mail back to this Postfix.
        let isHere = ["127.", "localhost", "::1", "unix:"].contains { filter.contains($0) } || !filter.contains(":")
        guard !filter.isEmpty, !isHere, !postfix.leads(filter, to: mailListeners) else { return [] }
        return [
            .warn(
                area, "service \"\(service.name)\" sends its mail to \"\(filter)\" (content_filter), not to us",
                hint: "see that it comes back to this Postfix, and not past Letterlock outside")
        ]
    }

    private static func parameter(_ recipe: Recipe) -> String {
        switch recipe {
        case .onlyWayOut: "relayhost"
        case .contentFilter: "content_filter"
        case .proxyFilter: "smtpd_proxy_filter"
        case .milter: "smtpd_milters"
        }
    }

    /// The value that leads to us, as it stands elsewhere in this instance.
    private func wanted(_ recipes: [Recipe]) -> String {
        guard let recipe = recipes.first else { return "" }
        let listeners = recipe == .milter ? milters : mailListeners
        return postfix.values(Self.parameter(recipe)).first { postfix.leads($0, to: listeners) } ?? ""
    }

    // MARK: The way home

    /// Mail of Letterlock's own goes to people inside, such as the password of a link to its sender: behind us, in an
    /// instance with no mailboxes, it must find its way home.
    /// - Parameter besideFront: true where the Postfix in front is on this machine, which then may be its own MX.
    func home(besideFront: Bool) -> [Finding] {
        loops(besideFront) + strangersMailboxes(besideFront)
    }

    /// Domains of ours that end in this instance instead of where the mailboxes are.
    private func strangersMailboxes(_ besideFront: Bool) -> [Finding] {
        let ours = Set(settings.inside.entries.filter { !$0.contains("@") })
        return ["mydestination", "virtual_mailbox_domains", "virtual_alias_domains"].compactMap { name in
            let held = words(postfix.value(name)).filter(ours.contains)
            guard let first = held.first else { return nil }
            let what =
                "\(name) holds \"\(first)\": mail to our own people, such as passwords for senders, ends here or "
                + "bounces"
            let rest = words(postfix.value(name)).filter { !ours.contains($0) }.joined(separator: ",")
            let hint = "\(change) \(name)=\(rest)"
            let bounces = name != "mydestination" || routing("local_transport").hasPrefix("error")
            return besideFront || bounces
                ? .fail(area, what, hint: hint)
                : .warn(area, what, hint: "\(hint) , unless the mailboxes are of this very instance")
        }
    }

    private func loops(_ besideFront: Bool) -> [Finding] {
        let ways = ["transport_maps", "relayhost", "mydestination", "virtual_mailbox_domains", "relay_domains"]
        // The default of relay_domains may be mydestination; a value says that somebody has thought of it.
        guard ways.allSatisfy({ postfix.value($0).isEmpty }) else { return [] }
        let interfaces = postfix.value("inet_interfaces")
        guard interfaces != "loopback-only", !["127.0.0.1", "localhost", "127.0.0.1, ::1"].contains(interfaces) else {
            return []
        }
        let hint = "\(change) inet_interfaces=loopback-only"
        let what =
            "inet_interfaces is \"\(interfaces)\": where this machine is your own MX, passwords for senders bounce: "
            + "mail loops back to myself"
        return [besideFront ? .fail(area, what, hint: hint) : .warn(area, what, hint: hint)]
    }
}

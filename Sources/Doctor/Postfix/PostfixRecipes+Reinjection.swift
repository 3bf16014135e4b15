// The port that takes what we pass on, in the same Postfix or in a second one: no circle, no aliases, room for what
// grew, and nobody but us. Values in, findings out. Pure.
// Source: postconf(5), FILTER_README; "Recipes" in docs/install/postfix.md.

import Mail
import Settings
import SettingValues

extension PostfixRecipes {
    /// Sealing makes a message so much larger: base64 and its line ends.
    private static let growth = 1.4

    func behind(_ service: PostfixConfiguration.Service, _ recipes: [Recipe]) -> [Finding] {
        let place = "the re-injection port \(service.name)"
        guard !postfix.isSwitchedOff(service) else {
            return [
                .fail(
                    area, "\(place) is switched off by master_service_disable: nobody takes what we pass on",
                    hint: "\(change) master_service_disable=")
            ]
        }
        let findings = circles(service, place) + aliases(service, place, recipes) + strangers(service, place)
        let isSound = !findings.contains { $0.state == .fail }
        return (isSound ? [.ok(area, "\(place) takes what we pass on")] : []) + findings + room(service, place)
    }

    private func circles(_ service: PostfixConfiguration.Service, _ place: String) -> [Finding] {
        var findings: [Finding] = []
        for (name, listeners) in [
            ("content_filter", mailListeners), ("smtpd_proxy_filter", mailListeners), ("smtpd_milters", milters),
        ]
        where postfix.leads(postfix.value(name, of: service), to: listeners) {
            if name == "smtpd_milters", postfix.value("receive_override_options", of: service).contains("no_milters") {
                continue
            }
            findings.append(
                .fail(
                    area, "\(place) has \(name) that leads to us: mail goes in circles", hint: set(service, name, "")))
        }
        // A filter of its own is taken before any route.
        guard postfix.value("content_filter", of: service).isEmpty else { return findings }
        let usual = ("default_transport", "smtp")
        for (name, other) in [("relayhost", ""), usual] where postfix.leads(routing(name), to: mailListeners) {
            findings.append(
                .fail(
                    area, "\(name) leads back to us what \(place) takes from us: mail goes in circles",
                    hint: "\(change) \(name)=\(other) , and let another Postfix instance send what leaves"))
        }
        return findings
    }

    private func aliases(
        _ service: PostfixConfiguration.Service, _ place: String, _ recipes: [Recipe]
    ) -> [Finding] {
        let maps = ["virtual_alias_maps", "alias_maps"].filter { !postfix.value($0, of: service).isEmpty }
        let options = postfix.value("receive_override_options", of: service)
        guard !options.contains("no_address_mappings") else { return [] }
        let hint = set(service, "receive_override_options", "\(options),no_address_mappings")
        if recipes.contains(.contentFilter) || recipes.contains(.proxyFilter) {
            return [
                .fail(
                    area, "\(place) follows aliases after us: what they send outside leaves in clear", hint: hint)
            ]
        }
        guard recipes.isEmpty, !maps.isEmpty, !postfix.value("mydestination").isEmpty else { return [] }
        return [
            .warn(
                area,
                "\(place) follows \(maps.joined(separator: ", ")) after us: what they send outside leaves in clear",
                hint: "\(hint) , or empty mydestination")
        ]
    }

    /// A client that reaches this port sends past us.
    private func strangers(_ service: PostfixConfiguration.Service, _ place: String) -> [Finding] {
        let networks = words(postfix.value("mynetworks", of: service))
        guard let open = networks.first(where: { $0.hasSuffix("/0") }), !isLoopback(service), sendsOn(service) else {
            return []
        }
        return [
            .fail(
                area,
                "\(place) takes mail for others from everywhere (mynetworks has \"\(open)\"): it is an open relay, "
                    + "past us",
                hint: postfix.overrides[service.key]?["mynetworks"] == nil
                    ? "\(change) mynetworks=127.0.0.0/8" : set(service, "mynetworks", "127.0.0.0/8"))
        ]
    }

    /// Whether only this machine reaches a server: by the address in its name, else by inet_interfaces.
    private func isLoopback(_ service: PostfixConfiguration.Service) -> Bool {
        guard service.type == "inet" else { return true }
        let host = service.name.split(separator: ":").dropLast().joined(separator: ":")
        guard host.isEmpty else { return Self.isHere(host) || host == "[::1]" }
        let interfaces = words(postfix.value("inet_interfaces"))
        return interfaces.allSatisfy { $0 == "loopback-only" || Self.isHere($0) }
    }

    private func room(_ service: PostfixConfiguration.Service, _ place: String) -> [Finding] {
        let needed = Int(Double(settings.limits.messageBytes) * Self.growth)
        guard let limit = Int(postfix.value("message_size_limit", of: service)), limit > 0, limit < needed else {
            return []
        }
        // The exit has no other door; in one Postfix the larger size is for this door only.
        let isOwn = postfix.overrides[service.key]?["message_size_limit"] != nil || !recipes.isEmpty
        return [
            .warn(
                area, "\(place) takes \(limit) bytes, and limits.message may grow to \(needed) when sealed",
                hint: isOwn
                    ? set(service, "message_size_limit", "\(needed)") : "\(change) message_size_limit=\(needed)")
        ]
    }
}

// Which recipe a Postfix instance follows, and which traps of it are open. Each trap was seen with a real Postfix: mail
// in clear past the gate, or mail in circles. Values in, findings out. Pure.
// Source: postconf(5), FILTER_README, SMTPD_PROXY_README, MILTER_README; docs/install/postfix.md and
// docs/install/milter.md say how it should be.

import Mail
import Settings
package import SettingValues

/// Examines one instance.
package struct PostfixRecipes {
    let postfix: PostfixConfiguration
    let settings: LetterlockSettings

    /// - Parameters:
    ///   - postfix: what postconf says of the instance.
    ///   - settings: the gateway's: its doors, its next hop, its limits.
    package init(postfix: PostfixConfiguration, settings: LetterlockSettings) {
        self.postfix = postfix
        self.settings = settings
    }

    /// How mail comes to us.
    enum Recipe: String {
        case onlyWayOut = "only way out (relayhost)"
        case contentFilter = "content_filter"
        case proxyFilter = "smtpd_proxy_filter"
        case milter = "milter"
    }

    var area: String { "postfix \(postfix.folder)" }
    /// How a hint changes main.cf of this instance, and of no other.
    var change: String { "postconf -c \(postfix.folder) -e" }
    var mailListeners: [HostPort] { (settings.listen.smtp + settings.listen.lmtp).map(\.address) }
    var milters: [HostPort] { settings.listen.milter.map(\.address) }

    /// What leads to us here.
    var recipes: [Recipe] {
        func leads(_ names: [String], _ listeners: [HostPort]) -> Bool {
            names.contains { postfix.values($0).contains { postfix.leads($0, to: listeners) } }
        }
        var found: [Recipe] = []
        if leads(["relayhost", "default_transport", "relay_transport"], mailListeners) { found.append(.onlyWayOut) }
        if leads(["content_filter"], mailListeners) { found.append(.contentFilter) }
        if leads(["smtpd_proxy_filter"], mailListeners) { found.append(.proxyFilter) }
        // At pickup alone it is that recipe's way for mail by sendmail(1).
        if found.contains(.proxyFilter), !postfix.leads(postfix.value("content_filter"), to: mailListeners) {
            found.removeAll { $0 == .contentFilter }
        }
        if leads(["smtpd_milters", "non_smtpd_milters"], milters) { found.append(.milter) }
        return found
    }

    /// The server that takes what we have passed, where it is of this instance.
    var reinjection: PostfixConfiguration.Service? { postfix.server(on: settings.nextHop.address) }

    /// All findings; nothing but one where this instance has nothing to do with us.
    package func findings() -> [Finding] {
        let recipes = recipes
        guard !recipes.isEmpty || reinjection != nil else {
            return [
                .warn(
                    area, "nothing here leads to Letterlock, and Letterlock's next hop does not lead here",
                    hint: "follow a recipe of docs/install/postfix.md or docs/install/milter.md, "
                        + "or name the right folder with --postfix")
            ]
        }
        var findings: [Finding] = []
        for recipe in recipes {
            findings.append(.ok(area, "the recipe is \(recipe.rawValue)"))
            switch recipe {
            case .onlyWayOut: findings += onlyWayOut()
            case .contentFilter: findings += filtered("content_filter", data: dataDone)
            case .proxyFilter: findings += filtered("smtpd_proxy_filter", data: proxyTime)
            case .milter: findings += milter()
            }
        }
        if !recipes.isEmpty { findings += front(recipes) + entrances(recipes) + signers(recipes) }
        if let reinjection { findings += behind(reinjection, recipes) }
        return findings
    }

    // MARK: In front

    /// Whatever the recipe.
    private func front(_ recipes: [Recipe]) -> [Finding] {
        var findings: [Finding] = []
        if postfix.value("bounce_size_limit") != "1" {
            findings.append(
                .warn(
                    area,
                    "bounce_size_limit is \(postfix.value("bounce_size_limit")): a message that we refuse is returned "
                        + "whole, in clear, to its sender",
                    hint: "\(change) bounce_size_limit=1"))
        }
        // A milter's MTA needs room for what grows in its own queue file: `milter()` sees to that.
        if !recipes.contains(.milter), let taken = Int(postfix.value("message_size_limit")),
            taken == 0 || taken > settings.limits.messageBytes
        {
            findings.append(
                .warn(
                    area,
                    "message_size_limit is \(taken), and Letterlock takes \(settings.limits.messageBytes): larger "
                        + "mail bounces only after it was taken",
                    hint: "\(change) message_size_limit=\(settings.limits.messageBytes), or raise limits.message"))
        }
        return findings + missingCarriers() + deliveries() + oldRouting()
    }

    /// Every way that does not lead through us is a way in clear.
    private func onlyWayOut() -> [Finding] {
        var findings = fallbacks(senders)
        for name in [
            "transport_maps", "sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps",
        ] where !routing(name).isEmpty {
            findings.append(
                .warn(
                    area, "\(name) is set: what it sends elsewhere passes us by",
                    hint: "see that no entry of it leads outside past Letterlock"))
        }
        let relays = ["relayhost", "default_transport", "relay_transport"]
        let isComplete = ["relayhost", "default_transport"].contains {
            postfix.leads(routing($0), to: mailListeners)
        }
        if !isComplete {
            findings.append(
                .fail(
                    area, "only some of \(relays.joined(separator: ", ")) lead to us: the other mail leaves in clear",
                    hint: "\(change) relayhost=[HOST]:PORT of Letterlock"))
        }
        return findings + transports() + filterActions() + late(dataDone)
    }

    private func filtered(_ name: String, data: (name: String, seconds: Int)?) -> [Finding] {
        var findings: [Finding] = []
        let coversSendmail =
            name == "smtpd_proxy_filter"
            && postfix.leads(postfix.overrides["pickup/unix"]?["content_filter"] ?? "", to: mailListeners)
        if !postfix.leads(postfix.value(name), to: mailListeners), !coversSendmail {
            findings.append(
                .warn(
                    area,
                    name == "content_filter"
                        ? "content_filter stands at some services only: mail by sendmail(1) and other services passes "
                            + "us by"
                        : "smtpd_proxy_filter stands at some services only, and never sees mail by sendmail(1)",
                    hint: name == "content_filter"
                        ? "set it in main.cf, and empty it at the re-injection port"
                        : "let programs on this machine send by SMTP, or take the recipe with content_filter"))
        }
        findings += bypassedPickup(name) + unmapped(name)
        findings += fallbacks(carriers)
        if name == "content_filter" { findings += filterActions() }
        if reinjection == nil {
            findings.append(
                .warn(
                    area,
                    "the re-injection port (our next hop \"\(settings.nextHop.address)\") is not a service of this "
                        + "instance",
                    hint: "see that aliases are not followed there: receive_override_options=no_address_mappings"))
        }
        return findings + forwarding() + late(data)
    }

    /// pickup(8) has a line of its own in master.cf, which may take it out of main.cf's filter.
    private func bypassedPickup(_ name: String) -> [Finding] {
        guard name == "content_filter", postfix.leads(postfix.value(name), to: mailListeners),
            let pickup = postfix.services.first(where: { $0.program == "pickup" }),
            !postfix.leads(postfix.value(name, of: pickup), to: mailListeners)
        else { return [] }
        let own = postfix.value(name, of: pickup)
        return [
            .fail(
                area,
                "service \"pickup\" has content_filter \(own.isEmpty ? "emptied" : "set to \"\(own)\""): mail by "
                    + "sendmail(1), cron and web forms leaves in clear",
                hint: set(pickup, name, postfix.value(name)))
        ]
    }

    /// Aliases that are looked up behind the filter only.
    private func unmapped(_ name: String) -> [Finding] {
        let what = "receive_override_options=no_address_mappings stands in front"
        let why = "we do not see where aliases lead"
        if postfix.value("receive_override_options").contains("no_address_mappings") {
            return [
                .fail(
                    area, "\(what): \(why)", hint: "take it out of main.cf, and set it at the re-injection port")
            ]
        }
        // Before the queue nothing is looked up anyway.
        guard name == "content_filter" else { return [] }
        return postfix.entrances.filter { $0.key != reinjection?.key }.compactMap { door in
            let options = words(postfix.value("receive_override_options", of: door))
            guard options.contains("no_address_mappings"),
                postfix.leads(postfix.value(name, of: door), to: mailListeners)
            else { return nil }
            let rest = options.filter { $0 != "no_address_mappings" }.joined(separator: ",")
            return .fail(
                area, "\(what) at the service \"\(door.name)\": \(why)",
                hint: set(door, "receive_override_options", rest))
        }
    }

    /// local(8) forwards after every filter and milter.
    private func forwarding() -> [Finding] {
        guard !postfix.value("mydestination").isEmpty else { return [] }
        var findings: [Finding] = []
        for name in ["alias_maps", "forward_path"] where !postfix.value(name).isEmpty {
            findings.append(
                .warn(
                    area, "\(name) is set: what an alias or .forward sends outside leaves past us, in clear",
                    hint: name == "forward_path"
                        ? "\(change) forward_path= , or take the recipe \"only way out\""
                        : "keep outside addresses out of it, or take the recipe \"only way out\""))
        }
        return findings
    }

    private func milter() -> [Finding] {
        var findings = milterGaps()
        if !postfix.leads(postfix.value("non_smtpd_milters"), to: milters) {
            findings.append(
                .fail(
                    area, "non_smtpd_milters does not name us: mail by sendmail(1), cron and web forms leaves in clear",
                    hint:
                        """
                        \(change) non_smtpd_milters=\
                        \(settings.listen.milter.first.map { "\(Self.milterForm($0.address))" } ?? "…")
                        """
                ))
        }
        if !postfix.leads(postfix.value("smtpd_milters"), to: milters) {
            findings.append(
                .warn(
                    area, "smtpd_milters names us at some services only", hint: "set it in main.cf"))
        }
        if let time = postfix.seconds("milter_content_timeout"), time <= settings.limits.milterReplySeconds {
            findings.append(
                .warn(
                    area,
                    "milter_content_timeout is \(time) s, and we take up to \(settings.limits.milterReplySeconds) s "
                        + "(limits.milter-reply)",
                    hint: "\(change) milter_content_timeout=300s"))
        }
        if !postfix.value("virtual_alias_maps").isEmpty {
            findings.append(
                .warn(
                    area, "virtual_alias_maps is set: a milter does not see where an address is led afterwards",
                    hint: "keep outside addresses out of it, or take the recipe \"only way out\""))
        }
        return findings + forwarding()
    }

    private static func milterForm(_ address: HostPort) -> String {
        address.isTCP ? "inet:\(address)" : "\(address)"
    }

    // MARK: Patience

    private var dataDone: (name: String, seconds: Int)? {
        let usesLMTP = postfix.values("content_filter").contains { $0.hasPrefix("lmtp:") }
        let name = usesLMTP ? "lmtp_data_done_timeout" : "smtp_data_done_timeout"
        return postfix.seconds(name).map { (name, $0) }
    }

    private var proxyTime: (name: String, seconds: Int)? {
        postfix.seconds("smtpd_proxy_timeout").map { ("smtpd_proxy_timeout", $0) }
    }

    /// Who gives up before we answer delivers twice.
    private func late(_ patience: (name: String, seconds: Int)?) -> [Finding] {
        guard let patience else { return [] }
        let replies = (settings.listen.smtp + settings.listen.lmtp).map {
            $0.limits.applied(to: settings.limits).replySeconds
        }
        // The quickest listener is the one that such a recipe leads to, where there are several.
        guard let reply = replies.min(), patience.seconds <= reply else { return [] }
        return [
            .warn(
                area,
                "\(patience.name) is \(patience.seconds) s, and we take up to \(reply) s: Postfix gives up first, and "
                    + "mail comes twice",
                hint: patience.name == "smtpd_proxy_timeout"
                    ? "set `reply: 90s` at that entry of `listen.smtp`" : "\(change) \(patience.name)=600s")
        ]
    }
}

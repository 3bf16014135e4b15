// `required` for people who have no method: what will be refused though the author may have thought of a link or a key.

import Detection
import Mail
import Policy

/// Classes of mail that a rule can only refuse.
struct Fallbacks: PolicyCheck {
    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        for rule in policy.rules where rule.rule.then.level == .required {
            check(rule.rule.then.with ?? policy.defaults.with, rule, policy, problems)
        }
        guard policy.defaults.protect == .required, let place = policy.defaultsPlace else { return }
        if policy.defaults.with == [.link] {
            problems.warning(
                place, "the defaults require links for all mail: mail of senders outside of 'inside' will be refused",
                hint: "a link's password goes to an inside sender; add 'pgp' to 'with'",
                code: "link-needs-inside-sender")
        }
    }

    private func check(
        _ methods: [MethodName], _ rule: AnalysedRule, _ policy: AnalysedPolicy, _ problems: Problems
    ) {
        let hasLink = methods.contains(.link)
        if methods.contains(.pgp) {
            // With no link to fall back on, the key decides.
            guard !hasLink || !policy.surroundings.linksAvailable, !asksForKey(rule, policy) else { return }
            let why = hasLink ? "links are not set up" : "only 'pgp' is allowed"
            problems.info(
                rule.place, "rule '\(rule.id)': recipients without a usable key will be refused, as \(why)",
                hint: hasLink ? "set 'links.url' in the settings" : "add 'link' to 'with' if they may get a link",
                code: "no-fallback")
        } else if hasLink, !isFromInside(rule, policy) {
            problems.warning(
                rule.place,
                "rule '\(rule.id)' requires a link also of senders who are not inside, whose mail will be refused",
                hint: "a link's password goes to an inside sender: add 'sender: { in: inside }', or 'pgp' to 'with'",
                code: "link-needs-inside-sender")
        } else if hasLink, let mailbox = policy.surroundings.unattended.entries.first, !sparesUnattended(rule, policy) {
            problems.info(
                rule.place,
                """
                rule '\(rule.id)' requires a link also of mailboxes nobody \
                reads, such as \(mailbox), whose mail may be refused
                """,
                hint: "except them by 'unless: { sender: { in: … } }', or add 'pgp' to 'with'",
                code: "link-needs-reader")
        }
    }

    /// True where `when` asks for a usable key of the recipient.
    private func asksForKey(_ rule: AnalysedRule, _ policy: AnalysedPolicy) -> Bool {
        let asked = policy.claims.claim(.choice("key of recipient", ["usable"]), said: "a usable key")
        return policy.logic.implies(rule.when, asked)
    }

    private func isFromInside(_ rule: AnalysedRule, _ policy: AnalysedPolicy) -> Bool {
        var test = AddressTest()
        test.within = AddressSet(names: ["inside"], lists: [policy.surroundings.inside])
        return policy.logic.implies(rule.when, policy.claims.claim(.address("sender", test), said: "inside"))
    }

    private func sparesUnattended(_ rule: AnalysedRule, _ policy: AnalysedPolicy) -> Bool {
        var test = AddressTest()
        test.within = AddressSet(names: ["links.unattended"], lists: [policy.surroundings.unattended])
        let claim = policy.claims.claim(.address("sender", test), said: "unattended")
        return policy.logic.implies(claim, rule.unless, certain: true) || policy.logic.excludes(rule.when, claim)
    }
}

// The way home of mail that Letterlock writes itself: passwords to senders, notices, reports. It leaves by the next hop
// as all mail does, and its readers are our own people. Touches the next hop: MAIL, RCPT, RSET, and no DATA.

import Delivery
import Gateway
import Mail
import Settings

extension Examination {
    /// Domains that are asked for; each is a connection.
    private static let mostDomains = 5

    func homeFindings() async -> [Finding] {
        guard settings.links.url != nil || settings.quarantine.key != nil else { return [] }
        let domains = settings.inside.entries.map { $0.split(separator: "@").last.map(String.init) ?? $0 }
            .filter { !$0.hasPrefix(".") }.prefix(Self.mostDomains)
        let check = NextHopCheck(
            hop: configuration.nextHop, hostname: settings.hostname, limits: settings.limits, group: group)
        // That nothing answers there is told already.
        guard case .success = await check.look(by: .now + .seconds(15)) else { return [] }
        var findings: [Finding] = []
        for domain in domains {
            guard let recipient = Mailbox("postmaster@\(domain)"),
                let refusal = await check.refusal(of: recipient, from: settings.links.from, by: .now + .seconds(15))
            else { continue }
            findings.append(
                .fail(
                    "way home",
                    "the next hop does not take mail for \"\(domain)\" of ours, such as passwords to senders: \(refusal.detail)",
                    hint: "let the server at \"\(settings.nextHop.address)\" relay to your own domains "
                        + "(docs/install/postfix.md, \"The way home\")"))
        }
        return findings.isEmpty ? [.ok("way home", "the next hop takes mail for our own people")] : findings
    }
}

// Seals a plan for `letterlock policy explain`, and sends it to nobody.

package import Gateway
import Links
import Mail
import OpenPGP
package import Policy
import Sealing
import SettingValues

extension KeyOperations {
    /// Seals a plan with these certificates. Over SMTP a message is all or nothing: a plan that refuses a
    /// recipient sends nothing.
    package func outgoing(_ decided: DecidedMessage, _ configuration: GatewayConfiguration) async -> OutgoingPreview {
        if decided.refusal != nil {
            return OutgoingPreview(transmissions: [], problems: ["the message is refused as a whole: nothing leaves"])
        }
        let sealer = Sealer(
            engine: engine,
            settings: SealerSettings(
                hostname: configuration.settings.hostname, links: configuration.links,
                limits: configuration.settings.limits))
        // What is shown needs a password of some kind, not the real one.
        let made = try? StandingPassword.make(Secret("preview"), rounds: 1)
        var standing: [String: StandingPassword] = [:]
        for decision in decided.decisions where decision.password == .standing {
            standing[(decision.effects.redirect ?? decision.recipient).folded] = made
        }
        let sealed = await sealer.sealApart(decided, standing: standing)
        var problems = sealed.failures.map { "<\($0.key)> could not be sealed: \($0.value.detail)" }.sorted()
        let held = decided.decisions.filter { !$0.outcome.goes }.map {
            "<\($0.recipient)>: \($0.verdict), nothing leaves"
        }
        problems += held
        let transmissions = sealed.outbound.transmissions.map {
            OutgoingPreview.Transmission(
                role: Self.word($0.role), sender: $0.sender?.description ?? "",
                recipients: $0.recipients.map(\.description), content: $0.content)
        }
        return OutgoingPreview(transmissions: transmissions, problems: problems)
    }

    private static func word(_ role: OutboundMessage.Transmission.Role) -> String {
        switch role {
        case .passed: "passed"
        case .sealed: "sealed"
        case .passwordMail: "password mail"
        case .notification: "notification"
        default: "\(role)".prefix { $0 != "(" }.description
        }
    }
}

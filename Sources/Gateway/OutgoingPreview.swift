// The mail that would be sent for a plan: really sealed, with the sealer of the gateway, and sent to nobody. For
// `letterlock policy explain`.

import Links
package import Mail
import OpenPGP
package import Policy
import Sealing
import SettingValues

/// What would leave, in the order of sending.
package struct OutgoingPreview: Sendable {
    /// One transaction.
    package struct Transmission: Sendable {
        /// `passed`, `sealed`, `password mail`, `notification`, …
        package let role: String
        /// "" is the null sender.
        package let sender: String
        package let recipients: [String]
        package let content: MessageBytes

        package init(role: String, sender: String, recipients: [String], content: MessageBytes) {
            self.role = role
            self.sender = sender
            self.recipients = recipients
            self.content = content
        }
    }

    package let transmissions: [Transmission]
    /// Why nothing, or not everything, would leave.
    package let problems: [String]

    package init(transmissions: [Transmission], problems: [String]) {
        self.transmissions = transmissions
        self.problems = problems
    }
}

extension KeyDesk {
    /// Seals a plan with the certificates of this desk. Over SMTP a message is all or nothing: a plan that refuses a
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

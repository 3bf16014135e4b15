// What the gateway needs to know: the settings, and what is derived from them. Values only.

import Links
package import OpenPGP
package import Policy
package import Sealing
package import SettingValues

/// Configuration of one gateway.
package struct GatewayConfiguration: Sendable {
    /// The settings, checked where they were read.
    package var settings: LetterlockSettings
    /// Pause between looks into the outbox of answers, in seconds.
    package var answerPauseSeconds = 2.0
    /// Rounds of the password derivation (docs/inside/links-protocol.md); fewer only in tests.
    package var rounds = LetterKeys.defaultRounds
    /// How the passwords of letters are stretched; otherwise only in tests.
    package var stretching = Stretching()

    /// The configuration of some settings.
    package init(_ settings: LetterlockSettings) { self.settings = settings }

    /// nil: no password-unlock links.
    package var links: EnabledLinks? { EnabledLinks(settings.links) }

    /// The gateway's own key; nil: it signs nothing.
    package var signer: SigningKey? {
        settings.sign.key.map {
            SigningKey(name: $0, homeFolder: settings.sign.homeFolder ?? "\(settings.gatewayFolder)/sign")
        }
    }

    /// What rules may ask about their surroundings.
    package var surroundings: Surroundings {
        Surroundings(
            inside: settings.inside, unattended: settings.links.unattended, linksAvailable: links != nil,
            quarantineAvailable: settings.quarantine.isSetUp, passwords: settings.links.passwords,
            textsAvailable: settings.links.texts != nil)
    }
}

// What the gateway needs to know, as plain values: the command maps the settings onto it, tests and the demo write it.

package import Extraction
package import Foundation
package import Mail
package import OpenPGP
package import Policy
package import Sealing
package import Texting
package import Vault

/// Configuration of one gateway.
package struct GatewayConfiguration: Sendable {
    package var hostname: String
    package var inside: DomainList
    package var unattended: DomainList
    /// Folder of certificates.
    package var keysFolder: String
    /// Folder of rules.
    package var policyFolder: String
    /// State folder: `gateway/` and `letters/` are made in it.
    package var stateFolder: String
    /// SMTP and LMTP listeners.
    package var doors: [GatewayDoor]
    /// Milter listeners.
    package var milter: [MilterDoor]
    package var nextHop: NextHopSettings
    /// File of users who may log in; nil: nobody can.
    package var usersFile: String?
    package var gpgProgram: String
    package var gpgTimeoutSeconds: Int
    package var gpgWorkers: Int
    /// The gateway's own key; nil: it signs nothing.
    package var signer: SigningKey?
    /// nil: no password-unlock links.
    package var links: LinkSettings?
    /// What senders of letters are told.
    package var notices = NoticeSettings()
    /// Of the times in our own mails.
    package var timeZone = TimeZone.gmt
    package var limits: Limits
    /// nil: nothing can be held back.
    package var quarantine: QuarantineSettings?
    /// Where large messages lie while they pass, sealed and nameless; nil is `gateway/tmp` under the state folder.
    package var temporaryFolder: String?
    /// Pause between looks into the outbox of answers, in seconds.
    package var answerPauseSeconds = 2.0
    /// nil: no features log.
    package var features: FeaturesSettings?
    /// How passwords of links reach their readers where no rule says so.
    package var passwords: [PasswordMode] = [.toSender]
    /// What sends text messages; nil: nothing does.
    package var texts: TextHook?
    /// A standing password that no letter has used for so long is forgotten, in seconds.
    package var standingExpireSeconds: Int64 = 365 * 86_400
    /// How much room letters may take.
    package var storage = StorageQuota()
    /// How attachments are looked into.
    package var extraction = ExtractionSettings()

    package init(
        hostname: String, inside: DomainList, unattended: DomainList, keysFolder: String, policyFolder: String,
        stateFolder: String, doors: [GatewayDoor], nextHop: NextHopSettings, usersFile: String? = nil,
        gpgProgram: String, gpgTimeoutSeconds: Int,
        gpgWorkers: Int, links: LinkSettings?, limits: Limits, milter: [MilterDoor] = [], temporaryFolder: String? = nil
    ) {
        self.hostname = hostname
        self.inside = inside
        self.unattended = unattended
        self.keysFolder = keysFolder
        self.policyFolder = policyFolder
        self.stateFolder = stateFolder
        self.doors = doors
        self.usersFile = usersFile
        self.milter = milter
        self.nextHop = nextHop
        self.gpgProgram = gpgProgram
        self.gpgTimeoutSeconds = gpgTimeoutSeconds
        self.gpgWorkers = gpgWorkers
        self.links = links
        self.links?.unattended = unattended
        self.limits = limits
        self.temporaryFolder = temporaryFolder
    }

    /// Names the gateway's own key.
    /// - Parameters:
    ///   - key: fingerprint or address; nil: nothing is signed.
    ///   - homeFolder: the GnuPG home that it lies in; nil is `gateway/sign` under the state folder.
    package mutating func sign(with key: String?, homeFolder: String?) {
        signer = key.map { SigningKey(name: $0, homeFolder: homeFolder ?? "\(gatewayFolder)/sign") }
    }

    /// What rules may ask about their surroundings.
    package var surroundings: Surroundings {
        Surroundings(
            inside: inside, unattended: unattended, linksAvailable: links != nil,
            quarantineAvailable: quarantine != nil, passwords: passwords, textsAvailable: texts != nil)
    }

    /// Folders under the state folder.
    package var gatewayFolder: String { "\(stateFolder)/gateway" }
    package var lettersFolder: String { "\(stateFolder)/letters" }
}

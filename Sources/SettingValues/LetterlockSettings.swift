// All settings of a gateway and its portal, as values with their defaults. docs/letterlock.yaml documents every key;
// the module Settings fills these values from the file and the environment. Nothing here reads anything.

package import Foundation
package import Mail

/// All settings; ``init()`` gives the defaults. Paths are ready to use: relative ones start at the working directory.
package struct LetterlockSettings: Sendable, Equatable {
    /// The name in EHLO, in the greeting and in Received fields.
    package var hostname = "localhost"
    /// Our own domains and addresses.
    package var inside = DomainList([])
    /// Time zone of times in our own mails; nil is the machine's.
    package var timeZone: TimeZone?
    /// Folder of the recipients' certificates.
    package var keys = "keys"
    /// Folder of the rules.
    package var policy = "policy"
    /// Folder of the state: `gateway/` and `letters/` are made in it.
    package var state = "var"
    /// The file of users who may log in, or nil: nobody can.
    package var users: String?
    /// Certificate and key of the listeners that name none.
    package var tls = TLSSettings()
    /// Where we listen.
    package var listen = ListenSettings()
    /// Who may open the admin page.
    package var admin = AdminSettings()
    /// Where mail goes that has passed.
    package var nextHop = NextHopSettings()
    /// How gpg is run.
    package var gpg = GPGSettings()
    /// The gateway's own key.
    package var sign = SigningSettings()
    /// How attachments are looked into.
    package var extract = ExtractionSettings()
    /// Password-unlock links.
    package var links = LinkSettings()
    /// The unlock page.
    package var portal = PortalSettings()
    /// Room for letters.
    package var storage = StorageQuota()
    /// What is held back for an officer.
    package var quarantine = QuarantineSettings()
    /// What is logged, and how.
    package var log = LogSettings()
    /// The features log.
    package var features = FeaturesSettings()
    /// All limits.
    package var limits = Limits()
    /// Findings that are no errors: keys that have no effect, values that may not do what the writer thinks.
    package var warnings: [Diagnostic] = []

    /// The defaults.
    package init() {}

    /// Time zone of times in our own mails.
    package var mailTimeZone: TimeZone { timeZone ?? .current }
    /// Folder of the gateway's own state, mode 0700.
    package var gatewayFolder: String { "\(state)/gateway" }
    /// Folder of letters.db, shared with the portal.
    package var lettersFolder: String { "\(state)/letters" }

    /// True where only programs on this machine reach the admin listener.
    package var isAdminLocal: Bool {
        switch listen.admin {
        case .tcp(let host, _): HostPort.isLoopback(host)
        case .unix, nil: true
        }
    }
}

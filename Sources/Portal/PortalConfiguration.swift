// What the portal has to know. Values only; the program fills them from its settings and arguments.

package import Mail
package import SettingValues
import Wording

extension HostPort {
    /// The address as a person types it into a browser (for a Unix socket, its path).
    /// - Parameter isTLS: true where the program itself speaks TLS.
    package func url(isTLS: Bool) -> String {
        switch self {
        case .tcp: "\(isTLS ? "https" : "http")://\(description)"
        case .unix: description
        }
    }
}

/// Settings and limits of one portal.
package struct PortalConfiguration: Sendable, Equatable {
    /// Where to listen.
    package var address: HostPort
    /// Folder of `letters.db`, shared with the gateway.
    package var lettersFolder: String
    /// Language of visitors who ask for none that we speak.
    package var language = Language.en
    /// Whose page it is.
    package var organisation = Organisation()
    /// Connections at once; further ones wait in the kernel. Each may hold one chunk of 1 MiB.
    package var connections = 500
    /// Largest request body, in bytes. The largest real one, an `auth`, is under 100.
    package var bodyBytes = 4096
    /// Largest header section of a request, in bytes.
    package var headerBytes = 16 * 1024
    /// A connection without a request for so long is closed, in seconds.
    package var idleSeconds = 30
    /// A request body has to be there within so many seconds.
    package var bodySeconds = 20
    /// Slowest upload that is waited for, in bytes a second, once it has lasted ``bodySeconds``.
    package var uploadBytesPerSecond = 2048
    /// Longest upload of one item, in seconds.
    package var uploadSeconds = 3600
    /// Uploads at once, of all letters; each holds one piece of 512 KiB.
    package var uploads = 64
    /// From the start of a connection, or the end of an answer, to the end of the next request's head, in seconds.
    package var headSeconds = 30
    /// Connections of one network that have not sent a request head yet; further ones are closed.
    package var waitingConnections = 250
    /// nil: plain http, behind a proxy that speaks TLS.
    package var tls: TLSFiles?
    /// True where the public address is https, also where a proxy speaks TLS.
    package var isPublicHTTPS = false
    /// Proxies that are believed when they name the client.
    package var trustedPeers = PeerList()
    /// How they name the client.
    package var forwardedField = PortalSettings.ForwardedField.xForwardedFor
    /// What one client network may do.
    package var throttle = ThrottleSettings()
    /// Requests under way when we are told to stop have so many seconds.
    package var drainSeconds = 10

    /// The defaults for an address and a folder.
    package init(address: HostPort, lettersFolder: String) {
        self.address = address
        self.lettersFolder = lettersFolder
    }
}

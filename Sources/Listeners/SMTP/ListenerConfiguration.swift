// What one listener is told. A value; touches nothing.

package import Mail
package import SASL
package import SettingValues

/// Address, name, limits and offers of one listener.
package struct ListenerConfiguration: Sendable {
    /// What is spoken on accepted connections.
    package enum DoorProtocol: String, Sendable { case smtp, lmtp }

    /// TLS on accepted connections, version 1.2 or newer.
    package enum TLS: Sendable, Equatable {
        /// None; then there is no log-in either.
        case none
        /// After STARTTLS (RFC 3207).
        case starttls(TLSFiles)
        /// From the first octet on (RFC 8314, port 465).
        case implicit(TLSFiles)
    }

    /// Where to listen; port 0 lets the system choose.
    package var address: HostPort
    /// Our name in the greeting, in EHLO and in farewells.
    package var hostname: String
    /// All limits; those of messages, sessions and connections are used.
    package var limits: Limits
    /// What is spoken.
    package var doorProtocol: DoorProtocol
    /// TLS.
    package var tls: TLS
    /// Who checks passwords; nil: log-in is not offered. It is offered inside TLS only.
    package var loginDesk: (any LoginDesk)?
    /// Mail is taken only from users who have logged in.
    package var requiresLogin: Bool
    /// Whose XCLIENT and XFORWARD are believed. A peer that sends LOGIN vouches for the user and for the user's
    /// senders.
    package var trustedPeers: PeerList
    /// Who begins each connection with a PROXY v2 header, which is believed; nobody else may.
    package var proxyPeers: PeerList
    /// What the messages of all doors together may hold; nil: nobody counts.
    package var budget: ByteBudget?
    /// What of a message stays in memory while it comes in and passes, and where the rest goes.
    package var spool: SpoolPolicy

    /// A configuration from its parts; by default plain SMTP without log-in.
    package init(
        address: HostPort, hostname: String, limits: Limits, spool: SpoolPolicy = .memoryOnly,
        protocol doorProtocol: DoorProtocol = .smtp,
        tls: TLS = .none, loginDesk: (any LoginDesk)? = nil, requiresLogin: Bool = false,
        trustedPeers: PeerList = PeerList(), proxyPeers: PeerList = PeerList(), budget: ByteBudget? = nil
    ) {
        self.address = address
        self.hostname = hostname
        self.limits = limits
        self.doorProtocol = doorProtocol
        self.tls = tls
        self.loginDesk = loginDesk
        self.requiresLogin = requiresLogin
        self.trustedPeers = trustedPeers
        self.proxyPeers = proxyPeers
        self.budget = budget
        self.spool = spool
    }
}

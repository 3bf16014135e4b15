// What the gateway is told of one SMTP or LMTP listener. A value; touches nothing.

package import Listeners
package import Mail

/// One SMTP or LMTP listener of a gateway.
package struct GatewayDoor: Sendable {
    /// Log-in at a door; possible inside TLS only.
    package enum Login: Sendable { case none, optional, required }

    /// Where it listens.
    package var address: HostPort
    /// What is spoken there.
    package var doorProtocol: ListenerConfiguration.DoorProtocol
    /// TLS there.
    package var tls: ListenerConfiguration.TLS
    /// Whether users log in.
    package var login: Login
    /// Whose XCLIENT and XFORWARD are believed: addresses, networks, `unix`.
    package var trustedPeers: [String]
    /// Who begins each connection with a PROXY v2 header.
    package var proxyPeers: [String]
    /// Limits of this door; nil: those of the gateway, also after a reload.
    package var limits: Limits?

    /// A door from its parts; by default plain SMTP.
    package init(
        address: HostPort, protocol doorProtocol: ListenerConfiguration.DoorProtocol = .smtp,
        tls: ListenerConfiguration.TLS = .none, login: Login = .none, trustedPeers: [String] = [],
        proxyPeers: [String] = [], limits: Limits? = nil
    ) {
        self.address = address
        self.doorProtocol = doorProtocol
        self.tls = tls
        self.login = login
        self.trustedPeers = trustedPeers
        self.proxyPeers = proxyPeers
        self.limits = limits
    }
}

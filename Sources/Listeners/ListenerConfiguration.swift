// What one listener is told. A value; touches nothing.

package import Mail

/// Address, name and limits of one listener.
package struct ListenerConfiguration: Sendable {
    /// What is spoken on accepted connections. Other protocols get their case here and their handler beside
    /// `SMTPChannelHandler`; what is around them (sockets, limits, tasks, shutdown) does not change.
    package enum DoorProtocol: Sendable { case smtp }

    /// Where to listen; port 0 lets the system choose.
    package var address: HostPort
    /// Our name in the greeting, in EHLO and in farewells.
    package var hostname: String
    /// All limits; those of messages, sessions and `connections` are used.
    package var limits: Limits
    /// What of a message stays in memory while it comes in and passes, and where the rest goes.
    package var spool: SpoolPolicy
    /// What is spoken.
    package var doorProtocol: DoorProtocol

    /// A configuration from its parts.
    package init(
        address: HostPort, hostname: String, limits: Limits, spool: SpoolPolicy = .memoryOnly,
        protocol doorProtocol: DoorProtocol = .smtp
    ) {
        self.address = address
        self.hostname = hostname
        self.limits = limits
        self.spool = spool
        self.doorProtocol = doorProtocol
    }
}

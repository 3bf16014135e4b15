// What the gateway is told of one milter listener. A value; touches nothing.

package import Mail

/// One milter listener of a gateway.
package struct MilterDoor: Sendable {
    /// Where it listens.
    package var address: HostPort
    /// True where a message that needs several bodies is split.
    package var splits: Bool
    /// Limits of this door; nil: those of the gateway.
    package var limits: Limits?

    /// A door from its parts.
    package init(address: HostPort, splits: Bool = false, limits: Limits? = nil) {
        self.address = address
        self.splits = splits
        self.limits = limits
    }
}

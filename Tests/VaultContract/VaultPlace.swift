// What a store gives to be held to the contract: a place of its own for each behaviour.

package import Foundation
package import Vault

/// A throw-away place where stores are made; opened again, they hold what they held.
package protocol VaultPlace: Sendable {
    /// The gateway's store, made where it is not there.
    func gateway() async throws -> any GatewayVault
    /// The gateway's side of letters, made where it is not there.
    func letters() async throws -> any GatewayLetters
    /// The portal's side of the same letters, which are there.
    func portal() async throws -> any PortalLetters
    /// A place that has nothing to do with this one.
    func another() async throws -> any VaultPlace
    /// All that lies on the disk of what only the gateway keeps; nil where the store cannot show it.
    func gatewayBytes() -> Data?
    /// All that lies on the disk of letters; nil where the store cannot show it.
    func lettersBytes() -> Data?
}

// Keys that readers have sent and not confirmed yet.

package import Mail

/// Keys that wait for their owners' word. All methods throw a ``Refusal`` of cause `storage`.
package protocol PendingKeys: Sendable {
    /// Keeps a key until it is confirmed. An earlier one of the same address is forgotten: only the last mail counts.
    func keep(_ key: PendingKey, for address: Mailbox, nowSeconds: Int64) async throws(Refusal)
    /// The key that a token confirms; nil where there is none, or no longer.
    func pendingKey(tokenDigest: [UInt8], nowSeconds: Int64) async throws(Refusal) -> PendingKey?
    /// It has been confirmed.
    func forgetPendingKey(tokenDigest: [UInt8]) async throws(Refusal)
}

// What the portal asks of the gateway, from the gateway's side. Everything in a request is hostile input.

package import Mail

/// Requests of the portal's. All methods throw a ``Refusal`` of cause `storage`.
package protocol Requests: Sendable {
    /// Requests that wait, those of ``keptKinds`` before others, oldest first, at most 100. Rows that no portal of ours
    /// has written are deleted.
    func waitingRequests() async throws(Refusal) -> [WaitingRequest]
    /// Says what became of a request; its body goes.
    /// - Parameter answer: at most ``requestAnswerBytes``.
    func settleRequest(_ id: String, answer: [UInt8], nowSeconds: Int64) async throws(Refusal)
    /// Forgets requests that were settled long ago.
    func forgetRequests(nowSeconds: Int64) async throws(Refusal)
}

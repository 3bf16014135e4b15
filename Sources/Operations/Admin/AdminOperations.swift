// What the admin page shows and can have done. Addresses, times, rule names and reasons; no content, no subject,
// nothing that opens a letter. All texts may come from strangers' mail.

package import Mail

/// Looks things up and does what the page can do. Every call may come from any visitor's request. Where something could
/// not be looked up or done, the refusal's detail says why in words for an administrator.
package protocol AdminOperations: Sendable {
    /// What became of mail since local midnight.
    func today() async throws(Refusal) -> FlowOfDay
    /// Letters behind links, newest first.
    func letters() async throws(Refusal) -> [LetterLine]
    /// Held messages, and whether they can be released here.
    func held() async throws(Refusal) -> HeldMessages
    /// The key folder.
    func keys() async throws(Refusal) -> KeyFolderState
    /// Messages that were not taken, newest first; a bounded number.
    func refusals() async -> [RefusedMessage]
    /// What else is known of the gateway's state.
    func health() async -> HealthFacts
    /// Deletes a letter. - Returns: false where there is none of this id.
    func revoke(_ id: String, by who: String) async throws(Refusal) -> Bool
    /// Destroys a held message. - Returns: false where it is not held.
    func drop(_ id: String, reason: String, by who: String) async throws(Refusal) -> Bool
    /// Releases a held message. - Returns: false where it is not held. Throws where a recipient stays held.
    func release(_ id: String, by who: String) async throws(Refusal) -> Bool
}

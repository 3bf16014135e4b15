// Letters behind links, from the gateway's side.

package import Links
package import Mail
package import SettingValues

/// Letters as the gateway keeps them.
///
/// A letter's life: kept as ``LetterState/sending``, marked as notifying just before its notification's DATA, then
/// ``LetterState/waiting`` and ``LetterState/opened``, that is readable, then expired or revoked: its content is
/// deleted, and how it stood stays for its sender. Readers see only readable letters, through ``PortalLetters``.
/// All methods throw a ``Refusal`` of cause `storage`; a change that returned is on disk.
package protocol GatewayLetters: LetterStates, AnswerInbox, Requests {
    /// Why letters cannot be kept now, for the log; nil: nothing is known against it. Asking costs nothing.
    var problem: Refusal? { get }
    /// As ``problem``, after a try to use the store again where it could not be used a moment ago; waits half a second
    /// at most.
    func problemNow() async -> Refusal?
    /// Has somebody told when the store can no longer be used, and (nil) when it can be again.
    func observe(_ observer: @escaping @Sendable (Refusal?) -> Void)
    /// Commits letters, their contents and their senders' control, all or none, as ``LetterState/sending``.
    ///
    /// - Parameter shares: for whom, and how much may be kept; nil counts nothing.
    /// - Throws: a refusal of cause `noRoom` where it is too much, else of cause `storage`.
    ///
    /// Later messages are refused with the whole where their letter is not there or has expired.
    func keep(
        _ contents: [LockedContent], _ letters: [LockedLetter], following: [FollowingMessage], shares: StorageShares?
    ) async throws(Refusal)
    /// Settles what a stop left between two states: old letters that nobody was notified of are deleted (their
    /// sender's MTA tries again and a new letter is made), those marked as notifying become readable (the mail may have
    /// arrived).
    /// - Parameter olderThanSeconds: age from which a letter counts as left behind.
    /// - Returns: number of letters settled.
    func settle(olderThanSeconds: Int64, nowSeconds: Int64) async throws(Refusal) -> Int
    /// Really deletes the letters that have expired, and gives their room back.
    /// - Returns: number of letters deleted.
    func expire(nowSeconds: Int64) async throws(Refusal) -> Int
    /// Deletes one letter, whatever its state.
    /// - Returns: false where there is none of this id.
    func revoke(_ id: String) async throws(Refusal) -> Bool
    /// All letters, oldest first; those too that have ended, as long as their sender's page tells of them.
    func list(nowSeconds: Int64) async throws(Refusal) -> [LockedLetter.Status]
    /// Whether a letter can be opened. It leaves no note that a browser has asked.
    /// - Parameter atMostSeconds: longest wait; nil: as long as for any work.
    func isReadable(_ id: String, nowSeconds: Int64, atMostSeconds: Double?) async throws(Refusal) -> Bool
    /// One letter, or nil where nothing is known of it.
    func status(of id: String, nowSeconds: Int64) async throws(Refusal) -> LockedLetter.Status?
    /// What happened to letters that somebody opened or guessed at; a row that is damaged is left out.
    func events() async throws(Refusal) -> [LockedLetter.Attempts]
    /// Lets a letter live longer; never shorter.
    /// - Returns: false where it is not there, or has expired already.
    func extend(_ id: String, toSeconds: Int64, nowSeconds: Int64) async throws(Refusal) -> Bool
    /// How many answers of a letter's reader have been sent on.
    func noteAnswers(_ count: Int, of id: String) async throws(Refusal)
    /// What a letter's row says of its password, for the gateway to prove a password against it: input, as the portal
    /// can write it.
    /// - Returns: nil where there is no such letter, or its password is of a kind that is not known.
    func lock(of id: String) async throws(Refusal) -> LockedLetter.Lock?
    /// Whether a letter's reader may keep its password (true), or it is a kept one (false); nil: neither, or no such
    /// letter.
    func keepsPassword(_ id: String) async throws(Refusal) -> Bool?
    /// Notes what has become of a letter's password. A letter that is not there is no error.
    func setKeepsPassword(_ id: String, to keeps: Bool) async throws(Refusal)
    /// Bytes that letters.db takes, without what has been freed in it.
    func usedBytes() async throws(Refusal) -> Int
    /// Whether a message of a size could be kept: asked before it is sealed.
    /// - Throws: a refusal of cause `noRoom`.
    func requireRoom(bytes: Int, quota: StorageQuota) async throws(Refusal)
    /// Counts, at one moment.
    func counts() async throws(Refusal) -> LetterCounts
    /// A write that is taken back.
    /// - Throws: a refusal of cause `storage` where nothing can be written.
    func probe() async throws(Refusal)
}

extension GatewayLetters {
    /// As ``keep(_:_:following:shares:)``; what is not given is none.
    package func keep(
        _ contents: [LockedContent], _ letters: [LockedLetter] = [], following: [FollowingMessage] = []
    ) async throws(Refusal) {
        try await keep(contents, letters, following: following, shares: nil)
    }
}

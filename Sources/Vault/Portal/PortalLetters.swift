// Letters behind links, from the portal's side: all that it may do.

package import Links
package import Mail

/// Letters as readers and senders see them. It can read, count attempts, take uploads in and leave requests, no more.
///
/// All methods throw a ``Refusal`` of cause `storage`; a change that returned is on disk.
package protocol PortalLetters: Sendable {
    /// What a browser needs to derive its keys, or nil for an unknown, unreadable, expired or revoked letter alike.
    func parameters(_ id: String, nowSeconds: Int64) async throws(Refusal) -> LockedLetter.Parameters?
    /// Judges one try to open a letter.
    ///
    /// After each 5 wrong ones in a row the letter rests: 60 s, then twice as long each time up to an hour. While it
    /// rests nothing is told about the proof. A right one resets both.
    /// - Parameter proof: what the browser derived; any other length than 32 bytes is a wrong one like any other.
    ///   Without the right `link` nothing is counted: who knows only an id locks nobody out.
    func attempt(_ id: String, proof: LetterProof, nowSeconds: Int64) async throws(Refusal) -> Attempt
    /// One ciphertext chunk of a letter.
    /// - Parameter following: number of the later message it belongs to; nil: the letter's own content.
    /// - Returns: ``AnswerReply/code``, or ``AnswerReply/gone`` for a wrong proof (which counts as an attempt), a
    ///   resting or missing letter, or no such chunk.
    func chunk(
        _ id: String, proof: LetterProof, index: Int, following: Int?, nowSeconds: Int64
    ) async throws(Refusal) -> AnswerReply<[UInt8]>
    /// The later messages of a letter that can be read, oldest first. Asked after a right proof. A row that is damaged
    /// comes with an empty key: its reader is to see that something is there that is not from us, and all the others.
    func following(_ letterID: String, nowSeconds: Int64) async throws(Refusal) -> [FollowingMessage.Opened]
    /// Begins an item; one of the same number that is there already goes.
    /// - Parameter bytes: as the client announces them, or nil.
    func beginItem(
        _ id: AnswerID, proof: LetterProof, item: Int, bytes: Int?, nowSeconds: Int64
    ) async throws(Refusal) -> AnswerReply<AnswerUpload>
    /// Adds a piece to an item.
    /// - Parameters:
    ///   - piece: ``UploadLimits/pieceBytes``, the last one fewer: the gateway reads no others.
    ///   - start: where in the item it belongs.
    func append(
        _ piece: [UInt8], at start: Int, to upload: AnswerUpload, nowSeconds: Int64
    ) async throws(Refusal) -> AnswerReply<Void>
    /// The item is there whole.
    func finishItem(_ upload: AnswerUpload, nowSeconds: Int64) async throws(Refusal) -> AnswerReply<Void>
    /// The upload broke off: what came of the item goes.
    func abandon(_ upload: AnswerUpload) async throws(Refusal)
    /// Hands an answer over to the gateway; asked again, it says where the answer stands.
    /// - Parameter items: how many there are, with the head. Others that were uploaded are dropped.
    func sendAnswer(
        _ id: AnswerID, proof: LetterProof, items: Int, nowSeconds: Int64
    ) async throws(Refusal) -> AnswerReply<AnswerState>
    /// Where an answer stands.
    func answerState(
        _ id: AnswerID, proof: LetterProof, nowSeconds: Int64
    ) async throws(Refusal) -> AnswerReply<AnswerState>
    /// Deletes what was uploaded, unless it has been handed over.
    func cancelAnswer(
        _ id: AnswerID, proof: LetterProof, nowSeconds: Int64
    ) async throws(Refusal) -> AnswerReply<Void>
    /// Whether somebody may see and ask: the letters under a proof, nil where it is wrong, unknown or expired, all
    /// alike.
    /// - Parameter auth: what the page derived from its token.
    func controlled(_ auth: [UInt8], nowSeconds: Int64) async throws(Refusal) -> [LockedLetter.Status]?
    /// Leaves a request for the gateway.
    /// - Parameters:
    ///   - kind: at most 32 characters of ASCII, such as `revoke`.
    ///   - body: at most ``RequestLimits/bodyBytes``.
    /// - Returns: the id to ask with, or nil where too many wait already, of all or of this kind.
    func ask(kind: String, body: [UInt8], nowSeconds: Int64) async throws(Refusal) -> String?
    /// Where requests stand, by id.
    func requestStates(_ ids: [String]) async throws(Refusal) -> [String: RequestState]
    /// Where a request stands.
    func requestState(_ id: String) async throws(Refusal) -> RequestState
}

extension PortalLetters {
    /// One ciphertext chunk of the letter's own content, as ``chunk(_:proof:index:following:nowSeconds:)``.
    package func chunk(
        _ id: String, proof: LetterProof, index: Int, nowSeconds: Int64
    ) async throws(Refusal) -> AnswerReply<[UInt8]> {
        try await chunk(id, proof: proof, index: index, following: nil, nowSeconds: nowSeconds)
    }
}

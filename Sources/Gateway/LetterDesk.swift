// What `letterlock links` shows and does: the gateway's note of who wrote to whom, beside the state of each letter.

package import Mail
import Vault

/// Letters behind links, seen from the gateway's side.
package struct LetterDesk: Sendable {
    /// One letter.
    package struct Line: Sendable, Encodable {
        package let id: String
        package let sender: String
        package let recipient: String
        /// `pending`, `notifying`, `readable`; `gone` where it was deleted, opened or not.
        package let state: String
        package let createdAtSeconds: Int64
        package let expiresAtSeconds: Int64
        package let openedAtSeconds: Int64?
        package let wrongGuesses: Int
    }

    private let ledger: Ledger
    let letters: LetterStore

    /// Beside a gateway whose databases are open already.
    init(ledger: Ledger, letters: LetterStore) {
        self.ledger = ledger
        self.letters = letters
    }

    /// - Throws: a ``Refusal`` of cause `storage` where the databases cannot be opened.
    package init(stateFolder: String) throws(Refusal) {
        ledger = try Ledger(folder: "\(stateFolder)/gateway")
        letters = try LetterStore(folder: "\(stateFolder)/letters", role: .gateway)
    }

    /// All letters that the gateway remembers, oldest first.
    package func lines() async throws(Refusal) -> [Line] {
        let states = Dictionary(try await letters.list().map { ($0.id, $0) }) { first, _ in first }
        return try await ledger.issuedLetters().map { issued in
            let summary = states[issued.id]
            return Line(
                id: issued.id, sender: issued.sender, recipient: issued.recipient,
                state: summary?.state.rawValue ?? "gone", createdAtSeconds: issued.createdAtSeconds,
                expiresAtSeconds: issued.expiresAtSeconds, openedAtSeconds: summary?.openedAtSeconds,
                wrongGuesses: summary?.wrongGuesses ?? 0)
        }
    }

    /// Deletes a letter for good.
    /// - Returns: false where there is none of that id.
    package func revoke(_ id: String) async throws(Refusal) -> Bool { try await letters.revoke(id) }
}

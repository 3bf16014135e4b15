// Everything that a store is held to.

/// The behaviours of all protocols of Vault.
package enum VaultContract {
    /// In groups by protocol.
    package static let behaviours: [Behaviour] = [
        DeliveriesContract.behaviours, LettersContract.behaviours, LaterMessagesContract.behaviours,
        LinkProofContract.behaviours, AttemptsContract.behaviours, AnswersContract.behaviours,
        ControlContract.behaviours, RequestsContract.behaviours,
        ConversationsContract.behaviours, ProtectedMessagesContract.behaviours, ContactsContract.behaviours,
        QuarantineContract.behaviours, OutboxContract.behaviours, LetterNewsContract.behaviours,
        CountersContract.behaviours, PendingKeysContract.behaviours,
    ].flatMap { $0 }
}

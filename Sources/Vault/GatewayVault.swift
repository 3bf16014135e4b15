// All that only the gateway keeps.

/// What the gateway remembers beside letters: one store, whose changes to several of these are one commit.
package protocol GatewayVault: Deliveries, LetterOwners, LetterNews, Conversations, TakenAnswers, Contacts,
    QuarantineStore,
    Outbox, Counters, PendingKeys, VaultUpkeep
{}

// How much room letters may take, in all and for one recipient. Values only.

/// Room for letters.
package struct StorageQuota: Sendable, Equatable {
    /// All that lies in letters.db, in bytes.
    package var lettersBytes = 10 << 30
    /// Letters that wait for one recipient, in bytes.
    package var perRecipientBytes = 500 << 20
    /// From that part of ``lettersBytes`` on somebody should be told, in percent.
    package var alarmPercent = 80

    /// The defaults.

    package init() {}

    /// Bytes from which somebody should be told.
    package var alarmBytes: Int { Int((Double(lettersBytes) * Double(alarmPercent) / 100).rounded(.down)) }
}

/// For whom a letter or later message takes room: a keyed code of his address, which tells nothing without the
/// gateway's own database.
package struct StorageOwner: Sendable, Hashable {
    package let code: [UInt8]

    package init(
        code: [UInt8]
    ) {
        self.code = code
    }
}

/// What ``GatewayLetters/keep(_:_:following:controls:shares:)`` counts by.
package struct StorageShares: Sendable {
    /// One content and one of its readers.
    package struct Share: Sendable {
        package let contentID: String
        package let owner: StorageOwner

        package init(contentID: String, owner: StorageOwner) {
            self.contentID = contentID
            self.owner = owner
        }
    }

    package let quota: StorageQuota
    package let owners: [Share]

    package init(quota: StorageQuota, owners: [Share]) {
        self.quota = quota
        self.owners = owners
    }
}

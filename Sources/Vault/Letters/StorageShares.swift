// For whom letters take room. Values only.

package import SettingValues

/// For whom a letter or later message takes room: a keyed code of the address, which tells nothing without the
/// gateway's own database.
package struct StorageOwner: Sendable, Hashable {
    package let code: [UInt8]

    package init(code: [UInt8]) {
        self.code = code
    }
}

/// What ``GatewayLetters/keep(_:_:following:shares:)`` counts by.
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

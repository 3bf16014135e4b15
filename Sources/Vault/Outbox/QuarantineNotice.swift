// A mail about a held message. A value only.

/// A mail of Letterlock's own that waits to be sent.
package struct QuarantineNotice: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case heldSender = "held-sender"
        case heldOfficer = "held-officer"
        case expiredOfficer = "expired-officer"
    }
    package let number: Int64
    /// The message it is about.
    package let id: String
    package let kind: Kind
    package let madeAtSeconds: Int64
    /// Tries so far, this one not counted.
    package let tries: Int

    package init(
        number: Int64, id: String, kind: Kind, madeAtSeconds: Int64, tries: Int
    ) {
        self.number = number
        self.id = id
        self.kind = kind
        self.madeAtSeconds = madeAtSeconds
        self.tries = tries
    }
}

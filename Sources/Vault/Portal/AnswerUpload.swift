// An item on its way into the outbox of answers. A value only.

/// An item that is being uploaded: the one who holds it may go on.
package struct AnswerUpload: Sendable, Equatable {
    package let id: AnswerID
    /// The item's number.
    package let item: Int
    /// Tells this upload from a later one of the same item.
    package let number: Int64
    /// The most bytes that it may still have.
    package let bytes: Int

    package init(
        id: AnswerID, item: Int, number: Int64, bytes: Int
    ) {
        self.id = id
        self.item = item
        self.number = number
        self.bytes = bytes
    }
}

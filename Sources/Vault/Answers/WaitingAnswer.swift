// An answer that waits for the gateway. A value only.

/// An answer that waits for the gateway; every number in it is a stranger's.
package struct WaitingAnswer: Sendable, Equatable {
    package let id: AnswerID
    /// Bytes of each item, from 0 on.
    package let items: [Int]

    package init(id: AnswerID, items: [Int]) {
        self.id = id
        self.items = items
    }
}

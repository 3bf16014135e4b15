// What happened to a letter. A value only.

/// What the gateway looks at to know what a sender should be told.
package struct LetterEvents: Sendable, Equatable {
    package let id: String
    package let openedAtSeconds: Int64?
    package let wrongTotal: Int64
    package let wrongInRow: Int64
    /// The last rest, in seconds; 0 after a right password.
    package let restSeconds: Int64

    package init(id: String, openedAtSeconds: Int64?, wrongTotal: Int64, wrongInRow: Int64, restSeconds: Int64) {
        self.id = id
        self.openedAtSeconds = openedAtSeconds
        self.wrongTotal = wrongTotal
        self.wrongInRow = wrongInRow
        self.restSeconds = restSeconds
    }
}

// What was tried on a letter. A value only.

package import Links

extension LockedLetter {
    /// What the gateway looks at to know what a sender should be told. The portal counts: any number may stand here.
    package struct Attempts: Sendable, Equatable {
        /// Of the letter.
        package let id: String
        /// When it was first opened, in seconds since 1970.
        package let openedAtSeconds: Int64?
        /// Wrong passwords in all.
        package let wrongTotal: Int64
        /// Wrong passwords since the last rest or the last right one.
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
}

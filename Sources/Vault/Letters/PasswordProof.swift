// A letter's password as its row describes it. A value only.

package import Links

/// A letter's password as its row describes it.
package struct PasswordProof: Sendable, Equatable {
    package let kind: LockedLetter.PasswordKind
    package let rounds: Int
    /// 16 bytes, if the row is sound.
    package let salt: [UInt8]
    /// SHA-256(auth).
    package let verifier: [UInt8]

    package init(
        kind: LockedLetter.PasswordKind, rounds: Int, salt: [UInt8], verifier: [UInt8]
    ) {
        self.kind = kind
        self.rounds = rounds
        self.salt = salt
        self.verifier = verifier
    }
}

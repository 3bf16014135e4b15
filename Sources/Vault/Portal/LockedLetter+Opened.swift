// What a right proof releases of a letter. Values only.

package import Links
package import SettingValues

extension LockedLetter {
    /// What a right `auth` releases.
    package struct Opened: Sendable, Equatable {
        /// Content key and conversation private key, sealed under `enc`.
        package let wrappedKeys: [UInt8]
        /// Plaintext bytes of the content (index and message).
        package let plainBytes: Int
        /// Number of ciphertext chunks.
        package let chunkCount: Int
        /// Seconds since 1970.
        package let expiresAtSeconds: Int64
        /// How many answers may still be sent, and how large; nil where none are taken.
        package var answers: AnswerLimits?
        /// True where the reader may wish to keep its password, false where it is a kept one; nil: neither.
        package var keepsPassword: Bool?

        package init(
            wrappedKeys: [UInt8], plainBytes: Int, chunkCount: Int, expiresAtSeconds: Int64, answers: AnswerLimits?,
            keepsPassword: Bool?
        ) {
            self.wrappedKeys = wrappedKeys
            self.plainBytes = plainBytes
            self.chunkCount = chunkCount
            self.expiresAtSeconds = expiresAtSeconds
            self.answers = answers
            self.keepsPassword = keepsPassword
        }
    }
}

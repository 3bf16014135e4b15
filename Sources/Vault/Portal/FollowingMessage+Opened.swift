// What a reader is given of a later message. A value only.

package import Links

extension FollowingMessage {
    /// What a reader is given of a later message.
    package struct Opened: Sendable, Equatable {
        /// From 1.
        package let number: Int
        /// Content key, sealed to the conversation.
        package let wrappedKey: [UInt8]
        /// Plaintext bytes of the content.
        package let plainBytes: Int
        /// Number of ciphertext chunks.
        package let chunkCount: Int

        package init(number: Int, wrappedKey: [UInt8], plainBytes: Int, chunkCount: Int) {
            self.number = number
            self.wrappedKey = wrappedKey
            self.plainBytes = plainBytes
            self.chunkCount = chunkCount
        }
    }
}

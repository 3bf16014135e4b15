// The authentication code of a message, read chunk by chunk.

package import Cryptography

extension HMACSHA256 {
    /// The 32-byte code of a message.
    /// - Parameter key: raw bytes, at least 32 for full strength.
    /// - Throws: a ``Refusal`` of cause `internalError` where the library fails, or what reading the bytes throws.
    package static func authenticate(_ message: MessageBytes, key: [UInt8]) throws(Refusal) -> [UInt8] {
        let stream: HMACSHA256.Stream
        do { stream = try HMACSHA256.Stream(key: key) } catch { throw error.refusal }
        do {
            try message.forEachChunk { chunk in try stream.add(chunk) }
            return try stream.finish()
        } catch let error as CryptographyError {
            throw error.refusal
        } catch {
            throw error as? Refusal ?? CryptographyError.library("hmac-sha-256").refusal
        }
    }
}

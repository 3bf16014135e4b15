// The sender's control link: a token that the gateway can make again and check without storing it, what proves it to
// the portal, and what keeps the names of recipients from who reads letters.db (docs/links/control.md). Pure, but for
// randomness.

package import Cryptography
package import Mail

/// The gateway's key for control links.
package struct ControlKey: Sendable, CustomStringConvertible {
    /// Length of a control id in bytes: 16.
    package static let idBytes = 16
    private static let codeBytes = 16
    private let key: [UInt8]

    /// - Parameter key: 32 random bytes.
    package init(_ key: [UInt8]) { self.key = key }

    /// Never the key.
    package var description: String { "[\(key.count) bytes]" }

    /// A new control id, 16 random bytes: one for each message.
    package static func newID() throws(CryptographyError) -> [UInt8] { try Randomness.bytes(idBytes) }

    /// The token of a control id: id ‖ first 16 bytes of HMAC-SHA-256(key, "letterlock/1 control " ‖ id).
    /// - Throws: a ``Refusal`` of cause `internalError` where the library fails.
    package func token(for id: [UInt8]) throws(Refusal) -> ControlToken {
        let message = MessageBytes(bytes: Array("letterlock/1 control ".utf8) + id)
        let code = try HMACSHA256.authenticate(message, key: key)
        return ControlToken(bytes: id + code.prefix(Self.codeBytes))
    }
}

/// What follows `#` in a control link, and everything made of it.
package struct ControlToken: Sendable, CustomStringConvertible {
    /// 32 bytes.
    let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// A token as a link has it: 43 characters of base64url; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard let bytes = Base64URL.decode(text), bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// A token that nobody is told, and that no key makes again.
    package static func untold() throws(CryptographyError) -> ControlToken {
        ControlToken(bytes: try Randomness.bytes(32))
    }

    /// Never the token.
    package var description: String { "[\(bytes.count) bytes]" }

    /// As it goes into the one mail that carries it.
    package var revealed: String { Base64URL.encode(bytes) }

    /// The control id.
    package var id: [UInt8] { Array(bytes.prefix(ControlKey.idBytes)) }

    /// 32 bytes that prove to the portal that the token is known: HKDF-SHA-256(token, no salt, "letterlock/1 control
    /// auth").
    package func auth() throws(CryptographyError) -> [UInt8] {
        try expand(info: "letterlock/1 control auth").withBytes { Array($0) }
    }

    /// What the portal compares with: SHA-256(auth).
    package func verifier() throws(CryptographyError) -> [UInt8] { try SHA256Digest.of(try auth()) }

    /// Seals what the page says of a letter, so that only who has the token reads it: nonce ‖
    /// AES-256-GCM(HKDF-SHA-256(token, no salt, "letterlock/1 control label"), nonce, associated data: letter id,
    /// label).
    package func seal(label: String, letterID: String) throws(CryptographyError) -> [UInt8] {
        let nonce = try Randomness.bytes(AESGCM.nonceBytes)
        let key = try expand(info: "letterlock/1 control label")
        let plain = Array(label.utf8).withUnsafeBytes { SecretBytes(copying: $0) }
        return try nonce
            + plain.withBytes { (plain) throws(CryptographyError) in
                try AESGCM.seal(plain, key: key, nonce: nonce, associated: Array(letterID.utf8))
            }
    }

    /// The label again.
    /// - Throws: ``CryptographyError/wrongTag(_:)`` for another token or letter, ``CryptographyError/malformed(_:)``.
    package func open(label: [UInt8], letterID: String) throws(CryptographyError) -> String {
        guard label.count > AESGCM.nonceBytes else { throw .malformed("a label") }
        let key = try expand(info: "letterlock/1 control label")
        let sealed = Array(label.dropFirst(AESGCM.nonceBytes)).withUnsafeBytes { SecretBytes(copying: $0) }
        let plain = try sealed.withBytes { (sealed) throws(CryptographyError) in
            try AESGCM.open(
                sealed, key: key, nonce: Array(label.prefix(AESGCM.nonceBytes)), associated: Array(letterID.utf8),
                what: "a label")
        }
        return plain.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    private func expand(info: String) throws(CryptographyError) -> SecretBytes {
        let key = bytes.withUnsafeBytes { SecretBytes(copying: $0) }
        return try HKDF.expand(key, salt: try HKDF.noSalt(), info: info)
    }
}

// AES-256-GCM with 12-byte nonces and 16-byte tags (NIST SP 800-38D), by OpenSSL's EVP. Memory only.
// Lengths are checked before the library is called; nothing is given out before the tag is right.

import CLibcrypto

/// Sealing and opening of single values: a chunk, a pair of keys.
package enum AESGCM {
    /// Length of a key.
    package static let keyBytes = 32
    /// Length of a nonce.
    package static let nonceBytes = 12
    /// Length of a tag.
    package static let tagBytes = 16

    /// Ciphertext followed by the tag.
    package static func seal(
        _ plain: UnsafeRawBufferPointer, key: SecretBytes, nonce: [UInt8], associated: [UInt8] = []
    ) throws(CryptographyError) -> [UInt8] {
        let context = try Context(key: key, nonce: nonce, encrypting: true)
        try context.update(associated: associated)
        var sealed = [UInt8](repeating: 0, count: plain.count + tagBytes)
        let done = sealed.withUnsafeMutableBytes { target -> Bool in
            guard context.update(plain, into: target), let tag = target.baseAddress?.advanced(by: plain.count) else {
                return false
            }
            return context.finish(writingTag: tag)
        }
        guard done else { throw .library("aes-256-gcm seal") }
        return sealed
    }

    /// The plaintext of what ``seal(_:key:nonce:associated:)`` made.
    /// - Parameter what: named in the error.
    /// - Throws: ``CryptographyError/wrongTag(_:)``, or ``CryptographyError/malformed(_:)`` where there is no room for
    ///   a tag.
    package static func open(
        _ sealed: UnsafeRawBufferPointer, key: SecretBytes, nonce: [UInt8], associated: [UInt8] = [], what: String
    ) throws(CryptographyError) -> SecretBytes {
        guard sealed.count >= tagBytes else { throw .malformed(what) }
        let context = try Context(key: key, nonce: nonce, encrypting: false)
        try context.update(associated: associated)
        let length = sealed.count - tagBytes
        // Wiped by its owner: also when the tag turns out to be wrong.
        return try SecretBytes(count: length) { (target) throws(CryptographyError) in
            let body = UnsafeRawBufferPointer(rebasing: sealed[..<length])
            guard context.update(body, into: target) else { throw .library("aes-256-gcm open") }
            guard context.finish(checkingTag: [UInt8](sealed[length...])) else { throw .wrongTag(what) }
        }
    }

    /// Seals a value where it lies, so that no copy of it is left in memory.
    /// - Parameter room: the plaintext, then ``tagBytes`` of room for the tag.
    /// - Throws: ``CryptographyError/malformed(_:)`` where there is no room for a tag.
    package static func seal(
        inPlace room: UnsafeMutableRawBufferPointer, key: SecretBytes, nonce: [UInt8]
    ) throws(CryptographyError) {
        guard room.count > tagBytes, let start = room.baseAddress else { throw .malformed("a value to seal") }
        let context = try Context(key: key, nonce: nonce, encrypting: true)
        // OpenSSL allows it where both pointers are the same.
        let body = UnsafeMutableRawBufferPointer(rebasing: room[..<(room.count - tagBytes)])
        guard context.update(UnsafeRawBufferPointer(body), into: body),
            context.finish(writingTag: start + body.count)
        else { throw .library("aes-256-gcm seal") }
    }

    /// Opens where it lies what ``seal(inPlace:key:nonce:)`` made.
    /// - Parameter room: ciphertext and tag; plaintext in the tag's front afterwards.
    /// - Throws: ``CryptographyError/wrongTag(_:)``: then what lies there is nothing to be used.
    package static func open(
        inPlace room: UnsafeMutableRawBufferPointer, key: SecretBytes, nonce: [UInt8]
    ) throws(CryptographyError) {
        guard room.count > tagBytes else { throw .malformed("a sealed value") }
        let context = try Context(key: key, nonce: nonce, encrypting: false)
        let body = UnsafeMutableRawBufferPointer(rebasing: room[..<(room.count - tagBytes)])
        guard context.update(UnsafeRawBufferPointer(body), into: body) else { throw .library("aes-256-gcm open") }
        guard context.finish(checkingTag: [UInt8](room[body.count...])) else { throw .wrongTag("a sealed value") }
    }

    /// One use of the cipher: a key, a nonce, one value.
    private final class Context {
        private let context: OpaquePointer
        // EVP writes at most here in its final call; GCM writes nothing.
        private var rest = [UInt8](repeating: 0, count: 16)

        init(key: SecretBytes, nonce: [UInt8], encrypting: Bool) throws(CryptographyError) {
            guard key.count == keyBytes, nonce.count == nonceBytes else { throw .malformed("a key or nonce") }
            guard let context = EVP_CIPHER_CTX_new() else { throw .library("aes-256-gcm") }
            self.context = context
            let done = key.withBytes { bytes in
                EVP_CipherInit_ex(
                    context, EVP_aes_256_gcm(), nil, bytes.bindMemory(to: UInt8.self).baseAddress, nonce,
                    encrypting ? 1 : 0)
            }
            guard done == 1 else { throw .library("aes-256-gcm") }
        }

        deinit { EVP_CIPHER_CTX_free(context) }

        func update(associated: [UInt8]) throws(CryptographyError) {
            guard !associated.isEmpty else { return }
            var written: Int32 = 0
            guard let length = Int32(exactly: associated.count),
                EVP_CipherUpdate(context, nil, &written, associated, length) == 1
            else { throw .library("aes-256-gcm") }
        }

        func update(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Bool {
            guard !source.isEmpty else { return true }
            guard let length = Int32(exactly: source.count), target.count >= source.count else { return false }
            var written: Int32 = 0
            let done = EVP_CipherUpdate(
                context, target.bindMemory(to: UInt8.self).baseAddress, &written,
                source.bindMemory(to: UInt8.self).baseAddress, length)
            return done == 1 && written == length
        }

        func finish(writingTag tag: UnsafeMutableRawPointer) -> Bool {
            var written: Int32 = 0
            return EVP_CipherFinal_ex(context, &rest, &written) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagBytes), tag) == 1
        }

        func finish(checkingTag tag: [UInt8]) -> Bool {
            var tag = tag
            var written: Int32 = 0
            return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagBytes), &tag) == 1
                && EVP_CipherFinal_ex(context, &rest, &written) == 1
        }
    }
}

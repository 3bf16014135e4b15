// Key material in memory that is wiped when nobody holds it any more. Touches memory only; never traps.

import CLibcrypto

/// Key bytes on the heap; immutable, wiped (`OPENSSL_cleanse`) at the end of their life. The description shows nothing.
///
/// `@unchecked Sendable`: the memory is written in the initialiser only, before anybody else can hold the object.
package final class SecretBytes: @unchecked Sendable, CustomStringConvertible {
    private let memory: UnsafeMutableRawBufferPointer

    /// Memory of `count` bytes, zeroed and then filled by `fill`; wiped at once where `fill` throws.
    package init(
        count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(CryptographyError) -> Void
    ) throws(CryptographyError) {
        memory = .allocate(byteCount: count, alignment: 16)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        try fill(memory)
    }

    /// A copy of bytes that already lie in memory (the caller's copy is not wiped).
    package init(copying bytes: UnsafeRawBufferPointer) {
        memory = .allocate(byteCount: bytes.count, alignment: 16)
        memory.copyMemory(from: bytes)
    }

    deinit {
        OPENSSL_cleanse(memory.baseAddress, memory.count)
        memory.deallocate()
    }

    /// Number of bytes.
    package var count: Int { memory.count }

    /// `[secret, N bytes]`.
    package var description: String { "[secret, \(count) bytes]" }

    /// Calls `body` with the bytes; they must not outlive the call.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(memory))
    }
}

/// Memory of our own that held key material or a password.
package enum SecretMemory {
    /// Overwrites a buffer.
    package static func wipe(_ buffer: UnsafeMutableRawBufferPointer) {
        OPENSSL_cleanse(buffer.baseAddress, buffer.count)
    }

    /// Overwrites an array.
    package static func wipe(_ bytes: inout [UInt8]) { bytes.withUnsafeMutableBytes { wipe($0) } }
}

// Addresses of mail as keyed hashes, for logs that must not say who writes to whom. The same address gives the same hash
// as long as the key is kept; without the key nobody can try addresses until one fits.
// Touches the key's file in the state folder (0600); fails with a Refusal of cause `storage`.

import Foundation
import Links
package import Mail

/// Replaces every address in a text.
package struct AddressMask: Sendable, Equatable {
    /// 32 bytes.
    private let key: [UInt8]

    /// - Parameter key: 32 random bytes.
    package init(key: [UInt8]) { self.key = key }

    /// With the key of a folder, made where there is none.
    /// - Parameter folder: `state/gateway`, which exists.
    package init(folder: String) throws(Refusal) {
        let path = "\(folder)/log.key"
        if let key = try Self.read(path) {
            self.init(key: key)
            return
        }
        let fresh: [UInt8]
        do { fresh = try Randomness.bytes(32) } catch { throw error.refusal }
        // Written under another name first: a crash in between leaves no short key behind.
        let temporary = "\(path).new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure("making \"\(temporary)\"") }
        let written = fresh.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        let isSynced = fsync(descriptor) == 0
        close(descriptor)
        guard written == fresh.count, isSynced, rename(temporary, path) == 0 else {
            throw Self.failure("writing \"\(path)\"")
        }
        self.init(key: fresh)
    }

    private static func read(_ path: String) throws(Refusal) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw failure("opening \"\(path)\"") }
        defer { close(descriptor) }
        var key = [UInt8](repeating: 0, count: 33)
        let count = Glibc.read(descriptor, &key, key.count)
        guard count == 32 else {
            throw Refusal(
                .storage, "local storage is not available, try again later",
                detail: "reading \"\(path)\": it is not a key of 32 bytes; hint: delete it, and hashes start anew")
        }
        return Array(key.prefix(32))
    }

    private static func failure(_ doing: String) -> Refusal {
        Refusal(
            .storage, "local storage is not available, try again later",
            detail: "\(doing): \(String(cString: strerror(errno)).lowercased())")
    }

    /// The text with every address in it as `h:` and 16 hexadecimal digits.
    package func applied(to text: String) -> String {
        guard text.contains("@") else { return text }
        let scalars = Array(text.unicodeScalars)
        var out = String.UnicodeScalarView()
        var kept = 0
        var index = 0
        while index < scalars.count {
            guard scalars[index] == "@" else {
                index += 1
                continue
            }
            let start = Self.start(ofLocalPart: scalars[kept..<index])
            var end = index + 1
            while end < scalars.count, Self.isDomain(scalars[end]) { end += 1 }
            out.append(contentsOf: scalars[kept..<start])
            var address = String.UnicodeScalarView()
            address.append(contentsOf: scalars[start..<end])
            out.append(contentsOf: hash(String(address)).unicodeScalars)
            kept = end
            index = end
        }
        out.append(contentsOf: scalars[kept...])
        return String(out)
    }

    /// `h:` and 64 bits of HMAC-SHA-256 over the address in lower case.
    private func hash(_ address: String) -> String {
        let bytes = MessageBytes(bytes: Array(address.lowercased().utf8))
        guard let code = try? HMACSHA256.authenticate(bytes, key: key) else { return "h:none" }
        return "h:"
            + code.prefix(8).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// Back over what can be a local part: up to a space or bracket; a quoted one whole (RFC 5321 section 4.1.2).
    private static func start(ofLocalPart before: ArraySlice<Unicode.Scalar>) -> Int {
        var start = before.endIndex
        if before.last == "\"", let open = before.dropLast().firstIndex(of: "\"") { return open }
        while start > before.startIndex, isLocalPart(before[start - 1]) { start -= 1 }
        return start
    }

    private static func isLocalPart(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.properties.isWhitespace && !"<>()[],;:\"@".unicodeScalars.contains(scalar)
    }

    private static func isDomain(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.properties.isWhitespace && !"<>(),;\"@\\".unicodeScalars.contains(scalar)
    }
}

// Addresses of mail as keyed hashes, for logs that must not say who writes to whom. The same address gives the same
// hash as long as the key is kept; without the key nobody can try addresses until one fits.
// Touches the key's file in the state folder (0600); fails with a Refusal of cause `storage`.

import Cryptography
import Foundation
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
        key = try SecretFile(path: "\(folder)/log.key", what: "key", followsLinks: false).readOrMake()
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
        guard let code = try? HMACSHA256.code(Array(address.lowercased().utf8), key: key) else { return "h:none" }
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

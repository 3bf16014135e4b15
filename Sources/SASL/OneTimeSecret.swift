// Codes of an authenticator app: TOTP with what every such app does, HMAC-SHA-1, six digits, 30 seconds (RFC 6238, RFC
// 4226; base32 of RFC 4648 section 6 without padding). Pure: the time is passed in. Fails only where the library does.

import Cryptography
package import Mail

/// The secret that an authenticator app and we share.
package struct OneTimeSecret: Sendable, Equatable {
    /// Seconds that a code lives.
    package static let stepSeconds: Int64 = 30
    /// Steps before and after the present one that count too: clocks differ.
    package static let tolerance: Int64 = 1
    /// Bytes of a new secret, as RFC 4226 section 4 recommends (160 bits).
    static let byteCount = 20

    private let bytes: [UInt8]

    /// A secret of 16 to 64 bytes; nil for another length.
    package init?(bytes: [UInt8]) {
        guard (16...64).contains(bytes.count) else { return nil }
        self.bytes = bytes
    }

    /// Reads base32; nil where it is none, or is not its only spelling.
    package init?(base32 text: some StringProtocol) {
        guard let bytes = Base32.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    /// A new one; nil where there is no randomness.
    package static func drawn() -> OneTimeSecret? {
        (try? Randomness.bytes(byteCount)).flatMap { OneTimeSecret(bytes: $0) }
    }

    /// Base32, as people type it into an app. With it every code can be made.
    package var base32: Secret { Secret(Base32.encode(bytes)) }

    /// What an app reads from a QR code: `otpauth://totp/Letterlock:alice?secret=…&issuer=Letterlock…`.
    package func uri(for name: String, at issuer: String) -> Secret {
        let label = Self.percent(issuer) + ":" + Self.percent(name)
        // Revealed to be shown once, to be scanned.
        return Secret(
            "otpauth://totp/\(label)?secret=\(base32.revealed)&issuer=\(Self.percent(issuer))"
                + "&algorithm=SHA1&digits=6&period=\(Self.stepSeconds)")
    }

    /// The number of the 30 seconds that a time lies in.
    package static func step(atSeconds seconds: Int64) -> Int64 { max(0, seconds) / stepSeconds }

    /// The code of one step; nil where the library fails.
    /// - Parameter digits: 6; RFC 6238's examples have 8.
    package func code(step: Int64, digits: Int = 6) -> String? {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * Int64($0))) }
        guard let mac = try? HMACSHA1.code(counter, key: bytes), let last = mac.last else { return nil }
        let offset = Int(last & 0x0F)
        let number = mac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        var modulus: UInt32 = 1
        for _ in 0..<min(max(digits, 1), 9) { modulus *= 10 }
        let text = String(number % modulus)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// The step whose code was typed, among the present one and its neighbours; nil where it is none of theirs. All are
    /// compared, so that the time does not tell which it was.
    package func matchingStep(_ typed: String, atSeconds seconds: Int64) -> Int64? {
        let digits = typed.utf8.filter { $0 != UInt8(ascii: " ") }
        guard digits.count == 6, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        let now = Self.step(atSeconds: seconds)
        var found: Int64?
        for step in (now - Self.tolerance)...(now + Self.tolerance) {
            guard let code = code(step: step) else { return nil }
            if ConstantTime.equal(Array(code.utf8), digits) { found = step }
        }
        return found
    }

    private static func percent(_ text: String) -> String {
        text.utf8.map { octet in
            let isPlain =
                (48...57).contains(octet) || (65...90).contains(octet) || (97...122).contains(octet)
                || [45, 46, 95, 126].contains(octet)
            let hex = String(octet, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(octet)) : "%" + (hex.count < 2 ? "0" : "") + hex
        }.joined()
    }
}

extension OneTimeSecret: CustomStringConvertible {
    package var description: String { "[\(bytes.count) bytes]" }
}

/// Base32 without padding, strict.
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                out.append(alphabet[Int(bits >> UInt32(count)) & 31])
            }
            bits &= (1 << UInt32(count)) - 1
        }
        if count > 0 { out.append(alphabet[Int(bits << UInt32(5 - count)) & 31]) }
        return String(decoding: out, as: UTF8.self)
    }

    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        guard text.utf8.count <= 256 else { return nil }
        var out: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for octet in text.utf8 {
            guard let value = alphabet.firstIndex(of: octet) else { return nil }
            bits = bits << 5 | UInt32(value)
            count += 5
            if count >= 8 {
                count -= 8
                out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        return encode(out) == String(text) ? out : nil
    }
}

// The user ids that a certificate claims, before gpg has checked a single signature: enough to know which certificates
// matter for an address, so that gpg reads only those. Nothing is ever used because of what is found here.
// Takes one transferable public key out of Certificates.split (RFC 4880 sections 4.2 and 11.1). Pure, never traps.

import Mail
import Packets

/// Looks into a certificate.
package enum CertificatePeek {
    private static let userIDTag: UInt8 = 13
    /// No honest certificate claims more; each is looked at on every change of its file.
    private static let userIDLimit = 1000

    /// Certificates in one damaged file that are looked for.
    private static let damagedFileLimit = 100_000
    private static let publicKeyTag: UInt8 = 6

    /// The folded addresses of all user id packets, signed or not, each once.
    /// - Parameter certificate: binary packets with definite lengths; what is cut short is read as far as it goes.
    package static func addresses(_ certificate: [UInt8]) -> [String] { addresses(certificate, limit: userIDLimit) }

    private static func addresses(_ packets: [UInt8], limit: Int) -> [String] {
        var found: [String] = []
        var seen: Set<String> = []
        var rest = packets[...]
        while found.count < limit, let (tag, body) = packet(&rest) {
            guard tag == userIDTag else { continue }
            if let address = UserIDAddress.folded(String(decoding: body, as: UTF8.self)), seen.insert(address).inserted
            {
                found.append(address)
            }
        }
        return found
    }

    /// The folded addresses of the user ids that can be read in a file that is cut short or damaged.
    /// - Parameter file: armored or binary.
    static func addresses(inDamaged file: [UInt8]) -> [String] {
        if let first = file.first, first & 0x80 != 0, first != 0xEF { return addresses(file, limit: damagedFileLimit) }
        return Armor.beginnings(ofPublicKeysIn: file).flatMap { addresses($0, limit: damagedFileLimit) }
    }

    /// Why a gpg that finds nothing in a certificate may not know its kind, in words; nil where it has none of its own.
    static func oddKind(_ certificate: [UInt8]) -> String? {
        var rest = certificate[...]
        guard let (tag, body) = packet(&rest), tag == publicKeyTag, let version = body.first else { return nil }
        if version != 4 { return "this gpg cannot read version \(version) keys" }
        // RFC 4880 section 5.5.2: version, four octets of time, algorithm; RFC 6637 section 9: length and name of the
        // curve.
        guard let algorithm = body.dropFirst(5).first else { return nil }
        switch algorithm {
        case 1, 2, 3, 16, 17: return nil
        case 18, 19, 22:
            let curve = body.dropFirst(7).prefix(Int(body.dropFirst(6).first ?? 0))
            return knownCurves.contains(Array(curve)) ? nil : "this gpg cannot read keys of this elliptic curve"
        default: return "this gpg cannot read keys of algorithm \(algorithm)"
        }
    }

    /// Object identifiers of the curves that every gpg knows since 2.2: Ed25519 and Curve25519, NIST P-256, P-384,
    /// P-521, Brainpool P256r1, P384r1, P512r1, secp256k1.
    private static let knownCurves: Set<[UInt8]> = [
        [0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x0F, 0x01],
        [0x2B, 0x06, 0x01, 0x04, 0x01, 0x97, 0x55, 0x01, 0x05, 0x01],
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07], [0x2B, 0x81, 0x04, 0x00, 0x22],
        [0x2B, 0x81, 0x04, 0x00, 0x23],
        [0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07], [0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0B],
        [0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0D], [0x2B, 0x81, 0x04, 0x00, 0x0A],
    ]

    /// Cuts one packet off; nil at the end, and where the rest is no packet with a definite length.
    private static func packet(_ rest: inout ArraySlice<UInt8>) -> (tag: UInt8, body: ArraySlice<UInt8>)? {
        guard let first = rest.popFirst(), first & 0x80 != 0 else { return nil }
        let tag: UInt8
        let length: Int?
        if first & 0x40 != 0 {
            tag = first & 0x3F
            length = newLength(&rest)
        } else {
            tag = (first >> 2) & 0x0F
            length = first & 3 == 3 ? nil : number(octets: 1 << Int(first & 3), &rest)
        }
        guard let length, length <= rest.count else { return nil }
        let body = rest.prefix(length)
        rest = rest.dropFirst(length)
        return (tag, body)
    }

    private static func newLength(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard let first = rest.popFirst() else { return nil }
        switch first {
        case 0..<192: return Int(first)
        case 192..<224: return rest.popFirst().map { (Int(first) - 192) << 8 + Int($0) + 192 }
        case 255: return number(octets: 4, &rest)
        default: return nil
        }
    }

    private static func number(octets: Int, _ rest: inout ArraySlice<UInt8>) -> Int? {
        guard rest.count >= octets else { return nil }
        let value = rest.prefix(octets).reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(octets)
        return value
    }
}

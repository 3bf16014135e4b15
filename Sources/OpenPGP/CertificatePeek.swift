// The user ids that a certificate claims, before gpg has checked a single signature: enough to know which certificates
// matter for an address, so that gpg reads only those. Nothing is ever used because of what is found here.
// Takes one transferable public key out of Certificates.split (RFC 4880 sections 4.2 and 11.1). Pure, never traps.

import Mail

/// Looks into a certificate.
package enum CertificatePeek {
    private static let userIDTag: UInt8 = 13
    /// No honest certificate claims more; each is looked at on every change of its file.
    private static let userIDLimit = 1000

    /// The folded addresses of all user id packets, signed or not, each once.
    /// - Parameter certificate: binary packets with definite lengths; what is cut short is read as far as it goes.
    package static func addresses(_ certificate: [UInt8]) -> [String] {
        var found: [String] = []
        var rest = certificate[...]
        while found.count < userIDLimit, let (tag, body) = packet(&rest) {
            guard tag == userIDTag else { continue }
            if let address = UserIDAddress.folded(String(decoding: body, as: UTF8.self)), !found.contains(address) {
                found.append(address)
            }
        }
        return found
    }

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

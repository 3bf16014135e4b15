// IP networks as rules write them: `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`. Pure; never traps.

import Detection
import Glibc

/// A network: addresses that begin with the same bits.
package struct Network: Sendable, Equatable {
    /// 4 or 16 octets.
    private let octets: [UInt8]
    let prefixBits: Int

    /// - Returns: nil where the text is neither an address nor a network.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let octets = Self.octets(String(first)) else { return nil }
        self.octets = octets
        guard parts.count == 2 else {
            prefixBits = octets.count * 8
            return
        }
        guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (48...57).contains($0) }),
            let bits = Int(parts[1])
        else { return nil }
        // An IPv4 network in the spelling of IPv6 (::ffff:10.0.0.0/104).
        let isMapped = octets.count == 4 && first.contains(":")
        prefixBits = isMapped ? bits - 96 : bits
        guard (0...octets.count * 8).contains(prefixBits) else { return nil }
    }

    /// True where the address lies in it.
    /// - Parameter address: as ``octets(_:)`` gives it.
    func contains(_ address: [UInt8]) -> Bool {
        address.count == octets.count && Self.agree(address, octets, prefixBits)
    }

    /// True where all of the other lies in it.
    package func covers(_ other: Network) -> Bool { other.prefixBits >= prefixBits && contains(other.octets) }

    /// True where bits behind the prefix are set: `10.0.0.1/8`.
    var hasHostBits: Bool {
        (prefixBits..<octets.count * 8).contains { octets[$0 / 8] & (0x80 >> UInt8($0 % 8)) != 0 }
    }

    private static func agree(_ left: [UInt8], _ right: [UInt8], _ bits: Int) -> Bool {
        let whole = bits / 8
        guard left.prefix(whole) == right.prefix(whole) else { return false }
        guard bits % 8 > 0 else { return true }
        return (left[whole] ^ right[whole]) >> UInt8(8 - bits % 8) == 0
    }

    /// 4 or 16 octets; 4 for an IPv4 address in the spelling of IPv6 too. nil where the text is no address.
    static func octets(_ text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        let withoutZone = String(text.prefix { $0 != "%" })
        guard inet_pton(AF_INET6, withoutZone, &sixteen) == 1 else { return nil }
        let mapped = [UInt8](repeating: 0, count: 10) + [255, 255]
        return sixteen.starts(with: mapped) ? Array(sixteen[12...]) : sixteen
    }
}

// Networks as settings write them: an IP address, or one with a prefix length. Pure.

import Glibc

/// IP networks.
enum Network {
    /// `192.0.2.1/24` as `192.0.2.0/24`, `::1` as `::1/128`.
    /// - Returns: nil where the text is neither an address nor a network.
    static func canonical(_ text: String) -> String? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, var octets = octets(String(first)) else { return nil }
        var length = octets.count * 8
        if parts.count == 2 {
            guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (48...57).contains($0) }),
                let given = Int(parts[1]), given <= length
            else { return nil }
            length = given
        }
        for index in octets.indices {
            let kept = min(8, max(0, length - index * 8))
            octets[index] &= ~(UInt8(0xFF) >> UInt8(kept))
        }
        return spelling(octets).map { "\($0)/\(length)" }
    }

    private static func octets(_ text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, text, &sixteen) == 1 ? sixteen : nil
    }

    private static func spelling(_ octets: [UInt8]) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = octets.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, octets, &buffer, socklen_t(buffer.count)) != nil else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

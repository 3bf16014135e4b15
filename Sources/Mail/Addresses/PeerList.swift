// Peers by their address: IP addresses, networks, and "unix" for Unix sockets. Pure; never traps.

import Glibc

/// A list of networks.
package struct PeerList: Sendable, Equatable {
    private struct Network: Sendable, Equatable {
        var octets: [UInt8]
        var prefixBits: Int
    }

    private var networks: [Network] = []
    private var hasUnix = false

    /// - Parameter entries: each `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32` or `unix`. What is none of these is nobody:
    ///   the settings have been checked before (see ``isEntry(_:)``).
    package init(_ entries: [String] = []) {
        for entry in entries {
            if entry == "unix" {
                hasUnix = true
            } else if let network = Self.network(entry) {
                networks.append(network)
            }
        }
    }

    /// True where ``init(_:)`` understands the entry.
    package static func isEntry(_ text: String) -> Bool { text == "unix" || network(text) != nil }

    /// True where nobody is listed.
    package var isEmpty: Bool { networks.isEmpty && !hasUnix }

    /// True where the peer is listed.
    /// - Parameter address: without port, or "" for a Unix socket.
    package func contains(_ address: String) -> Bool {
        if address.isEmpty { return hasUnix }
        guard !networks.isEmpty, let octets = IPAddress.octets(address) else { return false }
        return networks.contains { network in
            network.octets.count == octets.count && Self.agree(network.octets, octets, network.prefixBits)
        }
    }

    private static func network(_ text: String) -> Network? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let octets = IPAddress.octets(String(first)) else { return nil }
        guard parts.count == 2 else { return Network(octets: octets, prefixBits: octets.count * 8) }
        guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (48...57).contains($0) }),
            var bits = Int(parts[1])
        else { return nil }
        // An IPv4 network in the spelling of IPv6.
        if first.contains(":"), octets.count == 4 { bits -= 96 }
        guard (0...octets.count * 8).contains(bits) else { return nil }
        return Network(octets: octets, prefixBits: bits)
    }

    private static func agree(_ left: [UInt8], _ right: [UInt8], _ bits: Int) -> Bool {
        let whole = bits / 8
        guard left.prefix(whole) == right.prefix(whole) else { return false }
        guard bits % 8 > 0 else { return true }
        return (left[whole] ^ right[whole]) >> UInt8(8 - bits % 8) == 0
    }
}

/// Addresses as text.
package enum IPAddress {
    /// 4 or 16 octets; 4 for an IPv4 address in the spelling of IPv6 too. nil where the text is no address.
    package static func octets(_ text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        let plain = String(text.prefix { $0 != "%" })
        guard inet_pton(AF_INET6, plain, &sixteen) == 1 else { return nil }
        return sixteen.starts(with: mapped) ? Array(sixteen[12...]) : sixteen
    }

    /// The text of 4 or 16 octets, an IPv4 address always as such.
    package static func text(_ octets: [UInt8]) -> String? {
        let plain = octets.count == 16 && octets.starts(with: mapped) ? Array(octets[12...]) : octets
        guard plain.count == 4 || plain.count == 16 else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = plain.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, plain, &buffer, socklen_t(buffer.count)) != nil else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static let mapped = [UInt8](repeating: 0, count: 10) + [255, 255]
}

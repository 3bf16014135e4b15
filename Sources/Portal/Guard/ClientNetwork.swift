// Who is asking: the network of the client's address, also behind proxies that are named in the settings. Pure.
// Sources: RFC 7239 (Forwarded); X-Forwarded-For as nginx and others write it.

package import Mail
package import SettingValues

/// The network that a client belongs to: IPv4 /24, IPv6 /56 (what one household or office has; RFC 6177), an IPv4
/// address in the spelling of IPv6 as IPv4. What has no address (a Unix socket without a proxy) is one network.
package struct ClientNetwork: Sendable, Hashable, CustomStringConvertible {
    private let octets: [UInt8]

    /// Of the client whose request is being answered; nil outside of one.
    @TaskLocal static var asking: ClientNetwork?

    /// - Parameter address: without port; anything that is none counts as one and the same network.
    package init(_ address: String) {
        guard let all = IPAddress.octets(address) else {
            octets = []
            return
        }
        octets = Array(all.prefix(all.count == 4 ? 3 : 7))
    }

    /// For the log: the network, never the whole address.
    package var description: String {
        switch octets.count {
        case 3: (IPAddress.text(octets + [0]) ?? "?") + "/24"
        case 7: (IPAddress.text(octets + [UInt8](repeating: 0, count: 9)) ?? "?") + "/56"
        default: "local"
        }
    }
}

/// Reads what proxies say about the client.
package enum ForwardedAddress {
    /// Entries that are looked at, from the right.
    private static let mostEntries = 20

    /// The client's address: of the chain (client, proxy, …, our peer) the rightmost that is not trusted. Where the
    /// peer is not trusted, or an entry that counts is no address, it is the peer's own.
    /// - Parameters:
    ///   - peer: address of the socket's other end, "" for a Unix socket.
    ///   - values: of all fields of that name, in order.
    package static func client(
        peer: String, values: [String], field: PortalSettings.ForwardedField, trusted: PeerList
    ) -> String {
        guard trusted.contains(peer) else { return peer }
        let entries = values.joined(separator: ",").split(separator: ",", omittingEmptySubsequences: true)
        var client = peer
        for entry in entries.suffix(mostEntries).reversed() {
            let text = entry.trimmed
            guard let address = field == .forwarded ? forAddress(text) : bare(text) else { return peer }
            client = address
            guard trusted.contains(address) else { return client }
        }
        return client
    }

    /// `for=` of one element of Forwarded: `for="[2001:db8::1]:4711";proto=https`.
    private static func forAddress(_ element: Substring) -> String? {
        for pair in element.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].trimmed.lowercased() == "for" else { continue }
            var value = parts[1].trimmed
            if value.hasPrefix("\""), value.hasSuffix("\""), value.count >= 2 { value = value.dropFirst().dropLast() }
            return bare(value)
        }
        return nil
    }

    /// An address, perhaps in brackets, perhaps with a port.
    private static func bare(_ text: Substring) -> String? {
        var text = text
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            text = text[text.index(after: text.startIndex)..<end]
        } else if text.filter({ $0 == ":" }).count == 1, let colon = text.firstIndex(of: ":") {
            text = text[..<colon]
        }
        guard text.utf8.count <= 45, IPAddress.octets(String(text)) != nil else { return nil }
        return String(text)
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var rest = self
        while rest.first == " " || rest.first == "\t" { rest = rest.dropFirst() }
        while rest.last == " " || rest.last == "\t" { rest = rest.dropLast() }
        return rest
    }
}

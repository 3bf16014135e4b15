// Where a socket is: `host:port`, `[v6]:port` or `unix:/path`, as settings write it. Pure; gives a value or nil.

/// The address of a listener or of the next hop.
package enum HostPort: Hashable, Sendable, CustomStringConvertible {
    /// A host name or IP address (IPv6 without its brackets) and a port from 0 to 65535; 0 lets the system choose.
    case tcp(host: String, port: Int)
    /// A Unix socket at an absolute path of at most 107 octets (what `sun_path` holds with its final zero).
    case unix(path: String)

    /// Reads `mail.example.org:25`, `127.0.0.1:25`, `[::1]:25` or `unix:/run/letterlock/smtp`.
    /// - Returns: nil where the text is none of these, or its port is no number from 0 to 65535.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard path.hasPrefix("/"), path.utf8.count <= 107, path.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
                return nil
            }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            let inner = host.dropFirst().dropLast()
            guard inner.contains(":"), inner.utf8.allSatisfy(Self.isIPv6Octet) else { return nil }
            self = .tcp(host: String(inner), port: port)
        } else {
            guard (1...255).contains(host.utf8.count), host.utf8.allSatisfy(Self.isHostOctet) else { return nil }
            self = .tcp(host: String(host), port: port)
        }
    }

    /// The spelling that ``init(_:)`` reads.
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// True for `.tcp`.
    package var isTCP: Bool {
        if case .tcp = self { true } else { false }
    }

    private static func port(_ text: Substring) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        guard let port = Int(text), port <= 65535 else { return nil }
        return port
    }

    /// Letters, digits, hyphen, dot, and the underscore because real hosts use it.
    private static func isHostOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Hexadecimal digits, colon, dot (embedded IPv4), and a zone (`fe80::1%eth0`).
    private static func isIPv6Octet(_ octet: UInt8) -> Bool {
        isHostOctet(octet) || octet == UInt8(ascii: ":") || octet == UInt8(ascii: "%")
    }
}

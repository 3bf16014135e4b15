// `next-hop`: where mail goes on to and how that connection is secured: an address, TLS, who we say we are. Values;
// nothing is read here.

package import Mail

/// What there is to know about the next hop.
package struct NextHopSettings: Sendable, Equatable {
    /// How much the connection is secured.
    package enum TLS: String, Sendable, CaseIterable {
        /// In clear: for a hop on this machine, or a network of one's own.
        case none
        /// STARTTLS where it is offered, with whatever certificate; in clear where that fails (RFC 7435).
        case opportunistic
        /// TLS or nothing, with whatever certificate: keeps listeners out, not who stands between.
        case required
        /// TLS with a certificate that proves the hop's name, or with a pinned key. Only this hop gets mail that asks
        /// for REQUIRETLS (RFC 8689).
        case verified
    }

    /// A user at a smarthost.
    package struct Login: Sendable, Equatable {
        /// Name of the user.
        package var user: String
        /// File whose first line is the password; read anew for each connection.
        package var passwordFile: String

        /// A login from its parts.
        package init(user: String, passwordFile: String) {
            self.user = user
            self.passwordFile = passwordFile
        }
    }

    /// Where it listens.
    package var address: HostPort
    /// How much the connection is secured.
    package var tls = TLS.none
    /// True where TLS begins with the first octet (port 465, RFC 8314), without STARTTLS; of no meaning with `none`.
    package var isImplicit = false
    /// `verified`: PEM file of the authorities to trust, or nil for the system's.
    package var caFile: String?
    /// `verified`: any of these keys proves the hop, whatever its certificate says else; empty to go by name and
    /// authority.
    package var pins: [KeyPin] = []
    /// The name to ask for (SNI) and to find in the certificate, or nil for the address's host.
    package var name: String?
    /// Who we say we are, or nil.
    package var login: Login?

    /// The defaults, with an address.
    package init(address: HostPort = .tcp(host: "127.0.0.1", port: 10026)) { self.address = address }

    /// The name of the hop, without a final dot; nil for a Unix socket without ``name``.
    package var serverName: String? {
        let text: String
        switch (name, address) {
        case (let name?, _): text = name
        case (nil, .tcp(let host, _)): text = host
        case (nil, .unix): return nil
        }
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    /// True where nobody but this machine sees the connection.
    package var isLocal: Bool {
        switch address {
        case .unix: true
        case .tcp(let host, _): host == "localhost" || host == "::1" || Self.isLoopback(four: host)
        }
    }

    /// `127.0.0.0/8`, and not a name that begins like it.
    private static func isLoopback(four host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

// Where mail goes on to and how that connection is secured: an address, TLS, who we say we are. Values; nothing is read
// here.

import Cryptography

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
    package var tls: TLS
    /// True where TLS begins with the first octet (port 465, RFC 8314), without STARTTLS; of no meaning with `none`.
    package var isImplicit: Bool
    /// `verified`: PEM file of the authorities to trust, or nil for the system's.
    package var caFile: String?
    /// `verified`: any of these keys proves the hop, whatever its certificate says else; empty to go by name and
    /// authority.
    package var pins: [KeyPin]
    /// The name to ask for (SNI) and to find in the certificate, or nil for the address's host.
    package var name: String?
    /// Who we say we are, or nil.
    package var login: Login?

    /// Settings from their parts.
    package init(
        address: HostPort, tls: TLS = .none, isImplicit: Bool = false, caFile: String? = nil, pins: [KeyPin] = [],
        name: String? = nil, login: Login? = nil
    ) {
        self.address = address
        self.tls = tls
        self.isImplicit = isImplicit
        self.caFile = caFile
        self.pins = pins
        self.name = name
        self.login = login
    }

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

/// SHA-256 of a certificate's SubjectPublicKeyInfo, as DANE's `3 1 1` has it (RFC 7469 section 2.4 for the spelling).
package struct KeyPin: Sendable, Hashable, CustomStringConvertible {
    /// 32 bytes.
    package let digest: [UInt8]

    /// Reads base64 of 32 bytes, with `sha256/` or `sha256//` before it or not. One makes it with
    /// `openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64`.
    package init?(_ text: String) {
        // From the end: the digits may begin with a slash, too.
        let base64 = text.suffix(44)
        guard ["", "sha256/", "sha256//"].contains(text.dropLast(base64.count)) else { return nil }
        guard let bytes = Base64.decode(base64), bytes.count == 32 else { return nil }
        digest = bytes
    }

    /// `sha256/` and base64.
    package var description: String { "sha256/\(Base64.encode(digest))" }
}

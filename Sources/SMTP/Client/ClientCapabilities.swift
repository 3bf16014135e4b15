// What the next hop announced in its EHLO reply (RFC 5321 section 4.1.1.1). Pure; unknown keywords are passed over.

/// The extensions of a hop that matter to the client.
package struct ClientCapabilities: Sendable, Equatable {
    /// PIPELINING (RFC 2920).
    package var pipelining = false
    /// 8BITMIME (RFC 6152).
    package var eightBitMIME = false
    /// SMTPUTF8 (RFC 6531).
    package var smtputf8 = false
    /// True where SIZE was announced (RFC 1870), with or without a limit.
    package var size = false
    /// The limit of SIZE in bytes; nil where there is none (`SIZE`, `SIZE 0`) or where it is no number.
    package var sizeLimitBytes: Int?

    /// STARTTLS (RFC 3207).
    package var startTLS = false
    /// DSN (RFC 3461).
    package var dsn = false
    /// REQUIRETLS (RFC 8689).
    package var requireTLS = false
    /// Mechanisms of AUTH (RFC 4954), in upper case; also those of `AUTH=`, as old servers write it.
    package var loginMechanisms: [String] = []
    /// RCPTMAX of LIMITS (RFC 9422): the most recipients of one transaction, or nil.
    package var recipientMax: Int?
    /// MAILMAX of LIMITS (RFC 9422): the most transactions of one connection, or nil.
    package var mailMax: Int?
    /// What secures the connection on which this was announced; not the hop's words.
    package var security = ClientSecurity.clear

    /// A hop that knows HELO only.
    package init() {}

    /// Reads the EHLO reply; its first line is the hop's name.
    package init(_ reply: Reply) {
        for line in reply.lines.dropFirst() {
            let words = line.split(separator: " ")
            switch words.first?.uppercased() {
            case "PIPELINING": pipelining = true
            case "8BITMIME": eightBitMIME = true
            case "SMTPUTF8": smtputf8 = true
            case "SIZE":
                size = true
                sizeLimitBytes = words.dropFirst().first.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
            case "STARTTLS": startTLS = true
            case "DSN": dsn = true
            case "REQUIRETLS": requireTLS = true
            case "AUTH": loginMechanisms += words.dropFirst().map { $0.uppercased() }
            case "LIMITS": for word in words.dropFirst() { takeLimit(word) }
            case let word? where word.hasPrefix("AUTH="):
                loginMechanisms += ([word.dropFirst("AUTH=".count)] + words.dropFirst()).map { $0.uppercased() }
            default: continue
            }
        }
    }

    /// `RCPTMAX=100`; what is not understood is passed over (RFC 9422 section 3).
    private mutating func takeLimit(_ word: Substring) {
        let parts = word.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let value = Int(parts[1]), value > 0 else { return }
        switch parts[0].uppercased() {
        case "RCPTMAX": recipientMax = value
        case "MAILMAX": mailMax = value
        default: return
        }
    }

    /// What the hop lacks for a transaction, or nil.
    package func shortfall(for transaction: ClientTransaction) -> ClientShortfall? {
        if transaction.requiresTLS, !requireTLS || security != .verified { return .requireTLS }
        if transaction.needsSMTPUTF8, !smtputf8 { return .smtputf8 }
        if transaction.needs8BitMIME, !eightBitMIME { return .eightBitMIME }
        if let limit = sizeLimitBytes, transaction.contentBytes > limit { return .size(limitBytes: limit) }
        return nil
    }
}

/// How a connection is secured.
package enum ClientSecurity: Sendable, Equatable {
    /// Not at all.
    case clear
    /// By TLS, with any server at the other end.
    case encrypted
    /// By TLS, and the hop has proved who it is.
    case verified
}

/// What a dialogue must come to before its first transaction.
package struct ClientOpening: Sendable, Equatable {
    /// When TLS begins.
    package enum TLS: Sendable, Equatable {
        /// Never.
        case never
        /// With STARTTLS, where the hop offers it and says yes.
        case ifOffered
        /// With STARTTLS; without it, the dialogue ends.
        case required
        /// With the first octet; nothing comes before ``ClientSession/secured(_:)``.
        case implicit
    }

    /// When TLS begins.
    package var tls: TLS
    /// True where we log in; a hop where that cannot be done is of no use.
    package var logsIn: Bool
    /// True where a password may go over a connection in clear: only ever on this machine.
    package var mayLogInClear: Bool

    /// An opening from its parts; without any, in clear and as nobody.
    package init(tls: TLS = .never, logsIn: Bool = false, mayLogInClear: Bool = false) {
        self.tls = tls
        self.logsIn = logsIn
        self.mayLogInClear = mayLogInClear
    }
}

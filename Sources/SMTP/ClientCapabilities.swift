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
    /// RCPTMAX of LIMITS (RFC 9422): recipients of one transaction, or nil where none is announced.
    package var recipientMax: Int?

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
            case "LIMITS":
                for limit in words.dropFirst() where limit.uppercased().hasPrefix("RCPTMAX=") {
                    recipientMax = Int(limit.dropFirst("RCPTMAX=".count)).flatMap { $0 > 0 ? $0 : nil }
                }
            default: continue
            }
        }
    }

    /// What the hop lacks for a transaction, or nil.
    package func shortfall(for transaction: ClientTransaction) -> ClientShortfall? {
        // Not offered by any hop until the client speaks TLS.
        if transaction.requiresTLS { return .requireTLS }
        if transaction.needsSMTPUTF8, !smtputf8 { return .smtputf8 }
        if transaction.needs8BitMIME, !eightBitMIME { return .eightBitMIME }
        if let limit = sizeLimitBytes, transaction.contentBytes > limit { return .size(limitBytes: limit) }
        return nil
    }
}

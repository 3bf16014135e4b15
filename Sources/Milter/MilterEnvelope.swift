// The envelope as a milter is told it: arguments of MAIL and RCPT as the SMTP client wrote them, an address first, then
// ESMTP parameters. Takes octets; gives values or nil. Pure; never traps.
// Source: RFC 5321 section 4.1.2, RFC 1870, RFC 6152, RFC 6531, RFC 3461, RFC 8689.

import Mail

/// Reads arguments.
enum MilterArguments {
    /// An address of MAIL or RCPT.
    enum Address: Equatable {
        /// `<>`.
        case null
        case mailbox(Mailbox)
        /// No address with a domain: the MTA completes it in a way of its own, which its macros may tell.
        case other
    }

    /// Reads `<bob@example.org>`; MTAs that are not strict let the brackets be missing.
    static func address(_ octets: [UInt8]) -> Address {
        var inner = octets[...]
        while let first = inner.first, first == 32 || first == 9 { inner = inner.dropFirst() }
        while let last = inner.last, last == 32 || last == 9 { inner = inner.dropLast() }
        let isBracketed = inner.first == UInt8(ascii: "<") && inner.last == UInt8(ascii: ">") && inner.count > 1
        if isBracketed { inner = inner.dropFirst().dropLast() }
        if inner.isEmpty { return isBracketed ? .null : .other }
        guard let plain = withoutRoute(inner), let text = String(validating: plain, as: UTF8.self),
            let mailbox = Mailbox(text)
        else {
            return .other
        }
        return .mailbox(mailbox)
    }

    /// Drops the source route of `@a,@b:user@example.org` (RFC 5321 appendix C).
    private static func withoutRoute(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard octets.first == UInt8(ascii: "@") else { return octets }
        guard let colon = octets.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return octets[(colon + 1)...]
    }

    /// A parameter: keyword in upper case, and its value.
    static func parameter(_ octets: [UInt8]) -> (keyword: String, value: String) {
        let parts = octets.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        let keyword = String(decoding: parts.first ?? [], as: UTF8.self).uppercased()
        return (keyword, parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : "")
    }
}

/// The envelope while it is being told.
struct MilterEnvelope: Sendable {
    private(set) var envelope: Envelope
    /// Arguments of RCPT as they came, by mailbox: the MTA finds a recipient again only by its own spelling.
    private(set) var spellings: [Mailbox: [[UInt8]]] = [:]
    /// Why this envelope cannot be taken.
    private(set) var fault: Refusal?
    private let recipientLimit: Int
    private var spellingCount = 0

    /// Longest address as the MTA writes it: twice what RFC 5321 section 4.5.3.1.3 allows a path, and a route before
    /// it.
    private static let addressBytes = 1000

    /// - Parameters:
    ///   - arguments: of MAIL; the address first.
    ///   - macroAddress: `{mail_addr}`, the MTA's own reading of the address.
    init(arguments: [[UInt8]], macroAddress: [UInt8]?, recipientLimit: Int) {
        self.recipientLimit = recipientLimit
        envelope = Envelope(sender: nil, recipients: [])
        let written = arguments.first ?? []
        switch MilterArguments.address(written) {
        case .null: break
        case .mailbox(let mailbox): envelope.sender = mailbox
        case .other:
            if case .mailbox(let mailbox) = MilterArguments.address(macroAddress ?? []) {
                envelope.sender = mailbox
            } else {
                fault = Self.unreadable(written)
            }
        }
        for argument in arguments.dropFirst() {
            let (keyword, value) = MilterArguments.parameter(argument)
            switch keyword {
            case "BODY": envelope.body = Envelope.Body(rawValue: value.uppercased()) ?? .eightBitMIME
            case "SMTPUTF8": envelope.smtputf8 = true
            case "RET": envelope.ret = Envelope.Return(rawValue: value.uppercased())
            case "ENVID": envelope.envelopeID = value.isEmpty ? nil : NotificationParameters.envelopeID(value)
            case "REQUIRETLS": envelope.requiresTLS = true
            // SIZE is a guess of the client, AUTH and the rest are the MTA's business.
            default: break
            }
        }
    }

    /// Takes a recipient.
    /// - Parameters:
    ///   - arguments: of RCPT; the address first.
    ///   - macroAddress: `{rcpt_addr}`.
    mutating func add(arguments: [[UInt8]], macroAddress: [UInt8]?) {
        guard fault == nil else { return }
        let written = arguments.first ?? []
        let mailbox: Mailbox
        switch MilterArguments.address(written) {
        case .mailbox(let read): mailbox = read
        case .null, .other:
            guard case .mailbox(let read) = MilterArguments.address(macroAddress ?? []) else {
                fault = Self.unreadable(written)
                return
            }
            mailbox = read
        }
        guard spellings[mailbox]?.contains(written) != true else { return }
        // Each spelling counts: they are all kept, to be taken out again.
        guard spellingCount < recipientLimit, written.count <= Self.addressBytes else {
            fault = Refusal(.busy, "more than \(recipientLimit) recipients, send the rest separately")
            return
        }
        spellingCount += 1
        spellings[mailbox, default: []].append(written)
        guard !envelope.recipients.contains(mailbox) else { return }
        envelope.recipients.append(mailbox)
        let options = Self.options(arguments.dropFirst())
        if options != Envelope.RecipientOptions() { envelope.recipientOptions[mailbox] = options }
    }

    private static func options(_ arguments: ArraySlice<[UInt8]>) -> Envelope.RecipientOptions {
        var options = Envelope.RecipientOptions()
        for argument in arguments {
            let (keyword, value) = MilterArguments.parameter(argument)
            switch keyword {
            case "NOTIFY": options.notify = NotificationParameters.notify(value)
            case "ORCPT": options.originalRecipient = NotificationParameters.originalRecipient(value)
            default: break
            }
        }
        return options
    }

    private static func unreadable(_ written: [UInt8]) -> Refusal {
        let shown = String(decoding: written.prefix(100), as: UTF8.self)
        let inner = String(decoding: written, as: UTF8.self).drop { $0 == "<" || $0 == " " }.prefix { $0 != ">" }
        let fault = inner.contains("@") ? " (\(Mailbox.fault(in: String(inner))))" : ""
        return Refusal(
            .policy, "\(shown): an address that is no local@domain is not taken\(fault)",
            detail: "an address that is no local part and domain is not taken")
    }
}

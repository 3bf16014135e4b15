// 4xx or 5xx, derived from the cause in one exhaustive switch (RFC 5321 section 4.2, RFC 3463).

extension Refusal {
    /// Reply code and enhanced status code of a cause. Ours or temporary: 4xx. The policy or the message: 5xx.
    private var codes: (reply: Int, enhanced: String) {
        switch cause {
        case .policy, .noUsableMethod: (550, "5.7.1")
        case .messageTooBig: (552, "5.3.4")
        case .badLineEnding: (550, "5.6.11")
        case .mailLoop: (554, "5.4.6")
        case .conversionRequired: (554, "5.6.3")
        case .smtputf8Required: (553, "5.6.7")
        case .requireTLSUnavailable: (550, "5.7.30")
        case .senderNotAllowed: (553, "5.7.1")
        case .splitNeeded: (451, "4.7.1")
        // "Too many recipients": the sender is to divide the message (RFC 3463 section 3.6).
        case .tooManyLetters: (554, "5.5.3")
        case .nextHopRefused(let code, let enhanced): ((500..<600).contains(code) ? code : 554, enhanced)
        case .nextHopDeferred(let code, let enhanced): ((400..<500).contains(code) ? code : 451, enhanced)
        case .nextHopUnavailable: (451, "4.4.1")
        case .engine, .sealCheck, .undecided, .internalError: (451, "4.3.0")
        case .storage: (451, "4.3.1")
        case .deadline: (451, "4.4.7")
        case .busy: (451, "4.3.2")
        case .noRoom: (452, "4.3.1")
        }
    }

    /// The three-digit SMTP reply code.
    package var replyCode: Int { codes.reply }
    /// The enhanced status code (RFC 3463), such as `5.7.1`.
    package var enhancedCode: String { codes.enhanced }
    /// True for 5xx: trying again as it is will not help.
    package var isPermanent: Bool { replyCode >= 500 }
}

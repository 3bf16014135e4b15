// The plausible readings of octets as text. Programs differ in what they make of a charset that is unknown, wrong or
// damaged: each reading is a text that some reader sees, so all of them are searched. Pure apart from iconv; linear;
// text in ASCII or valid UTF-8 is read once.

/// What octets may say.
struct CharsetReadings {
    /// Readings kept of one text at most.
    static let limit = 3

    /// At least one, the likeliest first, each once.
    private(set) var texts: [String]
    /// False where no reading is text, or each has lost octets.
    private(set) var isRead: Bool

    /// - Parameters:
    ///   - declared: the charset as the mail names it, or nil.
    ///   - within: the charset that the document names itself, or nil.
    ///   - isFile: true for an attachment, which is saved without what the mail says of it.
    init(_ octets: [UInt8], declared: String?, within: String? = nil, isFile: Bool = false) {
        let encoding = CharsetNames.encoding(declared ?? within)
        if let plain = Self.plain(octets, encoding) {
            texts = [plain]
            isRead = true
            return
        }
        var candidates: [Candidate] = []
        if let mark = Self.mark(octets) { candidates.append(Candidate(Charset.decode(octets, mark))) }
        candidates += Self.labelled(octets, encoding)
        if declared != nil, let within, let own = CharsetNames.encoding(within), own != encoding {
            candidates.append(Candidate(Charset.decode(octets, own)))
        }
        if candidates.isEmpty || isFile || Self.asksForOctets(octets, encoding, candidates) {
            var octets = octets
            if case .iconv(let name) = encoding, name.hasPrefix("ISO-2022") { octets = ISO2022.withoutEscapes(octets) }
            candidates.append(Self.undeclared(octets, isLabelled: encoding != nil))
        }
        texts = []
        isRead = false
        for candidate in candidates {
            guard let text = candidate.text else { continue }
            if candidate.isWhole, !isRead { isRead = Self.isReadable(text) }
            if texts.count < Self.limit, !texts.contains(text) { texts.append(text) }
        }
        if texts.isEmpty { texts = [""] }
    }

    private struct Candidate {
        let text: String?
        /// False where octets were lost.
        let isWhole: Bool

        init(_ text: String?, isWhole: Bool) {
            self.text = text
            self.isWhole = isWhole
        }
        init(_ decoded: Charset.Decoded?) { self.init(decoded?.text, isWhole: decoded?.isClean ?? false) }
    }

    /// The text where there is only one way to read it: almost all mail.
    private static func plain(_ octets: [UInt8], _ encoding: CharsetEncoding?) -> String? {
        switch encoding {
        case .utf8, .ascii:
            let valid = Charset.validUTF8(octets)
            return valid
        case .windows1252: return octets.allSatisfy { $0 < 128 } ? String(decoding: octets, as: UTF8.self) : nil
        default: return nil
        }
    }

    /// A byte order mark wins over every label (WHATWG Encoding section 6).
    private static func mark(_ octets: [UInt8]) -> CharsetEncoding? {
        if octets.starts(with: [0xFF, 0xFE]) || octets.starts(with: [0xFE, 0xFF]) { return .utf16 }
        return octets.starts(with: [0xEF, 0xBB, 0xBF]) ? .utf8 : nil
    }

    private static func labelled(_ octets: [UInt8], _ encoding: CharsetEncoding?) -> [Candidate] {
        guard let encoding else { return [] }
        if encoding == .utf16, mark(octets) == nil {
            // Big-endian by RFC 2781 section 4.3, little-endian by WHATWG, and by the octets where they tell.
            var zeros = (even: 0, odd: 0)
            for (index, octet) in octets.enumerated() where octet == 0 {
                if index.isMultiple(of: 2) { zeros.even += 1 } else { zeros.odd += 1 }
            }
            let little = Candidate(Charset.decode(octets, .iconv("UTF-16LE")))
            let big = Candidate(Charset.decode(octets, .iconv("UTF-16BE")))
            if zeros.odd > zeros.even * 4 { return [little] }
            return zeros.even > zeros.odd * 4 ? [big] : [big, little]
        }
        let decoded = Charset.decode(octets, encoding)
        guard encoding == .utf8 || encoding == .ascii, decoded?.isClean == false else { return [Candidate(decoded)] }
        let western = Candidate(Charset.decode(octets, .windows1252))
        // Undeclared: mixed first, then as a browser shows it.
        return [Candidate(decoded?.text, isWhole: encoding == .ascii), western]
    }

    /// True where some program is likely to show the octets whatever the label says.
    private static func asksForOctets(
        _ octets: [UInt8], _ encoding: CharsetEncoding?, _ candidates: [Candidate]
    ) -> Bool {
        switch encoding {
        case nil, .utf16: return true
        case .utf8, .ascii: return false
        case .windows1252: return Charset.validUTF8(octets) != nil
        case .iconv(let name):
            if name.hasPrefix("UTF-") { return true }
            if name.hasPrefix("ISO-2022-JP") { return !candidates.allSatisfy(\.isWhole) || holdsOddEscape(octets) }
            if name.hasPrefix("ISO-2022") || name == "HZ" { return true }
            return !candidates.allSatisfy(\.isWhole)
                || (octets.contains { $0 > 127 } && Charset.validUTF8(octets) != nil)
        }
    }

    /// True where there is an escape that browsers do not know in iso-2022-jp (WHATWG Encoding section 12.2), so that
    /// they show what stands behind it as it is.
    private static func holdsOddEscape(_ octets: [UInt8]) -> Bool {
        var place = 0
        while let found = octets[place...].firstIndex(of: 0x1B) {
            let code = octets[(found + 1)...].prefix(2)
            let isKnown = ["(B", "(J", "(I", "$@", "$B"].contains { code.elementsEqual($0.utf8) }
            if !isKnown { return true }
            place = found + 1
        }
        return octets.contains { $0 == 14 || $0 == 15 || $0 > 127 }
    }

    /// The octets as a program takes them that knows no label: UTF-8 where they are that, else as windows-1252. Of an
    /// unknown charset with few ASCII characters that is no reading.
    private static func undeclared(_ octets: [UInt8], isLabelled: Bool) -> Candidate {
        if let valid = Charset.validUTF8(octets) { return Candidate(valid, isWhole: true) }
        let isGuess = !isLabelled && octets.count { $0 > 127 } * 3 > octets.count
        return Candidate(Charset.decode(octets, .ascii)?.text, isWhole: !isGuess)
    }

    /// True where at least 95 of 100 characters can be printed; NUL, which is left out of texts, aside.
    static func isReadable(_ text: String) -> Bool {
        var all = 0
        var bad = 0
        for scalar in text.unicodeScalars where scalar.value != 0 {
            all += 1
            if scalar.value < 32 {
                if !(9...13).contains(scalar.value), scalar.value != 27 { bad += 1 }
            } else if scalar.value >= 127 {
                switch scalar.properties.generalCategory {
                case .control, .unassigned, .privateUse, .surrogate: bad += 1
                default: if scalar.value == 0xFFFD { bad += 1 }
                }
            }
        }
        return bad * 20 <= all
    }
}

// The words of a header field that people read and that are no address: display names, comments and names of groups
// (RFC 5322 section 3.4). Pure; linear.

extension HeaderField {
    /// Fields of addresses, by lower-case name: who wrote and reads the message, by RFC 5322 and as programs add them.
    private static let addressFields: Set<String> = [
        "from", "sender", "reply-to", "to", "cc", "resent-from", "resent-sender", "resent-to", "resent-cc",
        "resent-reply-to", "disposition-notification-to", "return-receipt-to", "mail-followup-to", "mail-reply-to",
        "errors-to", "x-original-from", "apparently-to",
    ]

    /// True for a field that holds addresses with names beside them.
    package var holdsAddresses: Bool { Self.addressFields.contains { isNamed($0) } }

    /// True for a field whose text is written for people and stands outside of the body: Comments and Keywords
    /// (RFC 5322 section 3.6.5), and Thread-Topic, which Outlook shows as the name of a conversation. The subject is
    /// one of its own.
    package var isRemark: Bool { isNamed("Comments") || isNamed("Keywords") || isNamed("Thread-Topic") }

    /// What a field of addresses says beside them, in every reading, the likeliest first; empty where there is nothing.
    /// One line per address.
    package var namesBeside: [String] {
        guard unfolded.utf8.contains(where: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "(") || $0 <= 32 })
        else { return [] }
        let bare = FieldWords.withoutAddresses(unfolded)
        guard bare.utf8.contains(where: { $0 > 32 }) else { return [] }
        if bare.utf8.allSatisfy({ $0 < 128 && $0 != UInt8(ascii: "=") }) { return [bare] }
        var work = WorkCounter()
        var texts: [String] = []
        for text in EncodedWords.readings(bare, work: &work, keepsLines: true).texts + otherBare {
            if !texts.contains(text) { texts.append(text) }
        }
        if let turned = texts.first.flatMap(DirectionOverride.visual) { texts.insert(turned, at: 1) }
        return Array(texts.prefix(Part.formLimit))
    }

    /// Of raw octets that are no UTF-8, as windows-1252.
    private var otherBare: [String] {
        guard unfolded.unicodeScalars.contains("\u{FFFD}") else { return [] }
        return otherTexts.map(FieldWords.withoutAddresses)
    }
}

/// Takes addresses out.
enum FieldWords {
    /// - Returns: everything but what stands in angle brackets with an at sign, and words with an at sign outside of
    ///   quotes.
    static func withoutAddresses(_ field: String) -> String {
        let octets = Array(field.utf8)
        var kept: [UInt8] = []
        var word: [UInt8] = []
        var depth = 0
        var place = 0
        func isAddress(_ word: [UInt8]) -> Bool { depth == 0 && word.contains(UInt8(ascii: "@")) }
        while place < octets.count {
            let octet = octets[place]
            switch octet {
            case UInt8(ascii: "\""):
                let end = quotedEnd(octets, place)
                // A quoted local part: `"a b"@example.org`.
                if end < octets.count, octets[end] == UInt8(ascii: "@") {
                    word.append(octet)
                } else {
                    kept += isAddress(word) ? [] : word
                    kept += unescaped(octets[(place + 1)..<max(place + 1, end - 1)])
                    word = []
                    place = end - 1
                }
            case UInt8(ascii: "<") where depth == 0:
                let end = octets[place...].firstIndex(of: UInt8(ascii: ">")) ?? octets.count - 1
                kept += word
                word = []
                if !octets[place...end].contains(UInt8(ascii: "@")) { kept += octets[place...end] }
                kept.append(32)
                place = end
            case UInt8(ascii: ","), UInt8(ascii: ";"):
                if !isAddress(word) { kept += word }
                word = []
                kept.append(depth == 0 ? 10 : octet)
            case UInt8(ascii: "("), UInt8(ascii: ")"), 32, 9:
                if !isAddress(word) { kept += word }
                word = []
                kept.append(32)
                if octet == UInt8(ascii: "(") { depth += 1 }
                if octet == UInt8(ascii: ")"), depth > 0 { depth -= 1 }
            // A quoted pair (RFC 5322 section 3.2.1).
            case UInt8(ascii: "\\") where depth > 0: break
            default: word.append(octet)
            }
            place += 1
        }
        if !isAddress(word) { kept += word }
        return String(decoding: kept, as: UTF8.self)
    }

    /// Without the backslashes of quoted pairs.
    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
        guard text.contains(UInt8(ascii: "\\")) else { return Array(text) }
        var kept: [UInt8] = []
        var isEscaped = false
        for octet in text {
            isEscaped = !isEscaped && octet == UInt8(ascii: "\\")
            if !isEscaped { kept.append(octet) }
        }
        return kept
    }

    /// Behind the closing quote, or the end.
    private static func quotedEnd(_ octets: [UInt8], _ start: Int) -> Int {
        var place = start + 1
        while place < octets.count, octets[place] != UInt8(ascii: "\"") {
            place += octets[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(place + 1, octets.count)
    }
}

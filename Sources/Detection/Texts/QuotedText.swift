// What a letter quotes of another: lines behind `>`, and all that follows the line with which Outlook and its like
// begin the letter that is answered. For `quoted: false`. HTML is for the reader of MIME. Pure; linear.

/// Takes quotations out of a plain text.
enum QuotedText {
    /// The text without what it quotes; nil where it quotes nothing.
    static func removed(from text: String) -> String? {
        var kept: [Substring.UTF8View] = []
        var isChanged = false
        for line in text.utf8.split(separator: 10, omittingEmptySubsequences: false) {
            if isSeparator(line) {
                isChanged = true
                break
            }
            if isQuoted(line) {
                // An empty line stays: what stood before and behind must not become one.
                isChanged = true
                kept.append("".utf8[...])
            } else {
                kept.append(line)
            }
        }
        guard isChanged else { return nil }
        return kept.map { String(Substring($0)) }.joined(separator: "\n")
    }

    private static func isQuoted(_ line: Substring.UTF8View) -> Bool {
        line.drop { $0 == 32 || $0 == 9 }.first == UInt8(ascii: ">")
    }

    /// `-----Original Message-----` in the languages of the mail programs.
    private static func isSeparator(_ line: Substring.UTF8View) -> Bool {
        guard line.count < 80 else { return false }
        let inner = line.drop { $0 == 32 || $0 == 9 }
        guard inner.prefix(2).elementsEqual("--".utf8) else { return false }
        let words = String(Substring(inner)).lowercased().trimming(in: "-_ \t\r")
        return separators.contains(words)
    }

    private static let separators: Set<String> = [
        "original message", "forwarded message", "ursprüngliche nachricht", "originalnachricht",
        "weitergeleitete nachricht", "message d'origine", "message d’origine", "message original", "message transféré",
        "mensaje original", "mensaje reenviado", "messaggio originale", "messaggio inoltrato", "oorspronkelijk bericht",
        "doorgestuurd bericht", "mensagem original",
    ]
}

extension String {
    fileprivate func trimming(in characters: String) -> String {
        let inner = drop { characters.contains($0) }
        guard let last = inner.lastIndex(where: { !characters.contains($0) }) else { return "" }
        return String(inner[...last])
    }
}

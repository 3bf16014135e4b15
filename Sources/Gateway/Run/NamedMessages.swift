// Which messages a message names, and its own name: Message-IDs with angle brackets, as header fields write them. Pure.
// Source: RFC 5322 section 3.6.4; what mail programs write beside it (no brackets, no space between two) is read too.

import MIME
import Vault

/// Message-IDs in a header.
struct NamedMessages {
    /// Those that it refers to (In-Reply-To, References), the nearest first; as many as are looked up at once.
    let referred: [String]
    /// Its own, each once.
    let own: [String]

    private static let longest = 2000
    /// In-Reply-To leaves room for the end of References.
    private static let mostAnswered = Ledger.protectedLookup / 2

    init(_ header: HeaderSection) {
        var referred: [String] = []
        for field in ["In-Reply-To", "References"] {
            let most = field == "In-Reply-To" ? Self.mostAnswered : Ledger.protectedLookup
            for name in Self.names(in: header.all(field)).reversed()
            where referred.count < most && !referred.contains(name) {
                referred.append(name)
            }
        }
        self.referred = referred
        own = Array(Self.names(in: header.all("Message-ID")).prefix(Self.mostOwn))
    }

    /// A field that is there twice, or has more than one name, is answered by any of them.
    private static let mostOwn = 8

    /// Programs write long names as encoded words (RFC 2047), which no mail program should.
    private static func names(in fields: [HeaderField]) -> [String] {
        names(in: fields.map { $0.unfolded.contains("=?") ? $0.text : $0.unfolded }.joined(separator: " "))
    }

    /// What stands in angle brackets; where there are none, words with an at sign, in brackets.
    private static func names(in text: String) -> [String] {
        var names: [String] = []
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "<") {
            rest = rest[open...]
            guard let close = rest.firstIndex(of: ">") else { break }
            let name = rest[...close]
            rest = rest[rest.index(after: close)...]
            // A bracket that was never closed belongs to no name.
            let last = name.lastIndex(of: "<").map { name[$0...] } ?? name
            let whole = last.filter { !$0.isWhitespace }
            if whole.utf8.count > 2, whole.utf8.count <= longest { names.append(String(whole)) }
        }
        if !names.isEmpty { return names }
        return text.split { $0 == " " || $0 == "\t" || $0 == "," || $0 == "<" || $0 == ">" }
            .filter { $0.contains("@") && $0.utf8.count <= longest - 2 }.map { "<\($0)>" }
    }
}

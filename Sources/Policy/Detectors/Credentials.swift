// Passwords in plain words: `password: …`, `Passwort ist …`, `mot de passe = …` in the languages of the other detectors. There
// is no check sum: what follows must look like a password and not like a sentence, a placeholder or a link. The words are
// those that mail programs and forms use. Pure.

/// Finds passwords that are written beside the word.
enum Credentials {
    private static let words = [
        "password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "mot de passe", "mdp", "contraseña",
        "contrasena", "clave", "parola d'ordine", "wachtwoord", "pwd", "senha",
    ]
    private static let firsts = Set(words.compactMap(\.utf8.first))
    /// What may stand between the word and the password.
    private static let links = ["is", "ist", "lautet", "est", "es", "è", "luidt", "for login"]

    /// See ``Detector/sign``.
    static let sign = "passw|passphrase|passcode|kennwort|mot de passe|mdp|contrase|clave|parola d|wachtwoord|pwd|senha"

    /// See ``Detector/find(in:_:)``. The value is the password.
    static func find(in text: UnsafeBufferPointer<UInt8>, _ found: Detector.Found) {
        var index = 0
        while index < text.count {
            defer { index += 1 }
            guard firsts.contains(Octet.lower(text[index])), index == 0 || !Octet.isWord(text[index - 1]),
                let end = words.lazy.compactMap({ wordEnd($0, text, index) }).first,
                let range = password(text, behind: end)
            else { continue }
            if !found(Array(text[range]), index..<range.upperBound) { return }
            index = range.upperBound - 1
        }
    }

    /// Where a word in lower case ends that stands at an offset, whole.
    private static func wordEnd(_ word: String, _ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
        var index = start
        for octet in word.utf8 {
            guard index < text.count, Octet.lower(text[index]) == octet else { return nil }
            index += 1
        }
        return index == text.count || !Octet.isLetter(text[index]) ? index : nil
    }

    private static func password(_ text: UnsafeBufferPointer<UInt8>, behind word: Int) -> Range<Int>? {
        var index = skipBlanks(text, word)
        var isLinked = false
        if let end = links.lazy.compactMap({ wordEnd($0, text, index) }).first {
            index = skipBlanks(text, end)
            isLinked = true
        }
        if index < text.count, text[index] == UInt8(ascii: ":") || text[index] == UInt8(ascii: "=") {
            index = skipBlanks(text, index + 1)
            isLinked = true
        }
        guard isLinked, index < text.count else { return nil }
        let quote = text[index]
        let isQuoted = quote == 34 || quote == 39 || quote == 96
        if isQuoted { index += 1 }
        var end = index
        while end < text.count, end - index < 65, text[end] > 32, !(isQuoted && text[end] == quote) { end += 1 }
        if !isQuoted {
            while end > index, ".,;:)\"'!?".utf8.contains(text[end - 1]), end - index > 8 || text[end - 1] != 33 {
                end -= 1
            }
        }
        return looksLikePassword(text[index..<end]) ? index..<end : nil
    }

    private static func skipBlanks(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var index = start
        while index < text.count, index - start < 8, text[index] == 32 || text[index] == 9 { index += 1 }
        return index
    }

    /// Six to 64 characters of at least two kinds, a digit or a sign among them; no placeholder, no address.
    private static func looksLikePassword(_ value: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard (6...64).contains(value.count), let first = value.first else { return false }
        // Placeholders: `<your password>`, `${DB_PASSWORD}`, `{{ password }}`, `[redacted]`, `%PASSWORD%`, `********`.
        if "<[{%$*(".utf8.contains(first), let last = value.last, ">]}%*)".utf8.contains(last) { return false }
        if first == UInt8(ascii: "$") || Set(value).count < 4 { return false }
        if value.starts(with: "http".utf8) || value.starts(with: "www.".utf8) { return false }
        let letters = value.contains { Octet.isLetter($0) || $0 >= 0x80 }
        let digits = value.contains { Octet.isDigit($0) }
        let signs = value.contains { $0 < 0x80 && !Octet.isWord($0) && $0 != 45 && $0 != 39 && $0 != 46 && $0 != 47 }
        return (letters && (digits || signs)) || (digits && signs)
    }
}

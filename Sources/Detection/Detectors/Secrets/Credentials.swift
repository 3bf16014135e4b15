// Passwords in plain words: `password: …`, `Das Passwort für das Portal lautet …`, on the next line, in the next cell
// and under a heading, in the languages of the other detectors; and in URLs (`https://user:password@host`, RFC 3986
// section 3.2.1). There is no check sum: what follows must look like a password and not like a sentence, a placeholder
// or a link. What invitations to meetings call so is none. The words are those that mail programs and forms use. Pure;
// linear.

/// Finds passwords that are written beside the word.
enum Credentials {
    /// See ``Detector/sign``.
    static let sign =
        "passw|passphrase|passcode|kennwort|mots? de passe|mdp|"
        + "contrase|clave|parola d|wachtwoord|pwd|senha|palavra-passe"
        + #"|\b(?:pass|pw)\b|://[^/\s]*:[^/\s]+@"#

    private static let words = WordSet([
        "password", "passwords", "passwd", "passphrase", "passcode", "passwort", "passwörter", "passworte", "kennwort",
        "kennwörter", "mot de passe", "mots de passe", "mdp", "contraseña", "contraseñas", "contrasena", "contrasenya",
        "clave",
        "parola d'ordine", "wachtwoord", "wachtwoorden", "pwd", "senha", "senhas", "palavra-passe", "pass", "pw",
    ])
    /// Words that may end a longer one (`Zugangspasswort`, `userPassword`); all of them are ``words``, too.
    private static let endings = WordSet(["password", "passwd", "passwort", "kennwort", "wachtwoord"])
    /// What may stand between the word and the password.
    private static let links = WordSet([
        "is", "ist", "lautet", "est", "es", "è", "é", "luidt", "for login", "sera", "será", "sarà", "wird", "be", "are",
        "sind",
        "c'est", "now", "nun", "jetzt", "nu", "maintenant", "désormais", "ahora", "ora", "agora",
    ])
    /// Words behind which no password follows: they make another thing of the word before.
    private static let others = WordSet([
        "policy", "policies", "manager", "managers", "reset", "change", "changed", "protected", "protection",
        "vergessen",
        "oublié", "forgotten", "safe", "rules", "length",
    ])
    private static let blanksLimit = 8
    /// Bytes and words between the word and the password at most.
    private static let betweenBytes = 90
    private static let betweenWords = 10

    /// See ``Detector/find(in:_:)``. The value is the password.
    static func find(
        in text: UnsafeBufferPointer<UInt8>, _ work: inout DetectorWork, _ found: Detector.Found
    ) {
        var headings = TableHeadings(words)
        // No heading has a word before the line in which the text has one.
        var firstLine = words.first(text) ?? text.count
        while firstLine < text.count, firstLine > 0, text[firstLine - 1] != 10 { firstLine -= 1 }
        var meetings = MeetingInvitations()
        var index = 0
        while index < text.count {
            if index >= firstLine, index == 0 || text[index - 1] == 10 {
                for cell in headings.cells(ofLineAt: index, text) where PasswordLook.isStrong(text[cell], signs: false)
                {
                    if !found(Array(text[cell]), cell) { return }
                }
            }
            if text[index] == UInt8(ascii: ":"), let range = URLPasswords.password(text, at: index) {
                if !found(Array(text[range]), range) { return }
                index = range.upperBound
                continue
            }
            guard words.mayStart(at: index, text) else {
                index += 1
                continue
            }
            let word = wordEnd(text, index)
            if word != nil, !work.step() { return }
            if let end = word, let range = password(text, from: index, behind: end),
                !meetings.hasAsked(for: index..<range.upperBound, text)
            {
                if !found(Array(text[range]), index..<range.upperBound) { return }
                index = range.upperBound
                continue
            }
            index += 1
        }
    }

    /// Where a word ends that stands at an offset.
    private static func wordEnd(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
        guard start > 0, Octet.isWord(text[start - 1]) else { return words.longest(at: start, text) }
        return endings.longest(at: start, text)
    }

    // MARK: Where the password is

    private static func password(_ text: UnsafeBufferPointer<UInt8>, from start: Int, behind word: Int) -> Range<Int>? {
        var index = word
        // `"password":"…"`, `<password>…`, `**Password**: …`
        while index < text.count, index - word < 2, "\"'*`".utf8.contains(text[index]) { index += 1 }
        if index < text.count, text[index] == UInt8(ascii: ">") { return beside(text, index + 1, isStrong: true) }
        index = skipBlanks(text, index)
        guard index < text.count else { return nil }
        if let range = nextCell(text, index, word) { return range }
        var isLinked = false
        if let end = links.longest(at: index, text) {
            index = skipBlanks(text, end)
            isLinked = true
        }
        // `pass` and `pw` are said of other things, too.
        var isStrong = word - start == 2 || word - start == 4
        if !isLinked, index < text.count, let end = dash(text, index) {
            index = skipBlanks(text, end)
            (isLinked, isStrong) = (true, true)
        } else if index < text.count, text[index] == UInt8(ascii: ":") || text[index] == UInt8(ascii: "=") {
            index = skipBlanks(text, index + 1)
            isLinked = true
        }
        if isLinked || !isStrong, let range = nextLine(text, index, isLinked: isLinked) { return range }
        if isLinked, let range = beside(text, index, isStrong: isStrong) { return range }
        if !isLinked, index > word, let range = beside(text, index, isStrong: true),
            PasswordLook.isStrong(text[range], signs: true) || isForSomething(text, range.upperBound),
            !PasswordLook.isAttribute(text[range])
        {
            return range
        }
        return behindWords(text, word)
    }

    /// True where a purpose follows (`the password … to open the file`).
    private static func isForSomething(_ text: UnsafeBufferPointer<UInt8>, _ end: Int) -> Bool {
        var index = end
        while index < text.count, index - end < 4, "!.?)\"'`".utf8.contains(text[index]) { index += 1 }
        return index < text.count && text[index] == 32 && purposes.longest(at: index + 1, text) != nil
    }

    private static let purposes = WordSet([
        "to", "for", "zum", "zur", "um", "für", "pour", "para", "per", "om", "voor",
    ])

    /// A dash or an arrow with a blank behind it.
    private static func dash(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
        var end = start
        let isArrow = start + 1 < text.count && "-=".utf8.contains(text[start]) && text[start + 1] == UInt8(ascii: ">")
        if isArrow {
            end = start + 2
        } else if let (kind, length) = DigitGap.read(text, start - 1), case .spacedSign(UInt8(ascii: "-")) = kind {
            end = start - 1 + length
        }
        return end > start && end < text.count && (text[end] == 32 || text[end - 1] == 32) ? end : nil
    }

    /// The password right here.
    private static func beside(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, isStrong: Bool) -> Range<Int>? {
        guard let range = PasswordLook.token(text, start), PasswordLook.isPassword(text[range]) else { return nil }
        return isStrong && !PasswordLook.isStrong(text[range], signs: false) ? nil : range
    }

    /// `Password | …`, tabs, `;` and `,`: the next cell has it alone.
    private static func nextCell(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ word: Int) -> Range<Int>? {
        var index = start
        if text[index] == UInt8(ascii: ":") { index = skipBlanks(text, index + 1) }
        // Blanks were skipped, and a tab may be one of them.
        let hasTab = text[word..<min(index, text.count)].contains(9)
        guard index < text.count, hasTab || "|;,".utf8.contains(text[index]) else { return nil }
        let separator = hasTab ? 9 : text[index]
        if !hasTab { index = skipBlanks(text, index + 1) }
        guard let cell = PasswordLook.cell(text, index, separator) else { return nil }
        let isLoose = separator == 9 || separator == UInt8(ascii: "|")
        return isLoose
            ? (PasswordLook.isPassword(text[cell]) ? cell : nil)
            : PasswordLook.isStrong(text[cell], signs: false) ? cell : nil
    }

    /// The password alone on the next line, with at most two empty ones between.
    private static func nextLine(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, isLinked: Bool) -> Range<Int>? {
        var index = start
        var lines = 0
        while index < text.count, index - start < 32, text[index] <= 32 || text[index] == UInt8(ascii: ">") && lines > 0
        {
            if text[index] == 10 { lines += 1 }
            index += 1
        }
        guard (1...3).contains(lines), let range = PasswordLook.line(text, index) else { return nil }
        let looks = isLinked ? PasswordLook.isPassword(text[range]) : PasswordLook.isStrong(text[range], signs: false)
        return looks && !PasswordLook.isAddress(text[range]) ? range : nil
    }

    /// `… for the zip file is …`, `… est le suivant : …`: some words, then one that links, or a colon.
    private static func behindWords(_ text: UnsafeBufferPointer<UInt8>, _ word: Int) -> Range<Int>? {
        var index = word
        var isLinked = false
        var canLink = true
        var lineEnds = 0
        for place in 0...betweenWords {
            while index < text.count, text[index] <= 32 {
                if text[index] == 10 { lineEnds += 1 }
                index += 1
            }
            guard index < text.count, index - word < betweenBytes, lineEnds < (isLinked ? 3 : 2) else { return nil }
            if isLinked, let range = beside(text, index, isStrong: true) {
                return lineEnds < 2 || PasswordLook.line(text, index) != nil ? range : nil
            }
            if place == 0, others.longest(at: index, text) != nil { canLink = false }
            isLinked = canLink && links.longest(at: index, text) != nil
            // A word that reaches beyond what may lie between ends the search: it need not be read to its own end.
            while index < text.count, index - word <= betweenBytes, text[index] > 32 { index += 1 }
            switch text[index - 1] {
            case UInt8(ascii: ":"), UInt8(ascii: "="): isLinked = true
            case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: ";"): return nil
            default: break
            }
        }
        return nil
    }

    private static func skipBlanks(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var index = start
        while index < text.count, index - start < blanksLimit, text[index] == 32 || text[index] == 9 { index += 1 }
        return index
    }
}

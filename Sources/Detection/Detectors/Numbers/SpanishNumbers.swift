// Spanish identity numbers: DNI (Real Decreto 1553/2005) and NIE (Real Decreto 557/2011, article 206; Orden
// INT/2058/2008). The letter is the number modulo 23 in the table of the Ministerio del Interior. Pure.

/// DNI and NIE.
enum SpanishNumbers {
    private static let letters = Array("TRWAGMYFPDXBNJZSQVHLCKE".utf8)

    /// Eight digits and a letter. A day with a letter (`20261122S`) needs a word.
    static let dni = NumberForm(
        ways: [.init("nn nnn nnn?a"), .init("nnnnnnnn?a", needsWord: true)],
        words: ["dni", "d.n.i", "nif", "n.i.f", "identidad"],
        isValid: { hasLetter($0.number(0..<8), $0) },
        isSure: { _, _, value in !CheckDigits.isDate(value[..<8]) })

    /// X, Y or Z, seven digits, a letter.
    static let nie = NumberForm(
        ways: [.init("a?nnnnnnn?a"), .init("a?n nnn nnn?a")],
        isValid: { value in
            guard (UInt8(ascii: "X")...UInt8(ascii: "Z")).contains(value[0]) else { return false }
            return hasLetter(Int(value[0] - UInt8(ascii: "X")) * 10_000_000 + value.number(1..<8), value)
        })

    private static func hasLetter(_ number: Int, _ value: NumberValue) -> Bool { value.last == letters[number % 23] }
}

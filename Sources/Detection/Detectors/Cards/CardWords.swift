// Words that say "this is a card", in the languages of the project, and the letters that may be glued to a number.
// Pure; without allocation.

/// Words of cards.
enum CardWords {
    /// How far from a number a word may stand, in bytes.
    static let reachBytes = 60

    /// A word counts whole; with a star it is the beginning of one (`kreditkart*`: Kreditkarte, Kreditkartennummer).
    static let words = [
        "card", "cards", "cardn*", "cardh*", "card_n*", "creditcard*", "debitcard*", "carte", "cartes", "karte",
        "karten", "kartenn*",
        "kreditkart*", "bankkart*", "girokart*", "tarjeta*", "carta", "kaart", "kaarten", "kaartn*", "betaalkaart*",
        "bankkaart*", "cartão*", "cartao*", "visa", "visacard*", "mastercard*", "amex", "american express", "maestro",
        "diners",
        "discover", "jcb", "unionpay", "cb", "pan", "cc", "ccn*", "cvv*", "cvc*",
        // What is said of a card's date and check number.
        "exp", "expiry", "valid until", "valid thru", "valid through", "gültig bis", "valable jusqu*", "cryptogramme*",
        "prüfziffer*",
    ]
    /// Letters between which and the number nothing needs to stand, besides the words.
    static let numberWords = ["n", "no", "nr", "num", "number", "nummer", "numero", "numéro"]

    static let table = WordSet(words)
    private static let glue = WordSet(words + numberWords)
    private static let tail = WordSet(words + ["exp*"])

    /// True where a word stands in a range.
    static func occur(in range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        table.occurs(in: range, text)
    }

    /// True where the letters that end at an offset are one of the words, or `nr`, `no`, `n`.
    static func isGlued(before start: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var first = start
        while first > 0, start - first < 24, Octet.isLetter(text[first - 1]) || text[first - 1] >= 0x80 { first -= 1 }
        return first < start && glue.starts(at: first, text, upTo: start)
    }

    /// True where the letters that start at an offset are one of the words, or `exp`.
    static func isGlued(behind end: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        tail.starts(at: end, text, upTo: nil)
    }
}

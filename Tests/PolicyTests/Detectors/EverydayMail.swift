// Mail as offices send it, in which there is no card number and no password: the kinds that detectors are known to take
// for some. Own wording, made from a seed, the same in every run. What else a sample truly holds (an invoice has an
// IBAN) is said beside it.

/// One kind of mail.
struct EverydayKind: Sendable {
    let name: String
    let isTable: Bool
    let make: @Sendable (inout Dice) -> EverydayMail

    init(_ name: String, isTable: Bool, _ make: @escaping @Sendable (inout Dice) -> EverydayMail) {
        self.name = name
        self.isTable = isTable
        self.make = make
    }
}

/// One everyday mail.
struct EverydayMail {
    let kind: String
    let text: String
    var isHTML = false
    /// Detectors that are right to find something in it.
    var holds: Set<String> = []

    /// Every kind, with what makes one of it.
    static let kinds: [EverydayKind] = [
        EverydayKind("table of amounts, spaces", isTable: true, EverydayTables.amounts),
        EverydayKind("table, four-digit columns", isTable: true, EverydayTables.fours),
        EverydayKind("table, tabs", isTable: true, EverydayTables.tabs),
        EverydayKind("table, computed columns", isTable: true, EverydayTables.computed),
        EverydayKind("table, marks and points", isTable: true, EverydayTables.marks),
        EverydayKind("decimals in a sentence", isTable: false, EverydayNumbers.decimals),
        EverydayKind("signature, two phones", isTable: false, EverydayNumbers.frenchSignature),
        EverydayKind("signature, other countries", isTable: false, EverydayNumbers.signature),
        EverydayKind("list of phones", isTable: false, EverydayNumbers.phones),
        EverydayKind("list of EAN-13", isTable: false, EverydayNumbers.eans),
        EverydayKind("list of IP addresses", isTable: false, EverydayNumbers.addresses),
        EverydayKind("UUIDs", isTable: false, EverydayNumbers.uuids),
        EverydayKind("timestamps and logs", isTable: false, EverydayNumbers.logs),
        EverydayKind("tracking numbers", isTable: false, EverydayNumbers.tracking),
        EverydayKind("references and serials", isTable: false, EverydayNumbers.references),
        EverydayKind("CSV export", isTable: false, EverydayNumbers.export),
        EverydayKind("invitation", isTable: false, EverydayLetters.invitation),
        EverydayKind("invoice", isTable: false, EverydayLetters.invoice),
        EverydayKind("order confirmation", isTable: false, EverydayLetters.order),
        EverydayKind("HTML styles", isTable: false, EverydayLetters.styles),
        EverydayKind("newsletter with links", isTable: false, EverydayLetters.newsletter),
        EverydayKind("talk about passwords", isTable: false, EverydayLetters.passwords),
        EverydayKind("ordinary letter", isTable: false, EverydayLetters.letter),
    ]

    /// So many mails of each kind.
    static func all(ofEach count: Int) -> [(mail: EverydayMail, isTable: Bool)] {
        var mails: [(mail: EverydayMail, isTable: Bool)] = []
        for (index, kind) in kinds.enumerated() {
            var dice = Dice(UInt64(1000 + index))
            for _ in 0..<count {
                let made = kind.make(&dice)
                mails.append(
                    (
                        EverydayMail(kind: kind.name, text: made.text, isHTML: made.isHTML, holds: made.holds),
                        kind.isTable
                    ))
            }
        }
        return mails
    }

    init(kind: String = "", text: String, isHTML: Bool = false, holds: Set<String> = []) {
        self.kind = kind
        self.text = text
        self.isHTML = isHTML
        self.holds = holds
    }
}

/// Tables as they are pasted into mail and as they come out of workbooks.
enum EverydayTables {
    private static let names = [
        "Nord", "Sud", "Est", "Ouest", "Centre", "Berlin", "Hamburg", "Lyon", "Leeds", "Export", "Online", "Total",
    ]
    private static let openings = [
        "Bonjour,\n\nvoici les chiffres :\n\n", "Hallo zusammen,\n\nanbei die Zahlen:\n\n",
        "Hi all,\n\nthe figures so far:\n\n",
        "Hola,\n\nadjunto los datos:\n\n", "Dag,\n\nhierbij de cijfers:\n\n",
    ]

    private static func rows(_ dice: inout Dice, _ separator: String, _ columns: Int, _ cell: (inout Dice) -> String)
        -> String
    {
        let count = dice.number(5...14)
        return dice.lines(count) { dice, row in
            (["\(names[row % names.count])"] + (0..<columns).map { _ in cell(&dice) }).joined(separator: separator)
        }
    }

    /// `45 210  61 873`, as the French write thousands.
    static func amounts(_ dice: inout Dice) -> EverydayMail {
        let columns = dice.number(4...12)
        let top = "CA par mois (k€)\n"
        let millions = dice.oneIn(3)
        let body = rows(&dice, "  ", columns) { dice in
            let thousands = "\(dice.number(10...999)) \(dice.digits(3))"
            return millions ? "\(dice.number(1...9)) \(dice.digits(3)) \(dice.digits(3))" : thousands
        }
        return EverydayMail(text: dice.pick(openings) + top + body + "\n\nCordialement\n")
    }

    /// Years, hours, pieces: columns of four digits.
    static func fours(_ dice: inout Dice) -> EverydayMail {
        let columns = dice.number(3...12)
        let separator = dice.pick([" ", "  ", "   "])
        let head = "Monat" + separator + (0..<columns).map { String(2015 + $0) }.joined(separator: separator) + "\n"
        return EverydayMail(
            text: dice.pick(openings) + head + rows(&dice, separator, columns) { $0.positive(4) } + "\n")
    }

    /// As a workbook's sheet or a table of HTML is read: cells apart by tabs.
    static func tabs(_ dice: inout Dice) -> EverydayMail {
        let columns = dice.number(3...10)
        let size = dice.pick([4, 4, 5, 6])
        let head = (["Region"] + (0..<columns).map { "Q\($0 % 4 + 1)" }).joined(separator: "\t") + "\n"
        return EverydayMail(text: head + rows(&dice, "\t", columns) { $0.positive(size) } + "\n")
    }

    /// Averages and shares as spreadsheets compute them.
    static func computed(_ dice: inout Dice) -> EverydayMail {
        let point = dice.pick([".", ","])
        let separator = dice.pick(["\t", ";", "  "])
        let head = ["Produit", "Moyenne", "Part", "Écart"].joined(separator: separator) + "\n"
        return EverydayMail(
            text: head
                + rows(&dice, separator, 3) { dice in
                    dice.pick(["", "-"]) + "\(dice.number(0...999))\(point)\(dice.digits(dice.number(12...16)))"
                } + "\n")
    }

    /// Survey answers, marks, stock by place: rows of one and two digits.
    static func marks(_ dice: inout Dice) -> EverydayMail {
        let columns = dice.number(8...20)
        let most = dice.pick([5, 9, 20])
        let separator = dice.pick([" ", "\t", "  ", " | "])
        return EverydayMail(
            text: dice.pick(openings) + rows(&dice, separator, columns) { String($0.number(0...most)) } + "\n")
    }
}

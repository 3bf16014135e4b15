// True values as people and programs write them: what detectors must find. Each kind says which detector, and how many
// different values stand in a sample.

/// One way of writing something.
struct WrittenKind: Sendable {
    let name: String
    let detector: String
    let make: @Sendable (inout Dice) -> WrittenNumber

    init(_ name: String, _ detector: String, _ make: @escaping @Sendable (inout Dice) -> WrittenNumber) {
        self.name = name
        self.detector = detector
        self.make = make
    }
}

/// A kind of numbers as a column of an export.
private struct NumberKind: Sendable {
    let detector: String
    let heading: String
    let make: @Sendable (inout Dice) -> String

    init(_ detector: String, _ heading: String, _ make: @escaping @Sendable (inout Dice) -> String) {
        self.detector = detector
        self.heading = heading
        self.make = make
    }
}

/// A kind of numbers as a column with one of some headings.
private struct HeadingKind: Sendable {
    let detector: String
    let names: [String]
    let make: @Sendable (inout Dice) -> String

    init(_ detector: String, _ names: [String], _ make: @escaping @Sendable (inout Dice) -> String) {
        self.detector = detector
        self.names = names
        self.make = make
    }
}

/// A text with something in it.
struct WrittenNumber {
    let text: String
    var count = 1
    var isHTML = false

    init(_ text: String, count: Int = 1, isHTML: Bool = false) {
        self.text = text
        self.count = count
        self.isHTML = isHTML
    }

    /// Every kind.
    static let kinds: [WrittenKind] =
        cards + fields + lists + ownForms + WrittenSecrets.kinds

    private static let cardWords = [
        "card", "Card number", "carte", "N° de carte", "Karte", "Kreditkarte", "Kartennummer", "tarjeta", "carta",
        "kaart", "Visa",
        "Mastercard", "Amex", "CB", "PAN", "cc", "creditcard", "carte bancaire",
    ]

    private static let cards: [WrittenKind] = [
        WrittenKind("card 4-4-4-4", "payment-card") { dice in
            let separators = [" ", "-", ".", " - ", "\u{A0}", "\u{2011}", "  ", "/", "_"]
            let number = TrueNumbers.card(&dice).grouped([4, 4, 4, 4], dice.pick(separators))
            return WrittenNumber("Hello,\n\n\(number)\n\nBest\n")
        },
        WrittenKind("card 4-6-5, 4-6-4", "payment-card") { dice in
            let separator = dice.pick([" ", "-", ".", "\u{202F}"])
            let isAmex = dice.oneIn(2)
            let number = TrueNumbers.card(&dice, length: isAmex ? 15 : 14)
            return WrittenNumber("for the hotel: \(number.grouped([4, 6, isAmex ? 5 : 4], separator)), thanks")
        },
        WrittenKind("card 16 to 19, groups", "payment-card") { dice in
            let length = dice.number(17...19)
            return WrittenNumber(
                "\(TrueNumbers.card(&dice, length: length).grouped([4, 4, 4, 4, length - 16], dice.pick([" ", "-"]))).")
        },
        WrittenKind("card in one piece", "payment-card") { dice in
            let length = dice.pick([14, 15, 16, 16, 16, 17, 18, 19])
            let number = TrueNumbers.card(&dice, length: length)
            return WrittenNumber(
                dice.pick([
                    "\(number)", "see \(number).", "(\(number))", "nr:\(number)", "\(number) exp 12/29", "<\(number)>",
                    "\"\(number)\"",
                ]))
        },
        WrittenKind("card with its date", "payment-card") { dice in
            let number = TrueNumbers.card(&dice).grouped([4, 4, 4, 4], dice.pick([" ", "-", ""]))
            return WrittenNumber(
                "\(number) \(dice.pick(["12/29", "03/28 123", "exp. 01/2030", "- 12/29", "CVV 123", "| 12/29 | 123"]))")
        },
        WrittenKind("card, one digit a box", "payment-card") { dice in
            let separator = dice.pick([" ", "|", " | ", "\t", "  "])
            let number = TrueNumbers.card(&dice)
            let boxes = number.grouped([Int](repeating: 1, count: 16), separator)
            return WrittenNumber(dice.pick(["\(boxes)\n", "Nom: Durand\n\(boxes)\nSignature\n"]))
        },
        WrittenKind("card, mixed, with a word", "payment-card") { dice in
            let pieces = TrueNumbers.card(&dice).grouped([4, 4, 4, 4], "x").split(separator: "x")
            let mixed = dice.pick([
                "\(pieces[0]) \(pieces[1])-\(pieces[2])-\(pieces[3])",
                "\(pieces[0]).\(pieces[1]) \(pieces[2]).\(pieces[3])",
                "\(pieces[0])-\(pieces[1])  \(pieces[2]) \(pieces[3])",
                "\(pieces[0]) \(pieces[1]) \(pieces[2]) \(pieces[3]) 12 29 123",
                "\(pieces[0])\(pieces[1]) \(pieces[2])\(pieces[3])",
            ])
            return WrittenNumber(
                dice.pick(["\(dice.pick(cardWords)) : \(mixed)", "\(mixed) (\(dice.pick(cardWords)))"]))
        },
        WrittenKind("card of 13, with a word", "payment-card") { dice in
            WrittenNumber("\(dice.pick(cardWords)): \(TrueNumbers.card(&dice, length: 13))")
        },
        WrittenKind("card over a line end", "payment-card") { dice in
            let pieces = TrueNumbers.card(&dice).grouped([4, 4, 4, 4], "x").split(separator: "x")
            return WrittenNumber(
                "Bonjour\n\(pieces[0]) \(pieces[1])\n\(dice.pick(["", "> ", "  "]))\(pieces[2]) \(pieces[3])\nmerci\n")
        },
        WrittenKind("card in four cells", "payment-card") { dice in
            let row = TrueNumbers.card(&dice).grouped([4, 4, 4, 4], "\t")
            return WrittenNumber(dice.pick(["Name\tAlice\n\(row)\nOrt\tBonn\n", "Carte\t\(row)\n", "\(row)"]))
        },
        WrittenKind("list of cards", "payment-card") { dice in
            let separator = dice.pick([" ", "-", ""])
            return WrittenNumber(
                dice.lines(12) { dice, row in "\(row). \(TrueNumbers.card(&dice).grouped([4, 4, 4, 4], separator))" },
                count: 12)
        },
    ]

    // MARK: Fields of exports

    private static let numbers: [NumberKind] = [
        NumberKind("payment-card", "card") { TrueNumbers.card(&$0) },
        NumberKind("fr-nir", "nir") { TrueNumbers.nir(&$0) },
        NumberKind("us-ssn", "ssn") { TrueNumbers.ssn(&$0).grouped([3, 2, 4], "-") },
        NumberKind("de-steuer-id", "idnr") { TrueNumbers.steuerID(&$0) },
        NumberKind("it-codice-fiscale", "cf") { TrueNumbers.codiceFiscale(&$0) },
        NumberKind("es-dni", "dni") { TrueNumbers.dni(&$0) }, NumberKind("es-nie", "nie") { TrueNumbers.nie(&$0) },
        NumberKind("nl-bsn", "bsn") { TrueNumbers.bsn(&$0) }, NumberKind("be-nn", "rrn") { TrueNumbers.belgian(&$0) },
        NumberKind("fr-siret", "siret") { TrueNumbers.siret(&$0) },
        NumberKind("uk-nhs", "nhs") { TrueNumbers.nhs(&$0) }, NumberKind("uk-nino", "nino") { TrueNumbers.nino(&$0) },
        NumberKind("iban", "iban") { TrueNumbers.iban(&$0) },
    ]

    private static let fields: [WrittenKind] = numbers.map { item in
        WrittenKind("\(item.detector) in CSV, SQL, JSON", item.detector) { dice in
            let value = item.make(&dice)
            let id = 1001 + dice.below(8000)
            let post = dice.positive(5)
            return WrittenNumber(
                dice.pick([
                    "id,\(item.heading),zip\n\(id),\(value),\(post)\n",
                    "id,name,\(item.heading),zip\n\(id),Durand,\(value),\(post)\n",
                    "\(item.heading),zip\n\(value),\(post)\n", "id,\(item.heading)\n\(id),\(value)\n",
                    "id;\(item.heading);zip\n\(id);\(value);\(post)\n",
                    "id\t\(item.heading)\tzip\n\(id)\t\(value)\t\(post)\n",
                    "id|\(item.heading)|zip\n\(id)|\(value)|\(post)\n",
                    "\"id\",\"\(item.heading)\",\"zip\"\n\"\(id)\",\"\(value)\",\"\(post)\"\n",
                    "INSERT INTO people (id, \(item.heading), zip) VALUES (\(id),'\(value)',\(post));",
                    "INSERT INTO p(id,\(item.heading),zip) VALUES(\(id),\(value),\(post));",
                    "{\"\(item.heading)\":[\(value),\(value)]}",
                    "{\"id\":\(id),\"\(item.heading)\":\"\(value)\",\"zip\":\(post)}",
                    "{\"id\":\(id),\"\(item.heading)\":\(value)}",
                    "\(item.heading):\(value):\(post)", "\(id):\(item.heading):\(value):\(post)",
                ]))
        }
    }

    // MARK: Lists under a heading

    private static let headings: [HeadingKind] = [
        HeadingKind("nl-bsn", ["bsn", "BSN", "Burgerservicenummer"]) { TrueNumbers.bsn(&$0) },
        HeadingKind("uk-nhs", ["NHS number", "nhs_no"]) { TrueNumbers.nhs(&$0) },
        HeadingKind("us-ssn", ["SSN", "Social Security No"]) { TrueNumbers.ssn(&$0) },
        HeadingKind("fr-siret", ["SIRET", "siret"]) { TrueNumbers.siret(&$0) },
        HeadingKind("uk-nino", ["NI number", "NINO"]) { TrueNumbers.nino(&$0) },
        HeadingKind("es-dni", ["DNI", "nif"]) { TrueNumbers.dni(&$0) },
    ]

    private static let lists: [WrittenKind] = headings.map { item in
        WrittenKind("\(item.detector), list under a heading", item.detector) { dice in
            let separator = dice.pick([",", ";", "\t", "|", " | "])
            let heading = dice.pick(item.names)
            let isLast = dice.oneIn(2)
            let isAlone = dice.oneIn(8)
            let count = 40
            let rows = dice.lines(count) { dice, row in
                let value = item.make(&dice)
                if isAlone { return value }
                let before = ["De Vries\(row)", "Jan", "Utrecht"].joined(separator: separator)
                return isLast ? "\(before)\(separator)\(value)" : "\(row)\(separator)\(value)\(separator)\(before)"
            }
            let names =
                isLast ? ["naam", "voornaam", "plaats", heading] : ["nr", heading, "naam", "voornaam", "plaats"]
            let head = isAlone ? heading : names.joined(separator: separator)
            return WrittenNumber(
                dice.pick(["", "Lijst 2026\n\n", "Hallo,\n\nzie de lijst:\n\n"]) + "\(head)\n\(rows)\n", count: count)
        }
    }

    // MARK: Forms of their own

    private static func boxes(_ value: String, _ separator: String) -> String {
        value.grouped([Int](repeating: 1, count: value.count), separator)
    }

    private static let ownForms: [WrittenKind] = [
        WrittenKind("NIR with clé", "fr-nir") { dice in
            let nir = TrueNumbers.nir(&dice)
            let body = String(nir.prefix(13))
            let key = String(nir.suffix(2))
            let written = dice.pick([body, body.grouped([1, 2, 2, 2, 3, 3]), body.grouped([1, 2, 2, 2, 3, 3], ".")])
            let keyed = dice.pick([
                " clé \(key)", " clé : \(key)", " (clé \(key))", " cle \(key)", ", clé \(key)", " / \(key)",
                " Clé\u{A0}: \(key)", " - clé \(key)", " clef \(key)", " (\(key))",
            ])
            return WrittenNumber("N° de sécurité sociale : \(written)\(keyed)\n")
        },
        WrittenKind("NIR glued", "fr-nir") { dice in
            let nir = TrueNumbers.nir(&dice)
            return WrittenNumber(
                dice.pick([
                    "NIR\(nir)", "nir\(nir).", "NIR:\(nir)", "NIR=\(nir)", "n°\(nir)", "NIR_\(nir)",
                    "NIR\(nir.grouped([1, 2, 2, 2, 3, 3, 2]))", "NSS\(nir)",
                ]))
        },
        WrittenKind("NIR, one digit a box", "fr-nir") { dice in
            WrittenNumber(
                dice.pick(["", "NIR ", "N° SS : "])
                    + boxes(TrueNumbers.nir(&dice), dice.pick([" ", "|", " | ", "\t", "  "])))
        },
        WrittenKind("SSN, other hyphens", "us-ssn") { dice in
            let hyphen = dice.pick(["\u{2011}", "\u{2010}", "\u{2012}", "\u{2013}", "\u{2212}", "\u{FF0D}"])
            return WrittenNumber("Employee \(TrueNumbers.ssn(&dice).grouped([3, 2, 4], hyphen))")
        },
        WrittenKind("SSN, hyphens in HTML", "us-ssn") { dice in
            WrittenNumber(
                """
                <p>Employee \(TrueNumbers.ssn(&dice).grouped([3, 2, 4], dice.pick(["&#8209;", "&#x2011;", "&#8208;"])))\
                </p>
                """,
                isHTML: true)
        },
        WrittenKind("IBAN, blanks", "iban") { dice in
            let iban = TrueNumbers.iban(&dice)
            let groups = [Int](repeating: 4, count: (iban.count + 3) / 4)
            let country = iban.prefix(2)
            let rest = String(iban.dropFirst(2))
            return WrittenNumber(
                "IBAN : "
                    + dice.pick([
                        iban.grouped(groups, "  "), iban.grouped(groups, "   "),
                        "\(country) " + rest.grouped([2] + groups), "\(country) \(rest)",
                        "\(country)\u{A0}" + rest.grouped([2] + groups, "\u{A0}"), iban.grouped(groups, " - "),
                        iban.grouped(groups, "\u{A0}\u{A0}"),
                    ]) + "\n")
        },
        WrittenKind("IBAN and BIC glued", "iban") { dice in
            let iban = TrueNumbers.iban(&dice, country: dice.pick(["FR", "DE", "ES", "BE", "PT"]))
            let bic =
                "\(dice.word(4, of: "ABCDEFGHIJKL"))\(iban.prefix(2))\(dice.word(2, of: "PPXMH2"))"
                + dice.pick(["", "XXX"])
            return WrittenNumber(
                dice.pick(["\(iban)\(bic)", "IBAN\(iban)BIC\(bic)", "\(iban)BIC \(bic)", "RIB \(iban)\(bic) Banque"]))
        },
        WrittenKind("IBAN, one character a box", "iban") { dice in
            WrittenNumber(
                dice.pick(["IBAN ", "", "Mandat\n"])
                    + boxes(TrueNumbers.iban(&dice), dice.pick([" ", "|", " | ", "\t", "  "])))
        },
    ]
}

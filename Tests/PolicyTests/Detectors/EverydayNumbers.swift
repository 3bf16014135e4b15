// Everyday numbers that are long and are no card: telephones, EANs, addresses of machines, identifiers, times.

/// Mails with numbers.
enum EverydayNumbers {
    private static let names = ["Camille", "Jonas", "Emma", "Lucía", "Sanne", "Paolo", "Hannah", "Louis"]

    static func decimals(_ dice: inout Dice) -> EverydayMail {
        let point = dice.pick([".", ","])
        let number = "\(dice.number(0...180))\(point)\(dice.digits(dice.number(13...16)))"
        let second = "\(dice.number(0...180))\(point)\(dice.digits(dice.number(13...15)))"
        return EverydayMail(
            text: dice.pick([
                "Marge : \(number) %\n", "La moyenne est de \(number), contre \(second) l'an dernier.\n",
                "The model gives \(number) ± \(second) for the sample.\n", "GPS: \(number), \(second)\n",
                "Die Abweichung beträgt \(number) mm.\n", "ratio=\(number)\nbias=-\(second)\n",
                "[\(number), \(second)]\n",
                "Gemiddelde score \(number) (vorig jaar \(second))\n",
            ]))
    }

    private static func french(_ dice: inout Dice, _ separator: String) -> String {
        "0\(dice.number(1...9))" + separator + dice.digits(8).grouped([2, 2, 2, 2], separator)
    }

    /// Two numbers on a line, as most French signatures have them.
    static func frenchSignature(_ dice: inout Dice) -> EverydayMail {
        let separator = dice.pick([" ", " ", ".", "-"])
        let between = dice.pick([" - ", " / ", "  ", " | ", " – ", " "])
        let numbers = [french(&dice, separator), french(&dice, separator)].joined(separator: between)
        let greeting = dice.pick(["Bien à vous,", "Cordialement,", "Belle journée,"])
        let place = "\(dice.number(1...120)) rue des Lilas - \(dice.positive(5)) Lyon"
        return EverydayMail(
            text: "Bonjour,\n\nC'est noté pour mardi.\n\n\(greeting)\n\(dice.pick(names))\n\(numbers)\n\(place)\n")
    }

    static func signature(_ dice: inout Dice) -> EverydayMail {
        let lines = [
            "Tel +49 30 \(dice.positive(6)) \(dice.digits(2))  Fax +49 30 \(dice.positive(6)) \(dice.digits(2))",
            "T +44 (0)20 \(dice.positive(4)) \(dice.digits(4)) M +44 7\(dice.digits(3)) \(dice.digits(6))",
            "Tel. 0\(dice.positive(3))/\(dice.positive(6))-\(dice.digits(2)) Mobil 0171 \(dice.positive(7))",
            "+33 (0)1 \(dice.digits(8).grouped([2, 2, 2, 2])) • +33 6 \(dice.digits(8).grouped([2, 2, 2, 2]))",
            """
            Office: (\(dice.positive(3))) \(dice.positive(3))-\(dice.digits(4)) \
            Cell: (\(dice.positive(3))) \(dice.positive(3))-\(dice.digits(4))
            """,
            """
            Tél +32 2 \(dice.positive(3)) \(dice.digits(4).grouped([2, 2])) - \
            GSM +32 4\(dice.digits(2)) \(dice.digits(6).grouped([2, 2, 2]))
            """,
            """
            T \(dice.pick(["+41", "0041"])) 44 \(dice.positive(7).grouped([3, 2, 2])) / \
            \(dice.pick(["+41", "0041"])) 79 \(dice.positive(7).grouped([3, 2, 2]))
            """,
            "Tel: +34 91 \(dice.positive(7).grouped([3, 2, 2])) Móvil: 6\(dice.digits(8).grouped([2, 3, 3]))",
            "0800 \(dice.positive(4)) \(dice.digits(4)) \(dice.digits(4))",
        ]
        return EverydayMail(text: "Hello,\n\nsee you then.\n\n--\n\(dice.pick(names))\n\(dice.pick(lines))\n")
    }

    static func phones(_ dice: inout Dice) -> EverydayMail {
        let style = dice.below(4)
        let count = dice.number(5...20)
        return EverydayMail(
            text: "Liste téléphonique / Telefonliste\n\n"
                + dice.lines(count) { dice, _ in
                    switch style {
                    case 0: "\(dice.pick(names))\t\(french(&dice, " "))\t\(french(&dice, " "))"
                    case 1: "\(dice.pick(names)): \(french(&dice, ".")) ou \(french(&dice, "."))"
                    case 2:
                        """
                        \(dice.pick(names)) 0\(dice.positive(4)) \(dice.positive(6)) \
                        0\(dice.positive(3)) \(dice.positive(7))
                        """
                    default: "\(french(&dice, " ")) \(french(&dice, " "))"
                    }
                } + "\n")
    }

    /// Thirteen digits with their check digit.
    static func ean(_ dice: inout Dice) -> String {
        let body =
            dice.pick(["40", "42", "45", "49", "50", "54", "57", "59", "69", "30", "37", "80", "87", "97", "64", "63"])
            + dice.digits(10)
        var sum = 0
        for (place, digit) in body.utf8.enumerated() { sum += Int(digit & 15) * (place % 2 == 0 ? 1 : 3) }
        return body + String((10 - sum % 10) % 10)
    }

    static func eans(_ dice: inout Dice) -> EverydayMail {
        let style = dice.below(5)
        let count = dice.number(6...25)
        return EverydayMail(
            text: "Artikel / articles\n"
                + dice.lines(count) { dice, row in
                    let code = ean(&dice)
                    return switch style {
                    case 0: "Ref \(11_200 + row)  \(code)  \(dice.number(1...40)) pcs"
                    case 1: "\(dice.positive(5));\(code);\(dice.number(1...99)),\(dice.digits(2))"
                    case 2: "\(code)\t\(dice.number(1...40))\tStk"
                    case 3: "\(code)"
                    default: "\(code.grouped([1, 6, 6])) x \(dice.number(1...40))"
                    }
                } + "\n")
    }

    static func addresses(_ dice: inout Dice) -> EverydayMail {
        func ip(_ dice: inout Dice) -> String {
            dice.pick(["10", "192.168", "172.16", "\(dice.number(11...220))"])
                + (0..<3).map { _ in ".\(dice.number(1...254))" }.joined()
        }
        func four(_ dice: inout Dice) -> String { ip(&dice).split(separator: ".").prefix(4).joined(separator: ".") }
        let style = dice.below(5)
        let count = dice.number(3...15)
        return EverydayMail(
            text: "Please open the firewall for:\n"
                + dice.lines(count) { dice, _ in
                    switch style {
                    case 0: "\(four(&dice)) - \(four(&dice))"
                    case 1: "\(four(&dice)) \(four(&dice)) 255.255.255.0"
                    case 2: "\(four(&dice))/\(dice.number(16...30)) -> \(four(&dice)):\(dice.number(1024...65_535))"
                    case 3: "\(four(&dice)), \(four(&dice)), \(four(&dice))"
                    default:
                        """
                        host\(dice.below(90))\t\(four(&dice))\t\(dice.hex(12).grouped([2, 2, 2, 2, 2, 2], ":"))\
                        \t2001:db8:\(dice.hex(4)):\(dice.digits(4))::\(dice.digits(4))
                        """
                    }
                } + "\n")
    }

    static func uuids(_ dice: inout Dice) -> EverydayMail {
        let isDecimal = dice.oneIn(2)
        let count = dice.number(2...12)
        let separator = dice.pick([" ", "\n", ", "])
        return EverydayMail(
            text: "ids: "
                + dice.lines(count, separator: separator) { dice, _ in
                    if isDecimal {
                        return [
                            dice.digits(8), dice.digits(4), "4" + dice.digits(3), "8" + dice.digits(3), dice.digits(12),
                        ]
                        .joined(separator: "-")
                    }
                    return [dice.hex(8), dice.hex(4), "4" + dice.hex(3), "8" + dice.hex(3), dice.hex(12)].joined(
                        separator: "-")
                } + "\n")
    }

    static func logs(_ dice: inout Dice) -> EverydayMail {
        let style = dice.below(4)
        let count = dice.number(4...15)
        return EverydayMail(
            text: "Extract of the log:\n"
                + dice.lines(count) { dice, _ in
                    let day = "2026-\(dice.number(10...12))-\(dice.number(10...28))"
                    let time = "\(dice.number(10...23)):\(dice.number(10...59)):\(dice.number(10...59))"
                    return switch style {
                    case 0:
                        """
                        \(day) \(time).\(dice.digits(6)) [\(dice.positive(5))] INFO job \
                        \(dice.positive(6)) done in \(dice.number(1...9)).\(dice.digits(6))s
                        """
                    case 1: "[\(dice.positive(5)).\(dice.digits(6))] usb 1-1: device \(dice.hex(8))"
                    case 2:
                        """
                        \(dice.number(1_600_000_000...1_799_999_999))\(dice.digits(3)) \
                        \(dice.number(1_600_000_000...1_799_999_999))\(dice.digits(6)) ok
                        """
                    default:
                        """
                        \(day)T\(time)+0100 <\(day.replacing("-", with: ""))\
                        \(time.replacing(":", with: "")).\(dice.positive(8))@mail\(dice.below(9)).example>
                        """
                    }
                } + "\n")
    }

    static func tracking(_ dice: inout Dice) -> EverydayMail {
        let numbers = [
            "00340434\(dice.digits(12))", "1Z\(dice.word(6, of: "ABCDEFGHXYZ0123456789"))\(dice.digits(10))",
            "6A\(dice.digits(11))",
            "9400\(dice.digits(18).grouped([4, 4, 4, 4, 2]))".replacing("9400", with: "9400 "), "RR\(dice.digits(9))DE",
            "JJD\(dice.digits(18))",
            "\(dice.positive(12))", "3S\(dice.word(4, of: "ABCDEF"))\(dice.digits(9))",
            "\(dice.digits(3))-\(dice.positive(7))-\(dice.digits(7))",
            "01\(dice.digits(12))", "\(dice.positive(4)) \(dice.digits(4)) \(dice.digits(4))",
            "(00)3\(dice.digits(17))",
        ]
        let first = dice.pick(numbers)
        return EverydayMail(
            text: dice.pick([
                "Your parcel is on its way. Tracking number: \(first)\n", "Votre colis \(first) sera livré demain.\n",
                "Sendungsnummer \(first), Zustellung morgen zwischen 10 und 12 Uhr.\n",
                "Uw pakket \(first) is onderweg.\n",
                "Su envío \(first) está en camino.\nPedido \(dice.positive(9))\n",
            ]))
    }

    static func references(_ dice: inout Dice) -> EverydayMail {
        let texts = [
            """
            S/N \(dice.word(4, of: "ABCDEFGHJK"))-\(dice.digits(4))-\
            \(dice.digits(4))-\(dice.digits(4))-\(dice.digits(4))
            """,
            "Vertragskonto \(dice.positive(12)), Zählernummer 1\(dice.digits(3)) \(dice.digits(3)) \(dice.digits(4))",
            "IMEI 35\(dice.digits(13)) and 86\(dice.digits(13))",
            "Dossier n° \(dice.positive(4))/\(dice.digits(6))/\(dice.digits(2))",
            "RF\(dice.digits(2)) \(dice.digits(16).grouped([4, 4, 4, 4]))",
            "+++\(dice.digits(12).grouped([3, 4, 5], "/"))+++",
            "Point de livraison : \(dice.digits(14).grouped([2, 3, 3, 3, 3]))",
            "Handelsregister HRB \(dice.positive(6)), USt-IdNr. DE\(dice.positive(9))",
            "ICCID 8933\(dice.digits(15))",
            "version 10.0.\(dice.positive(5)).\(dice.positive(4)) build \(dice.positive(8)).\(dice.digits(4))",
            "Ticket #\(dice.positive(8)) [ref:_00D\(dice.digits(5))._500\(dice.digits(5)):ref]",
            "ISBN 978-\(dice.digits(10).grouped([1, 4, 4, 1], "-"))",
            "Kontonummer \(dice.positive(10)) BLZ \(dice.positive(8).grouped([3, 3, 2]))",
            "msgid=\(dice.hex(32)) part \(dice.hex(16))",
            "CCC \(dice.digits(20).grouped([4, 4, 2, 10]))", "Gläubiger-ID DE\(dice.digits(2))ZZZ0\(dice.digits(10))",
        ]
        return EverydayMail(
            text: "Hello,\n\nconcerning \(dice.pick(texts)): all is well.\n\nBest\n\(dice.pick(names))\n")
    }

    static func export(_ dice: inout Dice) -> EverydayMail {
        let separator = dice.pick([",", ";", "\t"])
        let point = separator == "," ? "." : dice.pick([".", ","])
        let count = dice.number(6...25)
        let head = ["id", "date", "qty", "price", "share", "ref"].joined(separator: separator) + "\n"
        return EverydayMail(
            text: head
                + dice.lines(count) { dice, row in
                    [
                        String(10_000 + row), "2026\(dice.number(10...12))\(dice.number(10...28))",
                        String(dice.number(1...900)),
                        "\(dice.number(1...900))\(point)\(dice.digits(2))",
                        "0\(point)\(dice.digits(dice.number(14...17)))", dice.positive(8),
                    ].joined(separator: separator)
                } + "\n")
    }
}

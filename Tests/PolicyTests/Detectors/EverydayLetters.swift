// Everyday letters: invitations to meetings, invoices, orders, HTML of editors, newsletters, talk about passwords.

/// Mails with more text than numbers.
enum EverydayLetters {
    private static let names = ["Camille", "Jonas", "Emma", "Lucía", "Sanne", "Paolo", "Hannah", "Louis"]

    /// Zoom, Teams, Webex and others, in the languages of Europe.
    static func invitation(_ dice: inout Dice) -> EverydayMail {
        let id = "8\(dice.digits(10))"
        let zoom = id.grouped([3, 4, 4])
        let teams = dice.positive(12).grouped([3, 3, 3, 3])
        let code = dice.word(6, of: "ABCDEFGHabcdefgh23456789") + dice.digits(1) + dice.word(1, of: "XYZxyz")
        let link = "https://us02web.zoom.us/j/\(id)?pwd=\(dice.word(20)).1"
        let meet = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_\(dice.word(40))%40thread.v2/0"
        let webex = "https://example.webex.com/example/j.php?MTID=m\(dice.hex(32))"
        let texts = [
            """
            \(names[dice.below(8)]) is inviting you to a scheduled Zoom meeting.

            Join Zoom Meeting
            \(link)

            Meeting ID: \(zoom)
            Passcode: \(code)

            One tap mobile
            +13017158592,,\(id)#,,,,*\(dice.digits(6))# US

            """,
            "Participer à la réunion Zoom\n\(link)\n\nID de réunion : \(zoom)\nCode secret : \(code)\n",
            "Zoom-Meeting beitreten\n\(link)\n\nMeeting-ID: \(zoom)\nKenncode: \(code)\n",
            "Unirse a la reunión Zoom\n\(link)\n\nID de reunión: \(zoom)\nCódigo de acceso: \(code)\n",
            """
            ________________
            Microsoft Teams meeting
            Join on your computer, mobile app or room device
            \(meet)
            Meeting ID: \(teams)
            Passcode: \(code)
            Download Teams | Join on the web
            ________________

            """,
            """
            Réunion Microsoft Teams
            Rejoindre sur votre ordinateur
            \(meet)
            ID de réunion : \(teams)
            Code secret : \(code)
            Ou composer le numéro (audio seulement)
            +33 1 \(dice.digits(8).grouped([2, 2, 2, 2])),,\(dice.digits(9))# France, Paris

            """,
            """
            Microsoft Teams-Besprechung
            Nehmen Sie auf dem Computer teil
            \(meet)
            Besprechungs-ID: \(teams)
            Kennung: \(code)

            """,
            """
            Microsoft Teams-Besprechung
            \(meet)
            Besprechungs-ID: \(teams)
            Passcode: \(code)
            Telefonkonferenz-ID: \(dice.digits(9).grouped([3, 3, 3]))#

            """,
            """
            Microsoft Teams-vergadering
            \(meet)
            Vergadering-id: \(teams)
            Wachtwoordcode: \(code)
            Toegangscode: \(code)

            """,
            "Riunione di Microsoft Teams\n\(meet)\nID riunione: \(teams)\nPasscode: \(code)\n",
            """
            When it's time, join the Webex meeting here.

            Meeting number (access code): \(dice.positive(11).grouped([4, 3, 4]))
            Meeting password: \(code)

            \(webex)

            """,
            """
            Webex-Meeting beitreten
            \(webex)
            Meeting-Kennnummer (Zugriffscode): \(dice.positive(11).grouped([4, 3, 4]))
            Meeting Passwort: \(code)

            """,
            """
            Rejoindre la réunion Webex
            \(webex)
            Numéro de la réunion : \(dice.positive(11).grouped([4, 3, 4]))
            Mot de passe de la réunion : \(code)

            """,
            """
            Unirse a la reunión de Webex
            \(webex)
            Número de reunión: \(dice.positive(11).grouped([4, 3, 4]))
            Contraseña de la reunión: \(code)

            """,
            """
            Join with Google Meet
            https://meet.google.com/abc-defg-hij
            PIN: \(dice.digits(13).grouped([3, 3, 3, 4]))#

            """,
        ]
        let before = dice.pick(["", "Bonjour,\n\nvoici le lien.\n\n", "Hi,\n\nsee below.\n\n", "Hallo,\n\n"])
        return EverydayMail(text: before + dice.pick(texts))
    }

    static func invoice(_ dice: inout Dice) -> EverydayMail {
        let iban = TrueNumbers.iban(&dice)
        let lines = dice.number(3...9)
        let table = dice.lines(lines) { dice, row in
            """
            \(row + 1)  \(dice.positive(6))  Prestation \(dice.number(1...20)) h  \(dice.number(1...9)) \
            \(dice.digits(3)),\(dice.digits(2))  \(dice.number(10...99)) \(dice.digits(3)),\(dice.digits(2)) €
            """
        }
        let number = dice.pick([
            "F-2026-\(dice.digits(5))", "20261\(dice.digits(7))", "RE \(dice.positive(10))", "INV\(dice.positive(12))",
        ])
        let top = dice.pick([
            "Facture \(number)", "Rechnung Nr. \(number)", "Invoice \(number)", "Factura \(number)",
            "Factuur \(number)",
        ])
        return EverydayMail(
            text:
                """
                \(top)
                Client \(dice.positive(8)) - Commande \(dice.positive(10)) du \(dice.number(10...28))/11/2026

                \(table)

                Total HT \(dice.number(10...99)) \(dice.digits(3)),\(dice.digits(2))  TVA \
                20 %  TTC \(dice.number(10...99)) \(dice.digits(3)),\(dice.digits(2))
                IBAN \(iban)
                Code banque \(dice.positive(5)) guichet \(dice.digits(5)) \
                compte \(dice.digits(11)) clé \(dice.digits(2))

                """,
            holds: ["iban"])
    }

    static func order(_ dice: inout Dice) -> EverydayMail {
        let number = dice.pick([
            "\(dice.digits(3))-\(dice.digits(7))-\(dice.digits(7))", dice.positive(10), dice.positive(12),
            "#\(dice.positive(7))",
            "100-\(dice.positive(4))-\(dice.digits(6))", "\(dice.number(2...3))\(dice.digits(8))-\(dice.digits(3))",
        ])
        let pay = dice.pick([
            "Visa **** \(dice.digits(4))", "Mastercard ending in \(dice.digits(4))", "CB •••• \(dice.digits(4))",
            "PayPal", "Kreditkarte", "iDEAL",
        ])
        let goods = dice.number(1...4)
        let list = dice.lines(goods) { dice, _ in
            """
            \(dice.number(1...5)) x Art. \(dice.positive(8)) (EAN \
            \(EverydayNumbers.ean(&dice)))  \(dice.number(3...99)),\(dice.digits(2)) €
            """
        }
        return EverydayMail(
            text: dice.pick([
                "Thank you for your order", "Merci pour votre commande", "Vielen Dank für Ihre Bestellung",
                "Gracias por su pedido",
            ])
                + " \(number)\n\n\(list)\n\n\(dice.pick(["Payment", "Paiement", "Zahlung", "Pago"])): \(pay)\n"
                + "Customer \(dice.positive(8)) / Transaction \(dice.word(17, of: "ABCDEFGHKLMNPRSTUVW0123456789"))"
                + "\n"
        )
    }

    /// What editors and shops write into HTML.
    static func styles(_ dice: inout Dice) -> EverydayMail {
        let count = dice.number(3...10)
        let body = dice.lines(count) { dice, row in
            dice.pick([
                """
                <td style="width:\(dice.number(1...99)).\(dice.digits(dice.number(13...15)))\
                %;left:\(dice.number(1...9)).\(dice.digits(15))px">cell \(row)</td>
                """,
                """
                <p style='margin:0cm 0cm 8pt;line-height:\
                \(dice.number(100...115)).\(dice.digits(14))%'>Bonjour \(row)</p>
                """,
                """
                <img src="cid:image00\(row).png@01D\(dice.hex(5).uppercased()).\(dice.hex(8).uppercased())" \
                width="\(dice.number(10...900))" style="height:\(dice.number(0...9)).\(dice.digits(16))in">
                """,
                """
                <path d="M\(dice.number(1...99)).\(dice.digits(15)) \
                \(dice.number(1...99)).\(dice.digits(15))L\(dice.number(1...99))\
                .\(dice.digits(14)),\(dice.number(1...99)).\(dice.digits(14))"/>
                """,
                "<div id=\"m_-\(dice.positive(19))x_m_\(dice.positive(19))signature\">Grüße</div>",
                """
                <span data-id="\(dice.hex(8))-\(dice.digits(4))-\
                \(dice.digits(4))-\(dice.hex(4))-\(dice.hex(12))">x</span>
                """,
            ])
        }
        return EverydayMail(text: "<html><body><table><tr>\(body)</tr></table></body></html>", isHTML: true)
    }

    static func newsletter(_ dice: inout Dice) -> EverydayMail {
        let count = dice.number(2...6)
        return EverydayMail(
            text: "This month in brief\n\n"
                + dice.lines(count) { dice, _ in
                    dice.pick([
                        "https://click.example.com/u/\(dice.hex(40))/c?id=\(dice.positive(9))&s=\(dice.word(24))",
                        "https://news.example.org/2026/11/\(dice.number(10...28))/article-\(dice.positive(7)).html",
                        "https://www.social.example/posts/activity-7\(dice.digits(18))-\(dice.word(4))",
                        """
                        https://shop.example/p/\(dice.positive(8))?utm_campaign=\
                        \(dice.positive(6))&gclid=\(dice.word(40))
                        """,
                        "https://video.example/watch?v=\(dice.word(11))&t=\(dice.number(10...900))",
                        "https://docs.example.com/document/d/\(dice.word(44))/edit#gid=\(dice.positive(9))",
                        """
                        https://maps.example/@\(dice.number(40...55)).\
                        \(dice.digits(7)),\(dice.number(1...15)).\(dice.digits(7)),17z
                        """,
                    ])
                } + "\n\nUnsubscribe: https://click.example.com/unsub/\(dice.hex(32))\n")
    }

    /// Words that stand beside passwords, without one.
    static func passwords(_ dice: inout Dice) -> EverydayMail {
        EverydayMail(
            text: dice.pick([
                """
                Please reset your password here: https://portal.example/reset?token=\(dice.word(30))
                The link is valid for \(dice.number(2...48)) hours.

                """,
                "Votre mot de passe expire dans \(dice.number(2...30)) jours. Pensez à le changer.\n",
                "Das Passwort schicke ich Ihnen per SMS.\n", "The password for the archive will follow by phone.\n",
                "Le mot de passe vous sera communiqué par téléphone au \(dice.digits(10).grouped([2, 2, 2, 2, 2])).\n",
                "Passwords must have at least \(dice.number(8...16)) characters, one digit and one sign.\n",
                """
                Ihr Kennwort läuft in \(dice.number(2...30)) Tagen ab. \
                Ändern Sie es unter https://konto.example/\(dice.positive(4)).

                """,
                "Mot de passe oublié ? Cliquez sur le lien :\nhttps://compte.example/\(dice.word(12))\n",
                "La contraseña debe tener entre 8 y 16 caracteres.\n",
                "Il wachtwoord staat in de brief van \(dice.number(1...28))-11-2026.\n",
                "Password:\n\nPlease call the helpdesk (ext. \(dice.digits(4))).\n",
                "Do not share your password with anybody. Ticket INC\(dice.digits(7)).\n",
                "Das Passwort ist das gleiche wie beim letzten Mal.\n",
                "Mot de passe :\nvoir le courrier du \(dice.number(1...28))/11/2026\n",
                "User name\tPassword\tLast change\nalice\t********\t2026-11-\(dice.number(10...28))\n",
                "The password is stored in KeePass under entry \(dice.number(10...99)).\n",
                "Das Passwort für das WLAN hängt im Raum \(dice.number(1...4)).\(dice.number(10...40)).\n",
                "Passwort: siehe Brief vom \(dice.number(1...28)).11.2026\n",
                """
                La password è stata cambiata il \(dice.number(1...28))/11/2026 \
                alle \(dice.number(10...18)):\(dice.number(10...59)).

                """,
                "password policy v\(dice.number(1...9)).\(dice.number(0...9)): see wiki\n",
                "Your password was changed on 2026-11-\(dice.number(10...28)).\n",
            ]))
    }

    static func letter(_ dice: inout Dice) -> EverydayMail {
        let number = dice.positive(dice.number(3...10))
        return EverydayMail(
            text: dice.pick([
                """
                Bonjour,

                La réunion est prévue le \(dice.number(1...28))/11/2026 à \(dice.number(9...17)) \
                h 30, salle \(dice.number(100...499)). Dossier \(number).

                Bonne journée

                """,
                """
                Dear all,

                the offer \(number) is valid until 2026-12-\(dice.number(10...31)); \
                the budget is \(dice.number(10...99)),\(dice.digits(3)).00 EUR.

                Best

                """,
                """
                Guten Tag,

                Ihr Aktenzeichen \(dice.number(1...9)) O \(dice.number(10...400))/26 liegt vor. \
                Der Betrag von \(dice.number(1...99)).\(dice.digits(3)),\(dice.digits(2)) EUR ist fällig.

                """,
                """
                Hola,

                la visa está lista, el vuelo IB\(dice.digits(4)) sale el \(dice.number(1...28)) a las \
                \(dice.number(10...22)):\(dice.number(10...55)), localizador \(dice.word(6, of: "ABCDEFGHJKLM")).

                """,
                "Beste,\n\nde kaart met nummer \(number) ligt klaar bij de balie; kamer \(dice.number(100...499)).\n",
                """
                Cc: finance

                Hi,

                order \(dice.positive(10)), delivery \(dice.positive(12)), 3 pallets of \(dice.digits(3)) kg.

                """,
                """
                Bonjour,

                Le menu à la carte est à \(dice.number(20...60)),\(dice.digits(2)) € ; réservation \(dice.positive(8)) \
                pour \(dice.number(2...12)) personnes, tél. 04 \(dice.digits(8).grouped([2, 2, 2, 2])).

                """,
            ]))
    }
}

// One word for one thing in each language, and the typography that its readers expect. What lies behind a link is a
// letter, what brings the link is an e-mail, what a sender wrote is a message; other words for them are listed here and
// found nowhere.

import Mail
import Testing
import Wording

struct TermTests {
    /// What no text of a language holds, besides what it may.
    private struct Term {
        let language: Language
        let pattern: String
        var besides: [String] = []

        init(_ language: Language, _ pattern: String, besides: [String] = []) {
            self.language = language
            self.pattern = pattern
            self.besides = besides
        }
    }

    private static let forbidden = [
        // The mail that brings something.
        Term(.de, #"\bMail"#, besides: ["E-Mail"]),
        Term(.fr, #"(?i)courriel|courrier|\bmails?\b"#, besides: ["e-mail"]),
        Term(.es, "(?i)e-?mail|correo electrónico"),
        Term(.it, #"(?i)\bmail\b|\bemail"#, besides: ["e-mail"]),
        Term(.nl, #"(?i)\bmail|\bemail"#, besides: ["e-mail", "mailbox"]),
        Term(.pt, #"(?i)\bemail|\bmails?\b|correio"#, besides: ["e-mail"]),
        // Password, link, file, device, connection.
        Term(.pt, "(?i)palavras?-passe"), Term(.pt, "(?i)ligaç"), Term(.pt, "(?i)ficheiro"),
        Term(.pt, "(?i)dispositivo"),
        Term(.de, "Kennwort"), Term(.fr, "(?i)hyperlien"), Term(.nl, "(?i)paswoord"),
        // Letters that belong together.
        Term(.de, "Gespräch"),
        // Passwords that are not right.
        Term(.it, "(?i)password errat"), Term(.nl, "(?i)(onjuiste|foute) wachtwoord"),
        Term(.fr, "(?i)mots? de passe (faux|mauvais)|mauvais mots? de passe"),
        // What is kept from others.
        Term(.nl, "(?i)beschermd"),
        // Nobody is addressed as a friend.
        Term(.de, #"\b([Dd]u|[Dd]ein(e[nmrs]?)?|[Dd]ich|[Dd]ir)\b"#), Term(.fr, #"(?i)\b(tu|toi|ton|tes)\b"#),
        Term(.es, #"(?i)\b(tú|tu|tus|vosotros|vuestr[oa]s?)\b"#), Term(.it, #"(?i)\b(tuo|tua|tuoi|tue|vostr[oaie])\b"#),
        Term(.nl, #"(?i)\b(je|jij|jouw|jullie)\b"#), Term(.pt, #"(?i)\b(tu|teu|tua|você|vocês)\b"#),
        // Grammar.
        Term(.fr, "(?i)que vous av(ez|iez) convenu"), Term(.fr, "(?i)sous (ce|le) lien"),
        Term(.fr, "(?i)dans la quarantaine"),
        // A character of a code is no letter that one sends.
        Term(.fr, "(?i)lettre au lien"), Term(.it, "(?i)lettera nel link"), Term(.es, "(?i)letra en el enlace"),
    ]

    /// What a reader opens is a letter; only a mail program gets messages.
    private static let messages: [Language: String] = [
        .en: "(?i)message", .de: "(?i)nachricht", .fr: #"(?i)\bmessages?\b"#, .es: "(?i)mensaje", .it: "(?i)messaggi",
        .nl: "(?i)bericht", .pt: "(?i)mensage",
    ]
    private static let readersAreas: [Area] = [.page, .script, .letter, .answer]

    private static func texts(_ language: Language, _ areas: [Area] = Area.allCases) -> [(name: String, text: String)] {
        areas.flatMap { area in
            (Messages.all[area]?[language] ?? [:]).sorted { $0.key < $1.key }.map {
                ("\(area.rawValue).\(language.rawValue) \($0.key)", $0.value)
            }
        }
    }

    @Test(arguments: Language.allCases) func oneWordForOneThing(_ language: Language) throws {
        for term in Self.forbidden where term.language == language {
            let regex = try Regex(term.pattern)
            for (name, text) in Self.texts(language) {
                var looked = text
                for allowed in term.besides { looked.replace(try Regex("(?i)\(allowed)"), with: "·") }
                #expect(looked.firstMatch(of: regex) == nil, "\(name): \(term.pattern) in “\(text)”")
            }
        }
    }

    @Test(arguments: Language.allCases) func whatAReaderOpensIsALetter(_ language: Language) throws {
        let regex = try Regex(try #require(Self.messages[language]))
        for (name, text) in Self.texts(language, Self.readersAreas) {
            #expect(text.firstMatch(of: regex) == nil, "\(name): “\(text)”")
        }
        let reader = ["notification-subject", "notification-opening", "notification-expiry", "notification-step-read"]
        for key in reader { #expect(language.text(.mail, key).firstMatch(of: regex) == nil, "\(language) \(key)") }
        for key in ["mail-subject", "mail-opening", "conversation-open"] {
            #expect(language.text(.conversation, key).firstMatch(of: regex) == nil, "\(language) \(key)")
        }
    }

    /// The words “mail” and “email” in English: the one that brings something is an email.
    @Test func anEnglishReaderGetsEmails() throws {
        let regex = try Regex(#"(?i)\bmails?\b"#)
        for (name, text) in Self.texts(.en, Area.allCases.filter { $0 != .admin }) {
            #expect(text.firstMatch(of: regex) == nil, "\(name): “\(text)”")
        }
    }

    /// French: a narrow no-break space before `: ; ! ?`, a no-break space inside of guillemets. German: a space before
    /// `…` that stands for what follows.
    @Test func spacesAreThoseOfTheLanguage() throws {
        for (name, text) in Self.texts(.fr) {
            #expect(text.firstMatch(of: try Regex(#"[ \x{a0}][:;!?]"#)) == nil, "\(name): not a narrow space")
            #expect(text.firstMatch(of: try Regex(#"«[^\x{a0}]|[^\x{a0}]»"#)) == nil, "\(name): guillemets")
        }
        for (name, text) in Self.texts(.de) {
            #expect(text.firstMatch(of: try Regex(#"[^\x{a0}]…"#)) == nil, "\(name): no space before …")
        }
        for language in Language.allCases where language != .fr {
            for (name, text) in Self.texts(language) {
                #expect(text.firstMatch(of: try Regex(#"\s[:;!?,.]( |$)"#)) == nil, "\(name): a space too many")
            }
        }
        for language in Language.allCases {
            for (name, text) in Self.texts(language) {
                #expect(!text.contains("  ") && text.first != " " && text.last != " ", "\(name): spaces")
            }
        }
    }

    /// Quotation marks are those of the language.
    @Test func quotationMarksAreThoseOfTheLanguage() {
        let others: [Language: [Character]] = [
            .en: ["„", "«", "»"], .de: ["”", "«", "»"], .fr: ["“", "”", "„"], .es: ["„", "”", "“"],
            .it: ["„", "”", "“"],
            .nl: ["„", "«", "»"], .pt: ["„"],
        ]
        for language in Language.allCases {
            for (name, text) in Self.texts(language) {
                #expect(!text.contains { others[language, default: []].contains($0) }, "\(name): “\(text)”")
            }
        }
    }

    /// A button has 320 px at 200 %: words of some length fit, long sentences do not.
    @Test(arguments: Language.allCases) func buttonsAreShort(_ language: Language) {
        let buttons: [(Area, [String])] = [
            (.page, ["code-button", "open-button", "retry", "reopen", "download", "close", "link-stay", "link-open"]),
            (.script, ["show", "hide"]), (.letter, ["save", "letter-print", "letter-cancel", "letter-go-on"]),
            (
                .answer,
                [
                    "answer-reply", "answer-reply-all", "answer-add", "answer-remove", "answer-send", "answer-discard",
                    "answer-now", "answer-cancel", "leave-stay", "leave-go", "keep-stop",
                ]
            ),
            (.control, ["control-extend", "control-revoke", "control-cancel", "control-reload", "control-again"]),
            (.confirm, ["confirm-button"]), (.key, ["key-send"]),
        ]
        for (area, keys) in buttons {
            for key in keys {
                let text = language.text(area, key)
                #expect(text != key && text.count <= 30, "\(area.rawValue).\(language.rawValue) \(key): \(text.count)")
            }
        }
    }
}

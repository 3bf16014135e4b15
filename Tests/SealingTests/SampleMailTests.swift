// Our own mails in every language: complete, in lines of bearable length, nothing loaded from anywhere, one link whose
// words are its address.

import Foundation
import Mail
import Sealing
import SettingValues
import Testing
import Wording

struct SampleMailTests {
    private static func samples(
        _ language: Language, zone: String = "GMT", tellsSubject: Bool = false
    ) throws -> [SampleMail] {
        let from = try #require(Mailbox("lettres@clinique.example"))
        var links = LinkSettings()
        links.url = "https://lettres.clinique.example"
        links.from = from
        links.organisation = Organisation(
            name: "Clinique <Exemple>, Genève", phone: "+33 1 23 45 67 89", phrase: "Le lac est \"bleu\" & calme.",
            colour: Colour("#f0b400"))
        links.notices.subject = tellsSubject
        let timeZone = try #require(TimeZone(identifier: zone))
        let enabled = try #require(EnabledLinks(links))
        let samples = SampleMails(links: enabled, hostname: "gate.example.org", timeZone: timeZone)
        return try #require(samples).all(language)
    }

    @Test(arguments: Language.allCases) func everyMailIsWhole(_ language: Language) throws {
        let mails = try Self.samples(language)
        #expect(mails.count == 15)
        for mail in mails {
            let raw = String(decoding: try mail.bytes.copy(), as: UTF8.self)
            #expect(raw.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 78 }, "\(mail.kind)")
            #expect(raw.utf8.allSatisfy { $0 < 128 }, "\(mail.kind)")
            #expect(raw.contains("Content-Language: \(language.rawValue)\r\n"))
            #expect(!mail.subject.isEmpty && !mail.text.isEmpty)
            for text in [mail.subject, mail.text] {
                #expect(text.firstMatch(of: /\{[a-z-]+\}/) == nil, "\(mail.kind): a value is missing")
                #expect(!text.contains("notification-") && !text.contains("hold-"), "\(mail.kind): a text is missing")
            }
        }
        let names = Set(mails.map(\.subject))
        #expect(names.count == mails.count)
    }

    private static let notifications = ["notification", "notification of a later message", "key confirmation"]

    @Test(arguments: Language.allCases, notifications) func theNotificationHasOneLinkAndLoadsNothing(
        _ language: Language, _ kind: String
    ) throws {
        let mail = try #require(try Self.samples(language).first { $0.kind == kind })
        let html = try #require(mail.html)
        let links = html.matches(of: /<a href="([^"]*)"[^>]*>([^<]*)<\/a>/)
        #expect(links.count == 1)
        #expect(links.allSatisfy { $0.1 == $0.2 && $0.1.hasPrefix("https://lettres.clinique.example/") })
        #expect(html.matches(of: /https?:/).count == 2)
        for loading in ["<img", "url(", "<link", "@import", "<script", "src=", "background="] {
            #expect(!html.contains(loading), "\(loading)")
        }
        #expect(html.contains("<html lang=\"\(language.rawValue)\" dir=\"ltr\">"))
        #expect(html.matches(of: #/<table /#).count == html.matches(of: #/<table role="presentation"/#).count)
        #expect(html.contains("Clinique &lt;Exemple&gt;, Genève") && !html.contains("<Exemple>"))
        let path = kind == "key confirmation" ? "confirm#" : "l/"
        #expect(mail.text.contains("https://lettres.clinique.example/\(path)"))
        // The same signs as in the first mail: by them a reader knows that it is genuine.
        #expect(mail.text.contains("+33\u{a0}1") && html.contains("+33\u{a0}1"))
        #expect(html.contains("Le lac est &quot;bleu&quot; &amp; calme."))
        #expect(mail.text.contains("Le lac est \"bleu\" & calme."))
        #expect(mail.from == "Clinique <Exemple>, Genève <lettres@clinique.example>" || mail.from.contains("Exemple"))
    }

    /// Lines do not end where words or groups of digits would be torn.
    @Test func linesEndBetweenWords() throws {
        for (language, word) in [(Language.fr, "e-mail"), (.de, "E-Mail"), (.nl, "e-mail"), (.pt, "e-mails")] {
            for kind in Self.notifications {
                let html = try #require(try Self.samples(language).first { $0.kind == kind }?.html)
                #expect(html.contains("<span style=\"white-space:nowrap\">\(word)</span>"), "\(language) \(kind)")
            }
        }
        let key = try #require(try Self.samples(.fr).first { $0.kind == "key confirmation" }?.html)
        let fingerprint = try #require(key.firstMatch(of: /<span style="([^"]*)">0123 4567 89AB/))
        #expect(!fingerprint.1.contains("break-all"))
    }

    @Test(arguments: notifications) func textComesFirst(_ kind: String) throws {
        let mail = try #require(try Self.samples(.fr).first { $0.kind == kind })
        let raw = String(decoding: try mail.bytes.copy(), as: UTF8.self)
        let text = try #require(raw.firstRange(of: "Content-Type: text/plain"))
        let html = try #require(raw.firstRange(of: "Content-Type: text/html"))
        #expect(text.lowerBound < html.lowerBound)
    }

    private static let moments: [(Language, String, String)] = [
        (.en, "31 March 2026 at 10:05", "31 March 2026 at 12:05"),
        (.fr, "31 mars 2026 à 10\u{a0}h\u{a0}05", "31 mars 2026 à 12\u{a0}h\u{a0}05"),
        (.de, "31. März 2026 um 10:05\u{a0}Uhr", "31. März 2026 um 12:05\u{a0}Uhr"),
        (.es, "31 de marzo de 2026 a las 10:05", "31 de marzo de 2026 a las 12:05"),
        (.it, "31 marzo 2026, ore\u{a0}10:05", "31 marzo 2026, ore\u{a0}12:05"),
        (.pt, "31 de março de 2026 às 10:05", "31 de março de 2026 às 12:05"),
        (.nl, "31 maart 2026 om 10:05\u{a0}uur", "31 maart 2026 om 12:05\u{a0}uur"),
    ]

    /// With the hour, as the language writes it, by the clock of the settings, and how far that is from UTC.
    @Test(arguments: moments) func timesAreThoseOfTheLanguageAndTheZone(
        _ language: Language, _ utc: String, _ paris: String
    ) throws {
        let first = try #require(try Self.samples(language).first)
        #expect(first.text.contains("\(utc) (UTC)"), "\(first.text)")
        // The first of March is winter time, the last is summer time.
        for mail in try Self.samples(language, zone: "Europe/Paris") {
            #expect(!mail.text.contains("(UTC)"), "\(mail.kind)")
            if mail.kind == "notification" || mail.kind.hasPrefix("letter: expiring") || mail.kind == "password mail" {
                #expect(mail.text.contains("\(paris) (UTC+2)"), "\(mail.kind): \(mail.text)")
            }
            if let html = mail.html, mail.kind != "key confirmation" { #expect(html.contains("\(paris) (UTC+2)")) }
            if mail.kind == "password mail" { #expect(mail.text.contains("(UTC+1)"), "sent in winter") }
        }
        let west = try #require(try Self.samples(language, zone: "America/St_Johns").first)
        #expect(west.text.contains("(UTC\u{2212}2:30)"))
    }

    /// By recipient, hour and number of attachments a sender recognises a message; by its subject where the settings
    /// say so.
    @Test(arguments: Language.allCases) func thePasswordMailSaysWhichMessageItIsAbout(_ language: Language) throws {
        func mail(_ kind: String, tellsSubject: Bool) throws -> SampleMail {
            try #require(try Self.samples(language, tellsSubject: tellsSubject).first { $0.kind == kind })
        }
        let with = try mail("password mail", tellsSubject: true)
        #expect(with.text.contains("carol@example.net") && with.text.contains("ABCD-EFGH-JKMN"))
        #expect(with.text.contains(language.text(.password, "mail-attachments", ["count": "2"])))
        #expect(with.text.contains(language.text(.password, "mail-about", ["subject": "A sample"])))
        #expect(!with.subject.contains("A sample"), "the subject of this mail is seen in lists")
        let without = try mail("password mail", tellsSubject: false)
        #expect(!without.text.contains("A sample"))
        let sent = try mail("sent without a password of ours", tellsSubject: false)
        #expect(sent.text.contains(language.text(.password, "mail-attachments-none")))
        #expect(sent.text.contains(language.text(.password, "mail-way-known")))
    }
}

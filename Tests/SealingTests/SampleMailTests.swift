// Our own mails in every language: complete, in lines of bearable length, nothing loaded from anywhere, one link whose words
// are its address.

import Foundation
import Mail
import Sealing
import Testing
import Wording

struct SampleMailTests {
    private static func samples(_ language: Language) throws -> [SampleMail] {
        let from = try #require(Mailbox("lettres@clinique.example"))
        var links = LinkSettings(
            baseURL: "https://lettres.clinique.example", expireSeconds: 30 * 86_400, from: from,
            languages: LanguageMap())
        links.organisation = Organisation(
            name: "Clinique <Exemple>, Genève", phone: "+33 1 23 45 67 89", phrase: "Le lac est \"bleu\" & calme.",
            colour: Colour("#f0b400"))
        return try #require(SampleMails(links: links, hostname: "gate.example.org")).all(language)
    }

    @Test(arguments: Language.allCases) func everyMailIsWhole(_ language: Language) throws {
        let mails = try Self.samples(language)
        #expect(mails.count == 7)
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

    @Test(arguments: Language.allCases) func theNotificationHasOneLinkAndLoadsNothing(_ language: Language) throws {
        let mail = try #require(try Self.samples(language).first { $0.kind == "notification" })
        let html = try #require(mail.html)
        let links = html.matches(of: /<a href="([^"]*)"[^>]*>([^<]*)<\/a>/)
        #expect(links.count == 1)
        #expect(links.allSatisfy { $0.1 == $0.2 && $0.1.hasPrefix("https://lettres.clinique.example/l/") })
        #expect(html.matches(of: /https?:/).count == 2)
        for loading in ["<img", "url(", "<link", "@import", "<script", "src=", "background="] {
            #expect(!html.contains(loading), "\(loading)")
        }
        #expect(html.contains("<html lang=\"\(language.rawValue)\" dir=\"ltr\">"))
        #expect(html.matches(of: #/<table /#).count == html.matches(of: #/<table role="presentation"/#).count)
        #expect(html.contains("Clinique &lt;Exemple&gt;, Genève") && !html.contains("<Exemple>"))
        #expect(mail.text.contains("https://lettres.clinique.example/l/") && mail.text.contains("+33\u{a0}1"))
        #expect(mail.text.contains("Le lac est \"bleu\" & calme."))
        #expect(mail.from == "Clinique <Exemple>, Genève <lettres@clinique.example>" || mail.from.contains("Exemple"))
    }

    @Test func textComesFirst() throws {
        let mail = try #require(try Self.samples(.fr).first { $0.kind == "notification" })
        let raw = String(decoding: try mail.bytes.copy(), as: UTF8.self)
        let text = try #require(raw.firstRange(of: "Content-Type: text/plain"))
        let html = try #require(raw.firstRange(of: "Content-Type: text/html"))
        #expect(text.lowerBound < html.lowerBound)
    }

    @Test func daysAreThoseOfTheLanguage() throws {
        let expected: [Language: String] = [
            .en: "31 March 2026", .fr: "31 mars 2026", .de: "31. März 2026", .es: "31 de marzo de 2026",
            .it: "31 marzo 2026", .pt: "31 de março de 2026", .nl: "31 maart 2026",
        ]
        for language in Language.allCases {
            let mail = try #require(try Self.samples(language).first)
            #expect(mail.text.contains("\(try #require(expected[language])) (UTC)"))
        }
    }
}

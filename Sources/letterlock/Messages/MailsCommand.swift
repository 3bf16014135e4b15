// `letterlock mails`: every mail that Letterlock writes itself, in every language, with invented people. The portal's
// preview shows them: it cannot make them, as it links no keyring.

import ArgumentParser
import Foundation
import Gateway
import Mail
import Sealing
import Settings
import SettingValues
import Wording

struct MailsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mails", abstract: "Write samples of Letterlock's own mails.",
        discussion: """
            Notifications, password mail, notices and reports in each language, with the settings' organisation and \
            invented \
            people. Nothing is sent, no state is read. letterlock-portal preview shows them as pages.
            """)

    @Flag(name: .long, help: "Write JSON.")
    var json = false
    @Option(name: .long, help: "Only this language: en, fr, de, es, it, pt or nl.")
    var language: String?
    @OptionGroup var settings: SettingsOption

    func run() async throws {
        let loaded: LetterlockSettings
        do throws(SettingsErrors) { loaded = try settings.read() } catch {
            throw Stop(.configuration, "settings cannot be used\n\(error.description)")
        }
        var languages = Language.allCases
        if let language {
            guard let one = Language(rawValue: language) else {
                throw Stop(.usage, "there is no language \"\(language)\"")
            }
            languages = [one]
        }
        let mails = try Self.mails(loaded, languages)
        if json { return try Console.json(mails) }
        for mail in mails {
            Console.out(
                "=== \(mail.language): \(mail.kind)\nFrom: \(mail.from)\nSubject: \(mail.subject)\n\n\(mail.text)\n")
        }
    }

    private static func mails(_ loaded: LetterlockSettings, _ languages: [Language]) throws -> [SampleMail] {
        var settings = loaded.links
        settings.url = settings.url ?? "https://letters.example.org"
        settings.from = settings.from ?? Mailbox("letters@example.org")
        guard let links = EnabledLinks(settings) else { return [] }
        guard let samples = SampleMails(links: links, hostname: loaded.hostname, timeZone: loaded.mailTimeZone) else {
            return []
        }
        do throws(Refusal) {
            var mails: [SampleMail] = []
            for language in languages { mails += try samples.all(language) }
            return mails
        } catch { throw Stop(error, doing: "writing the samples") }
    }
}

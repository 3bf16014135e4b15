// The settings as every command finds them.

import ArgumentParser
import Foundation
import Mail
import Settings
import SettingValues

/// `--config FILE`, shared by the commands.
struct SettingsOption: ParsableArguments {
    @Option(name: .long, help: "Settings file. Default: ./letterlock.yaml, then /etc/letterlock/letterlock.yaml.")
    var config: String?

    private static let places = ["letterlock.yaml", "/etc/letterlock/letterlock.yaml"]

    /// The settings file that ``load(required:)`` reads, or nil.
    var file: String? { config ?? Self.places.first { FileManager.default.fileExists(atPath: $0) } }

    /// The settings; defaults where there is no file at all and none was asked for.
    /// - Parameter required: stop where no file is found.
    func load(required: Bool = false) throws -> LetterlockSettings {
        let file = file
        if let config, !FileManager.default.fileExists(atPath: config) {
            throw Stop(.noInput, "reading \"\(config)\": no such file")
        }
        if file == nil, required {
            throw Stop(
                .configuration,
                "no settings: none of \(Self.places.joined(separator: ", ")) exists\n"
                    + "  hint: copy docs/letterlock.yaml, or name a file with --config"
            )
        }
        do throws(SettingsErrors) {
            let settings = try read()
            for warning in settings.warnings { Console.note(warning.description) }
            return settings
        } catch {
            throw Stop(.configuration, "settings cannot be used\n\(error.description)")
        }
    }
}

extension SettingsOption {
    /// The settings as they are now; says nothing.
    func read() throws(SettingsErrors) -> LetterlockSettings {
        try LetterlockSettings.load(file: file, environment: ProcessInfo.processInfo.environment)
    }
}

/// `--to ADDR… FILE`: the parser gives the file to `--to` where nothing stands between them.
enum Recipients {
    /// - Parameters:
    ///   - words: what `--to` took.
    ///   - file: the message file, or nil where `--to` may have taken it: then the last word that is no address is it.
    /// - Throws: ``Stop`` with 64 for a word that is no address.
    static func read(_ words: [String], file: String?) throws -> (mailboxes: [Mailbox], file: String?) {
        var words = words
        var file = file
        if file == nil, let last = words.last, words.count > 1,
            Mailbox(last) == nil || FileManager.default.fileExists(atPath: last)
        {
            file = words.removeLast()
        }
        let mailboxes = try words.map { text in
            guard let mailbox = Mailbox(text) else {
                throw Stop(
                    .usage,
                    "--to \"\(text)\" is no mail address: \(Mailbox.fault(in: text))\n"
                        + "  hint: write it as name@example.org"
                )
            }
            return mailbox
        }
        return (mailboxes, file)
    }
}

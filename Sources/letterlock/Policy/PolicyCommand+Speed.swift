// `letterlock policy speed`: how fast a message is judged. For `make bench`, and not listed in the help.

import ArgumentParser
import Gateway
import Mail
import PolicyTesting
import Settings
import SettingValues

extension PolicyCommand {
    struct Speed: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Judge one message again and again and say how long it takes, as JSON.", shouldDisplay: false)
        @Argument(help: "Folder of rules.") var folder: String
        @Argument(help: "Message file.") var file: String
        @Option(name: .long, help: "How long to run.") var seconds = 2.0
        @OptionGroup var settings: SettingsOption

        func run() async throws {
            let loaded = try settings.load()
            let place = try Place(folder, settings)
            let rules = PolicyFolder.load(folder, surroundings: place.surroundings.surroundings)
            guard let ruleset = rules.ruleset else {
                throw Stop(
                    .configuration,
                    "the policy cannot be used\n\(rules.diagnostics.map(\.description).joined(separator: "\n"))")
            }
            guard let sender = Mailbox("alice@example.org"), let recipient = Mailbox("carol@elsewhere.example") else {
                return  // unreachable
            }
            let message = try Console.readMessage(file, limits: loaded.limits)
            do throws(Refusal) {
                let speed = try EngineSpeed(
                    message, from: sender, to: recipient, rules: ruleset, limits: loaded.limits, seconds: seconds)
                try? Console.json(speed)
            } catch {
                throw Stop(error, doing: "reading the message")
            }
        }
    }
}

// `letterlock policy`: check and test; the other sub-commands are in Policy/. Dry by nature: no network, no mail; the
// engine and the reader are those of the gateway.

import ArgumentParser
import Extraction
import Foundation
import Gateway
import Mail
import Policy
import PolicyTesting
import Settings
import SettingValues

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check, test, explain and compare the rules.",
        subcommands: [
            Check.self, Test.self, Explain.self, Diff.self, Init.self, Watch.self, Schema.self, Speed.self,
        ])

    /// The folder of rules and what the settings say around it.
    struct Place {
        let folder: String
        let surroundings: CaseSurroundings
        /// The same as the gateway has it: cases may hold messages whatever the settings say.
        let served: CaseSurroundings

        init(_ folder: String?, _ settings: SettingsOption) throws {
            let loaded = try settings.load()
            self.folder = folder ?? loaded.policy
            // Without any settings the rules are looked at for themselves, as where links are set up.
            var around = CaseSurroundings(
                inside: loaded.inside.entries, unattended: loaded.links.unattended.entries,
                links: settings.file == nil || loaded.links.url != nil)
            around.passwords = loaded.links.passwords
            surroundings = around
            var served = around
            served.texts = settings.file == nil || loaded.links.texts != nil
            served.quarantine = settings.file == nil || loaded.quarantine.isSetUp
            self.served = served
        }
    }
}

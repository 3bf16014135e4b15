// `letterlock policy watch`: check and test again on every save.

import ArgumentParser
import Extraction
import Foundation
import Gateway
import PolicyTesting
import SettingValues
import UnixSignals

extension PolicyCommand {
    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check and test again whenever a file of the policy is saved.",
            discussion: "Shows what fails, and a count. Ctrl-C ends it with exit code 0.")
        @Argument(help: "Folder of rules. Default: the settings' `policy`, else ./policy.") var folder: String?
        @OptionGroup var settings: SettingsOption

        func run() async throws {
            let place = try Place(folder, settings)
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: place.folder, isDirectory: &isDirectory), isDirectory.boolValue
            else { throw Stop(.noInput, "no folder \"\(place.folder)\"") }
            let extraction = try settings.load().extract
            let pool = extraction.isOn ? ExtractionPool(extraction) : nil
            let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in signals { return } }
                group.addTask { await Self.watch(place, pool) }
                await group.next()
                group.cancelAll()
            }
        }

        /// Looks at the files a few times a second: editors replace files by others, network folders send no events,
        /// and a policy is a few files.
        private static func watch(_ place: Place, _ pool: ExtractionPool?) async {
            var seen: FolderPrint?
            while !Task.isCancelled {
                let now = FolderPrint(place.folder)
                if now != seen {
                    // An editor writes more than once: wait until a look finds nothing new.
                    try? await Task.sleep(for: .milliseconds(150))
                    guard FolderPrint(place.folder) == now else { continue }
                    seen = now
                    await show(place, pool)
                }
                try? await Task.sleep(for: .milliseconds(250))
            }
        }

        private static func show(_ place: Place, _ pool: ExtractionPool?) async {
            // A terminal is cleared; a pipe gets a line between two runs.
            let time = Date().formatted(date: .omitted, time: .standard)
            let isTerminal = isatty(STDOUT_FILENO) == 1
            if isTerminal { Console.control("\u{1B}[2J\u{1B}[H") }
            Console.out(isTerminal ? time : "---- \(time)")
            Console.out(await PolicyRun(folder: place.folder, surroundings: place.surroundings, extraction: pool).text)
        }
    }
}

// `letterlock links`: letters that wait behind links. No content, and nothing that opens one.

import ArgumentParser
import Foundation
import Gateway
import Mail
import Settings

struct Links: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at the letters behind links.", subcommands: [List.self, Show.self, Revoke.self])

    struct Options: ParsableArguments {
        @Flag(name: .long, help: "Write JSON.")
        var json = false
        @OptionGroup var settings: SettingsOption

        func desk() throws -> LetterDesk {
            let state = try settings.load().state
            guard FileManager.default.fileExists(atPath: "\(state)/gateway") else {
                throw Stop(
                    .noInput,
                    "reading \"\(state)\": there is no state of a gateway\n  hint: set `state`, or name the settings with --config"
                )
            }
            do throws(Refusal) { return try LetterDesk(stateFolder: state) } catch {
                throw Stop(error, doing: "opening the state")
            }
        }

        func lines() async throws -> [LetterDesk.Line] {
            let desk = try desk()
            do throws(Refusal) { return try await desk.lines() } catch { throw Stop(error, doing: "listing letters") }
        }
    }

    private static func text(_ line: LetterDesk.Line) -> String {
        let opened = line.openedAtSeconds.map { "opened \(day($0))" } ?? "not opened"
        return
            "\(line.id)  \(line.sender) -> \(line.recipient)  \(line.state), \(opened), expires \(day(line.expiresAtSeconds)), \(line.wrongGuesses) wrong"
    }

    private static func day(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601.year().month().day())
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all letters, oldest first.")
        @OptionGroup var options: Options

        func run() async throws {
            let lines = try await options.lines()
            if options.json { return try Console.json(lines) }
            for line in lines { Console.out(Links.text(line)) }
            Console.note("\(lines.count) letters")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one letter.")
        @Argument(help: "Id: the part of the link after /l/.") var id: String
        @OptionGroup var options: Options

        func run() async throws {
            guard let line = try await options.lines().first(where: { $0.id == id }) else {
                throw Stop(.no, "no letter of id \"\(id)\"")
            }
            if options.json { try Console.json(line) } else { Console.out(Links.text(line)) }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a letter; its link then opens nothing, for good.")
        @Argument(help: "Id: the part of the link after /l/.") var id: String
        @OptionGroup var options: Options

        func run() async throws {
            let desk = try options.desk()
            let done: Bool
            do throws(Refusal) { done = try await desk.revoke(id) } catch { throw Stop(error, doing: "revoking") }
            guard done else { throw Stop(.no, "no letter of id \"\(id)\"") }
            Console.note("revoked")
        }
    }
}

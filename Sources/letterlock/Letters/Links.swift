// `letterlock links`: letters that wait behind links. No content, and nothing that opens one. Works beside a running
// gateway.

import ArgumentParser
import Foundation
import Gateway
import Mail
import Operations
import Settings
import SettingValues

struct Links: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at the letters behind links, revoke and extend them.",
        subcommands: [List.self, Show.self, Revoke.self, Extend.self, Status.self])

    struct Options: ParsableArguments {
        @Flag(name: .long, help: "Write JSON.")
        var json = false
        @OptionGroup var settings: SettingsOption

        func operations() throws -> LetterOperations { try loaded().letters }

        func loaded() throws -> (settings: LetterlockSettings, letters: LetterOperations) {
            let loaded = try settings.load()
            guard FileManager.default.fileExists(atPath: "\(loaded.state)/gateway") else {
                throw Stop(
                    .noInput,
                    "reading \"\(loaded.state)\": there is no state of a gateway\n"
                        + "  hint: set `state`, or name the settings with --config"
                )
            }
            do throws(Refusal) { return (loaded, try LetterOperations(stateFolder: loaded.state)) } catch {
                throw Stop(error, doing: "opening the state")
            }
        }
    }

    /// Which letters.
    struct Choice: ParsableArguments {
        @Option(name: .long, help: "Only letters of this sender.") var sender: String?
        @Option(name: .long, help: "Only letters for this recipient.") var recipient: String?
        @Option(name: .customLong("message-id"), help: "Only letters of the message with this Message-ID.")
        var messageID: String?

        var isEmpty: Bool { sender == nil && recipient == nil && messageID == nil }

        var filter: LetterOperations.Filter {
            var filter = LetterOperations.Filter()
            filter.sender = sender
            filter.recipient = recipient
            // Shells take < and > for themselves: both spellings are understood.
            filter.messageID = messageID.map { $0.hasPrefix("<") ? $0 : "<\($0)>" }
            return filter
        }
    }

    fileprivate static func lines(
        _ letters: LetterOperations, _ filter: LetterOperations.Filter
    ) async throws -> [LetterLine] {
        do throws(Refusal) { return try await letters.lines(filter) } catch {
            throw Stop(error, doing: "listing letters")
        }
    }

    /// A duration as the settings write it.
    fileprivate static func seconds(_ text: String, option: String) throws -> Int64 {
        guard let seconds = Units.seconds(text), seconds > 0 else {
            throw Stop(.usage, "\(option) \"\(text)\" is no duration\n  hint: write it as 12h or 3d")
        }
        return Int64(seconds)
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List letters, oldest first.")
        @OptionGroup var choice: Choice
        @Flag(name: .long, help: "Only those that nobody has opened.") var unopened = false
        @Option(name: .long, help: "Only those that expire within this time, such as 3d.") var expiring: String?
        @Flag(name: .long, help: "Those too that have expired in the last 30 days.") var all = false
        @OptionGroup var options: Options

        func run() async throws {
            var filter = choice.filter
            filter.isUnopened = unopened
            filter.expiringSeconds = try expiring.map { try Links.seconds($0, option: "--expiring") }
            filter.withExpired = all
            let lines = try await Links.lines(try options.operations(), filter)
            if options.json { return try Console.json(lines) }
            for line in lines { Console.line(line.text) }
            Console.note(Counted.of(lines.count, "letter"))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one letter.")
        @Argument(help: "Id: the part of the link after /l/.") var id: String
        @OptionGroup var options: Options

        func run() async throws {
            let letters = try options.operations()
            let line: LetterLine?
            do throws(Refusal) { line = try await letters.line(id) } catch {
                throw Stop(error, doing: "reading a letter")
            }
            guard let line else { throw Stop(.no, "no letter of id \"\(id)\"") }
            if options.json { try Console.json(line) } else { Console.out(line.details) }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete letters; their links then open nothing, for good.",
            discussion: "Letters are named by their ids, or by sender, recipient and Message-ID.")
        @Argument(help: "Ids: the part of the link after /l/.") var ids: [String] = []
        @OptionGroup var choice: Choice
        @Flag(name: .customLong("dry-run"), help: "Only say which.") var dryRun = false
        @OptionGroup var options: Options

        func validate() throws {
            guard ids.isEmpty != choice.isEmpty else {
                throw ValidationError("name letters either by ids, or by --sender, --recipient, --message-id")
            }
        }

        func run() async throws {
            let letters = try options.operations()
            var wanted = ids
            if wanted.isEmpty {
                // What is about to be opened counts too; what is gone already does not.
                do throws(Refusal) { wanted = try await letters.revocable(choice.filter) } catch {
                    throw Stop(error, doing: "listing letters")
                }
            }
            var done: [String] = []
            for id in wanted {
                if dryRun {
                    done.append(id)
                    continue
                }
                do throws(Refusal) {
                    if try await letters.revoke(id) { done.append(id) }
                } catch {
                    throw Stop(error, doing: "revoking \(id)")
                }
            }
            if options.json { try Console.json(done) } else { for id in done { Console.out(id) } }
            let missing = wanted.filter { !done.contains($0) }
            guard !done.isEmpty, missing.isEmpty else {
                let names = missing.map { "\"\($0)\"" }.joined(separator: ", ")
                throw Stop(.no, missing.isEmpty ? "no such letters" : "no letter of id \(names)")
            }
            Console.note(dryRun ? "\(Counted.of(done.count, "letter")) would be revoked" : "\(done.count) revoked")
        }
    }

    struct Extend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let letters live longer, at most to links.longest from their making.")
        @Argument(help: "Ids: the part of the link after /l/.") var ids: [String]
        @Option(name: .long, help: "How much longer, such as 14d. Default: links.expire.") var by: String?
        @OptionGroup var options: Options

        /// One letter's result.
        private struct Extended: Encodable {
            let id: String
            let expiresAtSeconds: Int64
        }

        func run() async throws {
            let (settings, letters) = try options.loaded()
            let longer = try by.map { try Links.seconds($0, option: "--by") } ?? Int64(settings.links.expireSeconds)
            let longest = settings.links.longestLifeSeconds
            var done: [Extended] = []
            var failed: [String] = []
            for id in ids {
                let result: KeepingResult
                do throws(Refusal) {
                    result = try await letters.extend(id, bySeconds: longer, longestSeconds: longest)
                } catch {
                    throw Stop(error, doing: "extending \(id)")
                }
                switch result {
                case .extended(let until): done.append(Extended(id: id, expiresAtSeconds: until))
                case .longest: failed.append("\(id): it lives as long as it may already (links.longest)")
                case .fixed: failed.append("\(id): a rule has set how long it lives")
                case .gone, .revoked: failed.append("no letter of id \"\(id)\"")
                }
            }
            if options.json { try Console.json(done) }
            if !options.json {
                for one in done { Console.out("\(one.id)  expires \(ShownTime.moment(one.expiresAtSeconds))") }
            }
            guard failed.isEmpty else { throw Stop(.no, failed.joined(separator: "\n")) }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Letters, and mails about them, in numbers.")
        @OptionGroup var options: Options

        func run() async throws {
            let letters = try options.operations()
            let status: LetterOperations.Status
            do throws(Refusal) { status = try await letters.status() } catch {
                throw Stop(error, doing: "counting letters")
            }
            if options.json { return try Console.json(status) }
            Console.out(
                """
                being sent:          \(status.sending)
                not opened:          \(status.waiting)
                opened:              \(status.opened)
                resting:             \(status.resting)
                expire in 3 days:    \(status.expiringUnopened) (not opened)
                expired unopened:    \(status.expiredUnopened) (in the last 30 days)
                revoked:             \(status.revoked) (in the last 30 days)
                requests waiting:    \(status.waitingRequests)
                notices waiting:     \(status.waitingNotices)
                """)
        }
    }
}

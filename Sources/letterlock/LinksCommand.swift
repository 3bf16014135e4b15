// `letterlock links`: letters that wait behind links. No content, and nothing that opens one. Works beside a running gateway.

import ArgumentParser
import Foundation
import Gateway
import Mail
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

        func desk() throws -> LetterDesk { try loaded().desk }

        func loaded() throws -> (settings: LetterlockSettings, desk: LetterDesk) {
            let loaded = try settings.load()
            guard FileManager.default.fileExists(atPath: "\(loaded.state)/gateway") else {
                throw Stop(
                    .noInput,
                    "reading \"\(loaded.state)\": there is no state of a gateway\n  hint: set `state`, or name the settings with --config"
                )
            }
            do throws(Refusal) { return (loaded, try LetterDesk(stateFolder: loaded.state)) } catch {
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

        var filter: LetterDesk.Filter {
            var filter = LetterDesk.Filter()
            filter.sender = sender
            filter.recipient = recipient
            // Shells take < and > for themselves: both spellings are understood.
            filter.messageID = messageID.map { $0.hasPrefix("<") ? $0 : "<\($0)>" }
            return filter
        }
    }

    fileprivate static func lines(
        _ desk: LetterDesk, _ filter: LetterDesk.Filter
    ) async throws -> [LetterDesk.Line] {
        do throws(Refusal) { return try await desk.lines(filter) } catch {
            throw Stop(error, doing: "listing letters")
        }
    }

    fileprivate static func text(_ line: LetterDesk.Line) -> String {
        let opened = line.openedAtSeconds.map { "opened \(day($0))" } ?? "not opened"
        let rests = line.restsUntilSeconds.map { ", rests until \(moment($0))" } ?? ""
        return
            "\(line.id)  \(line.sender) -> \(line.recipient)  \(line.state), \(opened), expires \(day(line.expiresAtSeconds)), \(line.wrongGuesses) wrong\(rests)"
    }

    /// All that is known of one letter.
    fileprivate static func details(_ line: LetterDesk.Line) -> String {
        func time(_ seconds: Int64?) -> String { seconds.map(moment) ?? "-" }
        return """
            id:               \(line.id)
            sender:           \(line.sender)
            recipient:        \(line.recipient)
            message-id:       \(line.messageID ?? "-")
            state:            \(line.state)
            created:          \(moment(line.createdAtSeconds))
            expires:          \(moment(line.expiresAtSeconds))
            page loaded:      \(time(line.askedAtSeconds))
            opened:           \(time(line.openedAtSeconds))
            content fetched:  \(time(line.fetchedAtSeconds))
            wrong passwords:  \(line.wrongGuesses)
            rests until:      \(time(line.restsUntilSeconds))
            answers:          \(line.answers)
            """
    }

    private static func day(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601.year().month().day())
    }

    fileprivate static func moment(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
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
            let lines = try await Links.lines(try options.desk(), filter)
            if options.json { return try Console.json(lines) }
            for line in lines { Console.line(Links.text(line)) }
            Console.note(Counted.of(lines.count, "letter"))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one letter.")
        @Argument(help: "Id: the part of the link after /l/.") var id: String
        @OptionGroup var options: Options

        func run() async throws {
            let desk = try options.desk()
            let line: LetterDesk.Line?
            do throws(Refusal) { line = try await desk.line(id) } catch { throw Stop(error, doing: "reading a letter") }
            guard let line else { throw Stop(.no, "no letter of id \"\(id)\"") }
            if options.json { try Console.json(line) } else { Console.out(Links.details(line)) }
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
            let desk = try options.desk()
            var wanted = ids
            if wanted.isEmpty {
                // What is about to be opened counts too; what is gone already does not.
                let gone: Set = ["revoked", "expired", "gone"]
                wanted = try await Links.lines(desk, choice.filter).filter { !gone.contains($0.state) }.map(\.id)
            }
            var done: [String] = []
            for id in wanted {
                if dryRun {
                    done.append(id)
                    continue
                }
                do throws(Refusal) {
                    if try await desk.revoke(id) { done.append(id) }
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
            let (settings, desk) = try options.loaded()
            let longer = try by.map { try Links.seconds($0, option: "--by") } ?? Int64(settings.links.expireSeconds)
            let longest = settings.links.longestLifeSeconds
            var done: [Extended] = []
            var failed: [String] = []
            for id in ids {
                let result: KeepingResult
                do throws(Refusal) {
                    result = try await desk.extend(id, bySeconds: longer, longestSeconds: longest)
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
                for one in done { Console.out("\(one.id)  expires \(Links.moment(one.expiresAtSeconds))") }
            }
            guard failed.isEmpty else { throw Stop(.no, failed.joined(separator: "\n")) }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Letters, and mails about them, in numbers.")
        @OptionGroup var options: Options

        func run() async throws {
            let desk = try options.desk()
            let status: LetterDesk.Status
            do throws(Refusal) { status = try await desk.status() } catch {
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

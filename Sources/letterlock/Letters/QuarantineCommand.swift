// `letterlock quarantine`: what the officer does with held messages. Works beside a running gateway.

import ArgumentParser
import Foundation
import Gateway
import Logging
import Mail
import NIOPosix
import Operations
import Sealing
import Settings
import SettingValues

struct QuarantineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine",
        abstract: "Look at held messages, release or drop them.",
        discussion: "show and release open the message with the officer's secret key, out of a GnuPG home.",
        subcommands: [List.self, Show.self, Release.self, Drop.self])

    struct Options: ParsableArguments {
        @OptionGroup var settings: SettingsOption

        func operations() throws -> (LetterlockSettings, QuarantineOperations) {
            let loaded = try settings.load()
            guard FileManager.default.fileExists(atPath: "\(loaded.state)/gateway") else {
                throw Stop(
                    .noInput,
                    "reading \"\(loaded.state)\": there is no state of a gateway\n"
                        + "  hint: set `state`, or name the settings with --config"
                )
            }
            do throws(Refusal) {
                return (loaded, try QuarantineOperations(stateFolder: loaded.state, who: NSUserName()))
            } catch {
                throw Stop(error, doing: "opening the quarantine")
            }
        }
    }

    /// A held message by the id that somebody typed.
    static func entry(_ typed: String, _ quarantine: QuarantineOperations) async throws -> HeldLine {
        guard let line = try await line(typed, quarantine) else { throw Stop(.no, "no message of id \"\(typed)\"") }
        return line
    }

    private static func line(_ typed: String, _ quarantine: QuarantineOperations) async throws -> HeldLine? {
        do throws(Refusal) { return try await quarantine.line(typed) } catch {
            throw Stop(error, doing: "reading the quarantine")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List held messages, oldest first.")
        @Flag(name: .long, help: "Those too that have been released, dropped or destroyed.") var all = false
        @Flag(name: .long, help: "Write JSON.") var json = false
        @OptionGroup var options: Options

        func run() async throws {
            let (_, quarantine) = try options.operations()
            let lines: [HeldLine]
            do throws(Refusal) { lines = try await quarantine.lines(settled: all) } catch {
                throw Stop(error, doing: "listing the quarantine")
            }
            if json { return try Console.json(lines) }
            for line in lines { Console.line(line.text) }
            Console.note(Counted.of(lines.count, "message"))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one message: what is known of it, and its header.")
        @Argument(help: "Id of the message.") var id: String
        @Option(name: .long, help: "GnuPG home with the secret key. Default: gpg's own.") var homedir: String?
        @Flag(name: .long, help: "Only its header.") var headers = false
        @Flag(name: .long, help: "The whole message, byte for byte.") var eml = false
        @Flag(name: .long, help: "What is known of it as JSON, without opening it.") var json = false
        @OptionGroup var options: Options

        func validate() throws {
            guard [headers, eml, json].filter({ $0 }).count < 2 else {
                throw ValidationError("--headers, --eml and --json exclude each other")
            }
        }

        func run() async throws {
            let (settings, quarantine) = try options.operations()
            let line = try await QuarantineCommand.entry(id, quarantine)
            if json { return try Console.json(line) }
            guard line.isHeld else {
                if headers || eml { throw Stop(.no, "\(line.id): its content is no longer there (\(line.stateWord))") }
                return Console.out(line.details)
            }
            let message = try await OpenedMessage.open(line, quarantine, settings, homedir)
            if eml { return try Console.out(message) }
            let header = try OpenedMessage.header(message)
            if headers { return Console.out(header) }
            Console.out(line.details + "\n\n" + header)
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Judge held messages again without the rules that held them, and send what comes of it.",
            discussion: "Rules that refuse still refuse, and what must be sealed is sealed.")
        @Argument(help: "Ids of messages.") var ids: [String]
        @Option(name: .long, help: "GnuPG home with the secret key. Default: gpg's own.") var homedir: String?
        @Option(name: .long, help: "Only for this recipient; may be given several times.") var recipient: [String] = []
        @OptionGroup var options: Options

        func run() async throws {
            let (settings, quarantine) = try options.operations()
            let recipients = try Recipients.read(recipient, file: "-").mailboxes
            var failed: [RecipientRefusal] = []
            for id in ids {
                let line = try await QuarantineCommand.entry(id, quarantine)
                guard line.isHeld else { throw Stop(.no, "\(line.id) is not held any more (\(line.stateWord))") }
                let message = try await OpenedMessage.open(line, quarantine, settings, homedir)
                failed += try await release(line, recipients, message, quarantine, settings)
            }
            guard let first = failed.first else { return }
            throw Stop(
                first.isPermanent ? .no : .temporaryFailure,
                failed.count == 1 ? "1 recipient stays held" : "\(failed.count) recipients stay held")
        }

        private func release(
            _ line: HeldLine, _ recipients: [Mailbox], _ message: MessageBytes, _ quarantine: QuarantineOperations,
            _ settings: LetterlockSettings
        ) async throws -> [RecipientRefusal] {
            do {
                let results = try await quarantine.release(
                    line.id, recipients.isEmpty ? nil : recipients, message: message, GatewayConfiguration(settings),
                    group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "letterlock"))
                guard !results.isEmpty else { throw Stop(.no, "\(line.id): nobody of these is held") }
                var failed: [RecipientRefusal] = []
                for result in results {
                    let how = result.method.map { "\(result.verdict) by \($0)" } ?? "\(result.verdict)"
                    if let refusal = result.refusal {
                        Console.line("\(line.id)  \(result.recipient)  still held: \(refusal.detail)")
                        failed.append(RecipientRefusal(isPermanent: refusal.isPermanent))
                    } else {
                        Console.line("\(line.id)  \(result.recipient)  released: \(how)")
                    }
                }
                return failed
            } catch let rejected as PolicyRejected {
                throw Stop(.configuration, "the policy cannot be used\n\(rejected.description)")
            } catch let refusal as Refusal {
                throw Stop(refusal, doing: "releasing \(line.id)")
            }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Destroy held messages; that they were dropped stays on record.")
        @Argument(help: "Ids of messages.") var ids: [String]
        @Option(name: .long, help: "Why, for the record.") var reason = ""
        @OptionGroup var options: Options

        func run() async throws {
            let (_, quarantine) = try options.operations()
            for id in ids {
                let line = try await QuarantineCommand.entry(id, quarantine)
                let done: Bool
                do throws(Refusal) { done = try await quarantine.drop(line.id, reason: reason) } catch {
                    throw Stop(error, doing: "dropping \(line.id)")
                }
                guard done else { throw Stop(.no, "\(line.id) is not held any more (\(line.stateWord))") }
                Console.out("\(line.id)  dropped")
            }
        }
    }
}

/// A recipient who stays in the quarantine.
struct RecipientRefusal {
    let isPermanent: Bool
}

/// A held message, opened.
enum OpenedMessage {
    static func open(
        _ line: HeldLine, _ quarantine: QuarantineOperations, _ settings: LetterlockSettings, _ homedir: String?
    ) async throws -> MessageBytes {
        let message: MessageBytes?
        do throws(OpeningError) {
            message = try await quarantine.open(
                line, homeFolder: homedir, gpgProgram: settings.gpg.program,
                gpgTimeoutSeconds: settings.gpg.timeoutSeconds)
        } catch {
            throw Stop(
                error.isTemporary ? .unavailable : .dataError,
                "opening \(line.id): \(error.reason)\n"
                    + "  hint: it is sealed to \(line.sealedTo); --homedir names the GnuPG home with its secret key"
            )
        }
        guard let message else { throw Stop(.no, "\(line.id): its content is no longer there") }
        return message
    }

    /// The header as it came, lines ended by LF.
    static func header(_ message: MessageBytes) throws -> String {
        let text = String(decoding: try message.slice(0..<(1 << 20)).copy(), as: UTF8.self)
        let header = text.range(of: "\r\n\r\n").map { text[..<$0.lowerBound] } ?? text[...]
        // What a terminal would obey is escaped where it is written.
        return String(header).replacing("\r\n", with: "\n")
    }
}

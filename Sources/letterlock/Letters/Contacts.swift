// `letterlock contacts`: standing passwords and telephone numbers of correspondents. Shows no password, and numbers by
// their first and last digits.

import ArgumentParser
import Foundation
import Mail
import Operations
import Policy
import Settings
import SettingValues

struct Contacts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contacts", abstract: "Keep standing passwords and telephone numbers of correspondents.",
        subcommands: [List.self, Show.self, Set.self, Remove.self, ForgetPassword.self])

    struct Options: ParsableArguments {
        @Flag(name: .long, help: "Write JSON.")
        var json = false
        @OptionGroup var settings: SettingsOption

        func operations() throws -> ContactOperations {
            let state = try settings.load().state
            guard FileManager.default.fileExists(atPath: "\(state)/gateway") else {
                throw Stop(
                    .noInput,
                    "reading \"\(state)\": there is no state of a gateway\n"
                        + "  hint: set `state`, or name the settings with --config"
                )
            }
            do throws(Refusal) { return try ContactOperations(stateFolder: state) } catch {
                throw Stop(error, doing: "opening the state")
            }
        }
    }

    struct Address: ParsableArguments {
        @Argument(help: "The correspondent's mail address.") var address: String

        func mailbox() throws -> Mailbox {
            guard let mailbox = Mailbox(address), !mailbox.hasRoute else {
                let fault = Mailbox(address) == nil ? Mailbox.fault(in: address) : "it has a route in its local part"
                throw Stop(.usage, "\"\(address)\" is no mail address: \(fault)\n  hint: write it as name@example.org")
            }
            return mailbox
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all correspondents by address.")
        @OptionGroup var options: Options

        func run() async throws {
            let contacts = try options.operations()
            let lines: [ContactOperations.Line]
            do throws(Refusal) { lines = try await contacts.lines() } catch {
                throw Stop(error, doing: "listing contacts")
            }
            if options.json { return try Console.json(lines) }
            for line in lines { Console.line(line.text) }
            Console.note(Counted.of(lines.count, "contact"))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one correspondent.")
        @OptionGroup var who: Address
        @OptionGroup var options: Options

        func run() async throws {
            let mailbox = try who.mailbox()
            let contacts = try options.operations()
            let found: ContactOperations.Line?
            do throws(Refusal) { found = try await contacts.line(mailbox) } catch {
                throw Stop(error, doing: "reading a contact")
            }
            guard let found else { throw Stop(.no, "nothing is known of \"\(mailbox)\"") }
            if options.json { try Console.json(found) } else { Console.out(found.text) }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set a standing password, a telephone number, or both.",
            discussion: """
                The password is asked for at the terminal, twice, or is the first line of stdin. From then on every \
                letter \
                to this correspondent opens with it, where the settings or rules allow `standing`.
                """)
        @OptionGroup var who: Address
        @Flag(name: .long, help: "Ask for a standing password.") var password = false
        @Option(name: .long, help: "Telephone number with country code (+33612345678); \"none\" takes it away.")
        var phone: String?
        @OptionGroup var options: Options

        func run() async throws {
            let mailbox = try who.mailbox()
            guard password || phone != nil else {
                throw Stop(.usage, "nothing to set\n  hint: --password, --phone NUMBER, or both")
            }
            var number: PhoneNumber?
            if let phone, phone != "none" {
                number = PhoneNumber(phone)
                guard number != nil else {
                    throw Stop(.usage, "--phone: this is no number\n  hint: with its country code, +33612345678")
                }
            }
            let contacts = try options.operations()
            var secret: Secret?
            if password {
                let read = try PasswordInput.read(for: mailbox.description)
                if let problem = PasswordStrength.problem(of: read, names: [mailbox.description]) {
                    throw Stop(.dataError, problem)
                }
                secret = read
            }
            do throws(Refusal) {
                try await contacts.set(
                    mailbox, password: secret, phone: number, nowSeconds: Int64(Date().timeIntervalSince1970))
                if phone == "none" { try await contacts.forgetPhone(mailbox) }
            } catch {
                throw Stop(error, doing: "keeping a contact")
            }
            Console.note("kept")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Forget a correspondent.")
        @OptionGroup var who: Address
        @OptionGroup var options: Options

        func run() async throws {
            let mailbox = try who.mailbox()
            let contacts = try options.operations()
            let done: Bool
            do throws(Refusal) { done = try await contacts.remove(mailbox) } catch {
                throw Stop(error, doing: "forgetting a contact")
            }
            guard done else { throw Stop(.no, "nothing is known of \"\(mailbox)\"") }
            Console.note("forgotten")
        }
    }

    struct ForgetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "forget-password",
            abstract: "Forget a standing password; letters that were sent still open with it.")
        @OptionGroup var who: Address
        @OptionGroup var options: Options

        func run() async throws {
            let mailbox = try who.mailbox()
            let contacts = try options.operations()
            let done: Bool
            do throws(Refusal) { done = try await contacts.forgetPassword(mailbox) } catch {
                throw Stop(error, doing: "forgetting a password")
            }
            guard done else { throw Stop(.no, "\"\(mailbox)\" has no standing password") }
            Console.note("forgotten")
        }
    }
}

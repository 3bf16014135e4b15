// `letterlock users`: who may log in to hand in mail. Writes SCRAM verifiers, never passwords. Touches the file of
// users, the terminal and stdin.

import ArgumentParser
import Foundation
import Mail
import SASL
import Settings
import SettingValues

struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep the file of users who may log in to send.",
        discussion: """
            A password is asked for twice at a terminal, without echo; otherwise it is the first line of stdin. The \
            file \
            holds what a password can be checked against, not the password.
            """,
        subcommands: [Add.self, Passwd.self, Remove.self, List.self])

    /// Shortest password, in characters.
    static let leastCharacters = 8

    struct Place: ParsableArguments {
        @OptionGroup var settings: SettingsOption
        @Option(name: .long, help: "File of users. Default: `users` of the settings.")
        var file: String?

        /// The one place that knows where the file is.
        func path() throws -> String {
            if let file { return file }
            guard let path = try settings.load().users else {
                throw Stop(
                    .configuration, "the settings name no file of users\n  hint: set `users`, or name one with --file")
            }
            return path
        }
    }

    struct Work: ParsableArguments {
        @Option(
            name: .long,
            help: "Hash iterations of the verifier: the work of each guess with the file, and of each log-in.")
        var iterations = ScramVerifier.defaultIterations

        func validate() throws {
            guard ScramVerifier.iterationRange.contains(iterations) else {
                throw ValidationError(
                    "--iterations must be \(ScramVerifier.iterationRange.lowerBound) to "
                        + "\(ScramVerifier.iterationRange.upperBound)"
                )
            }
        }

        /// Asks for a password and makes its verifier.
        func verifier(for name: String) throws -> ScramVerifier {
            let password = try PasswordInput.read(for: name)
            // Revealed to be measured.
            guard password.revealed.count >= Users.leastCharacters else {
                throw Stop(
                    .dataError,
                    "the password has fewer than \(Users.leastCharacters) characters\n"
                        + "  hint: let a password manager make one, or take four random words"
                )
            }
            guard let verifier = ScramVerifier(password: password, iterations: iterations) else {
                throw Stop(
                    .dataError,
                    "the password cannot be used\n"
                        + "  hint: at most \(Preparation.mostBytes) bytes, and no control characters"
                )
            }
            return verifier
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a user.")
        @Argument(help: "Name to log in with; it may be a mail address. Case does not matter.") var name: String
        @Option(
            name: .long,
            help: """
                Addresses, domains and .domains (sub-domains) that may be the sender, with commas; "-" for none. \
                Default: \
                the name, where it is an address.
                """
        )
        var maySendAs: String?
        @OptionGroup var work: Work
        @OptionGroup var place: Place

        func run() async throws {
            let path = try place.path()
            guard let name = Preparation.name(name) else { throw Users.noName(name) }
            let addresses = try addresses(name)
            if let file = try? UserFile.read(path), file.user(name) != nil { throw exists(name) }
            let verifier = try work.verifier(for: name)
            let isNew = !FileManager.default.fileExists(atPath: path)
            try Users.edit(path, create: true) { file in
                guard file.user(name) == nil else { throw exists(name) }
                guard let user = StoredUser(name: name, verifier: verifier, maySendAs: addresses) else {
                    throw Users.noName(name)
                }
                file.put(user)
            }
            Console.note("added \"\(name)\", who may send as \(Users.text(addresses))")
            if isNew, geteuid() == 0 {
                Console.note(
                    "  hint: \"\(path)\" is new and root's: let the gateway's user read it (chgrp letterlock, chmod "
                        + "0640)"
                )
            }
        }

        private func addresses(_ name: String) throws -> DomainList {
            guard let text = maySendAs ?? Mailbox(name)?.description else {
                throw Stop(
                    .usage,
                    "\"\(name)\" is no mail address, so --may-send-as must say what the user may send as\n"
                        + "  hint: --may-send-as \(name)@example.org"
                )
            }
            guard let addresses = StoredUser.addresses(text) else {
                throw Stop(
                    .usage,
                    "--may-send-as \"\(text)\" is no list of addresses and domains\n  hint: a@example.org,.example.org"
                )
            }
            return addresses
        }

        private func exists(_ name: String) -> Stop {
            Stop(.no, "user \"\(name)\" exists already\n  hint: `letterlock users passwd` sets another password")
        }
    }

    struct Passwd: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Set another password.")
        @Argument(help: "Name of the user.") var name: String
        @OptionGroup var work: Work
        @OptionGroup var place: Place

        func run() async throws {
            let path = try place.path()
            guard try Users.read(path).user(name) != nil else { throw Users.nobody(name) }
            let verifier = try work.verifier(for: name)
            try Users.edit(path, create: false) { file in
                guard var user = file.user(name) else { throw Users.nobody(name) }
                user.verifier = verifier
                file.put(user)
            }
            Console.note("changed; the gateway sees it at the next log-in")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a user.")
        @Argument(help: "Name of the user.") var name: String
        @OptionGroup var place: Place

        func run() async throws {
            let path = try place.path()
            _ = try Users.read(path)
            try Users.edit(path, create: false) { file in
                guard file.remove(name) else { throw Users.nobody(name) }
            }
            Console.note("removed")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the users.")
        @Flag(name: .long, help: "Write JSON.") var json = false
        @OptionGroup var place: Place

        struct Line: Encodable {
            let name: String
            let maySendAs: [String]
            let iterations: Int
        }

        func run() async throws {
            let lines = try Users.read(try place.path()).users.map {
                Line(name: $0.name, maySendAs: $0.maySendAs.entries, iterations: $0.verifier.iterations)
            }
            if json { return try Console.json(lines) }
            for line in lines { Console.line("\(line.name)  \(Users.text(DomainList(line.maySendAs)))") }
            Console.note(Counted.of(lines.count, "user"))
        }
    }

    // MARK: - Shared

    private static func text(_ addresses: DomainList) -> String {
        addresses.entries.isEmpty ? "nobody" : addresses.entries.joined(separator: ", ")
    }

    private static func noName(_ name: String) -> Stop {
        Stop(.usage, "\"\(name)\" is no name of a user\n  hint: no spaces, commas or colons, at most 255 bytes")
    }

    private static func nobody(_ name: String) -> Stop {
        Stop(.no, "no user \"\(name)\"\n  hint: `letterlock users list` names them")
    }

    private static func read(_ path: String) throws -> UserFile {
        do throws(Diagnostic) {
            return try UserFile.read(path)
        } catch {
            let isMissing = !FileManager.default.fileExists(atPath: path)
            throw Stop(isMissing ? .noInput : .configuration, error.description)
        }
    }

    private static func edit(_ path: String, create: Bool, _ change: (inout UserFile) throws -> Void) throws {
        do {
            try UserFile.edit(path, create: create, change)
        } catch let diagnostic as Diagnostic {
            throw Stop(diagnostic.line > 0 ? .configuration : .cannotCreate, diagnostic.description)
        }
    }
}

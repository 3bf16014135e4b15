// `letterlock admin`: who may open the admin page. Writes verifiers and the secrets of authenticator apps, never
// passwords. Touches that file, the terminal and stdin.

import ArgumentParser
import Foundation
import Mail
import SASL
import Settings
import SettingValues

struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin",
        abstract: "Keep the file of users who may open the admin page.",
        discussion: """
            An added user logs in with a password and a code from an authenticator app. A password is asked for \
            twice at \
            a terminal, without echo; otherwise it is the first line of stdin.
            """,
        subcommands: [Add.self, Remove.self, List.self])

    /// Shortest password, in characters.
    static let leastCharacters = 10

    struct Place: ParsableArguments {
        @OptionGroup var settings: SettingsOption
        @Option(name: .long, help: "The file. Default: `admin.users` of the settings.") var file: String?

        func path() throws -> String {
            if let file { return file }
            guard let path = try settings.load().admin.users else {
                throw Stop(
                    .configuration, "the settings name no such file\n  hint: set `admin.users`, or name one with --file"
                )
            }
            return path
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a user, and show once what the authenticator app needs.")
        @Argument(help: "Name to log in with. Case does not matter.") var name: String
        @OptionGroup var place: Place

        func run() async throws {
            let path = try place.path()
            guard let name = Preparation.name(name) else {
                throw Stop(.usage, "\"\(name)\" is no name\n  hint: no spaces, commas or colons, at most 255 bytes")
            }
            if let file = try? AdminFile.read(path), file.user(name) != nil { throw taken(name) }
            let verifier = try verifier(for: name)
            guard let secret = OneTimeSecret.drawn(),
                let user = AdminUser(name: name, verifier: verifier, secret: secret)
            else { throw Stop(.unavailable, "there is no randomness") }
            let isNew = !FileManager.default.fileExists(atPath: path)
            try AdminCommand.edit(path, create: true) { file in
                guard file.add(user) else { throw taken(name) }
            }
            // Revealed to be shown this once, to set up the app.
            Console.out(secret.uri(for: name, at: "Letterlock").revealed)
            Console.note("added \"\(name)\"")
            Console.note("  secret for the app: \(secret.base32.revealed)")
            Console.note(
                "  hint: make a QR code of the line on stdout (… | qrencode -t ansiutf8), or type the secret into the "
                    + "app; it is not shown again"
            )
            if isNew, geteuid() == 0 {
                Console.note(
                    "  hint: \"\(path)\" is new and root's: let the gateway's user read it (chgrp letterlock, chmod "
                        + "0640)"
                )
            }
        }

        private func verifier(for name: String) throws -> ScramVerifier {
            let password = try PasswordInput.read(for: name)
            // Revealed to be measured.
            guard password.revealed.count >= AdminCommand.leastCharacters else {
                throw Stop(
                    .dataError,
                    "the password has fewer than \(AdminCommand.leastCharacters) characters\n"
                        + "  hint: let a password manager make one, or take four random words"
                )
            }
            guard let verifier = ScramVerifier(password: password, iterations: AdminUser.iterations) else {
                throw Stop(
                    .dataError,
                    "the password cannot be used\n  hint: at most \(Preparation.mostBytes) bytes, no control characters"
                )
            }
            return verifier
        }

        private func taken(_ name: String) -> Stop {
            Stop(
                .no,
                "\"\(name)\" exists already\n  hint: `letterlock admin remove` first, to give a new password and secret"
            )
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a user, whose sessions end.")
        @Argument(help: "Name.") var name: String
        @OptionGroup var place: Place

        func run() async throws {
            let path = try place.path()
            _ = try AdminCommand.read(path)
            try AdminCommand.edit(path, create: false) { file in
                guard file.remove(name) else {
                    throw Stop(.no, "no \"\(name)\"\n  hint: `letterlock admin list` names them")
                }
            }
            Console.note("removed")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the names.")
        @Flag(name: .long, help: "Write JSON.") var json = false
        @OptionGroup var place: Place

        func run() async throws {
            let names = try AdminCommand.read(try place.path()).users.map(\.name)
            if json { return try Console.json(names) }
            for name in names { Console.line(name) }
            Console.note(Counted.of(names.count, "name"))
        }
    }

    // MARK: - Shared

    static func read(_ path: String) throws -> AdminFile {
        do throws(Diagnostic) {
            return try AdminFile.read(path)
        } catch {
            let isMissing = !FileManager.default.fileExists(atPath: path)
            throw Stop(isMissing ? .noInput : .configuration, error.description)
        }
    }

    private static func edit(_ path: String, create: Bool, _ change: (inout AdminFile) throws -> Void) throws {
        do {
            try AdminFile.edit(path, create: create, change)
        } catch let diagnostic as Diagnostic {
            throw Stop(diagnostic.line > 0 ? .configuration : .cannotCreate, diagnostic.description)
        }
    }
}

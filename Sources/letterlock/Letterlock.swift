// The command. Results go to stdout, everything else to stderr; exit codes follow sysexits(3).

import ArgumentParser

@main
struct Letterlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "letterlock",
        abstract: "An encrypted-mail gateway: judges outgoing mail by rules and seals what must be sealed.",
        discussion: """
            Exit codes: 0 done; 1 the answer is no; 64 usage; 65 the input is no message or cannot be decrypted; 66 \
            no such \
            file; 67 a recipient has no usable key; 69 gpg or a server is unavailable; 70 an error of ours; 73 a file \
            cannot be made; 75 try again; 78 settings or policy cannot be used.
            """,
        version: Version.text,
        subcommands: [
            Serve.self, DemoCommand.self, Encrypt.self, Decrypt.self, PolicyCommand.self, Keys.self, Links.self,
            Contacts.self,
            VaultCommand.self,
            QuarantineCommand.self, DoctorCommand.self, MailsCommand.self,
            Users.self, AdminCommand.self,
        ])

    /// ArgumentParser's own exit code for a wrong command line is 64 (EX_USAGE) already.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let stop as Stop {
            Console.error(stop.message)
            Self.exit(withError: ExitCode(stop.code.rawValue))
        } catch {
            Self.exit(withError: error)
        }
    }
}

/// The version that `--version` prints.
enum Version {
    static let text = "0.1.0"
}

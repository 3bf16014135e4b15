// `letterlock decrypt`: the relay's own opening on one message.

import ArgumentParser
import Foundation
import Mail
import Operations
import Sealing
import Settings
import SettingValues

struct Decrypt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open a PGP/MIME or inline PGP message.",
        discussion: """
            Reads FILE or stdin, writes the message as it was before sealing to stdout. Uses the secret keys of a \
            GnuPG home.

            Exit codes: 0 all that is sealed was opened; 1 a part of it was not: it stays as it was in what is \
            written, and \
            stderr names it by part number and type; 65 nothing could be opened, and nothing is written; 69 gpg is \
            unavailable, and nothing is written. Of one message 500 ciphertexts are tried, 8 layers deep.
            """
    )

    @Option(name: .long, help: "GnuPG home with the secret key. Default: gpg's own.")
    var homedir: String?
    @OptionGroup var settings: SettingsOption
    @Argument(help: "Message file; stdin where missing or -.")
    var file: String?

    func run() async throws {
        let loaded = try settings.load()
        let message = try Console.readMessage(file, limits: loaded.limits)
        let operation = DecryptOperation(
            gpgProgram: loaded.gpg.program, gpgTimeoutSeconds: loaded.gpg.timeoutSeconds, limits: loaded.limits)
        let opened: DecryptedMessage
        do throws(OpeningError) {
            opened = try await operation.open(message, homeFolder: homedir)
        } catch {
            for line in error.unopened { Console.error("not opened: \(line)") }
            throw Stop(error.isTemporary ? .unavailable : .dataError, "decrypting: \(error.reason)")
        }
        for line in opened.notes { Console.error(line) }
        for line in opened.unopened { Console.error("not opened: \(line)") }
        try Console.out(opened.bytes)
        guard opened.unopened.isEmpty else {
            throw Stop(.no, "decrypting: not all could be opened; what could not stays as it was")
        }
    }
}

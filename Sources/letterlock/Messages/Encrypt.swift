// `letterlock encrypt`: the relay's own reading, planning and sealing on one message.

import ArgumentParser
import Foundation
import Mail
import Operations
import Settings
import SettingValues

struct Encrypt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Seal a message (RFC 5322) as PGP/MIME.",
        discussion: "Reads FILE or stdin, writes the sealed message to stdout. Nothing is written where it fails.")

    @Option(name: .long, parsing: .upToNextOption, help: "Recipient; all of them count as visible.")
    var to: [String]
    @Option(name: .long, help: "Folder of certificates. Default: the settings' `keys`.")
    var keys: String?
    @Flag(name: .long, help: "Replace the outer Subject by [...]; the real one stays inside.")
    var hideSubject = false
    @OptionGroup var settings: SettingsOption
    @Argument(help: "Message file; stdin where missing or -.")
    var file: String?

    func run() async throws {
        let loaded = try settings.load()
        let (recipients, file) = try Recipients.read(to, file: file)
        let message = try Console.readMessage(file, limits: loaded.limits)
        let operation = EncryptOperation(
            keysFolder: keys ?? loaded.keys, gpgProgram: loaded.gpg.program,
            gpgTimeoutSeconds: loaded.gpg.timeoutSeconds,
            limits: loaded.limits)
        let sealed: MessageBytes
        do throws(Refusal) {
            sealed = try await operation.seal(message, to: recipients, hidesSubject: hideSubject)
        } catch {
            throw Stop(error, doing: "encrypting")
        }
        try Console.out(sealed)
    }
}

// `letterlock keys`: what is in the key folder, and what a message to an address would find.

import ArgumentParser
import Foundation
import Gateway
import Mail
import Operations
import Settings
import SettingValues

struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at the recipients' certificates.", subcommands: [List.self, Find.self, Check.self, Forget.self])

    struct Options: ParsableArguments {
        @Option(name: .long, help: "Folder of certificates. Default: the settings' `keys`.")
        var keys: String?
        @Flag(name: .long, help: "Write JSON.")
        var json = false
        @OptionGroup var settings: SettingsOption

        /// Runs `body` with the key folder, and clears up.
        func withOperations<Value>(_ body: (KeyOperations) async throws -> Value) async throws -> Value {
            let loaded = try settings.load()
            let folder = keys ?? loaded.keys
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
                throw Stop(
                    .noInput, "reading \"\(folder)\": no such folder\n  hint: name it with --keys or in the settings")
            }
            let work: WorkFolder
            let operations: KeyOperations
            do throws(Refusal) {
                work = try WorkFolder()
                operations = try KeyOperations(
                    keysFolder: folder, stateFolder: keys == nil ? loaded.state : nil, gpgProgram: loaded.gpg.program,
                    gpgTimeoutSeconds: loaded.gpg.timeoutSeconds,
                    workFolder: work.path)
            } catch {
                throw Stop(error, doing: "reading keys")
            }
            defer { work.remove() }
            let result: Result<Value, any Error>
            do { result = .success(try await body(operations)) } catch { result = .failure(error) }
            await operations.close()
            return try result.get()
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all certificates, usable or not, and why not.")
        @OptionGroup var options: Options

        func run() async throws {
            let (lines, problem, ignored) = try await options.withOperations { keys in
                (await keys.lines(), await keys.problem(), keys.ignoredFiles())
            }
            if let problem { throw Stop(.noInput, "reading the key folder: \(problem)") }
            if options.json { return try Console.json(lines) }
            for line in lines { Console.out(line.text) }
            for name in ignored {
                Console.note("\(name): not read; hint: a certificate's name ends in .asc, .gpg, .pgp, .key or .pub")
            }
            Console.note(
                "\(Counted.of(lines.filter { !$0.addresses.isEmpty }.count, "usable certificate")), "
                    + "\(lines.filter { $0.addresses.isEmpty }.count) not usable"
            )
        }
    }

    struct Find: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a message to ADDR would be sealed to.",
            discussion: "Exit code 67 where nothing can be used.")
        @Argument(help: "Mail address.") var address: String
        @OptionGroup var options: Options

        struct Answer: Encodable {
            let address: String
            let usable: Bool
            let fingerprints: [String]
            let files: [String]
            let reasons: [String]
        }

        func run() async throws {
            guard let mailbox = Mailbox(address) else {
                throw Stop(
                    .usage,
                    "\"\(address)\" is no mail address: \(Mailbox.fault(in: address))\n"
                        + "  hint: write it as name@example.org"
                )
            }
            let status = try await options.withOperations { await $0.find(mailbox) }
            let answer: Answer
            var code = ExitCode3.noUser
            switch status {
            case .usable(let found):
                answer = Answer(
                    address: address, usable: true, fingerprints: found.map(\.fingerprint), files: found.map(\.source),
                    reasons: [])
            case .unusable(let reasons):
                answer = Answer(address: address, usable: false, fingerprints: [], files: [], reasons: reasons)
            case .none:
                answer = Answer(
                    address: address, usable: false, fingerprints: [], files: [],
                    reasons: ["no certificate for this address"])
            case .unknown(let reason):
                code = .unavailable
                answer = Answer(address: address, usable: false, fingerprints: [], files: [], reasons: [reason])
            }
            if options.json { try Console.json(answer) }
            if answer.usable {
                if !options.json {
                    for (fingerprint, file) in zip(answer.fingerprints, answer.files) {
                        Console.line("\(fingerprint)  \(file)")
                    }
                }
                return
            }
            throw Stop(code, "no usable key for \"\(address)\": \(answer.reasons.joined(separator: "; "))")
        }
    }

    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete the key that ADDR has sent from a letter and confirmed.",
            discussion: "Keys in the settings' `keys` folder are files of yours: delete them there.")
        @Argument(help: "Mail address.") var address: String
        @OptionGroup var options: Options

        func run() async throws {
            guard let mailbox = Mailbox(address) else {
                throw Stop(
                    .usage,
                    "\"\(address)\" is no mail address: \(Mailbox.fault(in: address))\n"
                        + "  hint: write it as name@example.org"
                )
            }
            let isDone = try await options.withOperations { keys in
                do throws(Refusal) { return try keys.forgetLearned(mailbox) } catch {
                    throw Stop(error, doing: "forgetting a key")
                }
            }
            guard isDone else { throw Stop(.no, "no key was learned for \"\(address)\"") }
            Console.note("forgotten")
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Name every file that gives nothing for an address, and addresses claimed by several files.",
            discussion: "Exit code 1 where there is anything to name.")
        @OptionGroup var options: Options

        func run() async throws {
            let (findings, count) = try await options.withOperations { keys in
                let lines = await keys.lines()
                return (await keys.findings(of: lines), lines.count)
            }
            if options.json {
                try Console.json(findings)
            } else {
                for finding in findings {
                    Console.line(finding.text)
                }
            }
            guard findings.isEmpty else {
                throw Stop(
                    .no,
                    "\(Counted.of(findings.count, "finding")) in "
                        + "\(Counted.of(count, "certificate or file", "certificates and files"))"
                )
            }
            Console.note("\(Counted.of(count, "certificate")), nothing to name")
        }
    }
}

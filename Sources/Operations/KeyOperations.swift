// What `letterlock keys` shows, from the keyring that the gateway itself uses.

import Foundation
import Gateway
import Glibc
package import Mail
import OpenPGP
import SettingValues

/// The key folder, looked at once.
package struct KeyOperations: Sendable {
    let engine: Engine
    private let keyring: Keyring
    private let folder: String
    private let learnedFolder: String?

    /// - Parameters:
    ///   - stateFolder: of a gateway whose learned keys are shown too; nil: none are.
    ///   - workFolder: a private folder for gpg's homes and the certificates it reads.
    /// - Throws: a ``Refusal`` of cause `engine` or `storage`.
    package init(
        keysFolder: String, stateFolder: String? = nil, gpgProgram: String, gpgTimeoutSeconds: Int, workFolder: String
    ) throws(Refusal) {
        engine = try Engine(
            GPGSettings(program: gpgProgram, timeoutSeconds: gpgTimeoutSeconds, workers: 1),
            homeFolder: "\(workFolder)/gnupg")
        folder = keysFolder
        learnedFolder = stateFolder.map(LearnedKeys.folder(of:)).flatMap {
            FileManager.default.fileExists(atPath: $0) ? $0 : nil
        }
        keyring = Keyring(
            folder: keysFolder, engine: engine,
            learned: learnedFolder.map { [engine] in
                Keyring(
                    folder: $0, engine: engine,
                    prefix: "learned-keys/")
            })
    }

    /// All certificates, and all files that give none, by file name.
    package func lines() async -> [KeyLine] { await keyring.listing().map(KeyLine.init) }
    /// What a message to the address would find.
    package func find(_ address: Mailbox) async -> KnownKeys.Status { await keyring.lookup([address])[address] }
    /// What messages to the addresses would find.
    package func known(_ addresses: [Mailbox]) async -> KnownKeys { await keyring.lookup(addresses) }
    /// Names in the folder that no look-up reads, as their ending is not that of a certificate.
    package func ignoredFiles() -> [String] { Self.ignoredFiles(in: folder) }

    /// Names in the folder that give nothing because of what they are, with the reason: certificates under a name that
    /// does not count, and names that count of things that are no files.
    package func uncountedFiles() -> [(name: String, problem: String)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted().compactMap { name in
            Self.whyUncounted("\(folder)/\(name)", counts: Keyring.reads(fileName: name)).map { (name, $0) }
        }
    }

    private static func whyUncounted(_ path: String, counts: Bool) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return counts ? "a link that leads nowhere: not read" : nil }
        guard status.st_mode & S_IFMT == S_IFREG else {
            if status.st_mode & S_IFMT == S_IFDIR, holdsCertificates(path) {
                return "a folder: certificates in folders are not read; put them into the key folder itself"
            }
            return counts ? "no file: not read" : nil
        }
        guard !counts, looksLikeCertificates(path) else { return nil }
        return "not read; hint: a certificate's name ends in .asc, .gpg, .pgp, .key or .pub"
    }

    private static func holdsCertificates(_ folder: String) -> Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.contains(where: Keyring.reads)
    }

    private static func looksLikeCertificates(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path), let head = try? file.read(upToCount: 4096),
            let first = head.first
        else { return false }
        // The packet of a public key, in the old and in the new form (RFC 4880 section 4.2).
        if first == 0xC6 || first & 0xFC == 0x98 { return true }
        return head.range(of: Data("-----BEGIN PGP PUBLIC KEY BLOCK-----".utf8)) != nil
    }

    /// Names in a folder that no look-up reads, sorted.
    static func ignoredFiles(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { !$0.hasPrefix(".") && !Keyring.reads(fileName: $0) }.sorted()
    }

    /// Why the folder cannot be relied on, or nil.
    package func problem() async -> String? { await keyring.problem() }

    /// Deletes the key that a reader has sent and confirmed; the next message finds none.
    /// - Returns: false where there is none.
    /// - Throws: a ``Refusal`` of cause `storage`.
    package func forgetLearned(_ owner: Mailbox) throws(Refusal) -> Bool {
        guard let learnedFolder else { return false }
        return try LearnedKeys.forget(owner, in: learnedFolder)
    }

    /// Every file that gives nothing for an address, and addresses that several files claim.
    /// - Parameter lines: as ``lines()`` gave them.
    package func findings(of lines: [KeyLine]) async -> [KeyFinding] {
        var findings = await problem().map { [KeyFinding(file: "", problem: $0)] } ?? []
        findings += lines.flatMap { line in line.problems.map { KeyFinding(file: line.file, problem: $0) } }
        findings += uncountedFiles().map { KeyFinding(file: $0.name, problem: $0.problem) }
        findings += KeyLine.claimedTwice(lines).map { claim in
            KeyFinding(
                file: claim.files.joined(separator: ", "),
                problem: "all claim \(claim.address): messages are sealed to every one of them")
        }
        return findings
    }

    /// Ends gpg.
    package func close() async { await engine.shutdown() }
}

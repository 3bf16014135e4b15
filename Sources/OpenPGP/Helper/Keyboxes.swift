// Keyboxes for gpg's encryptions: each made once from exactly the bytes that gpg has inspected, named by their SHA-256,
// and never imported into again, so that a certificate that was replaced lives on in none. gpg keeps in them which
// signatures it has checked, which is a third of its work for a certificate. Touches the folder and starts gpg.

import Glibc
import Mail
import POSIX
import SealWire
import Synchronization

/// The keyboxes of an engine.
final class Keyboxes: Sendable {
    private struct State {
        /// How often gpg has not made what was wanted, by name.
        var failures: [String: Int] = [:]
        /// Keyboxes of several certificates, the last one used at the end.
        var sets: [String] = []
    }

    /// Tries until certificates are given as files for good: a full disk passes.
    private static let tryLimit = 3
    /// Keyboxes of several certificates that are kept.
    private static let setLimit = 64

    private let folder: String
    private let gpg: String
    private let timeoutSeconds: Int
    private let state = Mutex(State())

    /// - Parameter folder: absolute; where the keyboxes lie.
    init(folder: String, gpg: String, timeoutSeconds: Int) {
        self.folder = folder
        self.gpg = gpg
        self.timeoutSeconds = timeoutSeconds
    }

    /// How gpg is to be told of certificates: by fingerprint where each lies in a keybox, else by file.
    /// - Parameter homeFolder: the worker's GnuPG home; a keybox is made in it.
    /// - Throws: a ``Refusal`` of cause `storage`.
    func request(_ files: [RecipientFile], homeFolder: String) throws(Refusal) -> SealRequest {
        let home = String(homeFolder.split(separator: "/").last ?? "")
        var names: Set<String> = []
        let files = files.filter { names.insert($0.digest).inserted }
        if !Self.isAmbiguous(files), let keyboxes = try keyboxes(files, homeFolder) {
            return SealRequest(
                home: home, keyboxes: keyboxes, recipients: files.map { .fingerprint($0.certificate.fingerprint) })
        }
        for file in files { try file.restore() }
        return SealRequest(home: home, keyboxes: [], recipients: files.map { .file($0.name) })
    }

    /// True where one fingerprint could lead to the certificate of another: by an older copy of it, or because somebody
    /// has bound another's key as a subkey.
    static func isAmbiguous(_ files: [RecipientFile]) -> Bool {
        guard files.count > 1 else { return false }
        let fingerprints = Set(files.map(\.certificate.fingerprint))
        guard fingerprints.count == files.count else { return true }
        // The key id is the end of the fingerprint (RFC 4880 section 12.2).
        var owners: [KeyID: String] = [:]
        for file in files {
            let primary = UInt64(file.certificate.fingerprint.suffix(16), radix: 16).map { KeyID($0) }
            for id in Set(file.certificate.encryptionKeyIDs + [primary].compactMap { $0 }) {
                guard owners.updateValue(file.digest, forKey: id) == nil else { return true }
            }
        }
        return false
    }

    /// nil where gpg makes none of a certificate.
    private func keyboxes(_ files: [RecipientFile], _ homeFolder: String) throws(Refusal) -> [String]? {
        if files.count > SealRequest.keyboxLimit {
            let all = files.map(\.digest).sorted().joined()
            let name = "\(try RecipientFile.digest(Array(all.utf8))).set.kbx"
            guard try prepare(name, files, homeFolder) else { return nil }
            keep(name)
            return [name]
        }
        for file in files {
            guard try prepare(file.keybox, [file], homeFolder) else { return nil }
        }
        return files.map(\.keybox)
    }

    private func keep(_ name: String) {
        let old = state.withLock { state in
            state.sets.removeAll { $0 == name }
            state.sets.append(name)
            return state.sets.count > Self.setLimit ? state.sets.removeFirst() : nil
        }
        if let old { unlink("\(folder)/\(old)") }
    }

    /// Makes a keybox where it is not there.
    private func prepare(_ name: String, _ files: [RecipientFile], _ homeFolder: String) throws(Refusal) -> Bool {
        if access("\(folder)/\(name)", R_OK) == 0 { return true }
        if state.withLock({ $0.failures[name] ?? 0 }) >= Self.tryLimit { return false }
        let made = "\(homeFolder)/new.kbx"
        defer {
            unlink(made)
            unlink("\(made)~")
        }
        unlink(made)
        guard try make(made, files, homeFolder) else {
            state.withLock { $0.failures[name, default: 0] += 1 }
            return false
        }
        return rename(made, "\(folder)/\(name)") == 0
    }

    /// - Returns: true where gpg took each of the certificates, and nothing else.
    private func make(_ path: String, _ files: [RecipientFile], _ homeFolder: String) throws(Refusal) -> Bool {
        var input: [UInt8] = []
        for file in files { input += try file.bytes.copy() }
        let arguments = [
            "--homedir", homeFolder, "--no-options", "--batch", "--no-tty", "--quiet", "--no-random-seed-file",
            "--no-auto-check-trustdb", "--no-autostart", "--lock-never", "--trust-model", "always", "--status-fd", "1",
            "--no-default-keyring", "--primary-keyring", path, "--ignore-time-conflict", "--import",
        ]
        let command = ChildProcess.Command(
            gpg, arguments, environment: ChildProcess.Command.ownEnvironment, leadsGroup: true)
        let run = ProgramRun(command, input: .bytes(input), outputBytes: 64 << 10 + 256 * files.count)
        let outcome: ProgramRun.Outcome
        do throws(SystemError) {
            outcome = try run.runBlocking(deadline: .now + .seconds(timeoutSeconds))
        } catch { throw Engine.failure("making a keybox: \"\(gpg)\": \(error.words)") }
        // Killed, or hanging: that says nothing about the certificates.
        guard let status = outcome.status, status.signal == nil else {
            throw Engine.failure("making a keybox: gpg did not end by itself")
        }
        let taken = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").compactMap { line in
            line.hasPrefix("[GNUPG:] IMPORT_OK ") ? line.split(separator: " ").last.map(String.init) : nil
        }
        return status.isSuccess && taken.sorted() == files.map(\.certificate.fingerprint).sorted()
    }
}

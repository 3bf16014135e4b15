// What gpg has said of certificates, on disk, so that a restart need not ask again: keyed by the SHA-256 of the
// certificate, and void with another gpg or another way of reading it. It holds times, never yes or no: expiry is
// judged at each look-up. Touches one file (0600) in a folder that is the gateway's alone. Never throws: what cannot be
// read is asked of gpg anew, and a log says so.

import Glibc
import Mail
import POSIX
import Synchronization

/// The verdicts of one gateway.
final class VerdictStore: Sendable {
    private struct State {
        var isLoaded = false
        /// Which gpg, and how its words are read; nil: it cannot be told, so nothing is kept.
        var reader: String?
        /// Records by digest, not read yet.
        var records: [String: ArraySlice<UInt8>] = [:]
        /// False where the file is not one of this reader's.
        var isCurrent = false
        var hasTold = false
    }

    /// Changes with the meaning of a record, and with what `ColonListing` makes of gpg's words.
    private static let format = "letterlock-verdicts 1"
    /// A hundred thousand certificates; beyond it the file is begun anew.
    private static let fileBytes = 64 << 20

    private let path: String
    private let gpg: CertificateReader
    private let tell: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// Nothing is read before the first use.
    /// - Parameters:
    ///   - gpg: who would be asked.
    ///   - tell: what a log should say.
    init(path: String, gpg: CertificateReader, tell: @escaping @Sendable (String) -> Void) {
        self.path = path
        self.gpg = gpg
        self.tell = tell
    }

    /// What is known of certificates, by digest.
    func verdicts(of digests: [String]) async -> [InspectedKey?] {
        let reader = await gpg.words()
        return state.withLock { state in
            if !state.isLoaded || state.reader != reader { load(&state, reader) }
            return digests.map { digest in
                state.records[digest].flatMap { VerdictRecord.key(in: $0, digest: digest) }
            }
        }
    }

    /// Keeps what gpg has said.
    func keep(_ verdicts: [(digest: String, key: InspectedKey)]) {
        let lines = verdicts.compactMap { digest, key in
            // "Expired" without its time is a word of that day.
            key.userIDs.contains(where: \.isExpired) ? nil : (digest, VerdictRecord.line(key, digest: digest))
        }
        guard !lines.isEmpty else { return }
        state.withLock { state in
            guard let reader = state.reader else { return }
            for (digest, line) in lines { state.records[digest] = line[...] }
            do throws(SystemError) {
                if state.isCurrent {
                    try append(Self.text(of: lines.map { $0.1[...] }))
                } else {
                    // What was whole in a file with a torn end is kept.
                    try begin(reader, Self.text(of: state.records.values))
                }
                state.isCurrent = true
            } catch { tellOnce(&state, "cannot be written: \(error.words)") }
        }
    }

    private func load(_ state: inout State, _ reader: String?) {
        state.isLoaded = true
        state.reader = reader
        state.records = [:]
        state.isCurrent = false
        guard let reader else { return }
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else {
            if errno != ENOENT { tellOnce(&state, "cannot be read: \(SystemError().words)") }
            return
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
            status.st_mode & 0o022 == 0
        else { return tellOnce(&state, "is not a file that only the gateway can write") }
        let bytes: [UInt8]
        do throws(SystemError) {
            guard let all = try Descriptors.readAll(file, atMost: Self.fileBytes) else {
                return tellOnce(&state, "is larger than \(Self.fileBytes) bytes")
            }
            bytes = all
        } catch { return tellOnce(&state, "cannot be read: \(error.words)") }
        var lines = bytes.split(separator: UInt8(ascii: "\n"))[...]
        guard let first = lines.popFirst(), first.elementsEqual(Self.heading(reader).utf8) else { return }
        // What follows a torn line would be joined to it.
        state.isCurrent = bytes.last == UInt8(ascii: "\n")
        state.records.reserveCapacity(lines.count)
        for line in lines where line.count > VerdictRecord.digestLength {
            state.records[String(decoding: line.prefix(VerdictRecord.digestLength), as: UTF8.self)] = line
        }
    }

    private func append(_ bytes: [UInt8]) throws(SystemError) {
        let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { throw SystemError() }
        defer { close(file) }
        try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
            try Descriptors.writeAll(file, UnsafeRawBufferPointer(bytes))
        }
    }

    private func begin(_ reader: String, _ bytes: [UInt8]) throws(SystemError) {
        do throws(AtomicFile.Failure) {
            let file = try AtomicFile(replacing: path)
            try file.write(Array("\(Self.heading(reader))\n".utf8) + bytes)
            try file.commit(.none)
        } catch { throw error.error }
    }

    private func tellOnce(_ state: inout State, _ what: String) {
        if !state.hasTold { tell("\"\(path)\" \(what): gpg inspects certificates anew after each start") }
        state.hasTold = true
    }

    private static func text(of lines: some Sequence<ArraySlice<UInt8>>) -> [UInt8] {
        lines.flatMap { $0 + [UInt8(ascii: "\n")] }
    }

    private static func heading(_ reader: String) -> String {
        "\(format) \(reader.map { $0.isNewline ? " " : $0 }.map(String.init).joined())"
    }
}

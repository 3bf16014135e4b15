// A file with 32 random bytes, made where there is none: the key under which addresses are hidden in logs. The same
// address gives the same hash as long as the file is kept; without it nobody can try addresses until one fits.
// Touches that file (0600); fails with a Refusal of cause `storage`.

import Cryptography
import Foundation
package import Mail
import POSIX

/// A secret of 32 bytes in a file of its own.
package struct SecretFile {
    private static let length = 32

    private let path: String
    /// What it is, for the log: `key`, `salt`.
    private let what: String
    /// False where the file must not be a symbolic link: in our own folder nobody has any business to make one.
    private let followsLinks: Bool

    /// - Parameters:
    ///   - what: what it is, for the log: `key`, `salt`.
    ///   - followsLinks: false where the file must not be a symbolic link.
    package init(path: String, what: String, followsLinks: Bool) {
        self.path = path
        self.what = what
        self.followsLinks = followsLinks
    }

    /// The bytes, made anew where there is no such file.
    package func readOrMake() throws(Refusal) -> [UInt8] {
        if let known = try read() { return known }
        let fresh: [UInt8]
        do { fresh = try Randomness.bytes(Self.length) } catch { throw error.refusal }
        // A crash in between leaves no short key behind.
        do throws(AtomicFile.Failure) {
            let file = try AtomicFile(replacing: path, temporary: "\(path).new")
            try file.write(fresh)
            try file.commit(.fileAndName)
        } catch {
            throw failure(error.step == .making ? "making \"\(path).new\"" : "writing \"\(path)\"", error.error)
        }
        return fresh
    }

    /// The bytes, or nil where there is no such file.
    package func read() throws(Refusal) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (followsLinks ? 0 : O_NOFOLLOW))
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw failure("opening \"\(path)\"", SystemError()) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.length + 1)
        guard Glibc.read(descriptor, &bytes, bytes.count) == Self.length else {
            throw Refusal(
                .storage, "local storage is not available, try again later",
                detail: "reading \"\(path)\": it is not a \(what) of \(Self.length) bytes; "
                    + "hint: delete it, and hashes start anew")
        }
        return Array(bytes.prefix(Self.length))
    }

    private func failure(_ doing: String, _ error: SystemError) -> Refusal {
        Refusal(
            .storage, "local storage is not available, try again later", detail: "\(doing): \(error.words)")
    }
}

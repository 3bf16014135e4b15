// A certificate as gpg reads it when it encrypts: a file of its own, named by the SHA-256 of what is in it, and a
// keybox of its own beside it. Touches these files. Fails with Refusal of cause storage.

import Cryptography
import Glibc
import Mail

/// A certificate on its way to gpg.
struct RecipientFile: Sendable {
    /// What the keyring knows it by.
    let certificate: Certificate
    /// Exactly the one certificate that gpg has inspected.
    let bytes: MessageBytes
    /// SHA-256 of the bytes, hexadecimal: another certificate is another file.
    let digest: String
    /// Absolute path without line breaks of the folder that it lies in.
    let folder: String

    init(_ certificate: Certificate, _ bytes: MessageBytes, in folder: String) throws(Refusal) {
        self.certificate = certificate
        self.bytes = bytes
        self.digest = try Self.digest(try bytes.copy())
        self.folder = folder
    }

    /// Name of the file.
    var name: String { "\(digest).pgp" }
    /// Where it lies.
    var path: String { "\(folder)/\(name)" }
    /// Name of its keybox.
    var keybox: String { "\(digest).kbx" }

    /// Writes it where it is not there: a missing file would be a needless 451 where a cleaner of temporary files has
    /// been.
    func restore() throws(Refusal) {
        var status = stat()
        if stat(path, &status) == 0, status.st_size == bytes.count { return }
        try ScratchFolder.write(bytes, to: path)
    }

    /// Removes it and its keybox.
    func remove() {
        unlink(path)
        unlink("\(folder)/\(keybox)")
    }

    /// SHA-256, lower-case hexadecimal.
    static func digest(_ octets: [UInt8]) throws(Refusal) -> String {
        do throws(CryptographyError) { return hexadecimal(try SHA256Digest.of(octets)) } catch {
            throw Refusal(.storage, "local storage is not available", detail: "sha-256: \(error)")
        }
    }

    private static func hexadecimal(_ octets: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: octets.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

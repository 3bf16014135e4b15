// The one command line with which letterlock-seal starts gpg: nothing of a request but names and fingerprints gets into
// it, and no settings file is read. Pure.

package import SealWire

/// gpg as it is started for a request.
package enum GPGCommand {
    /// Folder of keyboxes and of files with one certificate, inside the folder.
    package static let keysFolder = "keys"

    /// Its arguments: it encrypts what it reads on standard input and writes the binary message to standard output and
    /// status lines to standard error.
    ///
    /// - Not compressed, SEIPD version 1: gpg 2.2 never writes AEAD packets; later ones might for a key that asks for
    ///   them, which the seal check refuses.
    /// - `--trust-model always`: what may be encrypted to has been decided by the keyring.
    /// - Parameter folder: absolute; what the request names lies in it.
    package static func arguments(_ request: SealRequest, folder: String) -> [String] {
        // The home comes first: by it a gpg that hangs is known.
        var words = ["--homedir", "\(folder)/\(request.home)", "--no-options", "--batch", "--no-tty", "--quiet"]
        words += ["--no-random-seed-file", "--no-auto-check-trustdb", "--no-autostart", "--disable-dirmngr"]
        words += ["--lock-never", "--trust-model", "always", "--compress-algo", "none", "--no-encrypt-to"]
        words += ["--status-fd", "2", "--exit-on-status-write-error"]
        if request.keyboxes.isEmpty {
            words.append("--no-keyring")
        } else {
            words.append("--no-default-keyring")
            for name in request.keyboxes { words += ["--keyring", "\(folder)/\(keysFolder)/\(name)"] }
        }
        words += ["--output", "-", "--encrypt"]
        for recipient in request.recipients {
            switch recipient {
            case .fingerprint(let digits): words += ["--recipient", "0x\(digits)"]
            case .file(let name): words += ["--recipient-file", "\(folder)/\(keysFolder)/\(name)"]
            }
        }
        return words
    }
}

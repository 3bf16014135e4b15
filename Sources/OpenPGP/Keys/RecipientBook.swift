// Which certificates can be encrypted to now, and the files that they mean: several may mean one file, which goes with
// the last of them. Touches the files.

import Mail
import Synchronization

/// The certificates that an engine knows.
final class RecipientBook: Sendable {
    private struct State {
        var files: [Certificate: RecipientFile] = [:]
        /// How many certificates mean a file, by its name.
        var uses: [String: Int] = [:]
    }

    private let folder: String
    private let state = Mutex(State())

    /// - Parameter folder: absolute; where the files lie.
    init(folder: String) { self.folder = folder }

    /// What certificates mean; nil where one means nothing.
    func files(of certificates: [Certificate]) -> [RecipientFile]? {
        let files = state.withLock { state in certificates.compactMap { state.files[$0] } }
        return files.count == certificates.count ? files : nil
    }

    /// From now on the certificate can be encrypted to.
    /// - Parameter bytes: exactly the one certificate that was inspected.
    /// - Returns: what it means from now on.
    /// - Throws: a ``Refusal`` of cause `storage`.
    func register(_ certificate: Certificate, _ bytes: MessageBytes) throws(Refusal) -> RecipientFile {
        let file = try RecipientFile(certificate, bytes, in: folder)
        state.withLock { state in
            state.uses[file.name, default: 0] += 1
            if let old = state.files.updateValue(file, forKey: certificate) { Self.drop(old, &state) }
        }
        return file
    }

    /// The certificate no longer means this file, unless it means another one by now.
    func unregister(_ file: RecipientFile) {
        state.withLock { state in
            guard state.files[file.certificate]?.digest == file.digest else { return }
            state.files[file.certificate] = nil
            Self.drop(file, &state)
        }
    }

    private static func drop(_ file: RecipientFile, _ state: inout State) {
        let left = (state.uses[file.name] ?? 1) - 1
        state.uses[file.name] = left > 0 ? left : nil
        if left <= 0 { file.remove() }
    }
}

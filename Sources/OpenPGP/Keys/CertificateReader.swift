// Which gpg reads certificates: another path, file or version may read them in another way. Starts gpg once for each
// file that it was.

import POSIX
import SettingValues
import Synchronization

/// The gpg of the settings, by what can be told of it.
final class CertificateReader: Sendable {
    private let settings: GPGSettings
    private let known = Mutex<(stamp: FileStamp, words: String)?>(nil)

    init(_ settings: GPGSettings) { self.settings = settings }

    /// Path, file and versions in one line; nil where it does not say.
    func words() async -> String? {
        guard let stamp = FileStamp(path: settings.program) else { return nil }
        if let known = known.withLock({ $0 }), known.stamp == stamp { return known.words }
        let probe = GPGProbe(program: settings.program, workFolder: "/", timeoutSeconds: settings.timeoutSeconds)
        guard let version = await probe.fullVersion() else { return nil }
        let words = "\(settings.program) \(stamp.words) \(version)"
        known.withLock { $0 = (stamp, words) }
        return words
    }
}

// Says in the log when the room for letters gets scarce: once when the mark is passed, and once when it is left again.

import Logging
import Mail
import Synchronization
import Vault

/// Remembers on which side of the mark the letters were.
final class StorageAlarm: Sendable {
    private let isOver = Mutex(false)

    /// Looks, and logs a crossing.
    func check(_ letters: LetterStore, _ quota: StorageQuota, _ logger: Logger) async {
        guard let used = try? await letters.usedBytes() else { return }
        let over = used >= quota.alarmBytes
        let crossed = isOver.withLock { was in
            defer { was = over }
            return was != over
        }
        guard crossed else { return }
        let numbers: Logger.Metadata = ["used-bytes": "\(used)", "storage.letters": "\(quota.lettersBytes)"]
        if over {
            logger.warning(
                "the room for letters gets scarce: when it is full, mail for links is put off", metadata: numbers)
        } else {
            logger.notice("there is room for letters again", metadata: numbers)
        }
    }

    /// Says that letters cannot be kept, and (nil) that they can be again.
    static func tell(_ problem: Refusal?, _ logger: Logger) {
        guard let problem else { return logger.notice("letters.db can be used again: mail for links goes on") }
        logger.error(
            "letters.db cannot be used: mail for links is put off until it can be, all other mail goes on",
            metadata: ["reason": "\(problem.detail)"])
    }

    /// For `/readyz`: nil below the mark.
    static func problem(_ letters: LetterStore, _ quota: StorageQuota) async -> String? {
        guard let used = try? await letters.usedBytes(), used >= quota.alarmBytes else { return nil }
        return "letters take \(used >> 20) MiB of \(quota.lettersBytes >> 20) MiB (storage.letters)"
    }
}

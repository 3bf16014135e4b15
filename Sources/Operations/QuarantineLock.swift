// Two officers cannot change the same message at once.

import Glibc
import Mail
import POSIX

/// A lock of the process that changes held messages; the kernel gives it back when the process ends.
struct QuarantineLock {
    private let file: Int32

    /// - Throws: a ``Refusal`` of cause `busy` where another holds it, `storage` where it cannot be made.
    init(folder: String) throws(Refusal) {
        file = Glibc.open("\(folder)/quarantine.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            let reason = SystemError().words
            throw Refusal(
                .storage, "local storage is not available", detail: "making \"\(folder)/quarantine.lock\": \(reason)")
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw Refusal(
                .busy, "try again later",
                detail: "another command is changing the quarantine: try again when it is done")
        }
    }

    /// Unlocked by name: a process that is just being started has the file open until it runs, and would keep the lock.
    func release() {
        flock(file, LOCK_UN)
        close(file)
    }
}

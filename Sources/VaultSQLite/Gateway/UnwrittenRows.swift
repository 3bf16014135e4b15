// What the ledger could not write: a disk that is full or a database that is locked must not make the retry send twice.
// Kept in memory until it is written, forgotten, or the process ends (then it is as lost as after a kill).

import Mail
import Vault
import Synchronization

/// Recipients served or refused for good whose rows are not on disk.
final class UnwrittenRows: Sendable {
    /// One message of one sender.
    struct Key: Hashable, Sendable {
        /// ``Mailbox/folded``, or "" for the null sender.
        let sender: String
        let fingerprint: MessageFingerprint
    }

    /// Messages that are kept at most. A ledger that cannot be written puts nearly every message off before it is sent,
    /// so there are few; beyond it rows are lost, as all of them were without this.
    static let messageLimit = 10_000

    private let messages = Mutex<[Key: RememberedMessage]>([:])

    /// True where there is none.
    var isEmpty: Bool { messages.withLock { $0.isEmpty } }

    /// What is kept of one message.
    func rows(of key: Key) -> RememberedMessage { messages.withLock { $0[key] ?? RememberedMessage() } }

    /// Keeps what a failed change was to write.
    func keep(_ rows: RememberedMessage, of key: Key) {
        guard rows != RememberedMessage() else { return }
        messages.withLock { messages in
            guard messages[key] != nil || messages.count < Self.messageLimit else { return }
            messages[key, default: RememberedMessage()].merge(rows)
        }
    }

    /// They are on disk now.
    func drop(_ rows: RememberedMessage, of key: Key) { change(key) { $0.subtract(rows) } }

    /// The sender has the final answer for these recipients, folded addresses.
    func forget(_ recipients: [String], of key: Key) {
        change(key) { rows in for recipient in recipients { rows.remove(recipient) } }
    }

    private func change(_ key: Key, _ body: (inout RememberedMessage) -> Void) {
        messages.withLock { messages in
            guard var rows = messages[key] else { return }
            body(&rows)
            messages[key] = rows == RememberedMessage() ? nil : rows
        }
    }
}

extension RememberedMessage {
    /// Adds what another source knows.
    mutating func merge(_ other: RememberedMessage) {
        delivered.formUnion(other.delivered)
        passwordMailed.formUnion(other.passwordMailed)
        refused.merge(other.refused) { $1 }
        reported.formUnion(other.reported)
        held.formUnion(other.held)
        copied.formUnion(other.copied)
        receipted.formUnion(other.receipted)
    }

    /// Takes away what is known elsewhere now.
    fileprivate mutating func subtract(_ other: RememberedMessage) {
        delivered.subtract(other.delivered)
        passwordMailed.subtract(other.passwordMailed)
        for recipient in other.refused.keys { refused[recipient] = nil }
        reported.subtract(other.reported)
        held.subtract(other.held)
        copied.subtract(other.copied)
        receipted.subtract(other.receipted)
    }

    /// Forgets one recipient, a folded address; a copy for an archive of that address stays.
    fileprivate mutating func remove(_ recipient: String) {
        delivered.remove(recipient)
        passwordMailed.remove(recipient)
        refused[recipient] = nil
        reported.remove(recipient)
        held.remove(recipient)
        receipted.remove(recipient)
    }
}

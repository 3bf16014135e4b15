// The built-in mailbox: the next hop of the demo, which keeps what it gets in memory.

import Listeners
import Mail
import Synchronization

/// Takes every message and remembers it.
final class DemoMailbox: MessageHandler {
    private let messages = Mutex<[ReceivedMessage]>([])

    func handle(_ message: ReceivedMessage) async -> HandledMessage {
        messages.withLock { $0.append(message) }
        return HandledMessage(refusal: nil)
    }

    /// What came since the last call.
    func take() -> [ReceivedMessage] {
        messages.withLock { all in
            defer { all = [] }
            return all
        }
    }
}

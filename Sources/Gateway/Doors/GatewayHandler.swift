// Replies to an SMTP or LMTP listener for one message.

package import Listeners
package import Mail
package import Policy
import SettingValues

/// What SMTP and LMTP listeners hand their messages to.
package struct GatewayHandler: MessageHandler {
    private let intake: MessageIntake

    /// - Parameters:
    ///   - current: the path, and in its limits `replySeconds`: from the end of the message to the reply, at most.
    ///   - replySeconds: of this door, instead of `limits.replySeconds`.
    ///   - messageLog: is told of every message.
    ///   - observer: is shown every plan as it is made.
    package init(
        current: CurrentPath, replySeconds: Int? = nil, messageLog: any MessageLog,
        observer: (@Sendable (DecidedMessage) -> Void)? = nil
    ) {
        intake = MessageIntake(
            current: current, replySeconds: replySeconds, messageLog: messageLog, observer: observer)
    }

    /// Never throws: whatever goes wrong is a reply, and a reply other than 250 leaves the message with the sender.
    package func handle(_ message: ReceivedMessage) async -> HandledMessage {
        let isPerRecipient = message.origin.door == .lmtp
        switch await intake.take(message, Errand(.submission(perRecipient: isPerRecipient))) {
        case .refused(let refusal): return HandledMessage(refusal: refusal)
        case .walked(let run):
            if let refusal = run.refusal { return HandledMessage(refusal: refusal) }
            return HandledMessage(
                refusal: nil, recipientRefusals: isPerRecipient ? run.fates.replies(to: message.envelope) : [],
                heldRecipients: run.fates.held(of: message.envelope), replyWritten: run.forgetting)
        }
    }
}

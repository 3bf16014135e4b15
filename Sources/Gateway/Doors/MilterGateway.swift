// Replies to a milter listener for one message.

package import Listeners
package import Mail
import Milter
package import Policy

/// What a milter listener hands its messages to.
package struct MilterGateway: MilterHandler {
    private let intake: MessageIntake
    private let splits: Bool

    /// - Parameters:
    ///   - current: the path of new messages.
    ///   - replySeconds: from the end of the message to the reply, at most.
    ///   - splits: true where a message that needs several bodies is split instead of put off.
    ///   - messageLog: is told of every message.
    ///   - observer: is shown every plan as it is made.
    package init(
        current: CurrentPath, replySeconds: Int, splits: Bool, messageLog: any MessageLog,
        observer: (@Sendable (DecidedMessage) -> Void)? = nil
    ) {
        intake = MessageIntake(
            current: current, replySeconds: replySeconds, messageLog: messageLog, observer: observer)
        self.splits = splits
    }

    /// Never throws: whatever goes wrong is a refusal, which leaves the message with the sender.
    package func handle(_ message: ReceivedMessage) async -> MilterAnswer {
        switch await intake.take(message, Errand(.milter(splits: splits))) {
        case .refused(let refusal): return MilterAnswer(.refuse(refusal))
        case .walked(let run):
            if let refusal = run.refusal { return MilterAnswer(.refuse(refusal)) }
            return MilterAnswer(run.entrusted.verdict, answerWritten: run.forgetting)
        }
    }
}

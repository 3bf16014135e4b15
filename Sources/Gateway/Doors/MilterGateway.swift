// Answers a milter listener for one message: walks the path within the deadline and records what came of it.

package import Listeners
package import Mail
import Milter
package import Policy

/// The house behind a milter door.
package struct MilterGateway: MilterHandler {
    private let current: CurrentPath
    private let replySeconds: Int
    private let splits: Bool
    private let messageLog: any MessageLog
    private let observer: (@Sendable (DecidedMessage) -> Void)?

    /// - Parameters:
    ///   - current: the path of new messages.
    ///   - replySeconds: from the end of the message to the answer, at most.
    ///   - splits: true where a message that needs several bodies is split instead of put off.
    ///   - messageLog: is told of every message.
    ///   - observer: is shown every plan as it is made.
    package init(
        current: CurrentPath, replySeconds: Int, splits: Bool, messageLog: any MessageLog,
        observer: (@Sendable (DecidedMessage) -> Void)? = nil
    ) {
        self.current = current
        self.replySeconds = replySeconds
        self.splits = splits
        self.messageLog = messageLog
        self.observer = observer
    }

    /// Never throws: whatever goes wrong is a refusal, which leaves the message with the sender.
    package func handle(_ message: ReceivedMessage) async -> MilterAnswer {
        let start = ContinuousClock.now
        let path = current.snapshot.path
        let deadline = start.advanced(by: .seconds(replySeconds))
        var progress = Progress(start: start)
        var decided: DecidedMessage?
        var refusal: Refusal?
        let answer: MilterAnswer
        do throws(Refusal) {
            let plan = try await path.decide(message)
            decided = plan
            progress.decided()
            observer?(plan)
            Failpoint.reach("path.decided")
            answer = try await path.edit(plan, splits: splits, deadline: deadline, &progress)
        } catch {
            refusal = error
            answer = MilterAnswer(.refuse(error))
        }
        progress.answered()
        messageLog.record(
            MessageRecord(
                message, decided, results: progress.results, reported: progress.reported, refusal: refusal,
                times: progress.times))
        Failpoint.reach("gateway.before-reply")
        return answer
    }
}

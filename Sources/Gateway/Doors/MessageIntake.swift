// What all listeners do with a message: have it decided, walk its steps within the deadline, and record what came of
// it.

import Mail
import POSIX
import Policy
import SettingValues

/// Takes messages from the doors.
struct MessageIntake: Sendable {
    /// The path of new messages.
    let current: CurrentPath
    /// From the end of the message to the reply, in seconds, at most; nil: as the limits of the path say.
    let replySeconds: Int?
    /// Is told of every message.
    let messageLog: any MessageLog
    /// Is shown every plan as it is made.
    let observer: (@Sendable (DecidedMessage) -> Void)?

    /// What has become of a message.
    enum Taken: Sendable {
        /// Refused before it was decided.
        case refused(Refusal)
        case walked(Run)
    }

    /// Whatever goes wrong is a refusal, which leaves the message with the sender.
    func take(_ message: ReceivedMessage, _ errand: Errand) async -> Taken {
        let start = ContinuousClock.now
        var times = StepTimes(start: start)
        let path = current.path
        let deadline = start.advanced(by: .seconds(replySeconds ?? path.judge.limits.replySeconds))
        defer { Failpoint.reach("gateway.before-reply") }
        let plan: DecidedMessage
        do throws(Refusal) { plan = try await path.decide(message, errand) } catch {
            times.replied()
            messageLog.record(MessageRecord(message, nil, refusal: error, times: times.times))
            return .refused(error)
        }
        times.decided()
        observer?(plan)
        Failpoint.reach("path.decided")
        var run = await path.walk(plan, errand, deadline: deadline, times: times)
        run.times.replied()
        messageLog.record(
            MessageRecord(
                message, plan, results: run.fates.results, reported: run.fates.reported, refusal: run.refusal,
                times: run.times.times))
        return .walked(run)
    }
}

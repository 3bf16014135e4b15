// Answers a listener for one message: walks the path within the deadline and records what came of it.

package import Listeners
package import Mail
package import Policy

/// The house behind the doors.
package struct GatewayHandler: MessageHandler {
    private let current: CurrentPath
    private let replySeconds: Int?
    private let messageLog: any MessageLog
    private let observer: (@Sendable (DecidedMessage) -> Void)?

    /// - Parameters:
    ///   - current: the path, and in its limits `replySeconds`: from the end of the message to the answer, at most.
    ///   - replySeconds: of this door, instead of `limits.replySeconds`.
    ///   - messageLog: is told of every message.
    ///   - observer: is shown every plan as it is made.
    package init(
        current: CurrentPath, replySeconds: Int? = nil, messageLog: any MessageLog,
        observer: (@Sendable (DecidedMessage) -> Void)? = nil
    ) {
        self.current = current
        self.replySeconds = replySeconds
        self.messageLog = messageLog
        self.observer = observer
    }

    /// Never throws: whatever goes wrong is an answer, and an answer other than 250 leaves the message with the sender.
    package func handle(_ message: ReceivedMessage) async -> HandledMessage {
        let start = ContinuousClock.now
        let snapshot = current.snapshot
        let path = snapshot.path
        let deadline = start.advanced(by: .seconds(replySeconds ?? snapshot.limits.replySeconds))
        var progress = Progress(start: start)
        var decided: DecidedMessage?
        let handled: HandledMessage
        do throws(Refusal) {
            let plan = try await path.decide(message)
            decided = plan
            progress.decided()
            observer?(plan)
            Failpoint.reach("path.decided")
            let replyWritten = try await path.sealAndDeliver(plan, deadline: deadline, &progress)
            let answers = message.origin.door == .lmtp ? progress.answers(to: message.envelope) : []
            handled = HandledMessage(
                refusal: nil, recipientRefusals: answers, heldRecipients: progress.held(of: message.envelope),
                replyWritten: replyWritten)
        } catch {
            handled = HandledMessage(refusal: error)
        }
        progress.answered()
        log(message, decided, progress, handled.refusal)
        Failpoint.reach("gateway.before-reply")
        return handled
    }

    /// One record per message.
    private func log(
        _ message: ReceivedMessage, _ decided: DecidedMessage?, _ progress: Progress, _ refusal: Refusal?
    ) {
        messageLog.record(
            MessageRecord(
                message, decided, results: progress.results, reported: progress.reported, refusal: refusal,
                times: progress.times))
    }
}

/// Runs `work`, cancelled at the deadline.
/// - Throws: what `work` throws; a ``Refusal`` of cause `deadline` where time ran out first.
package func within<Value: Sendable>(
    _ deadline: ContinuousClock.Instant, _ work: @escaping @Sendable () async throws(Refusal) -> Value
) async throws(Refusal) -> Value {
    let outcome = await withTaskGroup(of: Race<Value>.self) { group -> Race<Value> in
        group.addTask {
            do throws(Refusal) { return .done(.success(try await work())) } catch { return .done(.failure(error)) }
        }
        group.addTask {
            do {
                try await ContinuousClock().sleep(until: deadline)
                return .late
            } catch {
                return .stopped
            }
        }
        var first = await group.next() ?? .stopped
        if case .stopped = first { first = await group.next() ?? .stopped }
        group.cancelAll()
        if case .late = first, case .done(.success(let value))? = await group.next() {
            // It was done in the very moment of the deadline: what is delivered is delivered, and 250 is the true answer.
            return .done(.success(value))
        }
        return first
    }
    switch outcome {
    case .done(let result): return try result.get()
    case .late, .stopped:
        throw Refusal(.deadline, "could not be finished in time, please try again later")
    }
}

/// Who came first.
private enum Race<Value: Sendable>: Sendable {
    case done(Result<Value, Refusal>)
    case late
    case stopped
}

// Answers a listener for one message: walks the path within the deadline and records what came of it.

package import Listeners
package import Mail
package import Policy

/// The house behind the doors.
package struct GatewayHandler: MessageHandler {
    private let path: MessagePath
    private let limits: Limits
    private let messageLog: any MessageLog
    private let observer: (@Sendable (DecidedMessage) -> Void)?

    /// - Parameters:
    ///   - limits: `replySeconds` and `milterReplySeconds`: from the end of the message to the answer, at most.
    ///   - messageLog: is told of every message.
    ///   - observer: is shown every plan as it is made.
    package init(
        path: MessagePath, limits: Limits, messageLog: any MessageLog,
        observer: (@Sendable (DecidedMessage) -> Void)? = nil
    ) {
        self.path = path
        self.limits = limits
        self.messageLog = messageLog
        self.observer = observer
    }

    /// Never throws: whatever goes wrong is an answer, and an answer other than 250 leaves the message with the sender.
    package func handle(_ message: ReceivedMessage) async -> HandledMessage {
        let clock = ContinuousClock()
        let start = clock.now
        let deadline = start.advanced(by: .seconds(replySeconds(message.origin.door)))
        var times = MessageRecord.Times()
        var decided: DecidedMessage?
        do throws(Refusal) {
            let plan = try await path.decide(message)
            decided = plan
            times.decide = start.duration(to: clock.now)
            observer?(plan)
            if let refusal = plan.refusal { throw refusal }
            let replyWritten = try await path.sealAndDeliver(plan, deadline: deadline)
            times.total = start.duration(to: clock.now)
            messageLog.record(MessageRecord(message, plan, refusal: nil, times: times))
            return HandledMessage(refusal: nil, replyWritten: replyWritten)
        } catch {
            times.total = start.duration(to: clock.now)
            messageLog.record(MessageRecord(message, decided, refusal: error, times: times))
            return HandledMessage(refusal: error)
        }
    }

    /// The other side of a milter waits less long than that of SMTP.
    private func replySeconds(_ door: ReceivedMessage.Door) -> Int {
        door == .milter ? limits.milterReplySeconds : limits.replySeconds
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

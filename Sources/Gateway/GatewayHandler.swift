// Answers a listener for one message: walks the path within the deadline and writes the one log line.

package import Listeners
package import Logging
package import Mail
package import Policy

/// The house behind the doors.
package struct GatewayHandler: MessageHandler {
    private let path: MessagePath
    private let replySeconds: Int
    private let logger: Logger
    private let observer: (@Sendable (DecidedMessage) -> Void)?

    /// - Parameters:
    ///   - replySeconds: from the final dot to the reply, at most.
    ///   - observer: is shown every plan as it is made.
    package init(
        path: MessagePath, replySeconds: Int, logger: Logger, observer: (@Sendable (DecidedMessage) -> Void)? = nil
    ) {
        self.path = path
        self.replySeconds = replySeconds
        self.logger = logger
        self.observer = observer
    }

    /// Never throws: whatever goes wrong is an answer, and an answer other than 250 leaves the message with the sender.
    package func handle(_ message: ReceivedMessage) async -> HandledMessage {
        let clock = ContinuousClock()
        let start = clock.now
        let deadline = start.advanced(by: .seconds(replySeconds))
        var decided: DecidedMessage?
        do throws(Refusal) {
            let plan = try await path.decide(message)
            decided = plan
            observer?(plan)
            if let refusal = plan.refusal { throw refusal }
            let replyWritten = try await path.sealAndDeliver(plan, deadline: deadline)
            log(message, plan, refusal: nil, took: start.duration(to: clock.now))
            return HandledMessage(refusal: nil, replyWritten: replyWritten)
        } catch {
            log(message, decided, refusal: error, took: start.duration(to: clock.now))
            return HandledMessage(refusal: error)
        }
    }

    /// One line per message, read off the plan. Addresses and rule names, never subject or content.
    private func log(_ message: ReceivedMessage, _ decided: DecidedMessage?, refusal: Refusal?, took: Duration) {
        var metadata: Logger.Metadata = [
            "id": "\(message.origin.id)",
            "from": "<\(message.envelope.sender?.description ?? "")>",
            "client": "\(message.origin.clientAddress)",
            "bytes": "\(message.bytes.count)",
            "milliseconds": "\(took.components.seconds * 1000 + took.components.attoseconds / 1_000_000_000_000_000)",
        ]
        if let decided {
            metadata["to"] = .array(decided.decisions.map { .string(Self.line(for: $0)) })
        } else {
            metadata["to"] = .array(message.envelope.recipients.map { .string("<\($0)>") })
        }
        if let refusal {
            metadata["reply"] = "\(refusal.replyCode) \(refusal.enhancedCode)"
            metadata["reason"] = "\(refusal.detail)"
            logger.notice("message not taken", metadata: metadata)
        } else {
            metadata["reply"] = "250"
            logger.info("message delivered", metadata: metadata)
        }
    }

    private static func line(for decision: Decision) -> String {
        var line = "<\(decision.recipient)> \(decision.verdict)"
        if let method = decision.method { line += " \(method)" }
        if case .seal(.pgp(let certificates)) = decision.outcome {
            line += " " + certificates.map(\.fingerprint).joined(separator: "+")
        }
        if !decision.rules.isEmpty { line += " by " + decision.rules.joined(separator: ",") }
        if !decision.notes.isEmpty { line += " (" + decision.notes.joined(separator: "; ") + ")" }
        return line
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

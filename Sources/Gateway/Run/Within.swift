// Work with a deadline.

package import Mail

/// Runs `work`, cancelled at the deadline.
/// - Throws: what `work` throws; a ``Refusal`` of cause `deadline` where time ran out first.
package func within<Value: Sendable>(
    _ deadline: ContinuousClock.Instant, _ work: @escaping @Sendable () async throws(Refusal) -> Value
) async throws(Refusal) -> Value {
    let outcome = await withTaskGroup(of: Within<Value>.self) { group -> Within<Value> in
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
            // It was done in the very moment of the deadline: what is delivered is delivered, and 250 is the true
            // answer.
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

/// Which of the two came first.
private enum Within<Value: Sendable>: Sendable {
    case done(Result<Value, Refusal>)
    case late
    case stopped
}

// The gate before the reading of large messages: by size, in order, given up when cancelled.

import Gateway
import Mail
import Synchronization
import Testing

struct ReadingGateTests {
    @Test func neverMoreThanItsLimit() async throws {
        let gate = ReadingGate(limitBytes: 100)
        let inside = Inside()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<50 {
                group.addTask {
                    let bytes = 10 + index * 7
                    try await gate.enter(bytes)
                    inside.change(by: min(bytes, 100))
                    await Task.yield()
                    inside.change(by: -min(bytes, 100))
                    gate.leave(bytes)
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.most <= 100)
        #expect(inside.changes == 100)
    }

    private final class Inside: Sendable {
        private let state = Mutex((now: 0, most: 0, changes: 0))
        var most: Int { state.withLock { $0.most } }
        var changes: Int { state.withLock { $0.changes } }

        func change(by bytes: Int) {
            state.withLock { state in
                state.now += bytes
                state.most = max(state.most, state.now)
                state.changes += 1
            }
        }
    }

    @Test func aCancelledOneLeavesTheLine() async throws {
        let gate = ReadingGate(limitBytes: 100)
        try await gate.enter(100)
        await withTaskGroup(of: Refusal?.self) { group in
            group.addTask {
                do throws(Refusal) {
                    try await gate.enter(80)
                    return nil
                } catch {
                    return error
                }
            }
            group.cancelAll()
            #expect(await group.next()??.cause == .deadline)
        }
        gate.leave(100)
        // All of it is free again.
        try await gate.enter(100)
        gate.leave(100)
    }
}

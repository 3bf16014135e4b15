// The gate before the reading of large messages: by size, in order, given up when cancelled.

import Mail
import Synchronization
import Testing

@testable import Gateway

struct ReadingGateTests {
    @Test func neverMoreThanItsLimit() async throws {
        let gate = ReadingGate(limitBytes: 100)
        let inside = Mutex((now: 0, most: 0, done: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<50 {
                group.addTask {
                    let bytes = 10 + index * 7
                    try await gate.enter(bytes)
                    inside.withLock { $0 = ($0.now + min(bytes, 100), max($0.most, $0.now + min(bytes, 100)), $0.done) }
                    await Task.yield()
                    inside.withLock { $0 = ($0.now - min(bytes, 100), $0.most, $0.done + 1) }
                    gate.leave(bytes)
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.withLock { $0.most } <= 100)
        #expect(inside.withLock { $0.done } == 50)
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

// One account of memory for all large bodies: what fits stays in memory, the rest is spooled as without it, and however
// a body ends, the account is zero again.

import Mail
import NIOCore
import Support
import Testing

@Suite struct MemoryBudgetTests {
    private static let own = 100_000
    private static let budget = 1 << 20

    private static func octets(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    }

    private static func body(_ count: Int, _ policy: SpoolPolicy, piece: Int = 10_000) throws -> MessageBytes {
        var builder = MessageBytes.Builder(spool: policy)
        fill(&builder, count, piece: piece)
        return try builder.finish()
    }

    private static func fill(_ builder: inout MessageBytes.Builder, _ count: Int, piece: Int = 10_000) {
        octets(count).withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                builder.append(UnsafeRawBufferPointer(rebasing: rest.prefix(piece)))
                rest = rest.dropFirst(piece)
            }
        }
    }

    private static func inStore(derivedBytes: Int = .max, _ body: (SpoolStore) throws -> Void) throws {
        let folder = try TemporaryFolder()
        try withExtendedLifetime(folder) {
            let store = try SpoolStore(folder: folder.path, derivedBytes: derivedBytes, memoryBytes: budget)
            try body(store)
            #expect(store.memory.usedBytes == 0)
            #expect(store.openFiles == 0)
        }
    }

    @Test func whatFitsStaysInMemoryAndTheRestIsSpooled() throws {
        try Self.inStore { store in
            let policy = SpoolPolicy(store, memoryBytes: Self.own)
            let small = try Self.body(Self.own, policy)
            #expect(store.memory.usedBytes == 0)
            let first = try Self.body(900_000, policy)
            #expect(store.openFiles == 0)
            #expect(store.memory.usedBytes == 900_000 - Self.own)
            let second = try Self.body(900_000, policy)
            #expect(store.openFiles == 1)
            #expect(store.memory.usedBytes <= Self.budget)
            #expect(second == first)
            #expect(try first.copy() == Self.octets(900_000))
            #expect(small.count == Self.own)
        }
    }

    @Test(arguments: [1, 100, 65_535, 65_536, 65_537, 400_000]) func everyCutIsTheSame(_ piece: Int) throws {
        try Self.inStore { store in
            let bytes = try Self.body(700_001, SpoolPolicy(store, memoryBytes: Self.own), piece: piece)
            #expect(store.openFiles == 0)
            #expect(store.memory.usedBytes == (piece == 400_000 ? 700_001 : 700_001 - Self.own / piece * piece))
            #expect(bytes == MessageBytes(bytes: Self.octets(700_001)))
        }
    }

    /// The last slice gives back, and not before.
    @Test func aSliceHoldsWhatItIsOf() throws {
        try Self.inStore { store in
            var slice = try Self.body(900_000, SpoolPolicy(store, memoryBytes: Self.own)).slice(500_000..<500_010)
            #expect(store.memory.usedBytes == 800_000)
            #expect(MessageBytes(joining: [MessageBytes("a"), slice]).count == 11)
            slice = slice.slice(2..<3)
            #expect(store.memory.usedBytes == 800_000)
            slice = .empty
            #expect(store.memory.usedBytes == 0)
        }
    }

    /// What is made of a body that is in memory on loan counts too, and is spooled when there is no room.
    @Test func whatIsMadeOfItCountsToo() throws {
        try Self.inStore { store in
            let source = try Self.body(500_000, SpoolPolicy(store, memoryBytes: Self.own))
            var builder = MessageBytes.Builder(derivedFrom: source.slice(300_000..<400_000))
            Self.fill(&builder, 500_000)
            let made = try builder.finish()
            #expect(store.memory.usedBytes == 800_000)
            var more = MessageBytes.Builder(derivedFrom: made)
            Self.fill(&more, 500_000)
            #expect(store.openFiles == 1)
            #expect(store.derived.usedBytes > 0)
            #expect(try more.finish() == made)
        }
    }

    /// Bodies that share one allowance take from the same account.
    @Test func sharersTakeFromTheAccount() throws {
        try Self.inStore { store in
            let shared = SpoolPolicy(store, memoryBytes: Self.own).derived.shared()
            let bodies = try (0..<12).map { _ in try Self.body(90_000, shared) }
            #expect(store.openFiles == 0)
            #expect(store.memory.usedBytes == 12 * 90_000 - Self.own)
            let last = try Self.body(90_000, shared)
            #expect(store.openFiles == 1)
            #expect(bodies.allSatisfy { $0 == last })
        }
    }

    /// A body that cannot be kept has nothing any more, although its builder lives on.
    @Test func aFailureGivesBackAtOnce() throws {
        try Self.inStore(derivedBytes: 0) { store in
            var builder = MessageBytes.Builder(spool: SpoolPolicy(store, memoryBytes: Self.own).derived)
            Self.fill(&builder, 900_000)
            #expect(store.memory.usedBytes > 0)
            Self.fill(&builder, 900_000)
            #expect(builder.failure?.cause == .storage)
            #expect(store.memory.usedBytes == 0)
            #expect(throws: Refusal.self) { try builder.finish() }
        }
    }

    private enum Ending: Int, CaseIterable { case finished, thrownAway, failed, cancelled, sliced }

    /// Many at once, each with an end of its own: never more than the limit, and nothing at the end.
    @Test func manyAtOnce() async throws {
        let folder = try TemporaryFolder()
        let store = try SpoolStore(folder: folder.path, memoryBytes: Self.budget)
        let policy = SpoolPolicy(store, memoryBytes: Self.own)
        let expected = MessageBytes(bytes: Self.octets(600_000))
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask {
                    let ending = Ending(rawValue: number % Ending.allCases.count) ?? .finished
                    let task = Task { try await Self.live(ending, policy, store, expected) }
                    if ending == .cancelled { task.cancel() }
                    _ = await task.result
                }
            }
        }
        #expect(store.memory.usedBytes == 0)
        #expect(store.openFiles == 0)
        withExtendedLifetime(folder) {}
    }

    private static func live(
        _ ending: Ending, _ policy: SpoolPolicy, _ store: SpoolStore, _ expected: MessageBytes
    ) async throws {
        var builder = MessageBytes.Builder(spool: policy)
        fill(&builder, 300_000)
        #expect(store.memory.usedBytes <= budget)
        await Task.yield()
        if ending == .thrownAway { return }
        try Task.checkCancellation()
        octets(600_000)[300_000...].withUnsafeBytes { builder.append($0) }
        if ending == .failed { throw Refusal(.internalError, "for the test") }
        var bytes = try builder.finish()
        #expect(bytes == expected)
        if ending == .sliced { bytes = bytes.slice(400_000..<400_100) }
        await Task.yield()
        #expect(store.memory.usedBytes <= budget)
        #expect(bytes.count > 0)
    }
}

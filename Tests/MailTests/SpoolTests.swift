// Bytes in sealed temporary files are the same bytes as in memory, however they are cut; and where a file fails, that
// is said.

import Foundation
import Mail
import NIOCore
import Support
import Testing

// One after the other: a test makes the whole process's files small.
@Suite(.serialized) struct SpoolTests {
    private static let ways = SpoolStore.Way.allCases

    /// Bytes that differ from place to place, made of a seed.
    private static func octets(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var random = SmallRandom(seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() >> 33) }
    }

    private static func inFolder(_ body: (String) throws -> Void) throws {
        let folder = try TemporaryFolder()
        try withExtendedLifetime(folder) { try body(folder.path) }
    }

    private static func spooled(_ octets: [UInt8], _ policy: SpoolPolicy, pieces: [Int]) throws -> MessageBytes {
        var builder = MessageBytes.Builder(spool: policy)
        var rest = octets[...]
        var index = 0
        while !rest.isEmpty {
            let piece = rest.prefix(max(1, pieces[index % pieces.count]))
            builder.append(ByteBuffer(bytes: piece))
            rest = rest.dropFirst(piece.count)
            index += 1
        }
        return try builder.finish()
    }

    @Test(arguments: ways, [1, 70_000, 65_536, 200_000]) func filesGiveWhatMemoryGives(
        _ way: SpoolStore.Way, _ piece: Int
    ) throws {
        try Self.inFolder { folder in
            let store = try SpoolStore(folder: "\(folder)/tmp", ways: [way])
            #expect(store.way == way)
            let octets = Self.octets(piece == 1 ? 150_001 : 700_001)
            let bytes = try Self.spooled(octets, SpoolPolicy(store, memoryBytes: 100_000), pieces: [piece])
            #expect(store.openFiles == 1)
            #expect(bytes.count == octets.count)
            #expect(try bytes.copy() == octets)
            #expect(bytes == MessageBytes(bytes: octets))
            // Nothing with a name is there.
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/tmp").isEmpty)
        }
    }

    /// Random slices of random joins of slices, read in every way, are those of an array.
    @Test(arguments: 1...12) func slicesAndJoins(_ seed: Int) throws {
        var random = SmallRandom(UInt64(seed))
        func number(_ limit: Int) -> Int { Int(random.next() >> 11) % max(1, limit) }
        try Self.inFolder { folder in
            let store = try SpoolStore(folder: folder, memoryBytes: [0, 100_000, 300_000, 1 << 30][number(4)])
            let policy = SpoolPolicy(store, memoryBytes: [0, 1000, 65_536, 100_000][number(4)])
            let shared = policy.shared()
            var pool: [(bytes: MessageBytes, octets: [UInt8])] = []
            for index in 0..<4 {
                let octets = Self.octets(number(400_000) + 1, seed: UInt64(seed * 10 + index))
                let pieces = (0..<5).map { _ in number(90_000) }
                let bytes = try Self.spooled(octets, [policy, shared, .memoryOnly][number(3)], pieces: pieces)
                pool.append((bytes, octets))
            }
            for _ in 0..<40 {
                let (bytes, octets) = pool[number(pool.count)]
                let lower = number(octets.count)
                let upper = lower + number(octets.count - lower + 1)
                let slice = (bytes: bytes.slice(lower..<upper), octets: Array(octets[lower..<upper]))
                #expect(try slice.bytes.copy() == slice.octets)
                #expect(slice.bytes.hasHighOctet == slice.octets.contains { $0 > 127 })
                let other = pool[number(pool.count)]
                guard slice.octets.count + other.octets.count < 1_000_000 else { continue }
                let joined = (
                    bytes: MessageBytes(joining: [slice.bytes, other.bytes]), octets: slice.octets + other.octets
                )
                pool[number(pool.count)] = joined
                #expect(joined.bytes == MessageBytes(bytes: joined.octets))
                #expect(try Self.readInWindows(joined.bytes, number(100_000) + 1) == joined.octets)
                var window = MessageBytes.Window(joined.bytes)
                for _ in 0..<20 {
                    let place = number(joined.octets.count + 10)
                    let octet = joined.octets.indices.contains(place) ? joined.octets[place] : nil
                    #expect(try window.octet(at: place) == octet)
                }
            }
        }
    }

    private static func readInWindows(_ bytes: MessageBytes, _ size: Int) throws -> [UInt8] {
        var reader = bytes.makeReader()
        var read: [UInt8] = []
        var window = [UInt8](repeating: 0, count: size)
        while true {
            let count = try window.withUnsafeMutableBytes { (target) throws(Refusal) in try reader.read(into: target) }
            if count == 0 { return read }
            read += window[..<count]
        }
    }

    /// One file descriptor for a large body, however it is sliced; none when the last slice has gone.
    @Test func closesWithTheLastValue() throws {
        try Self.inFolder { folder in
            let store = try SpoolStore(folder: folder, derivedBytes: 1 << 20)
            let policy = SpoolPolicy(store, memoryBytes: 1000)
            var slice = MessageBytes.empty
            do {
                let bytes = try Self.spooled(Self.octets(300_000), policy, pieces: [10_000])
                var parts = (0..<100).map { bytes.slice(($0 * 1000)..<($0 * 1000 + 5000)) }
                #expect(store.openFiles == 1)
                slice = parts.removeLast()
            }
            #expect(store.openFiles == 1)
            #expect(slice.count == 5000)
            slice = .empty
            #expect(store.openFiles == 0)
            #expect(Self.openDescriptors(in: folder) == 0)
        }
    }

    /// Several bodies in one file; what is made of them is counted while it is there.
    @Test func sharedAndCounted() throws {
        try Self.inFolder { folder in
            let store = try SpoolStore(folder: folder, derivedBytes: 1 << 20)
            let shared = SpoolPolicy(store, memoryBytes: 100_000).derived.shared()
            var bodies: [(bytes: MessageBytes, octets: [UInt8])] = []
            for seed in 1...5 {
                let octets = Self.octets(90_000, seed: UInt64(seed))
                bodies.append((try Self.spooled(octets, shared, pieces: [7000]), octets))
            }
            #expect(store.openFiles == 1)
            for body in bodies { #expect(try body.bytes.copy() == body.octets) }
            #expect(store.derived.usedBytes >= 4 * 90_000)
            var builder = MessageBytes.Builder(derivedFrom: bodies[4].bytes)
            builder.append(ByteBuffer(bytes: Self.octets(2 << 20)))
            #expect(builder.failure?.cause == .storage)
            #expect(throws: Refusal.self) { try builder.finish() }
            #expect(store.openFiles == 1)
        }
    }

    /// What is made of bytes in memory stays in memory.
    @Test func derivedFromMemory() throws {
        var builder = MessageBytes.Builder(derivedFrom: MessageBytes("small"))
        builder.append(ByteBuffer(bytes: Self.octets(600_000)))
        #expect(try builder.finish().copy() == Self.octets(600_000))
    }

    // MARK: - Failing files

    /// A file that was changed is not read: cause storage, at the place and at the whole; the rest can be read.
    @Test(arguments: [0, 1, 65_535, 65_536, 65_551, 65_552, 200_000]) func tamperedBytes(_ place: Int) throws {
        try Self.inFolder { folder in
            let store = try SpoolStore(folder: folder)
            let octets = Self.octets(4 * 65_536)
            let bytes = try Self.spooled(octets, SpoolPolicy(store, memoryBytes: 0), pieces: [50_000])
            let descriptor = try #require(Self.descriptors(in: folder).first)
            var octet: UInt8 = 0
            #expect(pread(descriptor, &octet, 1, off_t(place)) == 1)
            octet ^= 0x40
            #expect(pwrite(descriptor, &octet, 1, off_t(place)) == 1)
            let chunk = place / 65_552
            for number in 0..<4 {
                let slice = bytes.slice((number * 65_536)..<((number + 1) * 65_536))
                if number == chunk {
                    #expect { try slice.copy() } throws: { ($0 as? Refusal)?.cause == .storage }
                } else {
                    #expect(try slice.copy() == Array(octets[(number * 65_536)..<((number + 1) * 65_536)]))
                }
            }
            #expect { try bytes.forEachChunk { _ in } } throws: { ($0 as? Refusal)?.cause == .storage }
            #expect(bytes != bytes)
        }
    }

    /// A chunk at the place of another one is not read either, nor one of a file that was cut.
    @Test func swappedAndCut() throws {
        try Self.inFolder { folder in
            let store = try SpoolStore(folder: folder)
            let bytes = try Self.spooled(
                Self.octets(3 * 65_536), SpoolPolicy(store, memoryBytes: 0), pieces: [65_536])
            let descriptor = try #require(Self.descriptors(in: folder).first)
            var chunk = [UInt8](repeating: 0, count: 65_552)
            #expect(pread(descriptor, &chunk, chunk.count, 0) == chunk.count)
            #expect(pwrite(descriptor, &chunk, chunk.count, 65_552) == chunk.count)
            #expect(ftruncate(descriptor, 2 * 65_552 + 100) == 0)
            #expect(try bytes.slice(0..<65_536).copy() == Array(Self.octets(3 * 65_536)[..<65_536]))
            #expect(throws: Refusal.self) { try bytes.slice(65_536..<65_540).copy() }
            #expect(throws: Refusal.self) { try bytes.slice(131_072..<131_080).copy() }
        }
    }

    /// The plaintext is nowhere in the file.
    @Test func nothingInClear() throws {
        try Self.inFolder { folder in
            let store = try SpoolStore(folder: folder)
            let line = Array("the quick brown fox jumps over the lazy dog\r\n".utf8)
            let octets = Array(repeatElement(line, count: 10_000).joined())
            let bytes = try Self.spooled(octets, SpoolPolicy(store, memoryBytes: 0), pieces: [4096])
            let descriptor = try #require(Self.descriptors(in: folder).first)
            var raw = [UInt8](repeating: 0, count: octets.count)
            #expect(pread(descriptor, &raw, raw.count, 0) > 400_000)
            #expect(Data(raw).range(of: Data("brown".utf8)) == nil)
            #expect(Data(octets).range(of: Data("brown".utf8)) != nil)
            #expect(try bytes.copy() == octets)
        }
    }

    /// A disk that is full: remembered, told at the end, and the file has gone at once.
    @Test func fullDisk() throws {
        try Self.inFolder { folder in
            let store = try SpoolStore(folder: folder)
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            var small = limit
            small.rlim_cur = 200_000
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &small)
            defer { setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) }
            var builder = MessageBytes.Builder(spool: SpoolPolicy(store, memoryBytes: 1000))
            let octets = Self.octets(50_000)
            for _ in 0..<10 { builder.append(ByteBuffer(bytes: octets)) }
            #expect(builder.failure?.cause == .storage)
            #expect(builder.count == 500_000)
            #expect(store.openFiles == 0)
            #expect { try builder.finish() } throws: { ($0 as? Refusal)?.replyCode == 451 }
        }
    }

    @Test func noFolder() {
        #expect { try SpoolStore(folder: "/nowhere/at/all") } throws: { ($0 as? Refusal)?.cause == .storage }
        #expect { try SpoolStore(folder: "/proc/self") } throws: { ($0 as? Refusal)?.cause == .storage }
    }

    /// Descriptors of this process whose (nameless) file was made in a folder.
    private static func descriptors(in folder: String) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.compactMap(Int32.init).filter { descriptor in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
            return target?.hasPrefix(folder) ?? false
        }
    }

    private static func openDescriptors(in folder: String) -> Int { descriptors(in: folder).count }
}

/// Numbers that are the same in each run (Steele and Vigna's SplitMix64).
private struct SmallRandom {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

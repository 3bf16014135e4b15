// A compiled set of regular expressions (Hyperscan's block mode), and the working memory that scans need. Linear in the
// length of the text whatever the patterns. Takes UTF-8 that is proven valid (a Swift String's bytes): the engine's
// behaviour on anything else is undefined.

import CHyperscan
import Glibc
import Synchronization

/// What went wrong in the engine.
package struct HyperscanError: Error, Equatable {
    /// The engine's own words, in lower case, without a full stop.
    package let message: String
    /// Number of the pattern it is about, in the order given, or nil.
    let pattern: Int?
}

/// One pattern as the engine takes it.
struct HyperscanPattern: Sendable, Equatable {
    /// The expression, in Hyperscan's dialect of PCRE.
    var expression: String
    /// HS_FLAG_CASELESS.
    var caseless: Bool
    /// Report where a match starts (dearer), and every match; otherwise only that there is one.
    var reportsPositions: Bool
    /// Over bytes, for expressions of ASCII that need no characters: quicker.
    var isBytes = false

    fileprivate var flags: UInt32 {
        var flags = isBytes ? 0 : UInt32(HS_FLAG_UTF8)
        if caseless { flags |= UInt32(HS_FLAG_CASELESS) }
        flags |= UInt32(reportsPositions ? HS_FLAG_SOM_LEFTMOST : HS_FLAG_SINGLEMATCH)
        return flags
    }
}

/// A database: patterns are numbered from 0 in the order given.
final class HyperscanDatabase: Sendable {
    // Proof of safety: the database is written by hs_compile_multi only, is read-only afterwards ("immutable and may be
    // shared by any number of threads", Hyperscan's manual), and is freed once, in deinit.
    nonisolated(unsafe) fileprivate let handle: OpaquePointer

    /// - Throws: the engine's error with the number of the pattern.
    init(_ patterns: [HyperscanPattern]) throws(HyperscanError) {
        var database: OpaquePointer?
        var failure: UnsafeMutablePointer<hs_compile_error_t>?
        let copies = patterns.map { strdup($0.expression) }
        defer { copies.forEach { free($0) } }
        guard copies.allSatisfy({ $0 != nil }) else { throw HyperscanError(message: "out of memory", pattern: nil) }
        let status = hs_compile_multi(
            copies.map { UnsafePointer($0) }, patterns.map(\.flags), (0..<patterns.count).map(UInt32.init),
            UInt32(patterns.count), UInt32(HS_MODE_BLOCK), nil, &database, &failure)
        if let failure {
            defer { hs_free_compile_error(failure) }
            let words = failure.pointee.message.map { String(cString: $0) } ?? "pattern refused"
            let index = Int(failure.pointee.expression)
            throw HyperscanError(
                message: Self.houseStyle(words), pattern: patterns.indices.contains(index) ? index : nil)
        }
        guard status == HS_SUCCESS, let database else {
            throw HyperscanError(message: "the pattern engine failed with code \(status)", pattern: nil)
        }
        handle = database
    }

    deinit { hs_free_database(handle) }

    /// Memory that it takes.
    var sizeBytes: Int {
        var size = 0
        return hs_database_size(handle, &size) == HS_SUCCESS ? size : 0
    }

    private static func houseStyle(_ words: String) -> String {
        var text = words[...]
        while text.last == "." { text = text.dropLast() }
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    /// Scans a text and calls `found` for every match with the pattern's number and the byte range; `found` returns
    /// false to stop. The start is 0 for patterns that do not report positions.
    /// - Throws: only for the engine's own failures (memory); a text of 4 GiB or more is such a failure.
    func scan(
        _ text: UnsafeBufferPointer<UInt8>, with scratch: Scratch, _ found: (Int, Range<Int>) -> Bool
    ) throws(HyperscanError) {
        guard let base = text.baseAddress, !text.isEmpty else { return }
        guard let length = UInt32(exactly: text.count) else {
            throw HyperscanError(message: "text too long to search", pattern: nil)
        }
        let status = base.withMemoryRebound(to: CChar.self, capacity: text.count) { bytes in
            withoutActuallyEscaping(found) { found in
                var sink = Sink(found: found)
                return withUnsafeMutablePointer(to: &sink) { sink in
                    hs_scan(handle, bytes, length, 0, scratch.handle, Sink.callback, sink)
                }
            }
        }
        guard status == HS_SUCCESS || status == HS_SCAN_TERMINATED else {
            throw HyperscanError(message: "the pattern engine failed with code \(status)", pattern: nil)
        }
    }

    private struct Sink {
        var found: (Int, Range<Int>) -> Bool

        static let callback: match_event_handler = { id, from, to, _, context in
            guard let sink = context?.assumingMemoryBound(to: Sink.self) else { return 1 }
            let range = Int(clamping: min(from, to))..<Int(clamping: to)
            return sink.pointee.found(Int(id), range) ? 0 : 1
        }
    }
}

/// Working memory of one scan at a time.
struct Scratch: @unchecked Sendable {
    // Proof of safety: a Scratch is handed out by ScratchPool to one scan at a time and comes back afterwards.
    fileprivate let handle: OpaquePointer
}

/// Working memory for all databases of one ruleset: one piece per scan under way, kept for the next.
final class ScratchPool: Sendable {
    private let databases: [HyperscanDatabase]
    private let idle = Mutex<[Scratch]>([])

    /// - Parameter databases: all that scans with this pool will use.
    init(_ databases: [HyperscanDatabase]) { self.databases = databases }

    deinit {
        idle.withLock { pool in
            for scratch in pool { hs_free_scratch(scratch.handle) }
            pool = []
        }
    }

    /// Lends a scratch for the time of `body`.
    /// - Throws: where there is no memory for one, or what `body` throws.
    func lend<Result>(_ body: (Scratch) throws(HyperscanError) -> Result) throws(HyperscanError) -> Result {
        let scratch: Scratch
        if let kept = idle.withLock({ $0.popLast() }) { scratch = kept } else { scratch = try make() }
        defer { idle.withLock { $0.append(scratch) } }
        return try body(scratch)
    }

    private func make() throws(HyperscanError) -> Scratch {
        var handle: OpaquePointer?
        for database in databases where hs_alloc_scratch(database.handle, &handle) != HS_SUCCESS {
            if let handle { hs_free_scratch(handle) }
            throw HyperscanError(message: "no memory for a scan", pattern: nil)
        }
        guard let handle else { throw HyperscanError(message: "no memory for a scan", pattern: nil) }
        return Scratch(handle: handle)
    }
}

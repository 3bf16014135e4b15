// Whatever is done to a folder, a look finds it: random deeds, and a writer who races the looks.

import Foundation
import Mail
import OpenPGP
import Synchronization
import Testing

@Suite struct FolderChangeTests {
    /// Deeds at random; after some of them the watched folder, the one without a watch, and what is there are equal.
    @Test(arguments: 0..<6 as Range<UInt64>)
    func aLookFindsWhateverWasDone(seed: UInt64) throws {
        let place = TestFolder(isInMemory: seed % 3 != 0)
        var deeds = try FolderDeeds(place.path, seed: seed)
        var watched = FolderMirror(folder: KeyFolder(path: deeds.keys))
        var plain = FolderMirror(
            folder: KeyFolder(path: deeds.keys, watching: { _ throws(NoWatch) in throw NoWatch("") }))
        for step in 0..<250 {
            let deed = try deeds.doSome()
            guard try watched.look() == plain.look() else { continue }
            guard let truth = try? FolderMirror.truth(deeds.keys) else { continue }
            #expect(plain.contents == truth, "without a watch, step \(step): \(deed)")
            #expect(watched.contents == truth, "watched, step \(step): \(deed)")
            if watched.contents != truth { return }
        }
    }

    /// Files are written and closed while looks go on: what was closed before a look began is seen by that look.
    @Test func whatWasClosedBeforeALookIsSeen() async throws {
        let keys = TestFolder(isInMemory: true)
        let rounds = 10_000
        let closed = Atomic<Int>(0)
        var mirror = FolderMirror(folder: KeyFolder(path: keys.path))
        try mirror.look()
        let writer = Thread {
            for round in 1...rounds {
                let name = "\(keys.path)/\(round % 7).asc"
                let text = String(1_000_000 + round)
                if round % 3 == 0 {
                    try? scribble("\(name).part", text)
                    rename("\(name).part", name)
                } else {
                    try? scribble(name, text)
                }
                closed.store(round, ordering: .sequentiallyConsistent)
            }
        }
        writer.start()
        var looks = 0
        var last = 0
        while last < rounds {
            last = closed.load(ordering: .sequentiallyConsistent)
            try mirror.look()
            looks += 1
            guard last > 0 else { continue }
            let seen = Int(String(decoding: mirror.contents["\(last % 7).asc"] ?? [], as: UTF8.self)) ?? 0
            // A later round may be half written: then it is empty, and its own look will see it whole.
            if seen != 0 || mirror.contents["\(last % 7).asc"] == nil { #expect(seen >= 1_000_000 + last) }
        }
        #expect(mirror.contents == (try FolderMirror.truth(keys.path)))
        #expect(looks > 1)
        #expect(mirror.folder.effort.listings < looks || looks < 3, "the watch was used")
    }
}

/// What can be done to a folder and to what its names lead to. The folder is itself a symbolic link.
private struct FolderDeeds {
    let place: String
    var keys: String { "\(place)/keys" }
    private var dice: Dice
    private var serial = 0
    private var open: Int32 = -1

    init(_ place: String, seed: UInt64) throws {
        self.place = place
        dice = Dice(seed: seed)
        for name in ["one", "two", "aside"] { mkdir("\(place)/\(name)", 0o700) }
        symlink("one", "\(place)/keys")
    }

    /// Does up to three things.
    /// - Returns: what was done.
    mutating func doSome() throws -> [String] { try (0...dice.below(3)).map { _ in try doOne() } }

    /// Does something.
    /// - Returns: what was done.
    private mutating func doOne() throws -> String {
        serial += 1
        // Always of one length: times and bytes alone tell nothing within the clock's tick.
        let text = String(1_000_000 + serial)
        let name = "\(keys)/\(dice.below(8)).asc"
        let aside = "\(place)/aside/\(dice.below(4))"
        switch dice.below(22) {
        case 0...4: try? scribble(name, text)
        case 5:
            try? scribble("\(keys)/.part", text)
            rename("\(keys)/.part", name)
        case 6: unlink(name)
        case 7: symlink(aside, name)
        case 8, 9: try? scribble(aside, text)
        case 10: link(aside, name)
        case 11: mkdir(name, 0o700)
        case 12: rmdir(name)
        case 13: chmod(name, 0o644)
        case 14: rename(name, "\(keys)/\(dice.below(8)).asc")
        case 15:
            // Times far back, as a copy with `-p` has them.
            var times = [timeval(tv_sec: 1_000_000, tv_usec: 0), timeval(tv_sec: 1_000_000, tv_usec: 0)]
            utimes(name, &times)
        case 16: try? scribble(name, "more", O_APPEND)
        case 17:
            unlink(keys)
            symlink(dice.below(2) == 0 ? "one" : "two", keys)
        case 18:
            rename("\(place)/one", "\(place)/other")
            rename("\(place)/two", "\(place)/one")
            rename("\(place)/other", "\(place)/two")
        case 19:
            try? FileManager.default.removeItem(atPath: "\(place)/one")
            mkdir("\(place)/one", 0o700)
        case 20:
            // What was linked in loses its other name.
            try? scribble("\(place)/passing", text)
            link("\(place)/passing", name)
            unlink("\(place)/passing")
        default:
            // Open over several looks, written, closed.
            if open >= 0 {
                write(open, text, text.utf8.count)
                close(open)
                open = -1
            } else {
                open = Glibc.open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
                if open >= 0 { write(open, "half", 4) }
            }
        }
        return "\(text) \(name)"
    }
}

private struct Dice {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % limit
    }
}

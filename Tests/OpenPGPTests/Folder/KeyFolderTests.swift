import Foundation
import Mail
import OpenPGP
import Testing

@Suite struct KeyFolderTests {
    @Test func aFileDroppedInCountsAndOneTakenOutDoesNot() async throws {
        let bench = try Bench()
        #expect(try await bench.status("bob@example.org") == .none)
        try bench.keys.put("bob.pgp", TestKeys.certificate("bob"))
        #expect(try await bench.usable("bob@example.org").count == 1)
        try bench.keys.remove("bob.pgp")
        #expect(try await bench.status("bob@example.org") == .none)
        #expect(await bench.keyring.problem() == nil)
        await bench.engine.shutdown()
    }

    @Test func aFileChangedInPlaceIsSeen() async throws {
        let bench = try Bench(["bob"])
        #expect(try await bench.usable("bob@example.org").count == 1)
        try bench.keys.overwrite("bob.pgp", TestKeys.certificate("rita"))
        #expect(try await bench.status("bob@example.org") == .none)
        #expect(try await bench.usable("rita@example.org").count == 1)
        try bench.keys.overwrite("bob.pgp", TestKeys.certificate("bob") + TestKeys.certificate("rita"))
        #expect(try await bench.usable("bob@example.org").count == 1)
        await bench.engine.shutdown()
    }

    @Test(
        arguments: [
            [], Array("this is no key\n".utf8), [UInt8](repeating: 0, count: 4000),
            [UInt8](repeating: 0xFF, count: 100),
            Array("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n".utf8),
        ] as [[UInt8]])
    func aFileThatIsNoKeyIsNamedAndIgnored(bytes: [UInt8]) async throws {
        let bench = try Bench(["bob"])
        try bench.keys.put("rubbish.asc", bytes)
        #expect(try await bench.usable("bob@example.org").count == 1)
        let reports = await bench.keyring.listing()
        #expect(reports.map(\.file) == ["bob.pgp", "rubbish.asc"])
        #expect(reports[1].problem != nil)
        #expect(reports[1].fingerprint.isEmpty)
        await bench.engine.shutdown()
    }

    /// Cut anywhere, at a packet's border or not, what is there so far never takes the place of what was whole.
    @Test func aHalfWrittenFileNeverReplacesAGoodOne() async throws {
        let bench = try Bench(["bob"])
        let before = try await bench.usable("bob@example.org")
        let rita = try TestKeys.certificate("rita")
        let places = packets(rita)
        for count in [0, 1, 50, places[0].upperBound, places[1].upperBound, places[1].upperBound + 20] {
            try bench.keys.overwrite("bob.pgp", Array(rita[..<count]))
            #expect(try await bench.usable("bob@example.org") == before)
            #expect(await bench.keyring.listing().map(\.problem).allSatisfy { $0 != nil })
        }
        try bench.keys.overwrite("bob.pgp", rita)
        #expect(try await bench.status("bob@example.org") == .none)
        #expect(try await bench.usable("rita@example.org").count == 1)
        #expect(await bench.keyring.listing().map(\.problem) == [nil])
        await bench.engine.shutdown()
    }

    @Test func aHalfWrittenNewFileCountsOnceItIsWhole() async throws {
        let bench = try Bench()
        let bob = try TestKeys.certificate("bob")
        try bench.keys.overwrite("bob.asc", Array(bob[..<100]))
        #expect(try await bench.isUnknown("bob@example.org"))
        try bench.keys.overwrite("bob.asc", bob)
        #expect(try await bench.usable("bob@example.org").count == 1)
        await bench.engine.shutdown()
    }

    @Test func aSecretKeyIsRefusedByNameAndNeverUsed() async throws {
        let bench = try Bench()
        try bench.keys.put("bob-secret.asc", TestKeys.made?.secretBob ?? [])
        #expect(try await bench.status("bob@example.org") == .none)
        let reports = await bench.keyring.listing()
        #expect(reports.map(\.file) == ["bob-secret.asc"])
        #expect(reports[0].problem?.contains("secret key") == true)
        await bench.engine.shutdown()
    }

    @Test func otherNamesAreLeftAlone() async throws {
        let bench = try Bench()
        let bob = try TestKeys.certificate("bob")
        for name in [".bob.asc", "bob.asc~", "bob.asc.part", "README.md", "make-samples.sh"] {
            try bench.keys.put(name, bob)
        }
        try FileManager.default.createDirectory(
            atPath: "\(bench.keys.path)/folder.asc", withIntermediateDirectories: false)
        #expect(mkfifo("\(bench.keys.path)/pipe.asc", 0o600) == 0)
        #expect(symlink("nowhere", "\(bench.keys.path)/link.asc") == 0)
        #expect(try await bench.status("bob@example.org") == .none)
        #expect(await bench.keyring.listing().isEmpty)
        await bench.engine.shutdown()
    }

    @Test func withoutAFolderNothingIsKnown() async throws {
        let bench = try Bench()
        try FileManager.default.removeItem(atPath: bench.keys.path)
        #expect(try await bench.isUnknown("bob@example.org"))
        #expect(await bench.keyring.problem()?.contains("cannot be read") == true)
        await bench.engine.shutdown()
    }

    /// Root reads any folder, so it is taken away, and something that is no folder is put in its place.
    @Test(arguments: [false, true])
    func anUnreadableFolderKeepsWhatWasThere(byAFile: Bool) async throws {
        let bench = try Bench(["bob"])
        let before = try await bench.usable("bob@example.org")
        let aside = TestFolder()
        try FileManager.default.moveItem(atPath: bench.keys.path, toPath: "\(aside.path)/keys")
        if byAFile { try Data().write(to: URL(fileURLWithPath: bench.keys.path)) }
        #expect(try await bench.usable("bob@example.org") == before)
        #expect(try await bench.status("nobody@example.org") == .none)
        #expect(await bench.keyring.problem() != nil)
        _ = try await bench.engine.encrypt(MessageBytes("x"), to: before)
        if byAFile { try FileManager.default.removeItem(atPath: bench.keys.path) }
        try FileManager.default.moveItem(atPath: "\(aside.path)/keys", toPath: bench.keys.path)
        #expect(await bench.keyring.problem() == nil)
        #expect(try await bench.usable("bob@example.org") == before)
        await bench.engine.shutdown()
    }

    @Test func theLossOfAllFilesAtOnceKeepsThem() async throws {
        let bench = try Bench(["bob", "rita"])
        #expect(try await bench.usable("bob@example.org").count == 1)
        try bench.keys.remove("bob.pgp")
        try bench.keys.remove("rita.pgp")
        #expect(try await bench.usable("bob@example.org").count == 1)
        #expect(try await bench.usable("rita@example.org").count == 1)
        #expect(await bench.keyring.problem()?.contains("at once") == true)
        // A single one that is back shows that the folder is meant.
        try bench.keys.put("bob.pgp", TestKeys.certificate("bob"))
        #expect(try await bench.status("rita@example.org") == .none)
        #expect(try await bench.usable("bob@example.org").count == 1)
        #expect(await bench.keyring.problem() == nil)
        await bench.engine.shutdown()
    }

    /// What an empty mount point looks like.
    @Test func anEmptyFolderInAnothersPlaceKeepsEvenASingleFile() async throws {
        let bench = try Bench(["bob"])
        #expect(try await bench.usable("bob@example.org").count == 1)
        let aside = TestFolder()
        try FileManager.default.moveItem(atPath: bench.keys.path, toPath: "\(aside.path)/keys")
        try FileManager.default.createDirectory(atPath: bench.keys.path, withIntermediateDirectories: false)
        #expect(try await bench.usable("bob@example.org").count == 1)
        #expect(await bench.keyring.problem() != nil)
        await bench.engine.shutdown()
    }

    @Test func aLookUpAmongAThousandFilesCostsTwoCalls() async throws {
        let bench = try Bench()
        let bob = try TestKeys.certificate("bob")
        let rita = try TestKeys.certificate("rita")
        for number in 0..<999 { try bench.keys.overwrite("r\(number).pgp", number == 0 ? rita : Array(rita[..<10])) }
        try bench.keys.overwrite("bob.pgp", bob)
        try age(bench.keys.path)
        #expect(try await bench.usable("bob@example.org").count == 1)
        let first = await bench.keyring.effort
        #expect(first.reads == 1000)
        _ = try await bench.status("bob@example.org")
        _ = try await bench.status("rita@example.org")
        let later = await bench.keyring.effort
        #expect(later.stats - first.stats == 2)
        #expect(later.watchCalls - first.watchCalls == 2)
        #expect(later.reads == first.reads)
        #expect(later.listings == first.listings)
        await bench.engine.shutdown()
    }

    /// Waits until the files' times of change, which nobody can set, are safely in the past.
    private func age(_ folder: String) throws {
        var status = stat()
        repeat {
            usleep(100_000)
            _ = stat(folder, &status)
        } while status.st_ctim.tv_sec + 4 > time(nil)
    }
}

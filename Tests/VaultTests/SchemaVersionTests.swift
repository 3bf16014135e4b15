// Databases of other versions are refused in words, by whoever opens them, and stay as they are.

import Foundation
import GRDB
import Mail
import Testing
import VaultContract

@testable import VaultSQLite

@Suite struct SchemaVersionTests {
    /// Each database with what opens it.
    private static let files: [VaultFile] = [.gateway, .letters]

    private static func open(_ file: VaultFile, _ place: Place) throws {
        switch file {
        case .gateway: _ = try GatewayDatabase(folder: place.gateway)
        case .letters: _ = try LetterDatabase(folder: place.letters)
        }
    }

    private static func steps(_ path: String) throws -> [String] {
        try stranger(path).read { try String.fetchAll($0, sql: "SELECT identifier FROM grdb_migrations") }
    }

    @Test(arguments: files) func oneStepMakesEachDatabase(file: VaultFile) throws {
        let place = try Place()
        try Self.open(file, place)
        #expect(try Self.steps(file.path(in: "\(place.path)/state")) == ["\(file.rawValue) 1"])
        try Self.open(file, place)
    }

    @Test(arguments: files) func aNewerDatabaseIsRefusedInWords(file: VaultFile) async throws {
        try await refused(
            file, "INSERT INTO grdb_migrations VALUES ('of the future 1')", ["newer version", "install that version"])
    }

    /// As the versions before the first release made them: these had steps of other names.
    @Test(arguments: files) func anUnreleasedDatabaseIsRefusedInWords(file: VaultFile) async throws {
        let step = file == .gateway ? "gateway 1" : "letters 1"
        try await refused(
            file, "UPDATE grdb_migrations SET identifier = '\(step)'", ["before the first release", "start again"])
    }

    /// A backup lies beside an empty state folder: hints for a running state would lead nowhere.
    @Test(arguments: files) func aBackupOfAnotherVersionIsRefusedInItsOwnWords(file: VaultFile) async throws {
        let unreleased = file == .gateway ? "gateway 1" : "letters 1"
        for (sql, words) in [
            ("INSERT INTO grdb_migrations VALUES ('of the future 1')", ["newer version", "restore it with that"]),
            ("UPDATE grdb_migrations SET identifier = '\(unreleased)'", ["first release", "restore a later backup"]),
        ] {
            let place = try Place()
            for each in Self.files { try Self.open(each, place) }
            let other = try stranger(file.path(in: "\(place.path)/state"))
            try await other.write { try $0.execute(sql: sql) }
            try other.close()
            let backup = "\(place.path)/backup.tar"
            _ = try VaultBackup.write(state: "\(place.path)/state", to: backup, nowSeconds: 1000)
            let fresh = try Place()
            let failure = await refusal { _ = try VaultBackup.restore(from: backup, state: "\(fresh.path)/state") }
            for word in words { #expect(failure?.detail.contains(word) == true, "\(word)") }
            #expect(failure?.detail.contains("move the state folder away") == false)
        }
    }

    private func refused(_ file: VaultFile, _ sql: String, _ words: [String]) async throws {
        let place = try Place()
        try Self.open(file, place)
        let path = file.path(in: "\(place.path)/state")
        let other = try stranger(path)
        try await other.write { try $0.execute(sql: sql) }
        let steps = try Self.steps(path)
        try other.close()
        var failures = [await refusal { try Self.open(file, place) }]
        if file == .letters { failures.append(await refusal { _ = try PortalLetterDatabase(folder: place.letters) }) }
        for failure in failures {
            #expect(failure?.cause == .storage)
            for word in words + ["hint"] { #expect(failure?.detail.contains(word) == true, "\(word)") }
        }
        #expect(try Self.steps(path) == steps, "nothing has been changed")
        let kind: DatabaseInspection.Kind = file == .gateway ? .gateway : .letters
        #expect(DatabaseInspection.problem(path: path, kind: kind)?.contains(words[0]) == true)
        let problems = try await VaultFile.open(path).read { try file.generalProblems($0) }
        #expect(problems.contains { $0.contains(words[0]) })
    }
}

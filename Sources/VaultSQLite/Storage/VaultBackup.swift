// `letterlock vault backup` and `restore`: both databases in one tar file, taken while the gateway runs.
//
//     manifest.json   version, time, and of each database: bytes, SHA-256, tables with their rows
//     gateway.db
//     letters.db
//
// Each database is copied by SQLite's online backup into a file of its own, checked, and then packed. The tar file
// appears under its name only when it is whole and on the disk; its mode is 0600. A restore checks everything before a
// name of the new state leads to it. Fails with a refusal of cause `storage`.

import Foundation
import GRDB
import Glibc
package import Mail

/// What a backup says of itself.
package struct VaultManifest: Codable, Sendable, Equatable {
    /// One database.
    package struct File: Codable, Sendable, Equatable {
        package let name: String
        package let bytes: Int
        /// Hexadecimal.
        package let sha256: String
        /// Table to rows.
        package let rows: [String: Int]
    }

    /// Of this format: 1.
    package let version: Int
    /// Seconds since 1970.
    package let createdAtSeconds: Int64
    package let files: [File]
}

/// Backup and restore of a state's databases.
package enum VaultBackup {
    private static let manifestName = "manifest.json"
    private static let manifestBytes = 1 << 20

    /// Writes a backup.
    /// - Parameters:
    ///   - state: the state folder; a gateway may be running on it.
    ///   - path: of the tar file; one that is there is replaced, once the new one is whole.
    /// - Returns: what is in it.
    package static func write(state: String, to path: String, nowSeconds: Int64) throws(Refusal) -> VaultManifest {
        let folder = "\(path).partial-\(getpid())"
        guard mkdir(folder, 0o700) == 0 else { throw PlainFile.failure("making \"\(folder)\"") }
        defer { remove(folder) }
        var files: [VaultManifest.File] = []
        for file in VaultFile.allCases {
            _ = try PlainFile(reading: file.path(in: state))
            files.append(try copy(file, from: file.path(in: state), to: "\(folder)/\(file.rawValue)"))
        }
        let manifest = VaultManifest(version: 1, createdAtSeconds: nowSeconds, files: files)
        let packed = try PlainFile(making: "\(folder)/packed", mode: 0o600)
        try pack(manifest, folder, into: packed)
        try packed.sync()
        try PlainFile.move(packed.path, to: path)
        return manifest
    }

    /// Puts the databases of a backup into a state folder that has none.
    /// - Parameters:
    ///   - path: of the tar file.
    ///   - state: is made where it is not there; `gateway` and `letters` in it must be empty, so no gateway runs on it.
    /// - Returns: what was in it.
    package static func restore(from path: String, state: String) throws(Refusal) -> VaultManifest {
        let source = try PlainFile(reading: path)
        let manifest = try readManifest(source)
        for file in VaultFile.allCases { try requireEmpty("\(state)/\(file.folder)") }
        var made: [String] = []
        var isDone = false
        defer { if !isDone { for path in made { remove(path) } } }
        var moves: [(from: String, to: String)] = []
        for described in manifest.files {
            guard let file = VaultFile(rawValue: described.name) else { throw damaged(path, "it names other files") }
            // Made in its last folder, so that it gets that folder's group.
            let place = StateFolder(path: "\(state)/\(file.folder)", sharing: file.sharing)
            let final = try place.prepare(file: file.rawValue)
            let fresh = "\(final).restored"
            made += [final, fresh]
            let target = try PlainFile(making: fresh, mode: file.sharing.fileMode)
            try unpack(described, source, into: target)
            try target.sync()
            try examine(file, fresh, path)
            moves.append((fresh, final))
        }
        guard try source.read(TarEntry.end.count) == TarEntry.end else { throw damaged(path, "it has no end") }
        for (from, to) in moves { try PlainFile.move(from, to: to) }
        isDone = true
        return manifest
    }

    // MARK: Writing

    private static func copy(_ file: VaultFile, from path: String, to copy: String) throws(Refusal)
        -> VaultManifest.File
    {
        do {
            let rows = try { () throws -> [String: Int] in
                let source = try VaultFile.open(path)
                let target = try VaultFile.open(copy)
                try source.backup(to: target)
                return try target.writeWithoutTransaction { database in
                    // One file that needs no -wal beside it.
                    _ = try Row.fetchAll(database, sql: "PRAGMA journal_mode = DELETE")
                    guard try String.fetchOne(database, sql: "PRAGMA quick_check(1)") == "ok" else {
                        throw StateFolder.refusal("copying \"\(path)\": it is damaged; hint: letterlock vault check")
                    }
                    return try VaultFile.rows(database)
                }
            }()
            let written = try PlainFile(reading: copy)
            let bytes = written.size
            let digest = try PlainFile.digest(bytes, of: written)
            return .init(name: file.rawValue, bytes: bytes, sha256: hex(digest), rows: rows)
        } catch {
            throw VaultDatabase.refusal(error, "copying \"\(path)\"")
        }
    }

    private static func pack(_ manifest: VaultManifest, _ folder: String, into packed: PlainFile) throws(Refusal) {
        let now = manifest.createdAtSeconds
        let text = try encode(manifest)
        let first = TarEntry(name: manifestName, size: text.count)
        try packed.write(
            first.head(modifiedAtSeconds: now) + text + [UInt8](repeating: 0, count: first.padding))
        for file in manifest.files {
            let entry = TarEntry(name: file.name, size: file.bytes)
            try packed.write(entry.head(modifiedAtSeconds: now))
            guard hex(try packed.copy(file.bytes, from: PlainFile(reading: "\(folder)/\(file.name)"))) == file.sha256
            else { throw StateFolder.refusal("packing \"\(file.name)\": it has changed") }
            try packed.write([UInt8](repeating: 0, count: entry.padding))
        }
        try packed.write(TarEntry.end)
    }

    private static func encode(_ manifest: VaultManifest) throws(Refusal) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        do { return Array(try encoder.encode(manifest)) } catch {
            throw StateFolder.refusal("writing the manifest: \(error)")  // unreachable
        }
    }

    // MARK: Reading

    private static func readManifest(_ source: PlainFile) throws(Refusal) -> VaultManifest {
        guard let entry = TarEntry(head: try source.read(TarEntry.blockBytes)), entry.name == manifestName,
            entry.size <= manifestBytes
        else { throw damaged(source.path, "it is no backup of letterlock") }
        let text = try source.read(entry.size)
        _ = try source.read(entry.padding)
        guard let manifest = try? JSONDecoder().decode(VaultManifest.self, from: Data(text)) else {
            throw damaged(source.path, "its manifest cannot be read")
        }
        guard manifest.version == 1 else {
            throw damaged(source.path, "it is of version \(manifest.version)", hint: "take the version that wrote it")
        }
        guard manifest.files.map(\.name) == VaultFile.allCases.map(\.rawValue),
            manifest.files.allSatisfy({ $0.bytes >= 0 })
        else { throw damaged(source.path, "it does not hold both databases") }
        return manifest
    }

    private static func unpack(
        _ described: VaultManifest.File, _ source: PlainFile, into target: PlainFile
    ) throws(Refusal) {
        guard let entry = TarEntry(head: try source.read(TarEntry.blockBytes)), entry.name == described.name,
            entry.size == described.bytes
        else { throw damaged(source.path, "\"\(described.name)\" is not what the manifest says") }
        guard hex(try target.copy(entry.size, from: source)) == described.sha256 else {
            throw damaged(source.path, "the checksum of \"\(described.name)\" is wrong")
        }
        _ = try source.read(entry.padding)
    }

    private static func examine(_ file: VaultFile, _ fresh: String, _ path: String) throws(Refusal) {
        do {
            let problems = try VaultFile.open(fresh).read { try file.generalProblems($0, hints: .backup) }
            if let first = problems.first { throw damaged(path, "\(file.rawValue): \(first)") }
        } catch {
            throw VaultDatabase.refusal(error, "reading \(file.rawValue) of \"\(path)\"")
        }
    }

    private static func requireEmpty(_ folder: String) throws(Refusal) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        guard names.isEmpty else {
            throw StateFolder.refusal(
                "restoring to \"\(folder)\": it is not empty; "
                    + "hint: stop letterlock and letterlock-portal, and move it away"
            )
        }
    }

    private static func damaged(_ path: String, _ why: String, hint: String? = nil) -> Refusal {
        Refusal(
            .internalError, "not available",
            detail: "reading \"\(path)\": \(why)" + (hint.map { "; hint: \($0)" } ?? ""))
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}

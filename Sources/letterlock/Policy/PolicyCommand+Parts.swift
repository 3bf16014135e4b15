// What the sub-commands of `letterlock policy` share: rules of a folder, keys of a folder, times, files that are
// written.

import Foundation
import Gateway
import Mail
import Operations
import Policy
import SettingValues

extension PolicyCommand {
    /// The rules of a folder.
    /// - Throws: ``Stop`` with 78 and all findings where they cannot be used.
    static func rules(_ folder: String, _ configuration: GatewayConfiguration) throws -> Ruleset {
        let loaded = PolicyFolder.load(folder, surroundings: configuration.surroundings)
        guard let ruleset = loaded.ruleset else {
            throw Stop(
                .configuration,
                "the policy in \"\(folder)\" cannot be used\n"
                    + "\(loaded.diagnostics.map(\.description).joined(separator: "\n"))"
            )
        }
        return ruleset
    }

    /// Runs `body` with the certificates of a folder; without the folder nobody has a key.
    static func withKeys<Value: Sendable>(
        _ folder: String, _ configuration: GatewayConfiguration, _ body: (KeyOperations) async throws -> Value
    ) async throws -> Value {
        let work: WorkFolder
        let keyring: KeyOperations
        do throws(Refusal) {
            work = try WorkFolder()
        } catch {
            throw Stop(error, doing: "looking up keys")
        }
        defer { work.remove() }
        var place = folder
        if !FileManager.default.fileExists(atPath: folder) {
            Console.note("no key folder \"\(folder)\": nobody has a key here")
            place = "\(work.path)/keys"
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        }
        do throws(Refusal) {
            keyring = try KeyOperations(
                keysFolder: place, gpgProgram: configuration.settings.gpg.program,
                gpgTimeoutSeconds: configuration.settings.gpg.timeoutSeconds, workFolder: work.path)
        } catch {
            throw Stop(error, doing: "looking up keys")
        }
        let result: Result<Value, any Error>
        do { result = .success(try await body(keyring)) } catch { result = .failure(error) }
        await keyring.close()
        return try result.get()
    }

    /// Writes a file that was asked for.
    static func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: path))
        } catch {
            throw Stop(.cannotCreate, "writing \"\(path)\": it cannot be made")
        }
    }
}

/// Times on the command line.
enum PolicyTime {
    /// - Parameter text: a date (midnight UTC), or a time as RFC 3339 writes it.
    /// - Returns: seconds since 1970.
    /// - Throws: ``Stop`` with 64.
    static func seconds(_ text: String) throws -> Int64 {
        let whole = text.contains("T") ? text : "\(text)T00:00:00Z"
        guard let date = try? Date(whole, strategy: .iso8601) else {
            throw Stop(.usage, "\"\(text)\" is no time\n  hint: write 2026-01-31 or 2026-01-31T12:00:00Z")
        }
        return Int64(date.timeIntervalSince1970)
    }
}

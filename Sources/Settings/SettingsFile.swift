// The way in: reads the settings file and the environment. The only place that touches either.

import Foundation
import Mail
import POSIX

extension LetterlockSettings {
    /// The largest settings file that is read, in bytes.
    private static let longestFileBytes = 1 << 20

    /// Every key of the file, dotted, in the order of docs/letterlock.yaml.
    package static var keyPaths: [String] { SettingsSchema.settings.map(\.path) }

    /// Loads the settings: defaults, then the file, then `LETTERLOCK_…` variables.
    /// - Parameters:
    ///   - file: path of the settings file; nil takes the defaults. Relative paths in it start at its folder.
    ///   - environment: the process's environment.
    /// - Throws: ``SettingsErrors`` with every error found, not just the first.
    package static func load(
        file: String?, environment: [String: String]
    ) throws(SettingsErrors) -> LetterlockSettings {
        var reader = SettingsReader()
        if let file {
            reader.read(text: try text(of: file), name: file, folder: folder(of: file))
        }
        return try finish(reader, environment: environment, name: file ?? "settings")
    }

    /// The same from a text, for checks of examples.
    /// - Parameter name: stands in the diagnostics; its folder is where relative paths start.
    package static func load(
        text: String, name: String, environment: [String: String] = [:]
    ) throws(SettingsErrors) -> LetterlockSettings {
        var reader = SettingsReader()
        reader.read(text: text, name: name, folder: folder(of: name))
        return try finish(reader, environment: environment, name: name)
    }

    private static func finish(
        _ read: SettingsReader, environment: [String: String], name: String
    ) throws(SettingsErrors) -> LetterlockSettings {
        var reader = read
        reader.read(environment: environment)
        reader.checkTogether(name: name)
        guard reader.errors.isEmpty else { throw SettingsErrors(diagnostics: reader.errors + reader.warnings) }
        var settings = reader.settings
        settings.warnings = reader.warnings
        return settings
    }

    private static func text(of file: String) throws(SettingsErrors) -> String {
        guard let handle = FileHandle(forReadingAtPath: file) else {
            let reason = SystemError().words
            throw failure(file, "cannot be opened: \(reason)", hint: "name the settings file with --config FILE")
        }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: longestFileBytes + 1) else {
            // An empty file reads as nil too, and an empty file means the defaults.
            if (try? handle.offset()) == 0, !isFolder(file) { return "" }
            throw failure(file, "cannot be read", hint: isFolder(file) ? "it is a folder" : nil)
        }
        guard data.count <= longestFileBytes else {
            throw failure(file, "is larger than 1 MiB: no settings file", hint: nil)
        }
        guard let text = String(bytes: data, encoding: .utf8) else {
            throw failure(file, "is not UTF-8 text", hint: nil)
        }
        return text
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private static func failure(_ file: String, _ message: String, hint: String?) -> SettingsErrors {
        SettingsErrors(diagnostics: [Diagnostic(file: file, message: message, hint: hint)])
    }

    /// The folder part of a path; "" for a bare name, so that its neighbours keep their bare names too.
    private static func folder(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "" }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }
}

// A throw-away folder with a short path (gpg-agent's sockets need one), gone with the value's last owner.

package import Foundation

package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/ll-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SupportError("mkdtemp: \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A path inside.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a text file, making the folders on its way.
    @discardableResult
    package func write(_ name: String, _ text: String) throws -> String {
        let url = URL(fileURLWithPath: file(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    /// Writes a script that can be run at once. By a process of its own: a file that is open for writing here could be
    /// so in a process that another test is just starting, and then nobody can run it ("text file busy").
    @discardableResult
    package func writeProgram(_ name: String, _ text: String) throws -> String {
        let writer = Process()
        writer.executableURL = URL(fileURLWithPath: "/bin/sh")
        writer.arguments = ["-c", "printf '%s\\n' \"$1\" > \"$0\" && chmod 755 \"$0\"", file(name), text]
        try writer.run()
        writer.waitUntilExit()
        guard writer.terminationStatus == 0 else { throw SupportError("writing \(file(name))") }
        return file(name)
    }

    /// The bytes of every regular file below, for canary searches.
    package func allBytes() throws -> [(path: String, bytes: Data)] {
        var found: [(String, Data)] = []
        let files = FileManager.default.enumerator(at: URL(fileURLWithPath: path), includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            if let data = try? Data(contentsOf: file) { found.append((file.path, data)) }
        }
        return found
    }
}

/// A fault of the test's own machinery.
package struct SupportError: Error, CustomStringConvertible {
    package let description: String
    package init(_ text: String) { description = text }
}

// The contents of a folder of certificates by what its looks tell, and by what is there.

import Foundation
import Mail
import OpenPGP

/// Reads what a look says is to be read, and forgets what it says is gone: what the keyring goes by.
struct FolderMirror {
    var folder: KeyFolder
    /// By name.
    private(set) var contents: [String: [UInt8]] = [:]

    /// - Returns: false where the folder could not be read.
    @discardableResult
    mutating func look() throws -> Bool {
        switch folder.look() {
        case .unchanged: break
        case .unreadable: return false
        case .changed(let gone, let toRead):
            for name in gone { contents[name] = nil }
            for name in toRead { contents[name] = try folder.read(name).get().copy() }
        }
        return true
    }

    /// What is there, read without any memory.
    static func truth(_ path: String) throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: path) where Keyring.reads(fileName: name) {
            var status = stat()
            guard stat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            found[name] = Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
        }
        return found
    }
}

/// Writes a file in place, by open(2), write(2) and close(2).
func scribble(_ path: String, _ text: String, _ flags: Int32 = O_CREAT | O_TRUNC) throws {
    let file = open(path, O_WRONLY | flags | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw ProgramFailed(status: errno) }
    defer { close(file) }
    guard write(file, text, text.utf8.count) == text.utf8.count else { throw ProgramFailed(status: errno) }
}

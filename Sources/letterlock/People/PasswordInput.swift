// Reads a password from the terminal without echo, twice, or else from the first line of stdin.

import Foundation
import Mail

enum PasswordInput {
    /// Longest line, in bytes.
    private static let mostBytes = 4096

    /// - Throws: ``Stop`` where the two do not agree, nothing came, or the user interrupted.
    static func read(for name: String) throws -> Secret {
        guard isatty(STDIN_FILENO) == 1 else {
            guard let line = line(from: STDIN_FILENO, until: { $0 == 10 }) else {
                throw Stop(.dataError, "stdin holds no password\n  hint: its first line is the password")
            }
            return line
        }
        let first = try ask("Password for \"\(name)\": ")
        let second = try ask("Once more: ")
        guard first == second else { throw Stop(.dataError, "the two passwords differ") }
        return first
    }

    /// Reads one line octet by octet, with echo and signals off: what Ctrl-C does is done here, so that the terminal is
    /// always set back.
    private static func ask(_ question: String) throws -> Secret {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else {
            throw Stop(.unavailable, "the terminal cannot be set to no echo")
        }
        var quiet = before
        quiet.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0 else {
            throw Stop(.unavailable, "the terminal cannot be set to no echo")
        }
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        // Only now: what is typed after the question is not shown.
        FileHandle.standardError.write(Data(question.utf8))
        var interrupted = false
        let line = line(from: STDIN_FILENO) { octet in
            // Ctrl-C, Ctrl-D, Ctrl-\.
            interrupted = [3, 4, 28].contains(octet)
            return interrupted || octet == 10 || octet == 13
        }
        guard !interrupted, let line else { throw Stop(.no, "nothing was changed") }
        return line
    }

    /// nil where the input ends before anything came, or is too long or no UTF-8.
    private static func line(from descriptor: Int32, until ends: (UInt8) -> Bool) -> Secret? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(mostBytes)
        defer { _ = bytes.withUnsafeMutableBytes { $0.initializeMemory(as: UInt8.self, repeating: 0) } }
        var octet: UInt8 = 0
        var hasEnded = false
        while !hasEnded, Foundation.read(descriptor, &octet, 1) == 1 {
            if ends(octet) {
                hasEnded = true
            } else if isatty(descriptor) == 1, octet == 127 || octet == 8 {
                while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
            } else if isatty(descriptor) == 1, octet == 21 {
                bytes = []
            } else {
                bytes.append(octet)
            }
            guard bytes.count <= mostBytes else { return nil }
        }
        if bytes.last == 13 { bytes.removeLast() }
        guard hasEnded || !bytes.isEmpty else { return nil }
        return String(validating: bytes, as: UTF8.self).map { Secret($0) }
    }
}

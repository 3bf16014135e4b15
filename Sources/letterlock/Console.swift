// Standard streams and exit codes of the command.

import Foundation
import Logs
import Mail
import SettingValues

/// Exit codes of sysexits(3), as far as this command uses them.
enum ExitCode3: Int32 {
    case no = 1
    case usage = 64
    case dataError = 65
    case noInput = 66
    case noUser = 67
    case unavailable = 69
    case internalError = 70
    case cannotCreate = 73
    case temporaryFailure = 75
    case configuration = 78
}

/// Ends the command with a message and an exit code.
struct Stop: Error {
    let code: ExitCode3
    let message: String

    init(_ code: ExitCode3, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The code of a refusal: our side's trouble is 69 or 75, the message's own is 65.
    init(_ refusal: Refusal, doing what: String) {
        let code: ExitCode3 =
            switch refusal.cause {
            case .engine: .unavailable
            case .storage, .busy, .deadline, .undecided, .sealCheck, .nextHopUnavailable, .nextHopDeferred:
                .temporaryFailure
            case .noUsableMethod: .noUser
            case .policy: .no
            case .internalError: .internalError
            default: .dataError
            }
        self.init(code, "\(what): \(refusal.detail)")
    }
}

/// What the command reads and writes.
enum Console {
    /// Writes a line to stderr, prefixed with the command's name. Addresses, subjects and names of files are others'
    /// words, and a terminal obeys what it should show: here and below such characters are escaped, but for line feeds.
    static func error(_ text: String) {
        FileHandle.standardError.write(Data("letterlock: \(shown(text))\n".utf8))
    }

    /// Writes a line to stderr.
    static func note(_ text: String) {
        FileHandle.standardError.write(Data("\(shown(text))\n".utf8))
    }

    /// Writes a result to stdout, of one line or more.
    static func out(_ text: String) {
        FileHandle.standardOutput.write(Data("\(shown(text))\n".utf8))
    }

    /// Writes one entry of a listing to stdout: a line feed in it is escaped too, as it would look like another entry.
    static func line(_ text: String) { out(ShownText.escaped(text)) }

    /// Orders to the terminal of our own.
    static func control(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }

    private static func shown(_ text: String) -> String { ShownText.escaped(text, keepsLines: true) }

    /// Writes a message to stdout, byte for byte.
    static func out(_ message: MessageBytes) throws {
        try message.forEachChunk { chunk in
            try FileHandle.standardOutput.write(contentsOf: Data(chunk))
        }
    }

    /// A value as JSON on stdout, keys sorted so that two runs can be compared.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        out(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// A message from a file, or from stdin where `path` is nil or `-`. Lines that end in a bare LF, as files on this
    /// system do, get CRLF: mail has no other line ending.
    static func readMessage(_ path: String?, limits: Limits) throws -> MessageBytes {
        let data: Data
        if let path, path != "-" {
            guard let contents = FileManager.default.contents(atPath: path) else {
                throw Stop(.noInput, "reading \"\(path)\": no such file, or it is not readable")
            }
            data = contents
        } else {
            data = (try? FileHandle.standardInput.readToEnd()) ?? Data()
        }
        guard !data.isEmpty else { throw Stop(.dataError, "the input is empty, so it is no message") }
        guard data.count <= limits.messageBytes else {
            throw Stop(.dataError, "the input's \(data.count) bytes exceed the limit of \(limits.messageBytes)")
        }
        return LineEndings.canonical(Array(data))
    }
}

/// CRLF for every line.
enum LineEndings {
    /// The bytes with every bare LF turned into CRLF; what has CRLF already is kept as it is, and so is a lone CR.
    static func canonical(_ bytes: [UInt8]) -> MessageBytes {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + bytes.count / 32)
        var previous: UInt8 = 0
        for byte in bytes {
            if byte == 10, previous != 13 { out.append(13) }
            out.append(byte)
            previous = byte
        }
        return MessageBytes(bytes: out)
    }
}

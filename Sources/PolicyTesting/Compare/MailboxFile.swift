// Reads a file of many messages: mbox, as Unix mail programs keep it. A message begins with a line `From …` at the
// start of the file or after an empty line; lines that were quoted (`>From `, `>>From `, the mboxrd way) lose one `>`.
// Reads piece by piece, and of a message at most a limit is kept.

import Foundation
package import Mail

/// One mbox file.
package struct MailboxFile {
    /// One message of it.
    package struct Message {
        /// Line of its `From …`, from 1.
        package let line: Int
        /// CRLF lines; nil where it is larger than the limit.
        package let bytes: MessageBytes?
    }

    private let handle: FileHandle
    private let limitBytes: Int

    /// - Parameter limitBytes: of one message.
    /// - Returns: nil where the file cannot be read.
    package init?(path: String, limitBytes: Int) {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        self.handle = handle
        self.limitBytes = limitBytes
    }

    /// Calls `body` with every message, in order.
    package func forEach(_ body: (Message) async throws -> Void) async throws {
        var splitter = Splitter(limitBytes: limitBytes)
        while let chunk = try handle.read(upToCount: 1 << 16), !chunk.isEmpty {
            for message in splitter.take(chunk) { try await body(message) }
        }
        if let last = splitter.finish() { try await body(last) }
        try handle.close()
    }

    /// Cuts lines and messages out of pieces.
    struct Splitter {
        let limitBytes: Int
        private var line: [UInt8] = []
        private var lineNumber = 0
        private var message: [UInt8] = []
        private var startLine = 0
        private var isOpen = false
        private var isTooLarge = false
        private var afterEmptyLine = true

        init(limitBytes: Int) { self.limitBytes = limitBytes }

        mutating func take(_ chunk: some Sequence<UInt8>) -> [Message] {
            var done: [Message] = []
            for octet in chunk {
                // A line longer than a whole message may be ends as a message that is too large.
                if line.count <= limitBytes { line.append(octet) } else { isTooLarge = true }
                if octet == 10, let message = endLine() { done.append(message) }
            }
            return done
        }

        /// What is left at the end of the file.
        mutating func finish() -> Message? {
            if !line.isEmpty {
                if let message = endLine() { return message }
            }
            return close()
        }

        private mutating func endLine() -> Message? {
            lineNumber += 1
            defer { line.removeAll(keepingCapacity: true) }
            if line.last == 10 { line.removeLast() }
            if line.last == 13 { line.removeLast() }
            if afterEmptyLine, line.starts(with: "From ".utf8) {
                let former = close()
                isOpen = true
                startLine = lineNumber
                afterEmptyLine = false
                return former
            }
            afterEmptyLine = line.isEmpty
            guard isOpen else { return nil }
            let quotes = line.prefix { $0 == UInt8(ascii: ">") }.count
            let isQuoted = quotes > 0 && line.dropFirst(quotes).starts(with: "From ".utf8)
            if message.count + line.count + 2 > limitBytes { isTooLarge = true }
            guard !isTooLarge else {
                message.removeAll()
                return nil
            }
            message += isQuoted ? line.dropFirst() : line[...]
            message += [13, 10]
            return nil
        }

        private mutating func close() -> Message? {
            guard isOpen else { return nil }
            defer {
                message.removeAll()
                isTooLarge = false
                isOpen = false
            }
            // The empty line before the next `From ` belongs to the format.
            if message.suffix(4) == [13, 10, 13, 10] { message.removeLast(2) }
            return Message(line: startLine, bytes: isTooLarge ? nil : MessageBytes(bytes: message))
        }
    }
}

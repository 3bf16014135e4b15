// Where the messages of a comparison come from: a message file, an mbox, a folder or Maildir of messages, or a features
// log. Reads one at a time.

import Foundation
package import Mail
package import Policy

/// One thing to judge.
package enum ComparedItem {
    /// A message with CRLF lines.
    case mail(MessageBytes)
    /// A line of the features log.
    case features(MessageFeatures)
    /// Something that cannot be judged: why.
    case unreadable(String)
}

/// All messages behind one path.
package struct ComparedSource: Sendable {
    private let path: String
    private let limitBytes: Int
    /// Longest line of a features log: a thousand recipients with a hundred answers each have room.
    static let lineBytes = 16 << 20

    /// - Parameter limitBytes: of one message.
    package init(path: String, limitBytes: Int) {
        self.path = path
        self.limitBytes = limitBytes
    }

    /// Calls `body` with every message and its name: path, and line where the file holds several.
    /// - Returns: false where there is no such file.
    package func forEach(_ body: (String, ComparedItem) async throws -> Void) async throws -> Bool {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return false }
        guard isFolder.boolValue else { return try await file(path, body) }
        for name in Self.messages(in: path) { _ = try await file("\(path)/\(name)", body) }
        return true
    }

    /// Every `*.eml` at any depth, and everything in `cur` and `new` (Maildir), in order of name.
    private static func messages(in folder: String) -> [String] {
        var names: [String] = []
        for case let name as String in FileManager.default.enumerator(atPath: folder) ?? .init() {
            let parts = name.split(separator: "/")
            guard let last = parts.last, !last.hasPrefix(".") else { continue }
            let isMaildir = parts.count > 1 && ["cur", "new"].contains(parts[parts.count - 2])
            var isFolder: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder)
            if isThere, !isFolder.boolValue, isMaildir || last.lowercased().hasSuffix(".eml") { names.append(name) }
        }
        return names.sorted()
    }

    private func file(_ path: String, _ body: (String, ComparedItem) async throws -> Void) async throws -> Bool {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            try await body(path, .unreadable("the file cannot be read"))
            return true
        }
        let start = try handle.read(upToCount: 5) ?? Data()
        try handle.close()
        if start.starts(with: "From ".utf8) {
            guard let mailbox = MailboxFile(path: path, limitBytes: limitBytes) else { return false }
            try await mailbox.forEach { message in
                try await body(
                    "\(path):\(message.line)",
                    message.bytes.map { .mail($0) } ?? .unreadable("it is larger than limits.message"))
            }
            return true
        }
        if start.first == UInt8(ascii: "{") { return try await features(path, body) }
        let size = (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        guard size <= limitBytes, let data = FileManager.default.contents(atPath: path), !data.isEmpty else {
            try await body(path, .unreadable(size == 0 ? "the file is empty" : "it is larger than limits.message"))
            return true
        }
        try await body(path, .mail(LineEnds.canonical(data)))
        return true
    }

    private func features(_ path: String, _ body: (String, ComparedItem) async throws -> Void) async throws -> Bool {
        guard let handle = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? handle.close() }
        let decoder = JSONDecoder()
        var line = Data()
        var number = 0
        func item(_ line: Data) -> ComparedItem {
            guard line.count <= Self.lineBytes else { return .unreadable("the line is too long") }
            guard let features = try? decoder.decode(MessageFeatures.self, from: line) else {
                return .unreadable("the line is no line of a features log")
            }
            guard features.version == MessageFeatures.currentVersion else {
                return .unreadable(
                    "the line has format version \(features.version), not \(MessageFeatures.currentVersion)")
            }
            return .features(features)
        }
        while let chunk = try handle.read(upToCount: 1 << 16), !chunk.isEmpty {
            var rest = chunk[...]
            while let end = rest.firstIndex(of: 10) {
                if line.count <= Self.lineBytes { line += rest[..<end] }
                number += 1
                if !line.isEmpty { try await body("\(path):\(number)", item(line)) }
                line.removeAll(keepingCapacity: true)
                rest = rest[(end + 1)...]
            }
            if line.count <= Self.lineBytes { line += rest }
        }
        if !line.isEmpty { try await body("\(path):\(number + 1)", item(line)) }
        return true
    }
}

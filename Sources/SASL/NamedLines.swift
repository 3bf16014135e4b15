// A file of people who may log in: text, UTF-8, one a line, three words with white space between them; empty lines and
// lines that begin with `#` are kept and passed over. Names and verifiers in the first two words, never a password.
// Pure here; what reads and writes files is NamedLines+Disk.swift. Errors are Diagnostics with file and line.

package import Mail

/// One line of such a file.
package protocol NamedEntry: Sendable, Equatable {
    /// As ``Preparation/name(_:)`` gives it.
    var name: String { get }
    /// What is kept of the password.
    var verifier: ScramVerifier { get }
    /// The third word, as it is written into the file.
    var third: String { get }

    /// From the words of a line.
    /// - Throws: what is wrong with the third word or the name, for people.
    init(name: String, verifier: ScramVerifier, third: String) throws(WrongLine)

    /// Comment that a new file begins with, without its `#`.
    static var heading: String { get }
    /// What to do about a line that is none, and about a file that is not there.
    static var lineHint: String { get }
    static func missingHint(_ path: String) -> String
}

/// What is wrong with a line.
package struct WrongLine: Error {
    let what: String
}

/// The whole file as a value that can be edited without losing comments.
package struct NamedLines<Entry: NamedEntry>: Sendable, Equatable {
    private enum Line: Equatable, Sendable {
        case other(String)
        case user(Entry)
    }

    private var lines: [Line]

    /// A file without anybody.
    package init() { lines = [.other("# \(Entry.heading)")] }

    /// Reads the text of a file.
    /// - Parameter file: its name, for errors.
    /// - Throws: the first line that is none.
    package init(_ text: String, file: String) throws(Diagnostic) {
        lines = []
        var names: Set<String> = []
        // By octets: CR LF is one character, and would be no end of a line.
        let rows = text.utf8.split(separator: 10, omittingEmptySubsequences: false)
        for (index, row) in rows.enumerated() {
            let row = String(Substring(row))
            if index == rows.count - 1, row.isEmpty { break }
            let words = row.split(whereSeparator: \.isWhitespace)
            if words.isEmpty || words[0].hasPrefix("#") {
                lines.append(.other(row))
                continue
            }
            do throws(WrongLine) {
                let user = try Self.entry(words)
                guard names.insert(user.name).inserted else {
                    throw WrongLine(what: "\"\(user.name)\" stands here twice")
                }
                lines.append(.user(user))
            } catch {
                throw Diagnostic(file: file, line: index + 1, message: error.what, hint: Entry.lineHint)
            }
        }
    }

    private static func entry(_ words: [Substring]) throws(WrongLine) -> Entry {
        guard words.count == 3 else {
            throw WrongLine(what: "a line has three words, this one has \(words.count)")
        }
        guard let verifier = ScramVerifier(words[1]) else {
            throw WrongLine(what: "the second word is no SCRAM verifier")
        }
        return try Entry(name: String(words[0]), verifier: verifier, third: String(words[2]))
    }

    /// The text of the file.
    package var text: String {
        lines.map { line in
            switch line {
            case .other(let text): text + "\n"
            case .user(let user): "\(user.name) \(user.verifier.text) \(user.third)\n"
            }
        }.joined()
    }

    /// All of them, in the order of the file.
    package var users: [Entry] {
        lines.compactMap { line in
            if case .user(let user) = line { user } else { nil }
        }
    }

    /// The one of this name, however it is spelt.
    package func user(_ name: String) -> Entry? {
        guard let name = Preparation.name(name) else { return nil }
        return users.first { $0.name == name }
    }

    /// Puts one into the line of its name, or behind the last line.
    package mutating func put(_ user: Entry) {
        if let index = index(of: user.name) { lines[index] = .user(user) } else { lines.append(.user(user)) }
    }

    /// Adds one behind the last line.
    /// - Returns: false where the name is taken.
    package mutating func add(_ user: Entry) -> Bool {
        guard index(of: user.name) == nil else { return false }
        lines.append(.user(user))
        return true
    }

    /// Takes one out.
    /// - Returns: false where there is none of this name.
    package mutating func remove(_ name: String) -> Bool {
        guard let name = Preparation.name(name), let index = index(of: name) else { return false }
        lines.remove(at: index)
        return true
    }

    private func index(of name: String) -> Int? {
        lines.firstIndex { line in
            if case .user(let user) = line { user.name == name } else { false }
        }
    }
}

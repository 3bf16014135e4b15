// The file of users: names, SCRAM verifiers and the addresses each may send as; never a password. Text, UTF-8, one user a
// line, three words with white space between them; empty lines and lines that begin with `#` are kept and passed over:
//
//     alice  SCRAM-SHA-256$15000:<salt>$<StoredKey>:<ServerKey>  alice@example.org,.example.org
//     crm    SCRAM-SHA-256$15000:…$…:…                           -
//
// The third word is a list as `may-send-as` takes it: addresses, domains, `.domain` for sub-domains; `-` is nobody at all.
// Pure here; what reads and writes files is UserFile+Disk.swift. Errors are Diagnostics with file and line.

package import Mail

/// One user.
package struct StoredUser: Sendable, Equatable {
    /// As ``Preparation/name(_:)`` gives it.
    package let name: String
    /// What is kept of the password.
    package var verifier: ScramVerifier
    /// Addresses and domains that may stand in MAIL FROM.
    package var maySendAs: DomainList

    /// A user from the parts; nil where the name is none.
    package init?(name: String, verifier: ScramVerifier, maySendAs: DomainList) {
        guard let name = Preparation.name(name) else { return nil }
        self.name = name
        self.verifier = verifier
        self.maySendAs = maySendAs
    }

    /// The line of the file.
    var line: String {
        "\(name) \(verifier.text) \(maySendAs.entries.isEmpty ? "-" : maySendAs.entries.joined(separator: ","))"
    }
}

/// The whole file as a value that can be edited without losing comments.
package struct UserFile: Sendable, Equatable {
    private enum Line: Equatable, Sendable {
        case other(String)
        case user(StoredUser)
    }

    private var lines: [Line]

    /// A file without users.
    package init() {
        lines = [
            .other("# Users of Letterlock. Written by `letterlock users`; name, SCRAM verifier, addresses to send as.")
        ]
    }

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
            func wrong(_ what: String) -> Diagnostic {
                Diagnostic(
                    file: file, line: index + 1, message: what, hint: "take the line out or mend it in an editor")
            }
            guard words.count == 3 else { throw wrong("a user's line has three words, this one has \(words.count)") }
            guard let verifier = ScramVerifier(words[1]) else { throw wrong("the second word is no SCRAM verifier") }
            guard let addresses = Self.addresses(String(words[2])) else {
                throw wrong("\"\(words[2])\" is no list of addresses and domains")
            }
            guard let user = StoredUser(name: String(words[0]), verifier: verifier, maySendAs: addresses) else {
                throw wrong("\"\(words[0])\" is no name of a user")
            }
            guard names.insert(user.name).inserted else { throw wrong("user \"\(user.name)\" stands here twice") }
            lines.append(.user(user))
        }
    }

    /// The text of the file.
    package var text: String {
        lines.map { line in
            switch line {
            case .other(let text): text + "\n"
            case .user(let user): user.line + "\n"
            }
        }.joined()
    }

    /// All users, in the order of the file.
    package var users: [StoredUser] {
        lines.compactMap { line in
            if case .user(let user) = line { user } else { nil }
        }
    }

    /// The user of this name, however it is spelt.
    package func user(_ name: String) -> StoredUser? {
        guard let name = Preparation.name(name) else { return nil }
        return users.first { $0.name == name }
    }

    /// Puts a user into the line of his name, or behind the last line.
    package mutating func put(_ user: StoredUser) {
        if let index = index(of: user.name) { lines[index] = .user(user) } else { lines.append(.user(user)) }
    }

    /// Takes a user out.
    /// - Returns: false where there is none of this name.
    package mutating func remove(_ name: String) -> Bool {
        guard let name = Preparation.name(name), let index = index(of: name) else { return false }
        lines.remove(at: index)
        return true
    }

    /// Reads `alice@example.org,.example.org` or `-`; nil where an entry is neither address nor domain.
    package static func addresses(_ text: String) -> DomainList? {
        if text == "-" { return DomainList([]) }
        let entries = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard entries.allSatisfy(isEntry) else { return nil }
        return DomainList(entries)
    }

    private static func isEntry(_ text: String) -> Bool {
        guard text.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace }) else { return false }
        if text.contains("@") { return Mailbox(text) != nil }
        // What may stand behind an @ is a domain.
        return Mailbox("a@" + (text.hasPrefix(".") ? text.dropFirst() : text[...])) != nil
    }

    private func index(of name: String) -> Int? {
        lines.firstIndex { line in
            if case .user(let user) = line { user.name == name } else { false }
        }
    }
}

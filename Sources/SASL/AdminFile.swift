// The file of those who may open the admin page: name, SCRAM verifier, secret of the authenticator app; never a password.
// Text, UTF-8, one a line, three words with white space between them; empty lines and lines that begin with `#` are kept:
//
//     alice  SCRAM-SHA-256$600000:<salt>$<StoredKey>:<ServerKey>  JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP
//
// The secret makes every code, so the file is as good as the second factor itself: mode 0640 at most, like that of users.

package import Mail

/// One of them.
package struct AdminUser: Sendable, Equatable {
    /// Rounds of a new verifier: the page is opened rarely, so guessing may be dear.
    package static let iterations = 600_000

    /// As ``Preparation/name(_:)`` gives it.
    package let name: String
    package let verifier: ScramVerifier
    package let secret: OneTimeSecret

    /// From the parts; nil where the name is none.
    package init?(name: String, verifier: ScramVerifier, secret: OneTimeSecret) {
        guard let name = Preparation.name(name) else { return nil }
        self.name = name
        self.verifier = verifier
        self.secret = secret
    }
}

/// The whole file as a value that can be edited without losing comments.
package struct AdminFile: Sendable, Equatable {
    private enum Line: Equatable, Sendable {
        case other(String)
        case user(AdminUser)
    }

    private var lines: [Line]

    /// A file without anybody.
    package init() {
        lines = [.other("# Who may open Letterlock's admin page. Written by `letterlock admin`.")]
    }

    /// Reads the text of a file.
    /// - Throws: the first line that is none.
    package init(_ text: String, file: String) throws(Diagnostic) {
        lines = []
        var names: Set<String> = []
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
                    file: file, line: index + 1, message: what, hint: "take the line out, and add the name again")
            }
            guard words.count == 3 else { throw wrong("a line has three words, this one has \(words.count)") }
            guard let verifier = ScramVerifier(words[1]) else { throw wrong("the second word is no SCRAM verifier") }
            guard let secret = OneTimeSecret(base32: words[2]) else {
                throw wrong("the third word is no base32 secret")
            }
            guard let user = AdminUser(name: String(words[0]), verifier: verifier, secret: secret) else {
                throw wrong("\"\(words[0])\" is no name")
            }
            guard names.insert(user.name).inserted else { throw wrong("\"\(user.name)\" stands here twice") }
            lines.append(.user(user))
        }
    }

    /// The text of the file.
    package var text: String {
        lines.map { line in
            switch line {
            case .other(let text): text + "\n"
            // Revealed to be written into the file.
            case .user(let user): "\(user.name) \(user.verifier.text) \(user.secret.base32.revealed)\n"
            }
        }.joined()
    }

    /// All of them, in the order of the file.
    package var users: [AdminUser] {
        lines.compactMap { line in
            if case .user(let user) = line { user } else { nil }
        }
    }

    /// The one of this name, however it is spelt.
    package func user(_ name: String) -> AdminUser? {
        guard let name = Preparation.name(name) else { return nil }
        return users.first { $0.name == name }
    }

    /// Adds one behind the last line. - Returns: false where the name is taken.
    package mutating func add(_ user: AdminUser) -> Bool {
        guard self.user(user.name) == nil else { return false }
        lines.append(.user(user))
        return true
    }

    /// Takes one out. - Returns: false where there is none of this name.
    package mutating func remove(_ name: String) -> Bool {
        guard let user = user(name), let index = lines.firstIndex(of: .user(user)) else { return false }
        lines.remove(at: index)
        return true
    }

    /// Reads the file.
    /// - Throws: where it is not there, too open, too large or malformed.
    package static func read(_ path: String) throws(Diagnostic) -> AdminFile { try stamped(path).file }

    static func stamped(_ path: String) throws(Diagnostic) -> (file: AdminFile, stamp: UserFile.Stamp) {
        let (text, stamp) = try UserFile.stampedText(path, hint: "make it with `letterlock admin add NAME`")
        return (try AdminFile(text, file: path), stamp)
    }

    /// Changes the file, or begins one. Two commands at once wait for each other.
    package static func edit(_ path: String, create: Bool, _ change: (inout AdminFile) throws -> Void) throws {
        try UserFile.editText(path) { isThere in
            var file = !isThere && create ? AdminFile() : try read(path)
            try change(&file)
            return file.text
        }
    }
}

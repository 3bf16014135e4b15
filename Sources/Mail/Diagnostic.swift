// An error in a file that a person wrote (settings, policy, cases), with its place and what to do about it.

/// One finding in a text file.
package struct Diagnostic: Error, Sendable, Hashable, CustomStringConvertible {
    /// How much it matters: an error keeps the file from being used, a warning does not; an info is worth knowing.
    package enum Severity: String, Sendable { case error, warning, info }

    /// Error, warning or info.
    package var severity: Severity
    /// The file as the user named it.
    package var file: String
    /// Line, from 1; 0 where the file as a whole is meant.
    package var line: Int
    /// Column, from 1; 0 where the line as a whole is meant.
    package var column: Int
    /// What is wrong: lower case, the value in quotes, no full stop.
    package var message: String
    /// What to do about it, or nil.
    package var hint: String?
    /// A stable name of what was found (`shadowed-rule`), for tools; nil where there is none.
    package var code: String?

    /// A finding from its parts.
    package init(
        _ severity: Severity = .error, file: String, line: Int = 0, column: Int = 0, message: String,
        hint: String? = nil, code: String? = nil
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.hint = hint
        self.code = code
    }

    /// `file:line:column: error: message [code]`, with the hint on a line of its own.
    package var description: String {
        var place = file
        if line > 0 { place += ":\(line)" }
        if line > 0, column > 0 { place += ":\(column)" }
        let text = "\(place): \(severity.rawValue): \(message)\(code.map { " [\($0)]" } ?? "")"
        guard let hint else { return text }
        return "\(text)\n  hint: \(hint)"
    }

    /// `file:line: message`, on one line: for a log or a list.
    package var inOneLine: String { line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)" }

    /// The known name nearest to a mistyped one, or nil where none is near (Damerau-Levenshtein distance of at most a
    /// third of the length, and at least 1).
    package static func nearest(to name: String, among known: some Sequence<String>) -> String? {
        let limit = max(1, name.count / 3)
        var best: (name: String, distance: Int)?
        for candidate in known {
            let distance = editDistance(Array(name.lowercased()), Array(candidate.lowercased()))
            if distance <= limit, distance < best?.distance ?? Int.max { best = (candidate, distance) }
        }
        return best?.name
    }

    private static func editDistance(_ a: [Character], _ b: [Character]) -> Int {
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var before: [Int] = []
        var previous = Array(0...b.count)
        for i in 1...a.count {
            var current = [i] + Array(repeating: 0, count: b.count)
            for j in 1...b.count {
                let cost = a[i - 1] == b[j - 1] ? 0 : 1
                current[j] = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    current[j] = min(current[j], before[j - 2] + 1)
                }
            }
            before = previous
            previous = current
        }
        return previous[b.count]
    }
}

// What `letterlock keys check` names.

/// Something about the key folder that a person should look at.
package struct KeyFinding: Sendable, Encodable, Equatable {
    /// Names of files, or "" where it is about the folder.
    package let file: String
    /// In words.
    package let problem: String

    /// For a terminal.
    package var text: String { file.isEmpty ? problem : "\(file): \(problem)" }
}

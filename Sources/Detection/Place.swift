// Where something stands in a policy file.

/// A place in a file.
package struct Place: Sendable, Hashable {
    /// The file as the user named it.
    package var file: String
    /// Line, from 1; 0 where the file as a whole is meant.
    package var line: Int
    /// Column, from 1; 0 where the line as a whole is meant.
    package var column: Int

    /// A place from its parts.
    package init(file: String, line: Int = 0, column: Int = 0) {
        self.file = file
        self.line = line
        self.column = column
    }
}

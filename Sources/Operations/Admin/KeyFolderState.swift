// The key folder as the admin page shows it.

/// Certificates and files, and what is wrong with the folder.
package struct KeyFolderState: Sendable, Equatable {
    /// Its path.
    package let folder: String
    /// Why the folder cannot be relied on, or nil.
    package let problem: String?
    /// By file name.
    package let lines: [KeyLine]
    /// Names that no look-up reads.
    package let ignoredFiles: [String]

    /// - Parameter problem: why the folder cannot be relied on, or nil.
    package init(folder: String, problem: String?, lines: [KeyLine], ignoredFiles: [String]) {
        self.folder = folder
        self.problem = problem
        self.lines = lines
        self.ignoredFiles = ignoredFiles
    }
}

// Findings collected while policy files are read, so that one run shows them all.

package import Detection
package import Mail

/// Collects findings. Belongs to one load and does not leave it.
package final class Problems {
    /// All findings so far, each once.
    package private(set) var diagnostics: [Diagnostic] = []
    private var seen: Set<Diagnostic> = []

    /// An empty collection.
    package init() {}

    /// True where there is any error.
    package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// Adds an error.
    package func error(_ place: Place, _ message: String, hint: String? = nil, code: String? = nil) {
        add(.error, place, message, hint, code)
    }

    /// Adds a warning.
    package func warning(_ place: Place, _ message: String, hint: String? = nil, code: String? = nil) {
        add(.warning, place, message, hint, code)
    }

    /// Adds something worth knowing.
    package func info(_ place: Place, _ message: String, hint: String? = nil, code: String? = nil) {
        add(.info, place, message, hint, code)
    }

    private func add(
        _ severity: Diagnostic.Severity, _ place: Place, _ message: String, _ hint: String?, _ code: String?
    ) {
        let finding = Diagnostic(
            severity, file: place.file, line: place.line, column: place.column, message: message, hint: hint,
            code: code)
        if seen.insert(finding).inserted { diagnostics.append(finding) }
    }
}

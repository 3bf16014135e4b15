// Findings collected while policy files are read, so that one run shows them all.

package import Mail

/// Collects findings. Belongs to one load and does not leave it.
package final class Problems {
    /// All findings so far, each once.
    package private(set) var diagnostics: [Diagnostic] = []

    /// An empty collection.
    package init() {}

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// Adds an error.
    package func error(_ place: Place, _ message: String, hint: String? = nil) {
        add(.error, place, message, hint)
    }

    func warning(_ place: Place, _ message: String, hint: String? = nil) {
        add(.warning, place, message, hint)
    }

    private func add(_ severity: Diagnostic.Severity, _ place: Place, _ message: String, _ hint: String?) {
        let finding = Diagnostic(
            severity, file: place.file, line: place.line, column: place.column, message: message, hint: hint)
        if !diagnostics.contains(finding) { diagnostics.append(finding) }
    }
}

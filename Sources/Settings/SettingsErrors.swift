// What loading the settings found wrong.

package import Mail

/// Why the settings cannot be used: every error that was found, and the warnings beside them.
package struct SettingsErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// At least one of severity `error`, in the order of the file.
    package let diagnostics: [Diagnostic]
    /// One finding after the other, each on lines of its own.
    package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

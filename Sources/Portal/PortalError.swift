// Why a portal does not run: for the person who starts it.

/// What stops the portal from starting.
package enum PortalError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The letters database cannot be opened.
    case letters(String)
    /// The logo cannot be shown.
    case logo(String)
    /// The address cannot be listened on.
    case listening(String)

    /// One line for standard error.
    package var description: String {
        switch self {
        case .letters(let reason), .logo(let reason), .listening(let reason): reason
        }
    }
}

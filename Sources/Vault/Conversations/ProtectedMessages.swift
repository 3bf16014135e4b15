// How long, and how many at once: messages that are known to be protected.

/// Bounds of what is remembered of protected messages.
package enum ProtectedMessages {
    /// A protected message is remembered so long, in seconds: 90 days.
    package static let keepSeconds: Int64 = 90 * 86_400
    /// Messages that are looked for at once.
    package static let lookup = 50
}

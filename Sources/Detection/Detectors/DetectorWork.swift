// How much work detectors may have with a text, counted in steps, never in time: text that was made to keep them busy
// cannot take more. The bound is ten times what the busiest everyday mail takes, and more; what is not searched to its
// end because of it is unknown, for that detector and that text alone. Pure.

/// The work of one detector with one text.
package struct DetectorWork: Sendable {
    /// Steps that may be taken for each MiB of a text. `DetectorWorkTests` measures what mail takes.
    package static let stepsPerMiB = 4_000_000
    /// Bytes that are read again for one more step.
    private static let bytesPerStep = 64
    /// A shorter text may take as much work as one of this length.
    private static let leastBytes = 65_536

    /// One for each place that was looked at closely, and more where much was read there.
    package private(set) var steps = 0
    private let limit: Int

    /// - Parameter bytes: length of the text.
    package init(bytes: Int) { limit = max(bytes, Self.leastBytes) / 64 * Self.stepsPerMiB / 16_384 }

    /// True where the search was not brought to its end.
    package var isSpent: Bool { steps > limit }

    /// One more place is looked at.
    /// - Parameter bytes: how many are read for it.
    /// - Returns: false where that is too many.
    mutating func step(bytes: Int = 0) -> Bool {
        steps += 1 + bytes / Self.bytesPerStep
        return !isSpent
    }
}

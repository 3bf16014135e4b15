// One number of what became of mail. A value only.

/// One number of one hour.
package struct FlowCount: Sendable, Equatable {
    /// Counts are kept so long, in hours: eight days.
    package static let keepHours: Int64 = 8 * 24

    /// Hours since 1970.
    package let hour: Int64
    /// A word of the one who counts.
    package let kind: String
    package let count: Int

    package init(hour: Int64, kind: String, count: Int) {
        self.hour = hour
        self.kind = kind
        self.count = count
    }
}

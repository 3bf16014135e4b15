// What mail has become today, by hour.

package import Gateway

/// Counts by hour: a recipient each, but `accepted` counts messages.
package struct FlowOfDay: Sendable, Equatable {
    /// One hour of the day.
    package struct Hour: Sendable, Equatable {
        /// When it begins, in seconds since 1970.
        package let beginsAtSeconds: Int64
        /// Kinds that are not in it did not happen.
        package var counts: [HourlyCounts.Kind: Int]

        /// - Parameter beginsAtSeconds: since 1970.
        package init(beginsAtSeconds: Int64, counts: [HourlyCounts.Kind: Int]) {
            self.beginsAtSeconds = beginsAtSeconds
            self.counts = counts
        }
    }

    /// The hours of today so far, the first one first.
    package let hours: [Hour]

    /// - Parameter hours: the first one first.
    package init(hours: [Hour]) { self.hours = hours }

    /// Of the whole day.
    package func total(_ kind: HourlyCounts.Kind) -> Int {
        hours.reduce(0) { $0.addingReportingOverflow($1.counts[kind] ?? 0).partialValue }
    }
}

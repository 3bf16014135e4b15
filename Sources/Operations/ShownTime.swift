// Times as the command line shows them, in UTC.

import Foundation

/// Writes seconds since 1970 for people.
package enum ShownTime {
    /// `2026-11-25`.
    package static func day(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601.year().month().day())
    }

    /// `2026-11-25T10:00:00Z`.
    package static func moment(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
    }
}

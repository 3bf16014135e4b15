// Names of the time zone database (IANA), as rules and settings write them. Pure, but for the database of the system.

package import Foundation

/// Looks up time zones by name.
package enum ZoneName {
    /// What a name looks like, for errors.
    package static let takes = "a name of the time zone database, such as Europe/Paris or UTC"

    /// The zone, or nil where there is none of that name.
    package static func zone(_ name: String) -> TimeZone? { name.isEmpty ? nil : TimeZone(identifier: name) }

    /// What to write instead of a name that is unknown: `did you mean 'Europe/Paris'? a name of …`.
    package static func hint(for name: String) -> String {
        let known = TimeZone.knownTimeZoneIdentifiers
        // Of a city alone, its zone.
        let city = name.lowercased().split(separator: " ").joined(separator: "_")
        let likely =
            known.first { $0.lowercased() == city || $0.lowercased().hasSuffix("/\(city)") }
            ?? Diagnostic.nearest(to: name, among: known)
        return (likely.map { "did you mean '\($0)'? " } ?? "") + takes
    }
}

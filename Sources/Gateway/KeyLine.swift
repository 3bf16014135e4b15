// One line of `letterlock keys list`.

import Foundation
import OpenPGP

/// A certificate or a file without one, as it is shown.
package struct KeyLine: Sendable, Encodable {
    package let file: String
    package let fingerprint: String
    package let addresses: [String]
    package let expires: String?
    package let problems: [String]

    init(_ report: KeyReport) {
        file = report.file
        fingerprint = report.fingerprint
        addresses = report.addresses
        expires = report.expiresSeconds.map {
            Date(timeIntervalSince1970: TimeInterval($0)).formatted(.iso8601.year().month().day())
        }
        problems =
            [report.problem].compactMap { $0 }
            + report.userIDs.compactMap { id in id.problem.map { "\(id.text): \($0)" } }
    }

    /// The line for a terminal.
    package var text: String {
        var text = "\(file): \(fingerprint.isEmpty ? "no certificate" : fingerprint)"
        if !addresses.isEmpty { text += " for \(addresses.joined(separator: ", "))" }
        if let expires { text += ", expires \(expires)" }
        for problem in problems { text += "\n    not used: \(problem)" }
        return text
    }
}

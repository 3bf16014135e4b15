// One line of `letterlock keys list`.

import Foundation
import Logs
import OpenPGP

/// A certificate or a file without one, as it is shown.
package struct KeyLine: Sendable, Encodable {
    package let file: String
    package let fingerprint: String
    package let addresses: [String]
    package let expiresAtSeconds: Int64?
    package let problems: [String]

    init(_ report: KeyReport) {
        file = report.file
        fingerprint = report.fingerprint
        addresses = report.addresses
        expiresAtSeconds = report.expiresSeconds
        problems =
            [report.problem].compactMap { $0 }
            + report.userIDs.compactMap { id in id.problem.map { "\(id.text): \($0)" } }
    }

    /// The line for a terminal.
    package var text: String {
        var text = ShownText.escaped("\(file): \(fingerprint.isEmpty ? "no certificate" : fingerprint)")
        if !addresses.isEmpty { text += " for \(ShownText.escaped(addresses.joined(separator: ", ")))" }
        let expires = expiresAtSeconds.map {
            Date(timeIntervalSince1970: TimeInterval($0)).formatted(.iso8601.year().month().day())
        }
        if let expires { text += ", expires \(expires)" }
        for problem in problems { text += "\n    not used: \(ShownText.escaped(problem))" }
        return text
    }
}

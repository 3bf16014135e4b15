// One line of `letterlock keys list` and of the admin page.

import Foundation
import Logs
import OpenPGP

/// A certificate or a file without one, as it is shown.
package struct KeyLine: Sendable, Encodable, Equatable {
    package let file: String
    package let fingerprint: String
    package let addresses: [String]
    package let expiresAtSeconds: Int64?
    package let problems: [String]

    /// - Parameters:
    ///   - fingerprint: "" where the file holds no certificate.
    ///   - addresses: those for which the certificate is used.
    ///   - problems: why it, or a user id of it, is not used.
    package init(
        file: String, fingerprint: String, addresses: [String], expiresAtSeconds: Int64?, problems: [String]
    ) {
        self.file = file
        self.fingerprint = fingerprint
        self.addresses = addresses
        self.expiresAtSeconds = expiresAtSeconds
        self.problems = problems
    }

    init(_ report: KeyReport) {
        file = report.file
        fingerprint = report.fingerprint
        addresses = report.addresses
        expiresAtSeconds = report.expiresSeconds
        problems =
            [report.problem].compactMap { $0 }
            + report.userIDs.compactMap { id in id.problem.map { "\(id.text): \($0)" } }
    }

    /// Addresses that more than one file claims, with the files, both sorted; messages are sealed to all of them.
    package static func claimedTwice(_ lines: [KeyLine]) -> [(address: String, files: [String])] {
        var files: [String: Set<String>] = [:]
        for line in lines { for address in line.addresses { files[address, default: []].insert(line.file) } }
        return files.filter { $0.value.count > 1 }.map { ($0.key, $0.value.sorted()) }.sorted { $0.0 < $1.0 }
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

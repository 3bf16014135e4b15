// A folder for one operation. Touches the system's folder for temporary files.

import Foundation
package import Mail

/// A private temporary folder, for public keys and gpg's homes; no message ever lies in it.
package struct WorkFolder: Sendable {
    package let path: String

    /// - Throws: a ``Refusal`` of cause `storage`.
    package init() throws(Refusal) {
        var template = Array("\(FileManager.default.temporaryDirectory.path)/letterlock-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Refusal(.storage, "no temporary folder", detail: "making a temporary folder: errno \(errno)")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes it with all that is in it.
    package func remove() { try? FileManager.default.removeItem(atPath: path) }
}

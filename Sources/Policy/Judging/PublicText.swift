// Texts for the other side of a socket: one line of printable ASCII (RFC 5321 section 4.2), cut to what a reply can
// hold.

import Detection
import Foundation
import Mail

/// Makes a text fit for an SMTP reply.
package enum PublicText {
    /// Longest text in characters: a reply line has 512 octets (RFC 5321 section 4.5.3.1.5).
    static let longest = 480
    /// An address longer than this is shortened in the middle: what is said of it must still have room.
    static let longestAddress = 160

    /// Why a recipient does not get a message.
    /// - Parameter doubt: what could not be read, where that is why; it comes before the rule's own text, which says
    ///   the way out.
    static func refusal(_ recipient: Mailbox, _ doubt: UnknownReason?, _ text: String) -> String {
        line("<\(shown(recipient))>: \(doubt.map { "\($0.publicly); " } ?? "")\(text)")
    }

    /// The address, or its ends.
    static func shown(_ address: Mailbox) -> String {
        let text = address.description
        guard text.utf8.count > longestAddress else { return text }
        return "\(text.prefix(longestAddress / 2))...\(text.suffix(longestAddress / 2 - 3))"
    }

    /// Accents are taken off letters; other characters outside of ASCII become `?`, white space and controls a space.
    package static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.decomposedStringWithCanonicalMapping.unicodeScalars {
            switch scalar.value {
            case 0x20..<0x7F: line.unicodeScalars.append(scalar)
            case ..<0x80: line += " "
            case 0x300..<0x370: continue
            case 0x2018, 0x2019: line += "'"
            case 0x201C, 0x201D, 0xAB, 0xBB: line += "\""
            case 0x2010...0x2015: line += "-"
            case 0xA0, 0x202F: line += " "
            case 0xDF: line += "ss"
            case 0x152, 0x153: line += "oe"
            case 0xC6, 0xE6: line += "ae"
            case 0x2026: line += "..."
            default: line += "?"
            }
        }
        return String(line.prefix(longest))
    }
}

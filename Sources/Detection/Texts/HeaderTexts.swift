// What a message's header says to people: subject, names beside addresses, Comments, Keywords. Content, like the body.
// Pure.

package import MIME
import Mail

/// The texts of headers as content.
package enum HeaderTexts {
    /// True for a field whose text a content condition sees.
    static func isSeen(_ field: HeaderField) -> Bool {
        field.isNamed("Subject") || field.isRemark || field.holdsAddresses
    }

    /// The headers of a message and of those attached to it, the message's own first.
    static func messages(_ parts: [Part]) -> [Part] {
        Array(parts.prefix(1)) + parts.filter(\.type.isMessage).flatMap { $0.children + ($0.opened?.parts ?? []) }
    }

    /// No where all such texts can be read, else unknown.
    package static func hidden(_ parts: [Part]) -> Truth {
        for message in messages(parts) {
            for field in message.header.fields where !field.isReadable && isSeen(field) {
                return .unknown(.permanent("\(field.name) cannot be read: badEncodedWord"))
            }
        }
        return .no
    }
}

extension HeaderField {
    /// The decoded text in every reading, the likeliest first.
    package var forms: [String] { [text] + otherTexts }

    /// True for a field of the message that content conditions see and that sealing can take off the outside.
    package var canBeTakenOff: Bool { isRemark || holdsAddresses }
}

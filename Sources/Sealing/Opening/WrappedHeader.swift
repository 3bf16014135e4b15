// The header that was sealed with a part of a message, where a mailing list or a gateway put a multipart around it: the
// subject goes back to the message's own header, what says something else stays at the part (RFC 9788 section 4.5.3
// speaks of the message as it was sealed). Pure.

import MIME
import Mail

struct WrappedHeader {
    private let owner: HeaderSection
    private let bytes: MessageBytes
    private let entity: UnprotectedEntity
    private var taken: Set<Int> = []
    /// Fields of the message that become those that were sealed.
    private(set) var edits: [(range: Range<Int>, with: MessageBytes)] = []

    /// - Parameter owner: the header of the message around.
    init(owner: HeaderSection, of bytes: MessageBytes, entity: UnprotectedEntity) {
        self.owner = owner
        self.bytes = bytes
        self.entity = entity
        for (place, field) in entity.fields.enumerated() where field.role == .message {
            // What the message says itself need not be said again.
            let key = UnprotectedEntity.key(field.name, field.text)
            if owner.all(field.name).contains(where: { UnprotectedEntity.key($0.name, $0.text) == key }) {
                taken.insert(place)
            }
        }
    }

    /// Puts the subject in the place of what stood outside for it. No other field: who sealed a part is not always the
    /// one whose message it is in, and must not become its sender.
    mutating func join() {
        for (place, field) in entity.fields.enumerated() where field.name == "subject" && !taken.contains(place) {
            let outside = owner.all(field.name)
            guard outside.count == 1, let outer = outside.first, !edits.contains(where: { $0.range == outer.range })
            else { continue }
            let keys = [outer.text, outer.unfolded].map { UnprotectedEntity.key(outer.name, $0) }
            if HiddenField.isPlaceholder(outer) || keys.contains(where: entity.outside.contains) {
                edits.append((outer.range, field.raw))
            } else if let prefix = HiddenField.listPrefix(outer) {
                let value = HeaderText.encode(prefix + field.text, fieldName: "Subject")
                edits.append((outer.range, MessageBytes("Subject: \(value)\r\n")))
            } else {
                continue
            }
            taken.insert(place)
        }
    }

    /// The part's own header.
    var partFields: MessageBytes {
        MessageBytes(
            joining: entity.fields.indices.filter { !taken.contains($0) && entity.fields[$0].role != .version }.map {
                entity.fields[$0].raw
            })
    }
}

// Puts a decrypted entity back where it was: the message as it came to the sealer, field order included, as far as what
// arrived allows. Fields added on the way stay; what header protection kept inside comes back out. Where the same field
// says one thing outside and another inside, nothing of both is lost.

import MIME
import Mail
import SettingValues

/// Joins the header of a message with that of the entity that was sealed in it.
struct RebuiltMessage {
    private let bytes: MessageBytes
    private let fields: [HeaderField]
    private let entity: UnprotectedEntity
    /// By place of the outer field: the field inside that it stands for.
    private var matches: [Int: Int] = [:]
    private var pieces: [MessageBytes] = []

    /// - Parameters:
    ///   - outer: the header of the sealed message.
    ///   - bytes: what its ranges are of.
    ///   - payload: the decrypted entity.
    /// - Throws: a ``Refusal`` of cause `storage` where bytes cannot be read back.
    static func make(
        _ outer: HeaderSection, of bytes: MessageBytes, payload: MessageBytes, limits: Limits
    ) throws(Refusal) -> MessageBytes {
        let isBare = !outer.fields.contains { FieldRole.of($0) == .message }
        let entity = try UnprotectedEntity(payload, isBare: isBare, limits: limits)
        var rebuilt = RebuiltMessage(bytes: bytes, fields: outer.fields, entity: entity)
        rebuilt.run()
        return MessageBytes(joining: rebuilt.pieces + [MessageBytes("\r\n"), entity.body])
    }

    private init(bytes: MessageBytes, fields: [HeaderField], entity: UnprotectedEntity) {
        self.bytes = bytes
        self.fields = fields
        self.entity = entity
    }

    private mutating func run() {
        match()
        let order = fields.indices.compactMap { matches[$0] }
        let isInOrder = zip(order, order.dropFirst()).allSatisfy { $0 < $1 }
        if entity.isProtected, isInOrder {
            if isInterleaved { weave() } else { insert() }
        } else {
            replace()
        }
    }

    /// Each field outside with the first of its name inside that is not taken.
    private mutating func match() {
        var open: [String: [Int]] = [:]
        for (place, field) in entity.fields.enumerated().reversed() where field.role != .content {
            open[field.name, default: []].append(place)
        }
        for (place, field) in fields.enumerated() { matches[place] = open[field.name.lowercased()]?.popLast() }
    }

    /// True where a field of another kind stands before a Content-* field inside: then the order inside is that of the
    /// message.
    private var isInterleaved: Bool {
        guard let last = entity.fields.lastIndex(where: { $0.role == .content }) else { return false }
        return entity.fields[..<last].contains { $0.role != .content }
    }

    private func raw(_ field: HeaderField) -> MessageBytes { bytes.slice(field.range) }

    // MARK: What Letterlock and others sealed with the fields in order

    /// Content-* fields where the outer Content-Type stands, hidden fields before the next that is seen.
    private mutating func insert() {
        var next = 0
        var contentDone = false
        /// Fields inside up to a place, but for those that have a place of their own.
        func hidden(_ end: Int) -> [MessageBytes] {
            next >= end ? [] : entity.fields[next..<end].filter { $0.role == .message }.map(\.raw)
        }
        let lastMessageField = fields.lastIndex { FieldRole.of($0) == .message } ?? -1
        for (number, field) in fields.enumerated() {
            switch FieldRole.of(field) {
            case .structural where field.isNamed("MIME-Version"): addVersion(field)
            case .structural:
                guard !contentDone else { continue }
                if number > lastMessageField {
                    // Hidden fields with nothing behind them outside most likely stood before the Content-* fields.
                    pieces += hidden(entity.fields.count)
                    next = entity.fields.count
                }
                pieces.append(entity.contentFields)
                contentDone = true
            default:
                guard let match = matches[number] else {
                    pieces.append(raw(field))
                    continue
                }
                // Fields that were hidden altogether stood before this one.
                pieces += hidden(match) + [entity.fields[match].raw]
                keepOutside(field, entity.fields[match])
                next = match + 1
            }
        }
        pieces += hidden(entity.fields.count)
        if !contentDone { pieces.append(entity.contentFields) }
    }

    /// All fields in the order inside; those that are outside only stay between the ones they stood between.
    private mutating func weave() {
        var next = 0
        let inner = entity.fields
        let firstContent = inner.firstIndex { $0.role == .content } ?? 0
        for (number, field) in fields.enumerated() {
            if let match = matches[number] {
                if match >= next { pieces += inner[next...match].map(\.raw) }
                keepOutside(field, inner[match])
                next = max(next, match + 1)
            } else if FieldRole.of(field) != .structural {
                pieces.append(raw(field))
            } else if field.isNamed("MIME-Version") {
                addVersion(field)
            } else if next <= firstContent {
                pieces += inner[next...firstContent].map(\.raw)
                next = firstContent + 1
            }
        }
        pieces += inner[next...].map(\.raw)
    }

    // MARK: What others sealed

    /// The order outside; what is inside only comes before the Content-* fields.
    private mutating func replace() {
        let taken = Set(matches.values)
        let hidden = entity.fields.indices.filter { entity.fields[$0].role == .message && !taken.contains($0) }
        let hasVersion = fields.contains { $0.isNamed("MIME-Version") }
        var contentDone = false
        func rest() -> [MessageBytes] {
            let version = hasVersion ? [] : entity.fields.filter { $0.role == .version }.map(\.raw)
            return hidden.map { entity.fields[$0].raw } + version + [entity.contentFields]
        }
        for (number, field) in fields.enumerated() {
            let match = matches[number].map { entity.fields[$0] }
            switch FieldRole.of(field) {
            case .structural where field.isNamed("MIME-Version"): addVersion(field)
            case .structural:
                if !contentDone { pieces += rest() }
                contentDone = true
            default:
                guard let match else {
                    pieces.append(raw(field))
                    continue
                }
                if entity.isProtected || HiddenField.isPlaceholder(field) {
                    pieces.append(match.raw)
                    keepOutside(field, match)
                } else {
                    pieces.append(raw(field))
                    if !isSame(field, match) { pieces.append(Self.renamed(match.raw, "X-Inner-")) }
                }
            }
        }
        if !contentDone { pieces += rest() }
    }

    private mutating func addVersion(_ field: HeaderField) {
        let raw = raw(field)
        if raw != MessageBytes(ProtectedEntity.addedVersion) { pieces.append(raw) }
    }

    private func isSame(_ field: HeaderField, _ inner: UnprotectedEntity.Field) -> Bool {
        UnprotectedEntity.key(field.name, field.text) == UnprotectedEntity.key(inner.name, inner.text)
    }

    /// A field that was changed on its way says something that is neither inside nor what the sender put outside: it
    /// stays under a name of its own, for a second From or Subject would be read as the first by some programs.
    private mutating func keepOutside(_ field: HeaderField, _ inner: UnprotectedEntity.Field) {
        guard !isSame(field, inner), !field.isNamed("MIME-Version"), !HiddenField.isPlaceholder(field) else { return }
        let keys = [field.text, field.unfolded].map { UnprotectedEntity.key(field.name, $0) }
        if keys.contains(where: entity.outside.contains) { return }
        pieces.append(Self.renamed(raw(field), "X-Outer-"))
    }

    private static func renamed(_ raw: MessageBytes, _ prefix: String) -> MessageBytes {
        MessageBytes(joining: [MessageBytes(prefix), raw])
    }
}

/// What programs put in the place of a subject that must not be seen.
enum HiddenField {
    private static let words: Set<String> = [
        "...", "[...]", "\u{2026}", "[\u{2026}]", "encrypted message", "encrypted",
    ]

    static func isPlaceholder(_ field: HeaderField) -> Bool {
        guard field.isNamed("Subject") else { return false }
        return words.contains(field.text.lowercased()) || field.text.isEmpty
    }

    /// What a mailing list put before such words: `[list] `; nil where it is no placeholder.
    static func listPrefix(_ field: HeaderField) -> String? {
        guard field.isNamed("Subject") else { return nil }
        let text = field.text
        guard let word = words.first(where: { text.lowercased().hasSuffix(" \($0)") }) else { return nil }
        let prefix = text.dropLast(word.count)
        return prefix.hasPrefix("[") && prefix.utf8.count <= 80 ? String(prefix) : nil
    }
}

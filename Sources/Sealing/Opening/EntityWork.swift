// The changes that opening makes in one entity: where a plaintext goes, and how the header around it changes. Pure.

import MIME
import Mail
import SettingValues

struct EntityWork {
    let parsed: ParsedMessage
    /// Layers of encryption above.
    let depth: Int
    /// Numbers of the parts above.
    let prefix: String
    var edits = ByteEdits()
    /// Messages whose header has been joined with that of something sealed in a part of theirs.
    private var joined: Set<String> = []

    init(parsed: ParsedMessage, depth: Int, prefix: String) {
        self.parsed = parsed
        self.depth = depth
        self.prefix = prefix
    }

    var bytes: MessageBytes { parsed.received.bytes }

    /// A part's name in words.
    func place(_ part: Part) -> SealedPlace {
        SealedPlace(number: prefix + part.path, type: part.type.essence, depth: depth)
    }

    // MARK: The parts around

    /// Outermost first.
    private func ancestors(of part: Part) -> [Part] {
        var found: [Part] = []
        var now = parsed.root
        while now.path != part.path {
            found.append(now)
            guard let next = now.children.first(where: { part.path == $0.path || part.path.hasPrefix("\($0.path).") })
            else { break }
            now = next
        }
        return found
    }

    /// True where a part is a message's own body.
    func isMessage(_ part: Part) -> Bool { part.path.isEmpty || ancestors(of: part).last?.type.isMessage ?? false }

    /// Boundaries of the multiparts around a part.
    func boundaries(around part: Part) -> [String] { ancestors(of: part).compactMap(Self.boundary) }

    private static func boundary(_ part: Part) -> String? {
        guard part.type.isMultipart, var boundary = part.type.parameters["boundary"] else { return nil }
        while boundary.last == " " || boundary.last == "\t" { boundary.removeLast() }
        return boundary.isEmpty ? nil : boundary
    }

    // MARK: Putting

    static let delimiterInside = "what is in it holds a boundary line of the message around it"

    /// An attached message that was encoded.
    /// - Returns: as ``putMessage(_:_:_:)``.
    mutating func putDecoded(_ message: MessageBytes, _ part: Part) throws(Refusal) -> Bool {
        guard try !LineEnds.holdsDelimiter(message, of: boundaries(around: part)) else { return false }
        var fields: [MessageBytes] = []
        for field in part.header.fields where !field.isNamed("Content-Transfer-Encoding") {
            fields.append(bytes.slice(field.range))
        }
        fields.append(MessageBytes("Content-Transfer-Encoding: 8bit\r\n\r\n"))
        edits.replace(part.range, with: MessageBytes(joining: fields + [message]))
        return true
    }

    /// A message of which the whole body was sealed.
    /// - Returns: false where it would end a part around it; nothing is changed then.
    mutating func putMessage(
        _ payload: MessageBytes, _ sealed: OpenPGPLocation.SealedEntity, _ limits: Limits
    ) throws(Refusal) -> Bool {
        let whole = try RebuiltMessage.make(sealed.container.header, of: bytes, payload: payload, limits: limits)
        let around = boundaries(around: sealed.container)
        guard try !LineEnds.holdsDelimiter(whole, of: around) else { return false }
        edits.replace(sealed.container.range, with: whole)
        return true
    }

    /// A part: in the place of the multipart, or of the two parts of it that were the ciphertext.
    /// - Returns: as ``putMessage(_:_:_:)``.
    mutating func putPart(
        _ payload: MessageBytes, _ sealed: OpenPGPLocation.SealedEntity, _ limits: Limits
    ) throws(Refusal) -> Bool {
        let container = sealed.container
        let owner = (ancestors(of: container) + [container]).last(where: isMessage) ?? parsed.root
        let entity = try UnprotectedEntity(payload, limits: limits)
        var header = WrappedHeader(owner: owner.header, of: bytes, entity: entity)
        if !joined.contains(owner.path) { header.join() }
        let part = MessageBytes(joining: [header.partFields, MessageBytes("\r\n"), entity.body])
        var around = boundaries(around: container)
        if !sealed.isAlone, let boundary = Self.boundary(container) { around.append(boundary) }
        guard try !LineEnds.holdsDelimiter(part, of: around) else { return false }
        edits.replace(sealed.isAlone ? container.range : Self.range(of: sealed), with: part)
        for (range, with) in header.edits { edits.replace(range, with: with) }
        if !header.edits.isEmpty { joined.insert(owner.path) }
        if !sealed.isAlone, container.type.essence == "multipart/encrypted" { makeMixed(container) }
        return true
    }

    /// The part with the ciphertext, and the control part where it stands right before it.
    private static func range(of sealed: OpenPGPLocation.SealedEntity) -> Range<Int> {
        let children = sealed.container.children.map(\.path)
        guard let control = sealed.control, let place = children.firstIndex(of: control.path),
            place + 1 < children.count, children[place + 1] == sealed.data.path
        else { return sealed.data.range }
        return control.range.lowerBound..<max(control.range.lowerBound, sealed.data.range.upperBound)
    }

    /// A multipart that keeps other parts is multipart/encrypted no longer.
    private mutating func makeMixed(_ container: Part) {
        guard let field = container.header.first("Content-Type"), let boundary = container.type.parameters["boundary"]
        else { return }
        let quoted = boundary.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        edits.replace(field.range, with: "Content-Type: multipart/mixed; boundary=\"\(quoted)\"\r\n")
    }
}

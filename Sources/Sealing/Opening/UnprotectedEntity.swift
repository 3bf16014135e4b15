// A decrypted entity without its header protection: the exact undoing of ProtectedEntity, and a generous reading of
// what other programs write (RFC 9788, the older `protected-headers`, whole messages inside).

import MIME
import Mail
import SettingValues

/// Takes header protection off a decrypted payload again.
struct UnprotectedEntity {
    /// A field of the payload's header.
    struct Field {
        enum Role { case content, version, message }
        let role: Role
        let name: String
        /// The field, ended by CRLF.
        let raw: MessageBytes
        /// Its value as shown, for comparing.
        let text: String
    }

    /// The fields in order, HP-Outer left out; Content-* fields as they were before sealing.
    let fields: [Field]
    /// What HP-Outer says that stood outside when it was sealed: `name: value`, compared by ``key(_:_:)``.
    let outside: Set<String>
    /// The body.
    let body: MessageBytes
    /// True where the payload carried header protection: RFC 9788's, or the older `protected-headers="v1"`.
    let isProtected: Bool

    /// Content-* fields in order.
    var contentFields: MessageBytes { MessageBytes(joining: fields.filter { $0.role == .content }.map(\.raw)) }
    /// The other fields but MIME-Version, in order.
    var messageFields: [Field] { fields.filter { $0.role == .message } }

    /// - Parameters:
    ///   - payload: the decrypted entity.
    ///   - isBare: true where the message around it has no field that could have been protected.
    /// - Throws: a ``Refusal`` of cause `storage` where bytes cannot be read back.
    init(_ payload: MessageBytes, isBare: Bool = false, limits: Limits) throws(Refusal) {
        let root = try readStructure(payload, limits: limits)
        body = payload.slice(root.bodyRange)
        let parameters = root.type.parameters
        let others = root.header.fields.filter { Self.role(of: $0) == .message }
        // Our own `hp` never comes without protected fields, unless there were none.
        let isOurs = isBare || !others.isEmpty
        isProtected = !others.isEmpty && (parameters["hp"] != nil || parameters["protected-headers"] != nil)
        var fields: [Field] = []
        var outside: Set<String> = []
        for field in root.header.fields {
            let raw = Self.ended(payload.slice(field.range))
            let role = Self.role(of: field)
            if field.isNamed("HP-Outer") {
                outside.insert(Self.outerKey(field.text))
                outside.insert(Self.outerKey(field.unfolded))
            } else if role == .content, isOurs {
                let plain = try Self.withoutParameter(field, payload)
                if !plain.isEmpty {
                    fields.append(
                        Field(role: role, name: field.name.lowercased(), raw: Self.ended(plain), text: field.text))
                }
            } else {
                fields.append(Field(role: role, name: field.name.lowercased(), raw: raw, text: field.text))
            }
        }
        self.fields = fields
        self.outside = outside
    }

    private static func role(of field: HeaderField) -> Field.Role {
        if field.name.lowercased().hasPrefix("content-") { return .content }
        return field.isNamed("MIME-Version") ? .version : .message
    }

    /// A field and its value as they are compared: case of the name and white space do not count.
    static func key(_ name: String, _ value: String) -> String {
        "\(name.lowercased()):\(value.split(whereSeparator: \.isWhitespace).joined(separator: " "))"
    }

    private static func outerKey(_ text: String) -> String {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else { return key(text, "") }
        return key(String(halves[0]).filter { !$0.isWhitespace }, String(halves[1]))
    }

    private static func ended(_ piece: MessageBytes) -> MessageBytes {
        let tail = piece.slice(max(0, piece.count - 2)..<piece.count)
        return tail == MessageBytes("\r\n") ? piece : MessageBytes(joining: [piece, MessageBytes("\r\n")])
    }

    private static func withoutParameter(_ field: HeaderField, _ bytes: MessageBytes) throws(Refusal) -> MessageBytes {
        let raw = bytes.slice(field.range)
        guard field.isNamed("Content-Type") else { return raw }
        if raw == MessageBytes(ProtectedEntity.defaultContentType) { return .empty }
        let value = try bytes.slice(field.valueRange).copy()
        guard let place = ProtectedEntity.parameterPlace(value) else { return raw }
        let forms = [ProtectedEntity.hpParameter, ProtectedEntity.tightParameter]
        guard let parameter = forms.first(where: { value[place...].starts(with: $0.utf8) }) else {
            return try FieldParameter(raw).removing(["hp", "protected-headers"])
        }
        let cut = field.valueRange.lowerBound + place
        return MessageBytes(joining: [
            bytes.slice(field.range.lowerBound..<cut),
            bytes.slice((cut + parameter.utf8.count)..<field.range.upperBound),
        ])
    }
}

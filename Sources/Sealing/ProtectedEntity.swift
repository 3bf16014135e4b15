// The entity inside the encryption: the original Content-* fields and body as written, plus the header protection of
// RFC 9788 (hp="cipher", the protected fields, HP-Outer), and its exact undoing for `letterlock decrypt`.

import MIME
import Mail

/// Builds the cryptographic payload and the outer header that goes with it (RFC 9788 section 5.2.1).
struct ProtectedEntity {
    /// What goes into gpg.
    let payload: MessageBytes
    /// The outer header's fields before the first structural one, and after: the new Content-Type stands where the old
    /// one stood, so that `decrypt` can put it back in its place.
    let outerBefore: MessageBytes
    let outerAfter: MessageBytes

    /// Exactly what stands in for a missing Content-Type (RFC 2045 section 5.2), and what decrypt takes off again.
    static let defaultContentType = "Content-Type: text/plain; hp=\"cipher\"\r\n"
    /// Written where the message had no MIME-Version; the comment (RFC 2045 section 4) tells decrypt that it is ours.
    static let addedVersion = "MIME-Version: 1.0 (Letterlock)\r\n"
    /// The parameter as it is inserted right after type/subtype.
    static let hpParameter = "; hp=\"cipher\""
    /// The same for a field that would otherwise become ``defaultContentType``, which stands for "there was none".
    static let tightParameter = ";hp=\"cipher\""
    /// The outer Subject when the rule hides it (RFC 9788 section 3.2.1, `hcp_baseline`).
    static let hiddenSubject = "Subject: [...]\r\n"

    init(_ edit: HeaderEdit, hidesSubject: Bool) throws(Refusal) {
        let header = edit.parsed.root.header
        let contentFields = header.fields.filter { FieldRole.of($0) == .structural && !$0.isNamed("MIME-Version") }
        let protects = try Self.canProtect(edit.parsed, contentFields)

        var outerBefore: [MessageBytes] = []
        var outerAfter: [MessageBytes] = []
        var protected: [MessageBytes] = []
        var outerCopies: [MessageBytes] = []
        var seenContent = false
        var hasVersion = false
        for field in header.fields {
            switch FieldRole.of(field) {
            case .structural:
                guard field.isNamed("MIME-Version") else {
                    seenContent = true
                    continue
                }
                hasVersion = true
                if seenContent { outerAfter.append(edit.raw(field)) } else { outerBefore.append(edit.raw(field)) }
            case .blind, .wayside: continue
            case .trace:
                if seenContent { outerAfter.append(edit.raw(field)) } else { outerBefore.append(edit.raw(field)) }
            case .message:
                protected.append(edit.raw(field))
                guard let outer = Self.outer(field, edit, hidesSubject: hidesSubject, protects: protects) else {
                    continue
                }
                outerCopies.append(MessageBytes(joining: [MessageBytes("HP-Outer: "), outer]))
                if seenContent { outerAfter.append(outer) } else { outerBefore.append(outer) }
            }
        }
        if !hasVersion { outerBefore.append(MessageBytes(Self.addedVersion)) }
        self.outerBefore = MessageBytes(joining: outerBefore)
        self.outerAfter = MessageBytes(joining: outerAfter)

        var payload: [MessageBytes] = []
        if contentFields.contains(where: { $0.isNamed("Content-Type") }) || !protects {
            for field in contentFields {
                payload.append(protects ? try Self.withParameter(field, edit) : edit.raw(field))
            }
        } else {
            payload.append(MessageBytes(Self.defaultContentType))
            payload += contentFields.map(edit.raw)
        }
        if protects { payload += protected + outerCopies }
        payload += [MessageBytes("\r\n"), edit.body]
        self.payload = MessageBytes(joining: payload)
    }

    /// The outer form of a message field, or nil where it must not be seen outside.
    ///
    /// A subject is hidden even where there can be no header protection: hiding is what the rule asks for.
    private static func outer(
        _ field: HeaderField, _ edit: HeaderEdit, hidesSubject: Bool, protects: Bool
    ) -> MessageBytes? {
        guard hidesSubject else { return edit.raw(field) }
        if field.isNamed("Subject") { return MessageBytes(hiddenSubject) }
        return FieldRole.repeatsSubject(field) ? nil : edit.raw(field)
    }

    /// No header protection with an unreadable or repeated Content-Type, or where an `hp` parameter is there already:
    /// nobody could tell afterwards what was ours.
    private static func canProtect(_ parsed: ParsedMessage, _ contentFields: [HeaderField]) throws(Refusal) -> Bool {
        let types = contentFields.filter { $0.isNamed("Content-Type") }
        guard let type = types.first else { return true }
        guard types.count == 1, parsed.root.contentTypeIsReadable else { return false }
        guard parsed.root.type.parameters["hp"] == nil else { return false }
        return try parameterPlace(parsed.received.bytes.slice(type.valueRange).copy()) != nil
    }

    /// The Content-Type field with the `hp` parameter right after type/subtype; other fields as written.
    private static func withParameter(_ field: HeaderField, _ edit: HeaderEdit) throws(Refusal) -> MessageBytes {
        guard field.isNamed("Content-Type") else { return edit.raw(field) }
        let bytes = edit.parsed.received.bytes
        guard let place = parameterPlace(try bytes.slice(field.valueRange).copy()) else { return edit.raw(field) }
        let cut = field.valueRange.lowerBound + place
        func inserted(_ parameter: String) -> MessageBytes {
            MessageBytes(joining: [
                bytes.slice(field.range.lowerBound..<cut), MessageBytes(parameter),
                edit.raw(field).slice((cut - field.range.lowerBound)..<Int.max),
            ])
        }
        let usual = inserted(hpParameter)
        return usual == MessageBytes(defaultContentType) ? inserted(tightParameter) : usual
    }

    /// Offset right after `type/subtype` in a Content-Type value, or nil where it does not start with plain tokens (a
    /// comment or folding inside is left alone).
    static func parameterPlace(_ value: [UInt8]) -> Int? {
        var index = 0
        func skip(while test: (UInt8) -> Bool) -> Int {
            let start = index
            while index < value.count, test(value[index]) { index += 1 }
            return index - start
        }
        _ = skip { $0 == 32 || $0 == 9 || $0 == 13 || $0 == 10 }
        guard skip(while: isToken) > 0, index < value.count, value[index] == UInt8(ascii: "/") else { return nil }
        index += 1
        guard skip(while: isToken) > 0 else { return nil }
        return index
    }

    private static func isToken(_ octet: UInt8) -> Bool {
        octet > 32 && octet < 127 && !"()<>@,;:\\\"/[]?=".utf8.contains(octet)
    }
}

/// Takes header protection off a decrypted payload again.
struct UnprotectedEntity {
    /// Content-* fields as they were before sealing, in order, each ended by CRLF.
    let contentFields: MessageBytes
    /// The protected fields of the payload (without HP-Outer), in order.
    let messageFields: [(name: String, raw: MessageBytes)]
    /// The body.
    let body: MessageBytes
    /// True where the payload carried header protection: RFC 9788's, or the older `protected-headers="v1"`.
    let isProtected: Bool

    /// - Parameter payload: the decrypted entity, read as a message.
    init(_ payload: ParsedMessage) throws(Refusal) {
        let bytes = payload.received.bytes
        body = bytes.slice(payload.root.bodyRange)
        let parameters = payload.root.type.parameters
        isProtected = parameters["hp"] != nil || parameters["protected-headers"] != nil
        var content: [MessageBytes] = []
        var message: [(name: String, raw: MessageBytes)] = []
        for field in payload.root.header.fields {
            let raw = bytes.slice(field.range)
            if field.name.lowercased().hasPrefix("content-") {
                content.append(try Self.withoutParameter(field, bytes))
            } else if FieldRole.of(field) == .message, !field.isNamed("HP-Outer") {
                message.append((field.name.lowercased(), raw))
            }
        }
        contentFields = MessageBytes(joining: content)
        messageFields = message
    }

    private static func withoutParameter(_ field: HeaderField, _ bytes: MessageBytes) throws(Refusal) -> MessageBytes {
        let raw = bytes.slice(field.range)
        guard field.isNamed("Content-Type") else { return raw }
        if raw == MessageBytes(ProtectedEntity.defaultContentType) { return .empty }
        let value = try bytes.slice(field.valueRange).copy()
        guard let place = ProtectedEntity.parameterPlace(value) else { return raw }
        let forms = [ProtectedEntity.hpParameter, ProtectedEntity.tightParameter]
        guard let parameter = forms.first(where: { value[place...].starts(with: $0.utf8) }) else { return raw }
        let cut = field.valueRange.lowerBound + place
        return MessageBytes(joining: [
            bytes.slice(field.range.lowerBound..<cut),
            bytes.slice((cut + parameter.utf8.count)..<field.range.upperBound),
        ])
    }
}

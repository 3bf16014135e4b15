// The entity inside the encryption: the original Content-* fields and body as written, plus the header protection of
// RFC 9788 (hp="cipher", the protected fields, HP-Outer). UnprotectedEntity takes it off again.

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

    /// - Parameters:
    ///   - hidesSubject: puts ``hiddenSubject`` outside, and none of the fields that repeat it.
    ///   - hidesNames: leaves Comments and Keywords out outside, and of fields of addresses the names (RFC 9788 section
    ///     3.2: `hcp_baseline` takes off Comments and Keywords, `hcp_shy` the names).
    init(_ edit: HeaderEdit, hidesSubject: Bool, hidesNames: Bool = false) throws(Refusal) {
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
                guard let outer = Self.outer(field, edit, hidesSubject: hidesSubject, hidesNames: hidesNames) else {
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
        if protects, Self.isInterleaved(header.fields) {
            payload = try Self.interleaved(edit)
        } else if protects {
            payload += protected
        }
        if protects { payload += outerCopies }
        payload += [MessageBytes("\r\n"), edit.body]
        self.payload = MessageBytes(joining: payload)
    }

    /// True where Content-* fields stand apart from each other: the one place of the outer Content-Type cannot tell
    /// where all of them stood. (Trace fields stand above all others.)
    private static func isInterleaved(_ fields: [HeaderField]) -> Bool {
        let kept = fields.filter { [.structural, .message].contains(FieldRole.of($0)) }
        let places = kept.indices.filter { FieldRole.of(kept[$0]) == .structural && !kept[$0].isNamed("MIME-Version") }
        guard let first = places.first, let last = places.last else { return false }
        return last - first + 1 != places.count
    }

    /// Content-* fields, protected fields and MIME-Version in the order in which they stood, so that `decrypt` can put
    /// them back; readers do not mind the order (RFC 9788 section 2.1).
    private static func interleaved(_ edit: HeaderEdit) throws(Refusal) -> [MessageBytes] {
        let fields = edit.parsed.root.header.fields
        var pieces: [MessageBytes] = []
        var isTyped = fields.contains { $0.isNamed("Content-Type") }
        for field in fields {
            switch FieldRole.of(field) {
            case .structural where field.isNamed("MIME-Version"), .message: pieces.append(edit.raw(field))
            case .structural:
                if !isTyped { pieces.append(MessageBytes(defaultContentType)) }
                isTyped = true
                pieces.append(try withParameter(field, edit))
            case .blind, .wayside, .trace: continue
            }
        }
        return pieces
    }

    /// The outer form of a message field, or nil where it must not be seen outside.
    ///
    /// Subject and names are hidden even where there can be no header protection: hiding is what the rule asks for.
    private static func outer(
        _ field: HeaderField, _ edit: HeaderEdit, hidesSubject: Bool, hidesNames: Bool
    ) -> MessageBytes? {
        if hidesNames {
            if field.isRemark { return nil }
            if field.holdsAddresses { return edit.withoutNames(field) }
        }
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

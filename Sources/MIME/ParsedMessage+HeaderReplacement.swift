// A message with some fields of its own header written anew or taken out. Everything that was read of it stays as it
// was read, only moved: nothing is decoded a second time. Pure.

import Mail

extension ParsedMessage {
    /// The same message after some changes of its header.
    /// - Parameter changes: by place in the header's fields: the field's new text, which is encoded here, or nil for a
    ///   field that is taken out.
    package func replacingFields(_ changes: [Int: String?]) -> ParsedMessage {
        guard !changes.isEmpty else { return self }
        let bytes = received.bytes
        var pieces: [MessageBytes] = []
        var fields: [HeaderField] = []
        var kept = 0
        var moved = 0
        for (place, field) in root.header.fields.enumerated() {
            guard let change = changes[place] else {
                fields.append(field.moved(by: moved))
                continue
            }
            pieces.append(bytes.slice(kept..<field.range.lowerBound))
            kept = field.range.upperBound
            guard let text = change else {
                moved -= field.range.count
                continue
            }
            let value = HeaderText.encode(text, fieldName: field.name)
            let line = MessageBytes("\(field.name): \(value)\r\n")
            let start = field.range.lowerBound + moved
            fields.append(
                HeaderField(
                    name: field.name, range: start..<(start + line.count),
                    valueRange: (start + field.name.utf8.count + 1)..<(start + line.count - 2), text: text,
                    unfolded: value.replacing("\r\n", with: "")))
            pieces.append(line)
            moved += line.count - field.range.count
        }
        pieces.append(bytes.slice(kept..<bytes.count))
        let message = ReceivedMessage(
            envelope: received.envelope, bytes: MessageBytes(joining: pieces), origin: received.origin,
            receivedAtSeconds: received.receivedAtSeconds)
        let range = root.header.range
        let header = HeaderSection(
            fields: fields, range: range.lowerBound..<max(range.lowerBound, range.upperBound + moved))
        return ParsedMessage(
            received: message, root: root.under(header, movedBy: moved), problems: problems, encryption: encryption,
            signature: signature)
    }
}

extension HeaderField {
    fileprivate func moved(by bytes: Int) -> HeaderField {
        HeaderField(
            name: name, range: range.moved(by: bytes), valueRange: valueRange.moved(by: bytes), text: text,
            unfolded: unfolded, otherTexts: otherTexts, isReadable: isReadable)
    }
}

extension Range<Int> {
    fileprivate func moved(by bytes: Int) -> Range<Int> { (lowerBound + bytes)..<(upperBound + bytes) }
}

extension Part {
    /// The root under another header.
    fileprivate func under(_ header: HeaderSection, movedBy bytes: Int) -> Part {
        copy(range: range.lowerBound..<(range.upperBound + bytes), header: header, movedBy: bytes)
    }

    private func copy(range: Range<Int>, header: HeaderSection, movedBy bytes: Int) -> Part {
        Part(
            path: path, range: range, header: header, bodyRange: bodyRange.moved(by: bytes), type: type,
            contentTypeIsReadable: contentTypeIsReadable, disposition: disposition, fileName: fileName,
            transferEncoding: transferEncoding, text: text, otherForms: otherForms,
            decodedBytes: decodedBytes,
            children: children.map { child in
                child.copy(
                    range: child.range.moved(by: bytes),
                    header: HeaderSection(
                        fields: child.header.fields.map { $0.moved(by: bytes) },
                        range: child.header.range.moved(by: bytes)), movedBy: bytes)
            })
    }
}

// The values of attributes in XML that is shown as a text: data formats keep words there. Pure; linear.

enum XMLValues {
    /// One value a line, references decoded; nil for other types, and where there are none.
    static func of(_ text: String, _ type: MediaType) -> String? {
        guard type.essence == "text/xml" || (type.isText && type.subtype.hasSuffix("+xml")) else { return nil }
        var page = ""
        var quote: Character?
        var isTag = false
        for character in text.unicodeScalars.lazy.map(Character.init) {
            if let open = quote {
                if character == open {
                    quote = nil
                    page += "<br>"
                } else {
                    page.append(character == "<" ? " " : character)
                }
            } else if isTag, character == "\"" || character == "'" {
                quote = character
            } else if character == "<" {
                isTag = true
            } else if character == ">" {
                isTag = false
            }
        }
        guard !page.isEmpty else { return nil }
        var work = WorkCounter()
        let values = HTMLText.forms(page, work: &work).visible
        return values.isEmpty ? nil : values
    }
}

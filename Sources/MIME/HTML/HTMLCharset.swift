// The charset that an HTML document names itself: by a real `<meta>` among its first octets, as browsers look for it
// (HTML 13.2.3.2). Never by a comment, a script or an attribute of another tag. Pure; looks at 2048 octets.

/// Looks for `<meta charset>` and `<meta http-equiv content>`.
struct HTMLCharset {
    private static let head = 2048
    private let octets: ArraySlice<UInt8>
    private var place: Int

    /// - Returns: the name, or nil where there is none that is known and could have been found in this way.
    static func declared(in octets: [UInt8]) -> String? {
        let head = octets.prefix(head)
        guard head.contains(UInt8(ascii: "<")) else { return nil }
        var search = HTMLCharset(octets: head, place: head.startIndex)
        while let name = search.next() {
            // UTF-16 cannot be: these octets have been read as ASCII (HTML 13.2.3.2).
            switch CharsetNames.encoding(name) {
            case nil, .utf16: continue
            case .iconv(let known) where known.hasPrefix("UTF-"): continue
            default: return name
            }
        }
        return nil
    }

    /// The next name that a `<meta>` gives.
    private mutating func next() -> String? {
        while let found = octets[place...].firstIndex(of: UInt8(ascii: "<")) {
            place = found + 1
            if starts("!--") {
                skip(past: "-->")
            } else if starts("script") || starts("style") || starts("title") || starts("textarea") {
                let name =
                    starts("script") ? "script" : starts("style") ? "style" : starts("title") ? "title" : "textarea"
                skip(past: "</\(name)")
            } else if starts("meta"), let behind = octets[safe: place + 4], behind <= 32 || behind == 47 {
                place += 4
                if let name = meta() { return name }
            } else if let letter = octets[safe: place], (97...122).contains(letter | 0x20) || letter == 47 {
                while attribute() != nil {}
            } else if starts("!") || starts("?") {
                skip(past: ">")
            }
        }
        return nil
    }

    private func starts(_ text: String) -> Bool {
        octets[place...].prefix(text.utf8.count).elementsEqual(text.utf8) { $0 == $1 || $0 | 0x20 == $1 }
    }

    private mutating func skip(past end: String) {
        while place < octets.endIndex, !starts(end) { place += 1 }
        place = min(octets.endIndex, place + end.utf8.count)
    }

    private mutating func meta() -> String? {
        var charset: String?
        var content: String?
        var isPragma = false
        while let (name, value) = attribute() {
            switch name {
            case "charset": charset = charset ?? value
            case "content": content = content ?? value
            case "http-equiv": isPragma = value.lowercased() == "content-type"
            default: break
            }
        }
        return charset ?? (isPragma ? content.flatMap(Self.charset) : nil)
    }

    /// `text/html; charset=x` (HTML 2.5.4).
    private static func charset(of content: String) -> String? {
        let octets = Array(content.utf8)
        var place = 0
        while place + 7 <= octets.count {
            guard octets[place..<(place + 7)].elementsEqual("charset".utf8, by: { $0 | 0x20 == $1 }) else {
                place += 1
                continue
            }
            place += 7
            var rest = octets[place...].drop { $0 <= 32 }
            guard rest.first == UInt8(ascii: "=") else { continue }
            rest = rest.dropFirst().drop { $0 <= 32 || $0 == 34 || $0 == 39 }
            let name = rest.prefix { $0 > 32 && $0 != 34 && $0 != 39 && $0 != 59 }
            return String(decoding: name, as: UTF8.self)
        }
        return nil
    }

    /// The next attribute of the tag (HTML 13.2.3.2, "get an attribute"), name in lower case; nil at the tag's end.
    private mutating func attribute() -> (name: String, value: String)? {
        while let octet = octets[safe: place], octet <= 32 || octet == 47 { place += 1 }
        guard let first = octets[safe: place], first != UInt8(ascii: ">") else { return nil }
        let start = place
        while let octet = octets[safe: place], octet > 32, octet != 47, octet != 62, octet != 61 || place == start {
            place += 1
        }
        let name = String(decoding: octets[start..<place], as: UTF8.self).lowercased()
        let behind = octets[place...].drop { $0 <= 32 }
        guard behind.first == UInt8(ascii: "=") else { return (name, "") }
        let value = behind.dropFirst().drop { $0 <= 32 }
        guard let quote = value.first else { return nil }
        if quote == 34 || quote == 39 {
            let text = value.dropFirst().prefix { $0 != quote }
            place = min(octets.endIndex, text.endIndex + 1)
            return (name, String(decoding: text, as: UTF8.self))
        }
        let text = value.prefix { $0 > 32 && $0 != 62 }
        place = text.endIndex
        return (name, String(decoding: text, as: UTF8.self))
    }
}

extension ArraySlice {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

// What the Content-* fields of an entity say (RFC 2045 sections 5 and 6, RFC 2183), with the defaults where they are
// missing or cannot be read. What programs read in several ways becomes a doubt about that alone: a name, a type, and
// only where parts of the message could be seen or not, its structure. Pure.

/// The structural fields of one entity, read.
struct ContentFields {
    /// A boundary longer than this is not followed; RFC 2046 section 5.1.1 allows 70.
    static let boundaryBytes = 250
    /// Names of one entity that are kept.
    static let names = 64

    private(set) var type: MediaType
    private(set) var typeIsReadable = false
    private(set) var disposition: String?
    private(set) var fileNames: [String] = []
    private(set) var encoding = TransferEncoding.sevenBit
    private(set) var problems: Set<ReadProblem.Kind> = []
    private(set) var doubts: Part.Doubts = []
    /// Some programs show the body as it stands: they do not see that it is a multipart, or encoded.
    private(set) var isReadRaw = false
    /// Two programs may take different charsets for the text, all of which keep ASCII as it is.
    private(set) var charsetIsDoubtful = false
    /// Two fields name different transfer encodings.
    private(set) var encodingsDiffer = false
    private var hasType = false
    private var hasEncoding = false
    /// What further fields of the same name say.
    private var otherTypes: [MediaType] = []
    private var otherEncodings: [TransferEncoding] = []

    /// True where the body stands as it is.
    var isIdentity: Bool { Self.isIdentity(encoding) }

    /// True where a program that does not see the fields reads the same: text that stands as it is.
    var isPlain: Bool { isIdentity && type.isText }

    /// The name most programs show.
    var fileName: String? { fileNames.first }

    /// The boundary's bytes where this is a multipart that can be taken apart.
    var boundary: [UInt8]? {
        guard type.isMultipart, let text = type.parameters["boundary"] else { return nil }
        var octets = Array(text.utf8)
        // White space at the end of a delimiter line is padding, so it cannot be part of the boundary.
        while let last = octets.last, last == 32 || last == 9 { octets.removeLast() }
        return octets.isEmpty || octets.count > Self.boundaryBytes ? nil : octets
    }

    /// - Parameters:
    ///   - fields: the entity's header.
    ///   - isInDigest: true inside multipart/digest, where message/rfc822 is the default (RFC 2046 section 5.1.5).
    ///   - hidden: places of fields that some programs do not see.
    init(_ fields: [HeaderField], isInDigest: Bool, hidden: HiddenFields = HiddenFields(), work: inout WorkCounter) {
        type = isInDigest ? MediaType("message", "rfc822") : MediaType("text", "plain")
        var dispositionNames: [String] = []
        var typeNames: [String] = []
        for (place, field) in fields.enumerated() where field.name.utf8.count >= 12 {
            switch field.name.lowercased() {
            case "content-type": readType(field, isHidden: hidden.contains(place), &typeNames, &work)
            case "content-disposition": readDisposition(field, &dispositionNames, &work)
            case "content-transfer-encoding": readEncoding(field, isHidden: hidden.contains(place))
            default: break
            }
        }
        for name in dispositionNames + typeNames where !name.isEmpty && !fileNames.contains(name) {
            guard fileNames.count < Self.names else {
                doubt(.name)
                break
            }
            fileNames.append(name)
        }
        compareTypes()
        compareEncodings()
        checkComposite()
    }

    private mutating func doubt(_ doubt: Part.Doubts) {
        doubts.insert(doubt)
        if doubt == .name { problems.insert(.badFileName) }
    }

    // MARK: Content-Type

    /// The first field counts; others are compared with it.
    private mutating func readType(
        _ field: HeaderField, isHidden: Bool, _ names: inout [String], _ work: inout WorkCounter
    ) {
        let value = StructuredValue(field.unfolded, work: &work)
        names += value.candidates["name"] ?? []
        names += Self.westernNames(field, "name", &work)
        if value.doubtful.contains("name") { doubt(.name) }
        guard let read = Self.mediaType(value) else { return readUnreadable(value) }
        guard !hasType else { return otherTypes.append(read) }
        hasType = true
        type = read
        // `text` alone says enough to be read, and too little to be written on.
        typeIsReadable = value.token.utf8.contains(UInt8(ascii: "/")) && value.token.utf8.last != UInt8(ascii: "/")
        let isComposite = type.isMultipart || type.isMessage
        if isComposite, isHidden || value.mayGoUnseen { isReadRaw = true }
        if type.isMultipart, value.doubtful.contains("boundary") || value.parameters["boundary"]?.hasSuffix(" ") == true
        {
            problems.insert(.missingBoundary)
        }
        let doubts = value.doubtful.intersection(Self.decisive)
        if doubts == ["charset"], type.isText || type.isMultipart,
            value.candidates["charset"]?.allSatisfy(CharsetNames.keepsASCII) == true
        {
            charsetIsDoubtful = true
        } else if !doubts.isEmpty {
            problems.insert(.badContentType)
            doubt(.type)
        }
    }

    /// Parameters that say what a part is; "" stands for a comment that hides some.
    private static let decisive: Set<String> = ["charset", "protocol", "smime-type", "access-type", "method", ""]

    /// `text` alone is plain text for every program, `multipart` with a boundary a multipart.
    private static func mediaType(_ value: StructuredValue) -> MediaType? {
        let pieces = value.token.split(separator: "/", omittingEmptySubsequences: false)
        if pieces.count == 2, pieces.allSatisfy(Self.isToken) {
            return MediaType(String(pieces[0]), String(pieces[1]), parameters: value.parameters)
        }
        switch value.token {
        case "text", "text/": return MediaType("text", "plain", parameters: value.parameters)
        case "multipart", "multipart/": return MediaType("multipart", "mixed", parameters: value.parameters)
        default: return nil
        }
    }

    private mutating func readUnreadable(_ value: StructuredValue) {
        // No Content-Type at all is not odder than an empty one.
        if value.token.isEmpty, value.parameters.isEmpty { return }
        problems.insert(.unreadableType)
        // `application//x-msdownload` may be a type to some program; `pdf` is none to all.
        if value.token.contains("/") { doubt(.type) }
        if ["multipart", "message"].contains(where: value.token.contains) || value.parameters["boundary"] != nil {
            problems.insert(.missingBoundary)
        }
    }

    /// Two fields that differ are two messages to two programs.
    private mutating func compareTypes() {
        guard otherTypes.contains(where: { !isSame($0) }) else { return }
        doubt(.type)
        problems.insert(.badContentType)
        if (otherTypes + [type]).contains(where: { $0.isMultipart || $0.type == "message" }) {
            problems.insert(.missingBoundary)
        }
    }

    private func isSame(_ other: MediaType) -> Bool {
        other.essence == type.essence
            && ["boundary", "protocol", "smime-type"].allSatisfy { other.parameters[$0] == type.parameters[$0] }
            && other.parameters["charset"]?.lowercased() == type.parameters["charset"]?.lowercased()
    }

    // MARK: Content-Disposition

    private mutating func readDisposition(_ field: HeaderField, _ names: inout [String], _ work: inout WorkCounter) {
        let value = StructuredValue(field.unfolded, work: &work)
        // An empty one says nothing; an unknown one means attachment (RFC 2183 section 2.8), which isAttachment's other
        // conditions leave to the reader of this value. Where two differ, the one that makes it an attachment counts.
        if !value.token.isEmpty, disposition == nil || value.token == "attachment" { disposition = value.token }
        if value.doubtful.contains("filename") { doubt(.name) }
        names += value.candidates["filename"] ?? []
        names += Self.westernNames(field, "filename", &work)
    }

    /// Names in raw octets that are no UTF-8, as programs show them that take these for windows-1252.
    private static func westernNames(_ field: HeaderField, _ name: String, _ work: inout WorkCounter) -> [String] {
        guard !field.otherTexts.isEmpty, field.unfolded.unicodeScalars.contains("\u{FFFD}") else { return [] }
        return field.otherTexts.flatMap { StructuredValue($0, work: &work).candidates[name] ?? [] }
    }

    // MARK: Content-Transfer-Encoding

    /// The word in any dress: `7bit;`, `"base64"`, `base64 (really)`. A program that does not know it dressed shows the
    /// body as it stands.
    private mutating func readEncoding(_ field: HeaderField, isHidden: Bool) {
        let (read, isDressed) = Self.encoding(field.unfolded.utf8)
        guard !hasEncoding else { return otherEncodings.append(read) }
        hasEncoding = true
        encoding = read
        switch read {
        case .base64, .quotedPrintable: if isHidden || isDressed { isReadRaw = true }
        case .unknown: if !read.isUUEncode { problems.insert(.badTransferEncoding) }
        case .sevenBit, .eightBit, .binary: break
        }
    }

    /// - Returns: the encoding, and whether the word wears quotes, a comment or a semicolon. Of several words the first
    ///   that encodes counts; that others read the first is what dress means.
    private static func encoding(_ value: String.UTF8View) -> (TransferEncoding, isDressed: Bool) {
        let (word, behind) = word(value[...])
        var text = String(decoding: word, as: UTF8.self).lowercased()
        guard word.count != value.count else { return (words[text] ?? .unknown(text), false) }
        let first = words[text] ?? .unknown(text)
        var rest = behind
        while isIdentity(first), !rest.isEmpty {
            let (next, behind) = Self.word(rest)
            text = String(decoding: next, as: UTF8.self).lowercased()
            if let known = words[text], !isIdentity(known) { return (known, true) }
            guard behind.count < rest.count else { break }
            rest = behind
        }
        return (first, true)
    }

    /// The first word, comments before it passed over (RFC 5322 section 3.2.2), and what stands behind it.
    private static func word(
        _ value: Substring.UTF8View
    ) -> (word: Substring.UTF8View, behind: Substring.UTF8View) {
        var depth = 0
        let rest = value.drop { octet in
            if octet == UInt8(ascii: "(") { depth += 1 }
            if octet == UInt8(ascii: ")"), depth > 0 {
                depth -= 1
                return true
            }
            return depth > 0 || " \t\"'<>;,".utf8.contains(octet)
        }
        let word = rest.prefix { !";, \t(\"'>".utf8.contains($0) }
        return (word, rest[word.endIndex...])
    }

    /// Words that programs write where nothing is encoded count as 8bit.
    private static let words: [String: TransferEncoding] = [
        "7bit": .sevenBit, "8bit": .eightBit, "base64": .base64, "quoted-printable": .quotedPrintable,
        "binary": .binary,
        "": .sevenBit, "7-bit": .sevenBit, "7bits": .sevenBit, "7": .sevenBit, "us-ascii": .sevenBit,
        "ascii": .sevenBit, "none": .sevenBit, "identity": .sevenBit, "plain": .sevenBit, "text": .sevenBit,
        "8-bit": .eightBit, "8bits": .eightBit, "8bitmime": .eightBit, "8": .eightBit, "utf-8": .eightBit,
        "utf8": .eightBit, "iso-8859-1": .eightBit, "windows-1252": .eightBit, "text/plain": .eightBit,
        "bin": .binary, "raw": .binary, "quotedprintable": .quotedPrintable, "quoted_printable": .quotedPrintable,
    ]

    private mutating func compareEncodings() {
        let differ = otherEncodings.contains { Self.isIdentity($0) ? !isIdentity : $0 != encoding }
        encodingsDiffer = differ
        if differ { problems.insert(.badTransferEncoding) }
    }

    private static func isIdentity(_ encoding: TransferEncoding) -> Bool {
        switch encoding {
        case .sevenBit, .eightBit, .binary: true
        case .quotedPrintable, .base64, .unknown: false
        }
    }

    /// Encodings on multiparts are forbidden (RFC 2045 section 6.4), and mail programs pass over them. Messages in
    /// pieces or kept elsewhere show what is not here.
    private mutating func checkComposite() {
        if type.isMultipart {
            if !Self.isIdentity(encoding) { encoding = .eightBit }
            problems.remove(.badTransferEncoding)
        }
        if type.essence == "message/partial" || type.essence == "message/external-body" {
            problems.insert(.badContentType)
        }
        // What says no media type is a text, unless it is plainly a file.
        if !typeIsReadable, problems.contains(.unreadableType), type.isText,
            disposition == "attachment" || encoding == .base64
        {
            type = MediaType("application", "octet-stream")
        }
    }

    private static func isToken(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"()<>@,;:\\\"/[]?=".utf8.contains($0) }
    }
}

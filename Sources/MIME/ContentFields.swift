// What the Content-* fields of an entity say (RFC 2045 sections 5 and 6, RFC 2183), with the defaults where they are
// missing or cannot be read. Pure.

/// The structural fields of one entity, read.
struct ContentFields {
    /// A boundary longer than this is not followed; RFC 2046 section 5.1.1 allows 70.
    static let boundaryBytes = 250

    private(set) var type: MediaType
    private(set) var typeIsReadable = false
    private(set) var disposition: String?
    private(set) var fileName: String?
    private(set) var encoding = TransferEncoding.sevenBit
    private(set) var problems: Set<ReadProblem.Kind> = []

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
    init(_ fields: [HeaderField], isInDigest: Bool, work: inout WorkCounter) {
        type = isInDigest ? MediaType("message", "rfc822") : MediaType("text", "plain")
        var dispositionNames: [String] = []
        var typeNames: [String] = []
        for field in fields.reversed() where field.name.utf8.count >= 12 {
            switch field.name.lowercased() {
            case "content-type": typeNames = readType(field, work: &work)
            case "content-disposition": dispositionNames = readDisposition(field, work: &work)
            case "content-transfer-encoding": readEncoding(field)
            default: break
            }
        }
        chooseName(dispositionNames + typeNames)
        checkComposite()
    }

    /// - Returns: the names it gives, best first.
    private mutating func readType(_ field: HeaderField, work: inout WorkCounter) -> [String] {
        let value = StructuredValue(field.unfolded, work: &work)
        let pieces = value.token.split(separator: "/", omittingEmptySubsequences: false)
        guard pieces.count == 2, pieces.allSatisfy(Self.isToken) else {
            problems.insert(.badContentType)
            return value.candidates["name"] ?? []
        }
        type = MediaType(String(pieces[0]), String(pieces[1]), parameters: value.parameters)
        typeIsReadable = true
        if value.isAmbiguous { problems.insert(.badContentType) }
        if type.isMultipart, let boundary = value.parameters["boundary"], boundary.hasSuffix(" ") {
            problems.insert(.badContentType)
        }
        return value.candidates["name"] ?? []
    }

    private mutating func readDisposition(_ field: HeaderField, work: inout WorkCounter) -> [String] {
        let value = StructuredValue(field.unfolded, work: &work)
        // An empty one says nothing; an unknown one means attachment (RFC 2183 section 2.8), which isAttachment's other
        // conditions leave to the reader of this value.
        disposition = value.token.isEmpty ? nil : value.token
        if value.isAmbiguous { problems.insert(.badContentType) }
        return value.candidates["filename"] ?? []
    }

    private mutating func readEncoding(_ field: HeaderField) {
        let token = field.unfolded.lowercased().prefix { $0 != ";" && $0 != " " && $0 != "\t" && $0 != "(" }
        switch token {
        case "", "7bit", "7-bit": encoding = .sevenBit
        case "8bit", "8-bit": encoding = .eightBit
        case "binary": encoding = .binary
        case "quoted-printable": encoding = .quotedPrintable
        case "base64": encoding = .base64
        default:
            encoding = .unknown(String(token))
            problems.insert(.badTransferEncoding)
        }
        if token.utf8.count != field.unfolded.utf8.count { problems.insert(.badTransferEncoding) }
    }

    /// Where one message offers several names, programs choose differently; names with different endings are the way to
    /// show a rule a text file and the reader a program.
    private mutating func chooseName(_ names: [String]) {
        fileName = names.first { !$0.isEmpty }
        let endings = Set(names.filter { !$0.isEmpty }.map(Self.ending))
        if endings.count > 1 { problems.insert(.badContentType) }
    }

    private static func ending(_ name: String) -> String {
        let trimmed = name.lowercased().split(whereSeparator: { $0 == " " }).joined(separator: " ")
        guard let dot = trimmed.lastIndex(of: ".") else { return "" }
        return String(trimmed[dot...])
    }

    /// Encodings on composite types are forbidden (RFC 2045 section 6.4): some programs undo them, some do not. Messages
    /// in pieces or kept elsewhere show what is not here.
    private mutating func checkComposite() {
        let isEncoded =
            switch encoding {
            case .base64, .quotedPrintable, .unknown: true
            case .sevenBit, .eightBit, .binary: false
            }
        if isEncoded, type.isMultipart || type.isMessage { problems.insert(.badTransferEncoding) }
        if type.essence == "message/partial" || type.essence == "message/external-body" {
            problems.insert(.badContentType)
        }
    }

    private static func isToken(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"()<>@,;:\\\"/[]?=".utf8.contains($0) }
    }
}

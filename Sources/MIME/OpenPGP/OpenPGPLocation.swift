// Where the ciphertexts of a message are, for `decrypt`: PGP/MIME (RFC 3156), the forms that Exchange and other
// gateways make of it, encrypted files, and armored messages inside of texts.
// More generous than `ParsedMessage.encryption`: that decides what satisfies a policy, this what may be tried to open.

package import Mail
import Packets

/// A place of the message where something is sealed.
package enum OpenPGPLocation: Sendable {
    /// A ciphertext that stands for an entity, with the parts that belong to it.
    case entity(SealedEntity)
    /// A leaf that is an encrypted file, or an entity in the form of a file.
    case file(Part)
    /// A text with armored messages in it.
    case text(Part, ArmoredText)
    /// An attached message in a transfer encoding that such must not have (RFC 2045 section 6.4): what is sealed in it
    /// is found once it is decoded.
    case encoded(Part)

    /// PGP/MIME as it came to the reader.
    package struct SealedEntity: Sendable {
        /// The multipart around it.
        package let container: Part
        /// The part that says `Version: 1`; nil where there is none.
        package let control: Part?
        /// The part with the ciphertext.
        package let data: Part
        /// True where nothing else in the multipart can be read: the plaintext takes its place. False: it takes the
        /// place of its own two parts.
        package let isAlone: Bool
        /// True where the multipart is a message's own body, not a part of another one.
        package let isMessage: Bool

        init(container: Part, control: Part?, data: Part, isAlone: Bool, isMessage: Bool) {
            self.container = container
            self.control = control
            self.data = data
            self.isAlone = isAlone
            self.isMessage = isMessage
        }

        /// An entity in the form of a file.
        package init(leaf: Part, isMessage: Bool) {
            self.init(container: leaf, control: nil, data: leaf, isAlone: true, isMessage: isMessage)
        }
    }

    /// The part that the plaintext takes the place of, or of which it becomes a part.
    package var part: Part {
        switch self {
        case .entity(let entity): entity.container
        case .file(let part), .text(let part, _), .encoded(let part): part
        }
    }
}

extension ParsedMessage {
    /// The body of a part with its transfer encoding undone.
    ///
    /// A part without encoding is a slice of the message and costs nothing; what is decoded lies where the message
    /// does.
    /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
    package func decodedBody(of part: Part) throws(Refusal) -> MessageBytes {
        let body = received.bytes.slice(part.bodyRange)
        switch part.transferEncoding {
        case .sevenBit, .eightBit, .binary, .unknown: return body
        case .base64, .quotedPrintable:
            do {
                return try TransferDecoder.decodeToRope(body, part.transferEncoding)
            } catch let refusal as Refusal {
                throw refusal
            } catch {
                throw Refusal(.storage, "temporary fault while reading the message", detail: "decoding: \(error)")
            }
        }
    }

    /// All places where something is sealed, top to bottom; those inside of forwarded messages too.
    /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
    package func openPGPLocations() throws(Refusal) -> [OpenPGPLocation] {
        var finder = OpenPGPFinder(message: self)
        try finder.walk(root, isMessage: true)
        return finder.found
    }
}

/// One walk over the parts. The reader bounds their depth.
private struct OpenPGPFinder {
    let message: ParsedMessage
    var found: [OpenPGPLocation] = []

    mutating func walk(_ part: Part, isMessage: Bool) throws(Refusal) {
        guard part.type.isMultipart else {
            // Ranges of what is inside would not be those of this message.
            if part.type.isMessage, [.base64, .quotedPrintable].contains(part.transferEncoding) {
                return found.append(.encoded(part))
            }
            if part.children.isEmpty { return try takeLeaf(part) }
            for child in part.children { try walk(child, isMessage: part.type.isMessage) }
            return
        }
        var taken: Set<String> = []
        for (control, data) in try pairs(in: part) {
            let own = [control?.path, data.path].compactMap { $0 }
            taken.formUnion(own)
            found.append(
                .entity(
                    .init(
                        container: part, control: control, data: data,
                        isAlone: try isNothingElse(in: part, but: own), isMessage: isMessage)))
        }
        for child in part.children where !taken.contains(child.path) { try walk(child, isMessage: false) }
    }

    // MARK: PGP/MIME

    private func pairs(in part: Part) throws(Refusal) -> [(control: Part?, data: Part)] {
        let leaves = part.children.filter { $0.children.isEmpty && !$0.type.isMultipart && !$0.type.isMessage }
        if part.type.essence == "multipart/encrypted" {
            var control: Part?
            var data: Part?
            for leaf in leaves {
                if data == nil, try looksSealed(leaf) {
                    data = leaf
                } else if control == nil, try isControl(leaf) {
                    control = leaf
                }
            }
            // What is damaged is tried too, so that it is told.
            data = data ?? leaves.first { leaf in control.map { $0.path != leaf.path } ?? false }
            return data.map { [(control, $0)] } ?? []
        }
        var pairs: [(control: Part?, data: Part)] = []
        var control: Part?
        for leaf in leaves {
            if let before = control {
                let isSealed = try looksSealed(leaf)
                if isSealed || (before.type.essence == Self.controlType && !PartBuilder.isText(leaf.type)) {
                    pairs.append((before, leaf))
                    control = nil
                    continue
                }
            }
            if try isControl(leaf) { control = leaf }
        }
        return pairs
    }

    private static let controlType = "application/pgp-encrypted"

    /// `Version: 1`, of whatever type it is by now.
    private func isControl(_ part: Part) throws(Refusal) -> Bool {
        guard part.bodyRange.count <= 256 else { return false }
        let words = String(decoding: try head(of: part), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        if words.joined(separator: " ").lowercased() == "version: 1" { return true }
        return part.type.essence == Self.controlType && words.isEmpty
    }

    /// True where nothing but these parts can be read in a multipart: a text that gateways leave empty does not count,
    /// nor what programs write before the first part.
    private func isNothingElse(in part: Part, but own: [String]) throws(Refusal) -> Bool {
        if case .text(let outside, _) = part.text, !KnownPreambles.holds(outside) { return false }
        for child in part.children where !own.contains(child.path) {
            guard child.children.isEmpty, child.fileName == nil, child.disposition != "attachment",
                case .text(let text, let visible) = child.text
            else { return false }
            guard (visible ?? text).allSatisfy(\.isWhitespace) else { return false }
        }
        return true
    }

    // MARK: Leaves

    private mutating func takeLeaf(_ part: Part) throws(Refusal) {
        guard !part.type.isMessage else { return }
        if try isFile(part) { return found.append(.file(part)) }
        guard case .text = part.text, PartBuilder.isText(part.type) else { return }
        let text = ArmoredText(try message.decodedBody(of: part).copy(), isMarkup: HTMLText.isMarkup(part.type))
        if text.blockCount > 0 { found.append(.text(part, text)) }
    }

    /// A file by its name or type that is OpenPGP by its first octets; or any other that is no text and armored.
    private func isFile(_ part: Part) throws(Refusal) -> Bool {
        let isText = PartBuilder.isText(part.type)
        let isNamed = EncryptedFileName.isOne(part.fileName)
        if isText, !isNamed { return false }
        let head = try head(of: part)
        if isText { return OpenPGPOctets.startsArmored(head) }
        let isTyped = ["application/pgp-encrypted", "application/pgp", "application/x-pgp"].contains(part.type.essence)
        return OpenPGPOctets.startsArmored(head) || ((isNamed || isTyped) && OpenPGPOctets.startsMessage(head))
    }

    private func looksSealed(_ part: Part) throws(Refusal) -> Bool {
        let head = try head(of: part)
        return OpenPGPOctets.startsArmored(head) || OpenPGPOctets.startsMessage(head)
    }

    /// The first octets of a part, its transfer encoding undone.
    private func head(of part: Part) throws(Refusal) -> [UInt8] {
        let body = message.received.bytes.slice(part.bodyRange.prefix(2048))
        do {
            return try TransferDecoder.decode(body, part.transferEncoding).octets
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(.storage, "temporary fault while reading the message", detail: "decoding: \(error)")
        }
    }
}

/// Names of encrypted files.
package enum EncryptedFileName {
    private static let endings = [".gpg", ".pgp", ".asc"]

    package static func isOne(_ name: String?) -> Bool {
        guard let name = name?.lowercased() else { return false }
        return endings.contains { name.hasSuffix($0) }
    }

    /// The name without the ending that encryption gave it.
    package static func plain(_ name: String) -> String {
        guard isOne(name), name.count > 4 else { return name }
        return String(name.dropLast(4))
    }
}

/// What the first octets of an OpenPGP message look like.
package enum OpenPGPOctets {
    /// Armor of an encrypted message, blank lines before it aside.
    package static func startsArmored(_ octets: [UInt8]) -> Bool {
        octets.drop { $0 <= 32 }.starts(with: "-----BEGIN PGP MESSAGE".utf8)
    }

    /// The header of a packet that encrypted messages begin with: a session key or the data (RFC 4880 sections 4.2,
    /// 5.1, 5.3, 5.7, 5.13).
    package static func startsMessage(_ octets: [UInt8]) -> Bool {
        guard octets.count > 6, octets[0] & 0x80 != 0 else { return false }
        let isNew = octets[0] & 0x40 != 0
        let tag = isNew ? octets[0] & 0x3F : (octets[0] >> 2) & 0x0F
        let lengthBytes: Int
        if isNew {
            lengthBytes = octets[1] < 192 ? 1 : octets[1] < 224 ? 2 : octets[1] == 255 ? 5 : 1
        } else {
            switch octets[0] & 3 {
            case 0: lengthBytes = 1
            case 1: lengthBytes = 2
            case 2: lengthBytes = 4
            default: lengthBytes = 0
            }
        }
        let version = octets[1 + lengthBytes]
        switch tag {
        case 1: return version == 2 || version == 3 || version == 6
        case 3: return (4...6).contains(version)
        case 9: return true
        case 18, 20: return version == 1 || version == 2
        default: return false
        }
    }
}

/// What programs write before the first part of a multipart: nobody misses it.
private enum KnownPreambles {
    private static let sentences: Set<String> = [
        "this is an openpgp/mime encrypted message (rfc 4880 and 3156)",
        "this is an openpgp/mime encrypted message (rfc 2440 and 3156)",
        "this is an openpgp/mime encrypted message (rfc 9580 and 3156)",
        "this is an openpgp/mime encrypted message",
        "this is a multi-part message in mime format", "this is a multipart message in mime format",
        "this is a mime-encapsulated message", "this is a mime encapsulated multipart message",
    ]

    static func holds(_ text: String) -> Bool {
        guard text.utf8.count <= 256 else { return false }
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
        return sentences.contains(words.hasSuffix(".") ? String(words.dropLast()) : words)
    }
}

// `letterlock decrypt`: finds what is sealed in a message, has gpg open it, and puts it back in its place. All of it or
// nothing: where one ciphertext cannot be opened, nothing is given.

import MIME
package import Mail
package import OpenPGP

/// Why a message was not opened.
package struct OpeningError: Error, Sendable, Equatable {
    /// In words.
    package let reason: String
    /// True where gpg or the disk is at fault, not the message.
    package let isTemporary: Bool

    init(_ reason: String, isTemporary: Bool = false) {
        self.reason = reason
        self.isTemporary = isTemporary
    }

    /// A fault of our own side.
    package init(_ refusal: Refusal) { self.init(refusal.detail, isTemporary: !refusal.isPermanent) }

    init(_ error: DecryptError) {
        if case .engine(let refusal) = error { self.init(refusal) } else { self.init(error.description) }
    }
}

/// Opens messages.
package struct Opener: Sendable {
    private let engine: Engine
    private let limits: Limits

    package init(engine: Engine, limits: Limits) {
        self.engine = engine
        self.limits = limits
    }

    /// The message as it was before sealing: PGP/MIME (RFC 3156), the form Exchange makes of it, and inline PGP.
    /// - Parameters:
    ///   - message: CRLF lines.
    ///   - homeFolder: GnuPG home with the secret keys; nil is the user's own.
    package func open(_ message: MessageBytes, homeFolder: String?) async throws(OpeningError) -> MessageBytes {
        let outer = try parse(message)
        let places = try storage { () throws(Refusal) in try outer.openPGPLocations() }
        guard !places.isEmpty else {
            throw OpeningError("no openpgp ciphertext found: it is neither PGP/MIME nor inline PGP")
        }
        var opened: [(place: OpenPGPLocation, plain: MessageBytes)] = []
        for place in places {
            // A ciphertext inside another's place is part of that one.
            if opened.contains(where: { $0.place.form != .inline && place.path.hasPrefix($0.place.path) }) { continue }
            do throws(DecryptError) {
                // Sealing grows a message, opening may unpack it: more than this is a bomb.
                let limit = limits.messageBytes * 20
                opened.append(
                    (place, try await engine.decrypt(place.ciphertext, homeFolder: homeFolder, limitBytes: limit).bytes)
                )
            } catch {
                throw OpeningError(error)
            }
        }
        return try storage { () throws(Refusal) in try put(opened, into: outer) }
    }

    private func put(
        _ opened: [(place: OpenPGPLocation, plain: MessageBytes)], into outer: ParsedMessage
    ) throws(Refusal) -> MessageBytes {
        if let whole = opened.first(where: { $0.place.path.isEmpty && $0.place.form != .inline }) {
            return try RebuiltMessage.make(outer, payload: whole.plain, limits: limits)
        }
        let bytes = outer.received.bytes
        var pieces: [MessageBytes] = []
        var kept = 0
        let parts = Dictionary(outer.root.all.map { ($0.path, $0) }) { first, _ in first }
        for (place, plain) in opened {
            guard let part = parts[place.path], part.range.lowerBound >= kept else { continue }
            pieces.append(bytes.slice(kept..<part.range.lowerBound))
            switch place.form {
            case .pgpMIME, .mangled: pieces.append(try entity(plain))
            case .inline: pieces.append(try text(plain, place, part, bytes))
            }
            kept = part.range.upperBound
        }
        pieces.append(bytes.slice(kept..<bytes.count))
        return MessageBytes(joining: pieces)
    }

    /// A decrypted entity without its header protection.
    private func entity(_ plain: MessageBytes) throws(Refusal) -> MessageBytes {
        let entity = try UnprotectedEntity(try read(Self.received(plain), limits: limits))
        return MessageBytes(joining: [entity.contentFields, MessageBytes("\r\n"), entity.body])
    }

    /// A text part with the armored block replaced by its text; the transfer encoding is 8bit then.
    private func text(
        _ plain: MessageBytes, _ place: OpenPGPLocation, _ part: Part, _ bytes: MessageBytes
    ) throws(Refusal) -> MessageBytes {
        let plainOctets = try plain.copy()
        let canonical = Self.canonical(plainOctets)
        // RFC 4880 section 6.2: text in armor is UTF-8 unless its header says otherwise.
        let isUTF8 = canonical.contains { $0 > 127 } && String(validating: canonical, as: UTF8.self) != nil
        var fields: [MessageBytes] = []
        var hasType = false
        for field in part.header.fields {
            if field.isNamed("Content-Transfer-Encoding") { continue }
            if field.isNamed("Content-Type") {
                hasType = true
                fields.append(
                    isUTF8
                        ? MessageBytes("Content-Type: \(part.type.essence); charset=utf-8\r\n")
                        : bytes.slice(field.range))
            } else {
                fields.append(bytes.slice(field.range))
            }
        }
        if !hasType, isUTF8 { fields.append(MessageBytes("Content-Type: text/plain; charset=utf-8\r\n")) }
        fields.append(MessageBytes("Content-Transfer-Encoding: 8bit\r\n\r\n"))
        return MessageBytes(joining: fields + [place.before, MessageBytes(bytes: canonical), place.after])
    }

    /// CRLF for every line.
    private static func canonical(_ octets: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(octets.count + octets.count / 32)
        for octet in octets {
            if octet == 10, out.last != 13 { out.append(13) }
            out.append(octet)
        }
        return out
    }

    private func parse(_ message: MessageBytes) throws(OpeningError) -> ParsedMessage {
        try storage { () throws(Refusal) in try read(Self.received(message), limits: limits) }
    }

    private static func received(_ bytes: MessageBytes) -> ReceivedMessage {
        ReceivedMessage(
            envelope: Envelope(sender: nil, recipients: []), bytes: bytes, origin: .init(id: "decrypt"),
            receivedAtSeconds: 0)
    }

    private func storage<Value>(_ work: () throws(Refusal) -> Value) throws(OpeningError) -> Value {
        do throws(Refusal) { return try work() } catch { throw OpeningError(error) }
    }
}

// One message being opened: its sealed places one after the other, and what is sealed inside of them. Changes are
// gathered by byte ranges, so that everything between them stays as it is.

import MIME
import Mail
import SettingValues

struct OpeningRun {
    private let limits: Limits
    /// What became of the ciphertexts so far.
    private(set) var locksmith: Locksmith

    init(limits: Limits, locksmith: Locksmith) {
        self.limits = limits
        self.locksmith = locksmith
    }

    /// An entity with everything in it opened that can be.
    /// - Parameters:
    ///   - depth: layers of encryption above.
    ///   - prefix: numbers of the parts above: `2 > `.
    mutating func open(_ bytes: MessageBytes, depth: Int, prefix: String) async throws(OpeningError) -> MessageBytes {
        let parsed = try Self.parse(bytes, limits)
        let places = try storage { () throws(Refusal) in try parsed.openPGPLocations() }
        guard !places.isEmpty else { return bytes }
        var work = EntityWork(parsed: parsed, depth: depth, prefix: prefix)
        for problem in parsed.problems where problem.kind == .tooDeep || problem.kind == .tooManyParts {
            let number = prefix + problem.path
            locksmith.refuse(
                SealedPlace(number: number, type: "multipart", depth: depth),
                because: "not all parts in it were looked at")
        }
        for place in places {
            switch place {
            case .entity(let sealed):
                let name = work.place(sealed.data)
                guard let plain = try await decrypt(sealed.data, name, parsed) else { continue }
                try await put(plain, sealed, name, &work)
            case .file(let part): try await openFile(part, &work)
            case .text(let part, let text): try await openText(part, text, &work)
            case .encoded(let part): try await openEncoded(part, &work)
            }
        }
        return work.edits.applied(to: bytes)
    }

    private mutating func decrypt(
        _ part: Part, _ place: SealedPlace, _ parsed: ParsedMessage
    ) async throws(OpeningError) -> MessageBytes? {
        let cipher = try storage { () throws(Refusal) in try parsed.decodedBody(of: part) }
        return await locksmith.open(cipher, place)
    }

    // MARK: Entities

    private mutating func put(
        _ plain: MessageBytes, _ sealed: OpenPGPLocation.SealedEntity, _ place: SealedPlace, _ work: inout EntityWork
    ) async throws(OpeningError) {
        let payload = try storage { () throws(Refusal) in try OpenedPayload.entity(plain, limits: limits) }
        let inner: MessageBytes
        if sealed.isOurs {
            inner = payload
            try noteSealed(in: payload, place)
        } else {
            inner = try await open(payload, depth: place.depth + 1, prefix: place.prefixInside)
        }
        let isPut = try storage { () throws(Refusal) in
            sealed.isAlone && sealed.isMessage
                ? try work.putMessage(inner, sealed, limits) : try work.putPart(inner, sealed, limits)
        }
        if !isPut { locksmith.takeBack(place, because: EntityWork.delimiterInside) }
    }

    /// What Letterlock sealed is given back as it came, with what was sealed in it before (promise 4 of
    /// architecture.md).
    private mutating func noteSealed(in payload: MessageBytes, _ place: SealedPlace) throws(OpeningError) {
        let parsed = try Self.parse(payload, limits)
        for inner in try storage({ () throws(Refusal) in try parsed.openPGPLocations() }).prefix(20) {
            if case .encoded = inner { continue }
            let name = SealedPlace(
                number: place.prefixInside + inner.part.path, type: inner.part.type.essence, depth: place.depth + 1)
            locksmith.notes.append("inside, \(name): was sealed before and is as it came; decrypt again to open it")
        }
    }

    // MARK: Files

    private mutating func openFile(_ part: Part, _ work: inout EntityWork) async throws(OpeningError) {
        let place = work.place(part)
        guard let plain = try await decrypt(part, place, work.parsed) else { return }
        let isEntity = try storage { () throws(Refusal) in
            OpenedFile.mayBeEntity(part) ? try OpenedPayload.isEntity(plain, limits: limits) : false
        }
        if isEntity {
            let sealed = OpenPGPLocation.SealedEntity(leaf: part, isMessage: work.isMessage(part))
            return try await put(plain, sealed, place, &work)
        }
        let (bytes, around) = (work.bytes, work.boundaries(around: part))
        let opened = try storage { () throws(Refusal) in
            try OpenedFile.entity(part, of: bytes, plain: plain, boundaries: around)
        }
        work.edits.replace(part.range, with: opened)
    }

    // MARK: Attached messages

    /// A message in base64 or quoted-printable: decoded where something in it is opened, else as it is.
    private mutating func openEncoded(_ part: Part, _ work: inout EntityWork) async throws(OpeningError) {
        guard work.depth < Locksmith.depthLimit else { return }
        let place = work.place(part)
        let message = try storage { () throws(Refusal) in try work.parsed.decodedBody(of: part) }
        let before = locksmith.openedCount
        let opened = try await open(message, depth: work.depth + 1, prefix: place.prefixInside)
        let count = locksmith.openedCount - before
        guard count > 0 else { return }
        let isPut = try storage { () throws(Refusal) in try work.putDecoded(opened, part) }
        if !isPut { locksmith.takeBack(place, count: count, because: EntityWork.delimiterInside) }
    }

    // MARK: Texts

    private mutating func openText(
        _ part: Part, _ text: ArmoredText, _ work: inout EntityWork
    ) async throws(OpeningError) {
        let place = work.place(part)
        let before = locksmith.openedCount
        let pieces = try await open(text, place)
        let count = locksmith.openedCount - before
        guard count > 0 else { return }
        let opened = OpenedText(
            part: part, bytes: work.bytes, pieces: pieces, boundaries: work.boundaries(around: part))
        guard let entity = try storage({ () throws(Refusal) in try opened.entity() }) else {
            return locksmith.takeBack(place, count: count, because: "the text around it does not fit its charset")
        }
        work.edits.replace(part.range, with: entity)
    }

    /// The pieces of a text, opened where they can be; what was sealed twice too.
    private mutating func open(
        _ text: ArmoredText, _ around: SealedPlace
    ) async throws(OpeningError) -> [OpenedText.Piece] {
        var place = around
        let isOnly = text.blockCount == 1
        var pieces: [OpenedText.Piece] = []
        for piece in text.pieces {
            guard case .block(let block) = piece else {
                if case .text(let octets) = piece { pieces.append(.around(octets)) }
                continue
            }
            if !isOnly { place.block = (place.block ?? 0) + 1 }
            guard let octets = try await open(block, place) else {
                pieces.append(.around(block.raw))
                continue
            }
            pieces.append(
                .plain(octets, charset: block.charset, quote: block.quote, breaksByTags: block.breaksByTags))
        }
        return pieces
    }

    private mutating func open(
        _ block: ArmoredText.Block, _ place: SealedPlace
    ) async throws(OpeningError) -> [UInt8]? {
        guard !block.isCut else {
            locksmith.refuse(place, because: "the armor has no end")
            return nil
        }
        guard let plain = await locksmith.open(MessageBytes(bytes: block.armor), place) else { return nil }
        let octets = try storage { () throws(Refusal) in try plain.copy() }
        let inner = ArmoredText(octets, isMarkup: false)
        guard inner.blockCount > 0 else { return octets }
        let deeper = SealedPlace(number: place.number, type: place.type, block: place.block, depth: place.depth + 1)
        return try await open(inner, deeper).flatMap { piece in
            switch piece {
            case .around(let octets), .plain(let octets, _, _, _): octets
            }
        }
    }

    // MARK: Reading

    private static func parse(_ bytes: MessageBytes, _ limits: Limits) throws(OpeningError) -> ParsedMessage {
        let received = ReceivedMessage(
            envelope: Envelope(sender: nil, recipients: []), bytes: bytes, origin: .init(id: "decrypt"),
            receivedAtSeconds: 0)
        do throws(Refusal) { return try read(received, limits: limits) } catch { throw OpeningError(error) }
    }

    private func storage<Value>(_ work: () throws(Refusal) -> Value) throws(OpeningError) -> Value {
        do throws(Refusal) { return try work() } catch { throw OpeningError(error) }
    }
}

extension OpenPGPLocation.SealedEntity {
    /// True for what Letterlock sealed, as its boundary says.
    fileprivate var isOurs: Bool {
        isMessage && isAlone && container.type.parameters["boundary"]?.hasPrefix("=_letterlock_") ?? false
    }
}

// Finds the entities of a message in one pass over its chunks (RFC 5322 section 2.1, RFC 2046 sections 5.1 and 5.2.1).
// Takes bytes in any cut; keeps no body. Lines end in CRLF or LF. Never fails: what is broken becomes a problem.
//
// The open entities stand on a stack of frames. A line that starts with two hyphens is compared with all open
// boundaries; a delimiter closes every frame above its own and opens a part. In the header of an entity its lines are
// gathered; the empty line decides what the body is.

import Glibc

/// One entity as found, children by index; a child's index is always greater than its parent's.
struct ScannedEntity {
    var path: String
    var depth: Int
    var start: Int
    var header: HeaderSection
    var content: ContentFields
    var bodyStart: Int
    var end: Int
    var children: [Int] = []
    /// Multipart: end of what stands before the first delimiter; nil where there is no delimiter.
    var preambleEnd: Int?
    /// Multipart: start of what stands behind the closing delimiter; nil where there is none.
    var epilogueStart: Int?
    var isTooDeep = false
    /// Lines of the header that some programs show as text.
    var linesAsText: ArraySlice<UInt8>?
}

/// The pass over the bytes.
struct StructureScanner {
    private struct Frame {
        enum State { case preamble, parts, epilogue }
        let entity: Int
        let boundary: [UInt8]?
        var state = State.preamble
    }
    private struct Noted: Hashable {
        let entity: Int
        let kind: ReadProblem.Kind
    }
    /// Of a line that goes over a chunk's end as much is kept as a delimiter line can have.
    private static let carriedBytes = 1100

    private(set) var entities: [ScannedEntity] = []
    private(set) var problems: [(entity: Int, kind: ReadProblem.Kind)] = []
    private(set) var work = WorkCounter()
    let depthLimit: Int
    let partLimit: Int
    let headerLimit: Int
    private var frames: [Frame] = []
    private var boundaries = BoundaryTable()
    private var offset = 0
    private var lineStart = 0
    private var lastOctet: UInt8 = 0
    /// Length of the line end before `lineStart`: it belongs to a delimiter that stands there.
    private var terminatorBytes = 0
    private var carried: [UInt8] = []
    private var isSkipping = false
    private var isInHeader = false
    private var header: [UInt8] = []
    private var headerIsFull = false
    private var fieldCount = 0
    private var hasNul = false
    private var noted: Set<Noted> = []

    /// - Parameters:
    ///   - path: of the message itself, which is part of another where it was decoded first.
    ///   - depth: of the message itself.
    init(depthLimit: Int, partLimit: Int, headerLimit: Int, path: String = "", depth: Int = 0) {
        self.depthLimit = depthLimit
        self.partLimit = max(1, partLimit)
        self.headerLimit = headerLimit
        openEntity(path: path, depth: depth, parent: nil)
    }

    // MARK: Lines

    mutating func feed(_ chunk: UnsafeRawBufferPointer) {
        guard let base = chunk.baseAddress, !chunk.isEmpty else { return }
        if !hasNul { hasNul = memchr(base, 0, chunk.count) != nil }
        work.steps += 1
        let chunkStart = offset
        var place = 0
        while place < chunk.count {
            if isInHeader {
                place = feedHeader(chunk, from: place, chunkStart)
            } else if boundaries.isEmpty {
                // Nothing can end this body but the end of the message.
                isSkipping = true
                place = chunk.count
            } else {
                place = feedBody(chunk, from: place, chunkStart)
            }
        }
        offset += chunk.count
        lastOctet = chunk[chunk.count - 1]
    }

    private func lineFeed(in chunk: UnsafeRawBufferPointer, from place: Int) -> Int? {
        guard let base = chunk.baseAddress, let found = memchr(base + place, 10, chunk.count - place) else {
            return nil
        }
        return UnsafeRawPointer(found) - base
    }

    /// Notes the end of a line whose LF is at `index` of the chunk.
    private mutating func endLine(_ chunk: UnsafeRawBufferPointer, at index: Int, _ chunkStart: Int) {
        let before = index > 0 ? chunk[index - 1] : lastOctet
        let hasReturn = before == 13 && chunkStart + index > lineStart
        terminatorBytes = hasReturn ? 2 : 1
        lineStart = chunkStart + index + 1
    }

    private mutating func feedHeader(_ chunk: UnsafeRawBufferPointer, from place: Int, _ chunkStart: Int) -> Int {
        let end = lineFeed(in: chunk, from: place)
        let piece = UnsafeRawBufferPointer(rebasing: chunk[place..<((end ?? chunk.count - 1) + 1)])
        work.steps += 1
        let room = headerLimit - header.count
        if piece.count > room, !headerIsFull { headerIsFull = true }
        if room > 0 { header.append(contentsOf: piece.prefix(room)) }
        guard let end else {
            carry(piece)
            return chunk.count
        }
        let lineBytes = chunkStart + end + 1 - lineStart
        if carried.isEmpty {
            endHeaderLine(piece, lineBytes, chunk, end, chunkStart)
        } else {
            carry(piece)
            let line = carried
            carried.removeAll(keepingCapacity: true)
            line.withUnsafeBytes { endHeaderLine($0, lineBytes, chunk, end, chunkStart) }
        }
        return end + 1
    }

    private mutating func carry(_ piece: UnsafeRawBufferPointer) {
        let room = Self.carriedBytes - carried.count
        if room > 0 { carried.append(contentsOf: piece.prefix(room)) }
    }

    private mutating func endHeaderLine(
        _ line: UnsafeRawBufferPointer, _ lineBytes: Int, _ chunk: UnsafeRawBufferPointer, _ end: Int, _ chunkStart: Int
    ) {
        let start = lineStart
        let terminator = terminatorBytes
        endLine(chunk, at: end, chunkStart)
        if line.first == 10 || (line.count == 2 && line[0] == 13 && lineBytes == 2) {
            dropFromHeader(lineBytes)
            endHeader(at: start, bodyStart: lineStart)
        } else if line.count > 2, line[0] == 45, line[1] == 45 {
            takeDelimiter(line, lineBytes, start: start, terminator: terminator)
        }
    }

    /// Takes a line that is no header line out of the gathered ones again.
    private mutating func dropFromHeader(_ lineBytes: Int) {
        if !headerIsFull { header.removeLast(min(lineBytes, header.count)) }
    }

    /// Passes over body lines that do not begin with a hyphen. Hyphens are what is sought, not line ends: base64 and
    /// armor have none, and a line with one inside costs two looks more.
    /// - Parameter start: a line begins there.
    /// - Returns: the place of a hyphen that begins a line, or the end of the chunk; then the line that goes over it is
    ///   skipped.
    private mutating func passLines(_ chunk: UnsafeRawBufferPointer, from start: Int, _ chunkStart: Int) -> Int {
        guard let base = chunk.baseAddress else { return chunk.count }
        var place = start
        while place < chunk.count {
            work.steps += 1
            let found = memchr(base + place, 45, chunk.count - place)
            let hyphen = found.map { UnsafeRawPointer($0) - base } ?? chunk.count
            if hyphen == place { return place }
            if let last = chunk[place..<hyphen].lastIndex(of: 10) {
                endLine(chunk, at: last, chunkStart)
                place = last + 1
                // The hyphen begins a line, or the chunk ends with one.
                if place == hyphen { return place }
            }
            // Inside of the line that begins at `place`.
            guard hyphen < chunk.count, let end = lineFeed(in: chunk, from: hyphen) else {
                isSkipping = true
                return chunk.count
            }
            endLine(chunk, at: end, chunkStart)
            place = end + 1
        }
        return place
    }

    private mutating func feedBody(_ chunk: UnsafeRawBufferPointer, from start: Int, _ chunkStart: Int) -> Int {
        var place = start
        while place < chunk.count {
            if !isSkipping, carried.isEmpty {
                place = passLines(chunk, from: place, chunkStart)
                guard place < chunk.count else { return place }
                let left = chunk.count - place
                if chunk[place] != 45 || (left > 1 && chunk[place + 1] != 45) { isSkipping = true }
            }
            guard let end = lineFeed(in: chunk, from: place) else {
                work.steps += 1
                if !isSkipping { carry(UnsafeRawBufferPointer(rebasing: chunk[place...])) }
                return chunk.count
            }
            work.steps += 1
            guard !isSkipping else {
                isSkipping = false
                endLine(chunk, at: end, chunkStart)
                place = end + 1
                continue
            }
            let begun = lineStart
            let terminator = terminatorBytes
            let lineBytes = chunkStart + end + 1 - begun
            let piece = UnsafeRawBufferPointer(rebasing: chunk[place...end])
            endLine(chunk, at: end, chunkStart)
            if carried.isEmpty {
                takeDelimiter(piece, lineBytes, start: begun, terminator: terminator)
            } else {
                carry(piece)
                let line = carried
                carried.removeAll(keepingCapacity: true)
                line.withUnsafeBytes { takeDelimiter($0, lineBytes, start: begun, terminator: terminator) }
            }
            return end + 1
        }
        return place
    }

    // MARK: Delimiters

    /// - Parameters:
    ///   - line: a line that may be a delimiter, with its LF where it is whole.
    ///   - start: its offset in the message.
    private mutating func takeDelimiter(_ line: UnsafeRawBufferPointer, _ lineBytes: Int, start: Int, terminator: Int) {
        guard line.count > 2, line[0] == 45, line[1] == 45 else { return }
        let isWhole = line.count == lineBytes
        let text = line.last == 10 ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
        let end = start - terminator
        switch boundaries.match(text, isWhole: isWhole, work: &work) {
        case .none: return
        case .ambiguous: note(.missingBoundary)
        case .delimiter(let candidates):
            guard let frame = innermost(candidates, end) else { return }
            if isInHeader { leaveHeader(lineBytes, at: end) }
            closeFrames(above: frame, end: end)
            beginPart(in: frame, end: end)
        case .close(let candidates):
            guard let frame = innermost(candidates, end) else { return }
            if isInHeader { leaveHeader(lineBytes, at: end) }
            closeFrames(above: frame, end: end)
            endPreamble(frame, end)
            frames[frame].state = .epilogue
            entities[frames[frame].entity].epilogueStart = lineStart
            isInHeader = false
        }
    }

    /// The innermost of the frames that is not closed yet. A delimiter behind the closing one is a part for some
    /// programs and nothing for others.
    private mutating func innermost(_ candidates: [Int], _ end: Int) -> Int? {
        if let open = candidates.last(where: { frames[$0].state != .epilogue }) { return open }
        if let last = candidates.last { note(.missingBoundary, of: frames[last].entity) }
        return nil
    }

    private mutating func endPreamble(_ frame: Int, _ end: Int) {
        guard frames[frame].state == .preamble else { return }
        let entity = frames[frame].entity
        entities[entity].preambleEnd = max(end, entities[entity].bodyStart)
        frames[frame].state = .parts
    }

    private mutating func beginPart(in frame: Int, end: Int) {
        endPreamble(frame, end)
        let parent = frames[frame].entity
        guard entities.count < partLimit else {
            isInHeader = false
            note(.tooManyParts, of: 0)
            return
        }
        let number = entities[parent].children.count + 1
        let path = entities[parent].path.isEmpty ? "\(number)" : "\(entities[parent].path).\(number)"
        openEntity(path: path, depth: entities[parent].depth + 1, parent: parent)
    }

    // MARK: Entities

    private mutating func openEntity(path: String, depth: Int, parent: Int?) {
        let isInDigest = parent.map { entities[$0].content.type.essence == "multipart/digest" } ?? false
        let content = ContentFields([], isInDigest: isInDigest, work: &work)
        entities.append(
            ScannedEntity(
                path: path, depth: depth, start: lineStart,
                header: HeaderSection(fields: [], range: lineStart..<lineStart),
                content: content, bodyStart: lineStart, end: lineStart))
        if let parent { entities[parent].children.append(entities.count - 1) }
        frames.append(Frame(entity: entities.count - 1, boundary: nil))
        header.removeAll(keepingCapacity: true)
        headerIsFull = false
        isInHeader = true
    }

    /// The header ended with an empty line: decide what the body is.
    private mutating func endHeader(at headerEnd: Int, bodyStart: Int) {
        let index = entities.count - 1
        readHeader(index, end: headerEnd)
        entities[index].bodyStart = bodyStart
        isInHeader = false
        let content = entities[index].content
        let isTooDeep = entities[index].depth >= depthLimit
        if content.type.isMultipart {
            // Without a boundary: noted at its end, where it has a body.
            guard let boundary = content.boundary else { return }
            guard !isTooDeep else { return noteTooDeep(index) }
            if boundaries.contains(boundary) { note(.missingBoundary) }
            frames[frames.count - 1] = Frame(entity: index, boundary: boundary)
            boundaries.open(boundary, frame: frames.count - 1)
        } else if content.type.isMessage, content.isIdentity {
            guard !isTooDeep else { return noteTooDeep(index) }
            guard entities.count < partLimit else { return note(.tooManyParts, of: 0) }
            let path = entities[index].path.isEmpty ? "1" : "\(entities[index].path).1"
            openEntity(path: path, depth: entities[index].depth + 1, parent: index)
        }
    }

    /// The header ended with a delimiter or with the message, without an empty line.
    private mutating func leaveHeader(_ lineBytes: Int, at end: Int) {
        dropFromHeader(lineBytes)
        let index = entities.count - 1
        readHeader(index, end: max(end, entities[index].start))
        entities[index].bodyStart = max(end, entities[index].start)
        note(.noHeaderEnd)
        isInHeader = false
    }

    private mutating func readHeader(_ index: Int, end: Int) {
        let start = entities[index].start
        let limit = max(0, HeaderParser.messageFields - fieldCount)
        let parser = HeaderParser(header, base: start, fieldLimit: limit, work: &work)
        fieldCount += parser.fields.count
        let isInDigest = entities[index].content.type.isMessage
        let content = ContentFields(parser.fields, isInDigest: isInDigest, hidden: parser.hidden, work: &work)
        entities[index].linesAsText = parser.linesAsText
        entities[index].header = HeaderSection(fields: parser.fields, range: start..<max(start, end))
        entities[index].content = content
        for kind in ReadProblem.Kind.allCases where parser.problems.union(content.problems).contains(kind) {
            note(kind)
        }
        if headerIsFull { note(.headerTooLong) }
    }

    private mutating func noteTooDeep(_ index: Int) {
        entities[index].isTooDeep = true
        note(.tooDeep)
    }

    /// Notes a problem once per entity, by default of the one that is being read.
    private mutating func note(_ kind: ReadProblem.Kind, of entity: Int? = nil) {
        let entity = entity ?? frames.last?.entity ?? 0
        if noted.insert(Noted(entity: entity, kind: kind)).inserted { problems.append((entity, kind)) }
    }

    // MARK: Ends

    /// Closes all frames above one; what was inside ends at `end`.
    private mutating func closeFrames(above frame: Int, end: Int) {
        while frames.count > frame + 1 { closeLast(end: end) }
    }

    private mutating func closeLast(end: Int) {
        guard let frame = frames.popLast() else { return }
        // The line end before a delimiter belongs to it, even where it is that of the line before the entity: such an
        // entity is empty and stands where the one around it ends.
        if entities[frame.entity].start > end {
            entities[frame.entity].start = end
            entities[frame.entity].header = HeaderSection(fields: [], range: end..<end)
        }
        entities[frame.entity].end = end
        entities[frame.entity].bodyStart = min(entities[frame.entity].bodyStart, end)
        // A multipart without a body hides nothing: the header alone of a returned message (RFC 6522).
        let isEmpty = end - entities[frame.entity].bodyStart <= 4
        guard let boundary = frame.boundary else {
            let content = entities[frame.entity].content
            if content.type.isMultipart, content.boundary == nil, !isEmpty { note(.missingBoundary, of: frame.entity) }
            return
        }
        boundaries.close(boundary)
        switch frame.state {
        case .preamble: if !isEmpty { note(.missingBoundary, of: frame.entity) }
        case .parts: note(.unclosedMultipart, of: frame.entity)
        case .epilogue: break
        }
    }

    /// The end of the message. A last line without LF may be a delimiter.
    mutating func finish() {
        if !carried.isEmpty {
            let line = carried
            let start = lineStart
            let lineBytes = offset - start
            carried = []
            // A part that such a delimiter opens starts where the message ends.
            lineStart = offset
            line.withUnsafeBytes { takeDelimiter($0, lineBytes, start: start, terminator: terminatorBytes) }
        }
        if isInHeader { leaveHeader(0, at: offset) }
        while !frames.isEmpty { closeLast(end: offset) }
        if hasNul { note(.nulOctet, of: 0) }
    }
}

// Any bytes as a message: reading never throws for what they say, its ranges lie inside of each other, and the work is
// linear in the length.

import MIME
import Mail
import NIOCore
import SettingValues

enum MIMEEntry {
    static func run(_ input: [UInt8]) {
        var limits = Limits()
        limits.mimeDepth = 20
        limits.mimeParts = 200
        let whole = parse(MessageBytes(bytes: input), limits)
        check(whole, input)
        // However the bytes are cut into chunks, the message is the same.
        guard input.count > 1, input.count < 4096 else { return }
        let cut = 1 + Int(input[0]) % (input.count - 1)
        let pieces = [MessageBytes(bytes: input[..<cut]), MessageBytes(bytes: input[cut...])]
        let joined = parse(MessageBytes(joining: pieces), limits)
        promise(shape(joined.root) == shape(whole.root), "a cut at \(cut) changes the structure")
        promise(joined.problems == whole.problems, "a cut at \(cut) changes the problems")
    }

    private static func parse(_ bytes: MessageBytes, _ limits: Limits) -> ParsedMessage {
        let message = ReceivedMessage(
            envelope: Envelope(sender: nil, recipients: []), bytes: bytes, origin: .init(id: "F"), receivedAtSeconds: 0)
        do {
            let (parsed, steps) = try readCounting(message, limits: limits)
            promise(steps <= 20_000 + 400 * bytes.count, "\(steps) steps for \(bytes.count) bytes")
            return parsed
        } catch {
            fatalError("fuzz: reading threw \(error)")
        }
    }

    private static func check(_ parsed: ParsedMessage, _ input: [UInt8]) {
        promise(parsed.root.range.upperBound <= input.count, "a part beyond the message")
        check(parsed.root, depth: 0)
        _ = parsed.subject
    }

    private static func check(_ part: Part, depth: Int) {
        promise(depth <= 64, "deeper than the limit")
        promise(part.range.contains(range: part.header.range), "a header outside of its part")
        promise(part.range.contains(range: part.bodyRange), "a body outside of its part")
        // A part that ends within its header leaves the line end of its last field to the delimiter.
        let slack = depth == 0 ? 0 : 2
        let header = part.header.range.lowerBound..<(part.header.range.upperBound + slack)
        for field in part.header.fields {
            promise(header.contains(range: field.range), "a field outside of its header")
            promise(field.range.contains(range: field.valueRange), "a value outside of its field")
        }
        for child in part.children {
            promise(part.range.contains(range: child.range), "a part outside of its parent")
            check(child, depth: depth + 1)
        }
    }

    private static func shape(_ part: Part) -> [String] {
        let parameters = part.type.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let place = "\(part.path) \(part.range) \(part.bodyRange)"
        let fields = part.header.fields.map { "\($0.name) \($0.range) \($0.text)" }
        return [place, part.type.essence, part.fileName ?? "-"] + parameters + fields
            + part.children.flatMap { shape($0) }
    }
}

extension Range<Int> {
    /// True where the other one lies within; an empty one lies wherever it begins.
    fileprivate func contains(range other: Range<Int>) -> Bool {
        other.lowerBound >= lowerBound && other.upperBound <= upperBound
    }
}

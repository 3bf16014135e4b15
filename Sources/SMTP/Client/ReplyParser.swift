// Reading replies as a client, however the network cuts them (RFC 5321 section 4.2.1).
// Takes bytes off the wire; gives a reply, "more is needed", or "this is no SMTP". Bounded; never traps.

package import NIOCore

/// An incremental reader of replies: feed it the inbound buffer after each read.
package struct ReplyParser: Sendable {
    /// What one call found.
    package enum Outcome: Sendable, Equatable {
        /// No whole reply yet; nothing is lost, call again with more bytes.
        case needMore
        /// One reply, taken out of the buffer; there may be another behind it.
        case reply(Reply)
        /// The other side does not speak SMTP: why. The connection is of no further use.
        case malformed(String)
    }

    /// Longest line that is read, in bytes with its end (RFC 5321 says 512; some servers write more).
    package static let lineBytes = 4096
    /// Most lines of one reply.
    package static let replyLines = 200

    private var code = 0
    private var enhanced: String?
    private var lines: [String] = []

    /// Before the first reply.
    package init() {}

    /// Takes the next whole reply out of `buffer`. A bare LF ends a line as CRLF does: replies carry no messages.
    package mutating func next(from buffer: inout ByteBuffer) -> Outcome {
        while true {
            let view = buffer.readableBytesView
            guard let lineFeed = view.prefix(Self.lineBytes).firstIndex(of: 10) else {
                return view.count >= Self.lineBytes
                    ? .malformed("a reply line exceeds \(Self.lineBytes) bytes") : .needMore
            }
            var octets = Array(view[view.startIndex..<lineFeed])
            if octets.last == 13 { octets.removeLast() }
            buffer.moveReaderIndex(forwardBy: lineFeed - view.startIndex + 1)
            switch take(octets) {
            case .needMore: continue
            case let done: return done
            }
        }
    }

    private mutating func take(_ octets: [UInt8]) -> Outcome {
        guard octets.count >= 3, octets[..<3].allSatisfy({ (48...57).contains($0) }) else {
            return .malformed("a reply line does not begin with a code")
        }
        let value = octets[..<3].reduce(0) { $0 * 10 + Int($1 - 48) }
        guard (200..<600).contains(value), lines.isEmpty || value == code else {
            return .malformed("the reply code \"\(value)\" is out of place")
        }
        guard lines.count < Self.replyLines else { return .malformed("a reply exceeds \(Self.replyLines) lines") }
        let separator = octets.count > 3 ? octets[3] : 32
        guard separator == 32 || separator == 45 else { return .malformed("a reply code is not followed by a space") }
        code = value
        lines.append(strip(String(decoding: octets.dropFirst(4), as: UTF8.self)))
        if separator == 45 { return .needMore }
        defer { self = ReplyParser() }
        return .reply(Reply(code, enhanced, lines: lines))
    }

    /// Takes the enhanced code off a line; that of the last line counts.
    private mutating func strip(_ text: String) -> String {
        let word = text.prefix { $0 != " " }
        guard Reply.isEnhanced(word, for: code) else { return text }
        enhanced = String(word)
        return String(text[word.endIndex...].drop { $0 == " " })
    }
}

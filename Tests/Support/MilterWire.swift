// An MTA that speaks the milter protocol on a blocking socket: what it sends is exactly what the test wrote.

/// One connection of an MTA to a milter.
package final class MilterWire {
    /// One frame of the filter.
    package struct Frame: Sendable, Equatable {
        package let code: Character
        package let data: [UInt8]
    }

    private let socket: SocketClient

    /// Connects to a loopback port.
    package init(_ port: Int) throws { socket = try SocketClient(port: port) }

    /// Sends a frame.
    package func send(_ code: Character, _ data: [UInt8] = []) throws {
        let length = UInt32(data.count + 1)
        let head = (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
        try socket.send(head + [code.asciiValue ?? 0] + data)
    }

    /// Sends a frame of NUL-ended texts.
    package func texts(_ code: Character, _ texts: String...) throws {
        try send(code, texts.flatMap { Array($0.utf8) + [0] })
    }

    /// The next frame, or nil where we have been cut off.
    package func frame() -> Frame? {
        guard let head = try? socket.bytes(5) else { return nil }
        let length = head.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard let data = try? socket.bytes(length - 1) else { return nil }
        return Frame(code: Character(UnicodeScalar(head[4])), data: data)
    }

    /// All frames up to the last word.
    package func answer() -> [Frame] {
        var all: [Frame] = []
        while let frame = frame() {
            all.append(frame)
            if "adyrtc".contains(frame.code) { break }
        }
        return all
    }

    /// Negotiates as Postfix does and tells of the client.
    /// - Returns: the filter's offer.
    @discardableResult
    package func open() throws -> Frame? {
        try send("O", [0, 0, 0, 6, 0, 0, 1, 0xFF, 0, 0x1F, 0xFF, 0xFF])
        let reply = frame()
        let client = Array("client.example.org".utf8) + [0] + Array("4".utf8) + [0, 25] + Array("192.0.2.1".utf8) + [0]
        try send("C", client)
        try texts("H", "client.example.org")
        return reply
    }

    /// MAIL and RCPTs.
    package func envelope(from sender: String, to recipients: [String]) throws {
        try texts("M", "<\(sender)>")
        for recipient in recipients { try texts("R", "<\(recipient)>") }
    }

    /// A body in chunks, and its end.
    package func end(_ body: [UInt8]) throws -> [Frame] {
        for start in stride(from: 0, to: body.count, by: 65_535) {
            try send("B", Array(body[start..<min(start + 65_535, body.count)]))
        }
        try send("E")
        return answer()
    }

    /// The frames of an answer, for short comparisons.
    package static func text(_ answer: [Frame]) -> String {
        answer.map { "\($0.code)\(String(decoding: $0.data.filter { $0 != 0 }, as: UTF8.self))" }.joined(separator: " ")
    }
}

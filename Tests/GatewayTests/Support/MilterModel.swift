// A mail system in front of the milter door: it hands messages over and carries out the edits, as Postfix does.

import Foundation
import Mail
import Support

/// A message as an MTA holds it.
struct HeldMessage: Equatable {
    struct Field: Equatable {
        var name: String
        var value: String
    }
    /// Values as they stand behind the colon, folds as LF.
    var fields: [Field]
    var body: String
    var recipients: [String]

    /// Takes a message with CRLF lines apart.
    init(_ message: String, to recipients: [String]) {
        let lines = message.components(separatedBy: "\r\n")
        let end = lines.firstIndex(of: "") ?? lines.count
        fields = []
        for line in lines[..<end] {
            if line.hasPrefix(" ") || line.hasPrefix("\t"), !fields.isEmpty {
                fields[fields.count - 1].value += "\n" + line
            } else if let colon = line.firstIndex(of: ":") {
                fields.append(Field(name: String(line[..<colon]), value: String(line[line.index(after: colon)...])))
            }
        }
        body = lines[min(end + 1, lines.count)...].joined(separator: "\r\n")
        self.recipients = recipients
    }

    /// The message with CRLF lines.
    var text: String {
        fields.map { "\($0.name):\($0.value.replacingOccurrences(of: "\n", with: "\r\n"))\r\n" }.joined() + "\r\n"
            + body
    }

    /// Hands it to the milter.
    /// - Returns: the filter's frames.
    func hand(over wire: MilterWire, from sender: String) throws -> [MilterWire.Frame] {
        try wire.envelope(from: sender, to: recipients)
        for field in fields { try wire.texts("L", field.name, field.value) }
        return try wire.end(Array(body.utf8))
    }

    /// Carries out the edits as Postfix's cleanup(8) does: an index counts per name, in any case; an empty value deletes;
    /// what is not found is added.
    mutating func carryOut(_ frames: [MilterWire.Frame]) {
        var isReplaced = false
        for frame in frames {
            switch frame.code {
            case "b":
                if !isReplaced { body = "" }
                isReplaced = true
                body += String(decoding: frame.data, as: UTF8.self)
            case "m": change(frame.data)
            case "h":
                let texts = Self.texts(frame.data)
                fields.append(Field(name: texts[0], value: texts[1]))
            case "+": recipients.append(String(Self.texts(frame.data)[0].dropFirst().dropLast()))
            case "-": recipients.removeAll { "<\($0)>" == Self.texts(frame.data)[0] }
            default: break
            }
        }
    }

    private mutating func change(_ data: [UInt8]) {
        let index = data.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        let texts = Self.texts(Array(data.dropFirst(4)))
        let places = fields.indices.filter { fields[$0].name.lowercased() == texts[0].lowercased() }
        let place = places.indices.contains(index - 1) ? places[index - 1] : nil
        switch (place, texts[1]) {
        case (let place?, ""): fields.remove(at: place)
        case (let place?, let value): fields[place] = Field(name: texts[0], value: value)
        case (nil, ""): break
        case (nil, let value): fields.append(Field(name: texts[0], value: value))
        }
    }

    private static func texts(_ data: [UInt8]) -> [String] {
        data.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// What a milter answered, and what became of the message.
struct MilterResult {
    /// `accepted`, `discarded`, or the reply.
    var answer: String
    var message: HeldMessage
}

/// Hands a message to the milter of a gateway on a thread of its own.
func handOver(
    _ message: HeldMessage, from sender: String = "alice@example.org", port: Int
) async throws -> MilterResult {
    try await onThread {
        let wire = try MilterWire(port)
        try wire.open()
        let frames = try message.hand(over: wire, from: sender).filter { $0.code != "p" }
        var held = message
        var answer = "cut off"
        switch frames.last?.code {
        case "a":
            held.carryOut(frames)
            answer = "accepted"
        case "d": answer = "discarded"
        case "y": answer = String(decoding: frames.last?.data.dropLast() ?? [], as: UTF8.self)
        default: break
        }
        return MilterResult(answer: answer, message: held)
    }
}

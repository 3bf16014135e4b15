// What the tests of this folder share: the program that was built beside them, the files of Fixtures, findings.

import Extraction
import ExtractionWire
import Foundation
import MIME
import Mail
import Support
import Testing

enum Made {
    static func bytes(_ fixture: String) throws -> [UInt8] {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/\(fixture)", withExtension: nil))
        return Array(try Data(contentsOf: url))
    }
}

/// A pool on the program that was built.
func pool(_ change: (inout ExtractionSettings) -> Void = { _ in }) -> ExtractionPool {
    var settings = ExtractionSettings()
    settings.program = BuiltExtractor.program
    settings.workers = 1
    change(&settings)
    return ExtractionPool(settings)
}

/// A message with attachments: name, claimed type, bytes.
func mail(_ attachments: [(name: String, type: String, bytes: [UInt8])]) throws -> ParsedMessage {
    var text = "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=b=\"\r\n\r\n"
    text += "--=b=\r\nContent-Type: text/plain\r\n\r\nSee attached.\r\n"
    for one in attachments {
        text += "--=b=\r\nContent-Type: \(one.type)\r\nContent-Disposition: attachment; filename=\"\(one.name)\"\r\n"
        text += "Content-Transfer-Encoding: base64\r\n\r\n"
        text += Data(one.bytes).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        text += "\r\n"
    }
    return try parsed(text + "--=b=--\r\n")
}

func parsed(_ text: String, limits: Limits = Limits()) throws -> ParsedMessage {
    try read(
        ReceivedMessage(
            envelope: Envelope(sender: nil, recipients: []), bytes: MessageBytes(text), origin: .init(id: "t"),
            receivedAtSeconds: 0), limits: limits)
}

/// What is found in one fixture, sent as an attachment of no particular type.
func found(
    _ fixture: String, type: String = "application/octet-stream", _ pool: ExtractionPool
) async throws -> ExtractedPart {
    let parts = await pool.extract(try mail([(fixture, type, try Made.bytes(fixture))]))
    #expect(parts.state == .done)
    return try #require(parts["2"])
}

/// What is found in some bytes.
func found(_ bytes: [UInt8], name: String = "file", _ pool: ExtractionPool) async throws -> ExtractedPart {
    let parts = await pool.extract(try mail([(name, "application/octet-stream", bytes)]))
    return try #require(parts["2"])
}

extension ExtractedPart {
    var allText: String { texts.map(\.text).joined(separator: "\n") }
    var isUnreadable: Bool { if case .unreadable = problem { true } else { false } }
}

let card = "4111 1111 1111 1111"

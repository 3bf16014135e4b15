// The MTA's side: writes what Postfix writes, reads what a filter answers.

import Mail
import Milter
import NIOCore
import SettingValues

/// Frames of an MTA, one after the other.
struct MTA {
    private(set) var bytes = ByteBuffer()

    static let allSteps = MilterSteps.wanted.union([.noConnect, .noHello, .noMail, .noRecipient, .noBody, .noHeaders])

    mutating func frame(_ command: MilterCommand, _ data: [UInt8] = []) { frame(code: command.rawValue, data) }

    mutating func frame(code: UInt8, _ data: [UInt8]) {
        bytes.writeInteger(UInt32(data.count + 1))
        bytes.writeInteger(code)
        bytes.writeBytes(data)
    }

    mutating func texts(_ command: MilterCommand, _ texts: String...) {
        frame(command, texts.flatMap { Array($0.utf8) + [0] })
    }

    mutating func negotiate(version: UInt32 = 6, actions: UInt32 = 0x1FF, steps: UInt32 = allSteps.rawValue) {
        var data = ByteBuffer()
        data.writeInteger(version)
        data.writeInteger(actions)
        data.writeInteger(steps)
        frame(.negotiate, Array(data.readableBytesView))
    }

    mutating func macros(_ command: MilterCommand, _ texts: String...) {
        frame(.macro, [command.rawValue] + texts.flatMap { Array($0.utf8) + [0] })
    }

    mutating func connect(family: Character = "4", address: String = "192.0.2.1") {
        var data = Array("client.example.org".utf8) + [0, family.asciiValue ?? 0]
        if family != "U" { data += [0, 25] + Array(address.utf8) + [0] }
        frame(.connect, data)
    }

    /// One message from MAIL to the end of its body.
    mutating func message(
        from: String = "<alice@example.org>", to: [String] = ["<bob@example.net>"],
        fields: [(String, String)] = [("Subject", " x")], body: [String] = ["hello\r\n"]
    ) {
        texts(.mail, from)
        for recipient in to { texts(.recipient, recipient) }
        content(fields: fields, body: body)
    }

    mutating func content(fields: [(String, String)] = [("Subject", " x")], body: [String] = ["hello\r\n"]) {
        for (name, value) in fields { texts(.header, name, value) }
        for piece in body { frame(.body, Array(piece.utf8)) }
        frame(.bodyEnd)
    }
}

/// What a session did with some bytes.
struct Outcome {
    var transactions: [MilterSession.Transaction] = []
    var refusals: [Refusal] = []
    var written: [(code: UInt8, data: [UInt8])] = []
    /// nil while open, "" where the MTA said good-bye, else why.
    var closed: String?

    /// The letters of all frames written.
    var letters: String { String(decoding: written.map(\.code), as: UTF8.self) }
}

/// Feeds a session; every message is answered with `verdict`.
func run(
    _ bytes: ByteBuffer, limits: Limits = Limits(), piece: Int = Int.max, verdict: MilterVerdict = .accept([])
) -> Outcome {
    var session = MilterSession(limits: limits)
    var outcome = Outcome()
    var written = ByteBuffer()
    var input = ByteBuffer()
    var rest = bytes
    while rest.readableBytes > 0, outcome.closed == nil {
        if var next = rest.readSlice(length: min(piece, rest.readableBytes)) { input.writeBuffer(&next) }
        var isHungry = false
        while !isHungry, outcome.closed == nil {
            switch session.receive(&input) {
            case .needMore: isHungry = true
            case .reply(var reply): written.writeBuffer(&reply)
            case .refused(let refusal, var reply):
                outcome.refusals.append(refusal)
                written.writeBuffer(&reply)
            case .close(let why): outcome.closed = why ?? ""
            case .message(let transaction):
                outcome.transactions.append(transaction)
                var writer = session.answer(verdict)
                while var batch = writer.next() { written.writeBuffer(&batch) }
            }
        }
    }
    outcome.written = frames(written)
    return outcome
}

/// Takes a filter's frames apart.
func frames(_ bytes: ByteBuffer) -> [(code: UInt8, data: [UInt8])] {
    var bytes = bytes
    var all: [(code: UInt8, data: [UInt8])] = []
    while let length = bytes.readInteger(as: UInt32.self), let code = bytes.readInteger(as: UInt8.self),
        let data = bytes.readBytes(length: Int(length) - 1)
    {
        all.append((code, data))
    }
    return all
}

func text(_ bytes: MessageBytes?) -> String {
    String(decoding: (try? bytes?.copy()) ?? [], as: UTF8.self)
}

func mailbox(_ text: String) -> Mailbox { Mailbox(text)! }

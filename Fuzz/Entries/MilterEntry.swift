// Any bytes as what an MTA says to its milter: what is understood does not depend on how the network cuts it, and a message
// that is handed on has CRLF lines only.

import Mail
import Milter
import NIOCore
import SettingValues

enum MilterEntry {
    static func run(_ input: [UInt8]) {
        var dice = Dice(input)
        let verdict = verdict(dice.octet())
        let wire = dice.rest
        let atOnce = talk(wire, piece: max(wire.count, 1), verdict)
        promise(talk(wire, piece: 1, verdict) == atOnce, "what is understood depends on how it is cut")
    }

    /// What the session does, in words that can be compared.
    private static func talk(_ wire: [UInt8], piece: Int, _ verdict: MilterVerdict) -> [String] {
        var limits = Limits()
        limits.messageBytes = 4096
        limits.recipients = 10
        var session = MilterSession(limits: limits)
        var events: [String] = []
        var buffer = ByteBuffer()
        var left = wire[...]
        repeat {
            buffer.writeBytes(left.prefix(piece))
            left = left.dropFirst(piece)
            loop: while true {
                switch session.receive(&buffer) {
                case .needMore: break loop
                case .reply(let bytes): events.append("reply \(bytes.readableBytesView.map { $0 })")
                case .refused(let refusal, let bytes): events.append("refused \(refusal) \(bytes.readableBytes)")
                case .close(let why):
                    events.append("close \(why ?? "")")
                    return events
                case .message(let transaction):
                    check(transaction)
                    events.append("message \(transaction.envelope) \((try? transaction.bytes.copy()) ?? [])")
                    var writer = session.answer(verdict)
                    while let batch = writer.next() { events.append("answer \(batch.readableBytesView.map { $0 })") }
                }
                promise(session.heldBytes <= limits.messageBytes + 65_536 + 4096, "\(session.heldBytes) bytes held")
            }
        } while !left.isEmpty
        return events
    }

    private static func check(_ transaction: MilterSession.Transaction) {
        promise(!transaction.envelope.recipients.isEmpty, "a message to nobody")
        guard let bytes = try? transaction.bytes.copy() else { return }
        for (index, octet) in bytes.enumerated() {
            if octet == 10 { promise(index > 0 && bytes[index - 1] == 13, "a bare LF at \(index)") }
            if octet == 13 { promise(index + 1 < bytes.count && bytes[index + 1] == 10, "a bare CR at \(index)") }
        }
    }

    private static func verdict(_ choice: UInt8) -> MilterVerdict {
        switch choice % 4 {
        case 0: .accept([])
        case 1: .discard
        case 2: .refuse(Refusal(.policy, "no"))
        default:
            .accept(
                [
                    .deleteHeader(index: 1, name: Array("Subject".utf8)),
                    .insertHeader(index: 0, name: Array("X-Test".utf8), value: Array(" yes".utf8)),
                    .replaceBody(MessageBytes("another body\r\n")),
                ] + (Mailbox("bob@keyed.example").map { [.deleteRecipient($0)] } ?? []))
        }
    }
}

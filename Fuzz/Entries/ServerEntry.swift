// Any bytes as what an SMTP client says: the session never traps, holds what its limits say, and hands on no message with
// a bare CR or LF in it; the receiver of DATA finds the same message however the network cuts it.

import Mail
import NIOCore
import SettingValues
import SMTP

enum ServerEntry {
    static func run(_ input: [UInt8]) {
        var dice = Dice(input)
        let choice = dice.octet()
        session(dice.rest, choice)
        unstuffer(dice.rest)
    }

    private static func session(_ wire: [UInt8], _ choice: UInt8) {
        var limits = Limits()
        limits.messageBytes = 2048
        limits.textLineBytes = 1000
        limits.recipients = 5
        limits.badCommands = 10
        let offers = SessionOffers(
            dialect: choice & 128 == 0 ? .smtp : .lmtp, startTLS: choice & 32 != 0, mechanisms: ["PLAIN"],
            requiresLogin: choice & 40 == 40)
        var session = ServerSession(hostname: "gate.example.org", limits: limits, offers: offers)
        if choice & 16 != 0 { session.connected(from: "192.0.2.1", isTrusted: true) }
        let piece = 1 + Int(choice) % 64
        var buffer = ByteBuffer()
        var left = wire[...]
        var logins = 0
        repeat {
            buffer.writeBytes(left.prefix(piece))
            left = left.dropFirst(piece)
            loop: while true {
                switch session.next(from: &buffer) {
                case .needMore: break loop
                case .reply(let reply): check(reply)
                case .replies(let replies): replies.forEach(check)
                case .startTLS(let reply):
                    check(reply)
                    promise(buffer.readableBytes == 0, "input in clear behind STARTTLS")
                    session.secured()
                case .checkLogin:
                    logins += 1
                    switch session.loginAnswer(answer(to: logins + Int(choice & 3))) {
                    case .reply(let reply): check(reply)
                    case .replyAndClose: return
                    default: break
                    }
                case .replyAndClose(let reply):
                    check(reply)
                    promise(session.phase == .closed, "open after the last reply")
                    return
                case .message(let transaction):
                    promise(!transaction.envelope.recipients.isEmpty, "a message to nobody")
                    promise(transaction.envelope.recipients.count <= limits.recipients, "too many recipients")
                    check(transaction.bytes, limits)
                    session.answer(choice & 64 == 0 ? nil : Refusal(.policy, "no"), id: "F").forEach(check)
                }
            }
        } while !left.isEmpty
    }

    private static func answer(to login: Int) -> ServerSession.LoginAnswer {
        switch login % 5 {
        case 0: .challenge([97, 98])
        case 1: .success(user: "alice", maySendAs: DomainList([".org"]), final: [118])
        case 2: .wrong
        case 3: .throttled(seconds: 60)
        default: .success(user: "alice", maySendAs: DomainList([".org"]), final: nil)
        }
    }

    private static func check(_ reply: Reply) {
        promise((200..<600).contains(reply.code), "reply code \(reply.code)")
    }

    private static func check(_ message: MessageBytes, _ limits: Limits) {
        guard let bytes = try? message.copy() else { return }
        promise(bytes.count <= limits.messageBytes, "a message of \(bytes.count) bytes")
        for (index, octet) in bytes.enumerated() {
            if octet == 10 { promise(index > 0 && bytes[index - 1] == 13, "a bare LF at \(index)") }
            if octet == 13 { promise(index + 1 < bytes.count && bytes[index + 1] == 10, "a bare CR at \(index)") }
        }
    }

    /// The input as DATA, in one piece and octet by octet; and what was taken goes out and comes in again.
    private static func unstuffer(_ wire: [UInt8]) {
        var limits = Limits()
        limits.messageBytes = 2048
        limits.textLineBytes = 1000
        let atOnce = receive(wire, piece: max(wire.count, 1), limits)
        promise(atOnce == receive(wire, piece: 1, limits), "a message depends on how it is cut")
        guard case .message(let message, _) = atOnce, message.isEmpty || message.suffix(2) == [13, 10] else { return }
        var content = ClientContent(MessageBytes(bytes: message))
        var out: [UInt8] = []
        while let piece = try? content.next() { out += piece.readableBytesView }
        out += content.finalDot().readableBytesView
        guard case .message(let again, let used) = receive(out, piece: 7, limits) else {
            return promise(out.count > 2 * limits.messageBytes, "what went out is no message")
        }
        promise(used == out.count, "what went out ends too early")
        promise(again == message || message.isEmpty, "what went out is another message")
    }

    private enum Received: Equatable {
        case open
        /// Which of several faults is named may depend on what came together.
        case refused
        /// And how many octets belonged to it.
        case message([UInt8], used: Int)
    }

    private static func receive(_ wire: [UInt8], piece: Int, _ limits: Limits) -> Received {
        var receiver = DotUnstuffer(limits: limits)
        var left = wire[...]
        var given = 0
        while !left.isEmpty {
            var buffer = ByteBuffer(bytes: left.prefix(piece))
            given += buffer.readableBytes
            left = left.dropFirst(piece)
            switch receiver.take(from: &buffer) {
            case .needMore: continue
            case .refused: return .refused
            case .message(let bytes, _): return .message((try? bytes.copy()) ?? [], used: given - buffer.readableBytes)
            }
        }
        return .open
    }
}

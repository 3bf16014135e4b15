// Any bytes as what a next hop says: a reply is the same however the network cuts it, and content is never asked for, nor a
// message called accepted, by a hop that has not said so.

import Mail
import NIOCore
import SMTP

enum ClientEntry {
    static func run(_ input: [UInt8]) {
        replies(input)
        dialogue(input)
    }

    private static func replies(_ input: [UInt8]) {
        var whole = ByteBuffer(bytes: input)
        var parser = ReplyParser()
        var atOnce: [ReplyParser.Outcome] = []
        loop: while atOnce.count <= input.count {
            let outcome = parser.next(from: &whole)
            atOnce.append(outcome)
            switch outcome {
            case .needMore, .malformed: break loop
            case .reply(let reply):
                promise((200..<600).contains(reply.code), "reply code \(reply.code)")
                promise(!Reply.printable(reply.description).contains("\n"), "a line end in what is printed")
            }
        }
        var dripping = ByteBuffer()
        var second = ReplyParser()
        var dripped: [ReplyParser.Outcome] = []
        drip: for octet in input {
            dripping.writeInteger(octet)
            while true {
                let outcome = second.next(from: &dripping)
                if outcome == .needMore { break }
                dripped.append(outcome)
                if case .malformed = outcome { break drip }
            }
        }
        promise(atOnce.filter { $0 != .needMore } == dripped, "replies depend on how they are cut")
    }

    /// One transaction, then another, with the input as all that the hop ever says.
    private static func dialogue(_ input: [UInt8]) {
        var dice = Dice(input)
        let choice = dice.octet()
        guard let sender = Mailbox("alice@example.org"), let one = Mailbox("bob@keyed.example"),
            let two = Mailbox("carol@open.example")
        else { return }
        let opening = ClientOpening(
            tls: choice & 8 == 0 ? .never : choice & 16 == 0 ? .ifOffered : .required, logsIn: choice & 32 != 0,
            mayLogInClear: choice & 64 != 0)
        var session = ClientSession(hostname: "gate.example.org", opening: opening)
        let transaction = ClientTransaction(
            choice & 1 == 0 ? .send(askedBefore: choice & 2 == 0) : .ask, sender: sender, recipients: [one, two],
            contentBytes: 100, needs8BitMIME: choice & 4 != 0)
        var sentContent = false
        var isOver = false
        var begun = 0
        let piece = 1 + Int(choice >> 3)
        var left = dice.rest[...]
        var pending = session.receive(ByteBuffer())
        while !isOver {
            var more: [ClientSession.Action] = []
            for action in pending {
                switch action {
                case .write: break
                case .startTLS: more += session.secured(.encrypted)
                case .chooseLogin(let offered):
                    promise(choice & 64 != 0 || session.state != .ready, "a log-in after the opening")
                    more += session.beginLogin(offered.first ?? "PLAIN", initial: [0, 97, 0, 98], isSatisfied: true)
                case .answerChallenge: more += session.respond([97], isSatisfied: choice & 128 == 0)
                case .sendContent:
                    promise(!sentContent, "content asked for twice")
                    promise(choice & 1 == 0, "content asked for by a mere question")
                    sentContent = true
                case .opened: break
                case .notOpened, .close: isOver = true
                case .finished(let outcome, let closing):
                    if outcome == .accepted, choice & 1 == 0 { promise(sentContent, "accepted without content") }
                    if closing { isOver = true }
                    sentContent = false
                }
            }
            if isOver { break }
            if !more.isEmpty {
                pending = more
                continue
            }
            if session.isReady, begun < 4 {
                begun += 1
                pending = session.begin(transaction)
                if !pending.isEmpty { continue }
            }
            if session.state == .content { session.finalDotComing() }
            guard !left.isEmpty else { break }
            pending = session.receive(ByteBuffer(bytes: left.prefix(piece)))
            left = left.dropFirst(piece)
        }
    }
}

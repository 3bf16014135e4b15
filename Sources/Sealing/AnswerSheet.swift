// What one content says of answers: written down while its letters are made, then put into its index.

import Cryptography
import Links
import Mail

/// The answers' part of one content's index.
struct AnswerSheet {
    private let gatewayKey: [UInt8]
    private let participants: [Participant]
    private let messageID: String?
    /// Marks of letters by the folded address of their readers.
    private var marks: [String: String] = [:]
    private var isAnswered = false
    /// nil: letters take no answers.
    let limits: AnswerLimits?

    init(_ post: LetterPost, gatewayKey: [UInt8]) {
        self.gatewayKey = gatewayKey
        limits = post.answering.limits
        messageID = repeatableMessageID(post.parsed)
        participants = Participant.all(
            of: post.parsed, sender: post.sender, senderName: post.senderName(), post.everybody,
            inside: post.answering.inside)
    }

    /// Takes down a letter.
    /// - Returns: what the gateway has to know of it.
    mutating func add(
        _ letterID: String, of reader: Mailbox, takesAnswers: Bool
    ) throws(Refusal) -> OutboundMessage.Letter.Conversation {
        marks[reader.folded] = try Participant.mark(of: letterID)
        if takesAnswers, limits != nil { isAnswered = true }
        return .init(
            reader: reader, gatewayKey: gatewayKey, messageID: messageID,
            participants: participants.map(\.mailbox).filter { $0.folded != reader.folded })
    }

    /// Writes on an index the gateway's key, and what its readers need to answer.
    func write(on index: inout LetterIndex) {
        index.gateway = Base64URL.encode(gatewayKey)
        guard isAnswered else { return }
        index.participants = participants.map { one in
            LetterIndex.Participant(
                address: one.mailbox.description, name: one.name.isEmpty ? nil : one.name,
                sender: one.isSender ? true : nil, letter: marks[one.mailbox.folded])
        }
    }
}

// Envelope and origin of a held message, as they are written down beside its sealed content, so that a release judges
// and sends the message that came. JSON; what cannot be read again is an error, never a guess.

import Foundation
package import Mail
import Vault

/// What SMTP said about a held message.
package struct HeldCircumstances: Codable, Equatable {
    struct Parameters: Codable, Equatable {
        var notify: UInt8?
        var originalRecipient: String?
    }

    /// As written; nil is the null sender.
    package var sender: String?
    var body: String
    var smtputf8: Bool
    var ret: String?
    var envelopeID: String?
    var requiresTLS: Bool
    /// By address as written.
    var recipientOptions: [String: Parameters]
    var originID: String
    var clientName: String
    var clientAddress: String
    var protocolName: String
    var door: String
    var user: String?
    var listener: String
    /// Of an answer: id of the letter that it answers, and its own within the letter.
    var answeredLetter: String?
    var answer: String?

    /// - Parameter recipients: the ones that are held; nothing is written down of others.
    init(_ received: ReceivedMessage, _ errand: Errand, _ recipients: [Mailbox]) {
        let envelope = received.envelope
        let origin = received.origin
        sender = envelope.sender?.description
        body = envelope.body.rawValue
        smtputf8 = envelope.smtputf8
        ret = envelope.ret?.rawValue
        envelopeID = envelope.envelopeID
        requiresTLS = envelope.requiresTLS
        recipientOptions = [:]
        for recipient in recipients {
            guard let options = envelope.recipientOptions[recipient] else { continue }
            recipientOptions[recipient.description] = Parameters(
                notify: options.notify?.rawValue, originalRecipient: options.originalRecipient)
        }
        originID = origin.id
        clientName = origin.clientName
        clientAddress = origin.clientAddress
        protocolName = origin.protocolName
        door = origin.door.rawValue
        user = origin.user
        listener = origin.listener
        answeredLetter = errand.answered?.letter
        answer = errand.answered?.answer
    }

    /// - Throws: a ``Refusal`` of cause `storage` where it is none.
    package init(json: String) throws(Refusal) {
        do { self = try JSONDecoder().decode(Self.self, from: Data(json.utf8)) } catch {
            throw Self.unreadable("envelope and origin of a held message")
        }
    }

    func json() throws(Refusal) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return String(decoding: try encoder.encode(self), as: UTF8.self) } catch {
            throw Self.unreadable("writing envelope and origin")
        }
    }

    /// What it was on its way for, let out by an officer.
    /// - Throws: a ``Refusal`` of cause `storage` where that cannot be read.
    func errand(released id: HeldID) throws(Refusal) -> Errand {
        if let answeredLetter {
            guard let answer else { throw Self.unreadable("the answer that a held message is") }
            return Errand(.answer(AnswerID(letter: answeredLetter, answer: answer)), released: id)
        }
        switch ReceivedMessage.Door(rawValue: door) {
        case .smtp?, .commandLine?: return Errand(.submission(perRecipient: false), released: id)
        case .lmtp?: return Errand(.submission(perRecipient: true), released: id)
        case .milter?: return Errand(.milter(splits: false), released: id)
        case nil: throw Self.unreadable("the circumstances of a held message")
        }
    }

    /// The message as it came, for some of its held recipients.
    func received(_ bytes: MessageBytes, for recipients: [Mailbox], atSeconds: Int64) throws(Refusal) -> ReceivedMessage
    {
        var from: Mailbox?
        if let sender {
            from = Mailbox(sender)
            guard from != nil else { throw Self.unreadable("the sender of a held message") }
        }
        guard let body = Envelope.Body(rawValue: body), let door = ReceivedMessage.Door(rawValue: door) else {
            throw Self.unreadable("the circumstances of a held message")
        }
        var options: [Mailbox: Envelope.RecipientOptions] = [:]
        for recipient in recipients {
            guard let kept = recipientOptions[recipient.description] else { continue }
            options[recipient] = .init(
                notify: kept.notify.map(Envelope.Notify.init(rawValue:)), originalRecipient: kept.originalRecipient)
        }
        var origin = ReceivedMessage.Origin(
            id: originID, clientName: clientName, clientAddress: clientAddress, protocolName: protocolName, door: door,
            user: user)
        origin.listener = listener
        return ReceivedMessage(
            envelope: Envelope(
                sender: from, recipients: recipients, body: body, smtputf8: smtputf8,
                ret: ret.flatMap(Envelope.Return.init(rawValue:)), envelopeID: envelopeID, requiresTLS: requiresTLS,
                recipientOptions: options),
            bytes: bytes, origin: origin, receivedAtSeconds: atSeconds)
    }

    private static func unreadable(_ what: String) -> Refusal {
        Refusal(.storage, "local storage is not available, try again later", detail: "reading \(what): it is damaged")
    }
}

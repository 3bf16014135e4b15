// Which way a link's password goes for one recipient: the first of those that every rule allows which can be used.
// Pure. Fails closed: where none can, the link is no method, and clear text is not its substitute.

import Detection
import MIME
import Mail
import SettingValues

/// Whether a way can be used.
enum PasswordWay {
    case usable(PasswordPlan)
    /// Why not, for our log; and what the sender can do.
    case unusable(String, publicly: String)
    /// A wish of the sender that cannot be granted: no other way is tried in its place.
    case refused(String, publicly: String)
}

/// The choice for one recipient.
struct PasswordChoice {
    /// The lists of the applying rules that speak of it, in ruleset order.
    let lists: [[PasswordMode]]
    /// What the settings say.
    let standard: [PasswordMode]
    /// True where nobody reads the sender's mailbox.
    let isUnattended: Bool

    /// The ways that every list has, in the order of the first.
    var allowed: [PasswordMode] {
        guard let first = lists.first else { return standard }
        return first.filter { mode in lists.allSatisfy { $0.contains(mode) } }
    }

    /// The link as a method, by what each way says of itself.
    func usability(_ way: (PasswordMode) -> PasswordWay) -> (link: Usability, plan: PasswordPlan?) {
        var reasons: [String] = []
        var publicly: [String] = []
        for mode in allowed {
            switch way(mode) {
            case .usable(let plan): return (.usable(.link), plan)
            case .refused(let why, let text): return (.broken("\(mode.rawValue): \(why)", publicly: text), nil)
            case .unusable(let why, let text):
                reasons.append("\(mode.rawValue): \(why)")
                publicly.append(text)
            }
        }
        if allowed.isEmpty {
            reasons.append("the rules have no way of passwords in common")
            publicly.append("the rules allow no common way for its password")
        }
        // Mail of a mailbox that nobody reads never had a link where passwords go to senders only. That no list says
        // more is asked of all of them: one more rule must not turn "there was a way" into "there never was one".
        let neverWas = isUnattended && (lists + [standard]).allSatisfy { $0.allSatisfy { $0 == .toSender } }
        if neverWas, !allowed.isEmpty {
            let text = "nobody reads the sender's mailbox"
            return (.absent(text, publicly: text), nil)
        }
        return (.broken(reasons.joined(separator: ", "), publicly: publicly.joined(separator: "; ")), nil)
    }
}

/// What decides which ways can be used for one recipient of a message.
struct PasswordFacts {
    let wishes: SenderWishes
    let contacts: KnownContacts
    let surroundings: Surroundings

    private var envelope: Envelope { wishes.parsed.received.envelope }

    var isUnattended: Bool { envelope.sender.map(surroundings.unattended.contains) ?? true }

    /// - Parameters:
    ///   - recipient: of the envelope.
    ///   - reader: who gets the link: the recipient, or another in the recipient's place.
    func way(_ mode: PasswordMode, for recipient: Mailbox, reader: Mailbox) -> PasswordWay {
        switch mode {
        case .toSender:
            let text = "nobody reads the sender's mailbox"
            return isUnattended ? .unusable(text, publicly: text) : .usable(.toSender)
        case .fromSender: return chosen(for: reader)
        case .standing:
            guard contacts.standing.contains(reader.folded) else {
                return .unusable("none is kept", publicly: "no password has been agreed with the recipient")
            }
            return .usable(.standing)
        case .sms: return text(for: recipient, reader)
        }
    }

    private func chosen(for reader: Mailbox) -> PasswordWay {
        guard let password = wishes.password else {
            return .unusable("the sender gives none", publicly: "put [pw: your password] in the subject")
        }
        let header = wishes.parsed.root.header
        let named = (header.all("From") + header.all("To") + header.all("Cc")).flatMap(\.namedMailboxes)
        let names =
            [envelope.sender?.description ?? "", reader.description]
            + named.flatMap { [$0.name, $0.mailbox.description] }
        if let problem = PasswordStrength.problem(of: password, names: names) {
            return .refused("the sender's password is weak", publicly: problem)
        }
        return .usable(.fromSender(password))
    }

    private func text(for recipient: Mailbox, _ reader: Mailbox) -> PasswordWay {
        guard surroundings.textsAvailable else {
            return .unusable("no hook is set up", publicly: "text messages are not set up")
        }
        // What was put among the contacts is known; what stands in the message may have a slip of the pen in it.
        if let number = contacts.phones[reader.folded] { return .usable(.sms(number)) }
        // Whose number it is cannot be told where several read it, or another in the recipient's place.
        if let number = wishes.number, recipient == reader, isOnlyReader(recipient) { return .usable(.sms(number)) }
        if wishes.number != nil {
            return .unusable(
                "the number given is for one recipient",
                publicly: "a telephone number in the subject is for one recipient: send to each of them separately")
        }
        return .unusable("no number is known", publicly: "put [sms:+ the recipient's number] in the subject")
    }

    /// True for the only recipient, and for the only one who is not inside.
    private func isOnlyReader(_ recipient: Mailbox) -> Bool {
        let all = Set(envelope.recipients.map(\.folded))
        if all.count == 1 { return true }
        let outside = Set(envelope.recipients.filter { !surroundings.inside.contains($0) }.map(\.folded))
        return outside == [recipient.folded]
    }
}

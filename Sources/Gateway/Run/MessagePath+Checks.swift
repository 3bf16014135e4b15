// What is refused before the policy is asked: mail in circles, headers that cannot be read whole, addresses with routes.
// Pure.

import MIME
import Mail
import Policy

extension MessagePath {
    /// RFC 5321 section 6.3: more Received fields than any straight way has.
    func refuseLoop(_ parsed: ParsedMessage) throws(Refusal) {
        let count = parsed.root.header.all("Received").count
        guard count > limits.receivedFields else { return }
        throw Refusal(.mailLoop, "mail loop: \(count) Received fields exceed the limit of \(limits.receivedFields)")
    }

    /// A header read only in part may hold Bcc fields that nobody would take out.
    func refuseUnreadHeader(_ parsed: ParsedMessage) throws(Refusal) {
        guard parsed.problems.contains(ReadProblem(.headerTooLong, path: "")) else { return }
        throw Refusal(.messageTooBig, "header section exceeds the limit of \(limits.headerBytes) bytes or of fields")
    }

    /// An address that counts as inside here could be rewritten to one outside by the next MTA.
    func refuseRoutes(_ envelope: Envelope) throws(Refusal) {
        guard let routed = envelope.recipients.first(where: \.hasRoute) else { return }
        throw Refusal(.policy, "<\(routed)>: addresses with a route in their local part (%, !, @) are not taken")
    }

    /// A user who has logged in writes nobody else's name into From and Sender: that is what recipients see, and what
    /// most rules about senders are meant for (RFC 6409 section 6.1 lets a submission server see to it). Whatever address a
    /// recipient's program may see there has to be his.
    func refuseForeignFrom(_ parsed: ParsedMessage) throws(Refusal) {
        let origin = parsed.received.origin
        guard let allowed = origin.maySendAs else { return }
        let header = parsed.root.header
        for field in header.all("From") + header.all("Sender") {
            let readings = field.addressReadings
            guard !readings.mailboxes.isEmpty, !readings.hasUnreadable else {
                throw Refusal(
                    .senderNotAllowed, "the \(field.name) field holds no address, or one that cannot be read",
                    detail: "user \(origin.user ?? ""): an address of the \(field.name) field cannot be read")
            }
            guard readings.mailboxes.allSatisfy(allowed.contains) else {
                throw Refusal(
                    .senderNotAllowed, "the \(field.name) field names an address that you may not send as",
                    detail: "user \(origin.user ?? ""): the \(field.name) field names an address outside of may-send-as"
                )
            }
        }
    }

    /// Whom the one look-up of keys is about: recipients, sender, and every address a rule names.
    func addresses(of envelope: Envelope) -> [Mailbox] {
        envelope.recipients + (envelope.sender.map { [$0] } ?? []) + rules.addressesNamed
    }
}

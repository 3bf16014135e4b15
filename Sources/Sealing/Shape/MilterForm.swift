// A message as a milter's MTA is to send it on: one body for all, and no Received field of ours, because the MTA writes
// its own. Only this module can make one, so an MTA cannot be told to pass what was to be sealed.

package import Mail
package import Policy

/// What a transaction has to become.
package struct MilterForm: Sendable {
    /// Who stays in the transaction.
    package let recipients: [Mailbox]
    /// Recipients in whose place another stays in it.
    package let redirects: [Mailbox: Mailbox]
    /// The message, header and body.
    package let content: MessageBytes
    /// True where the body is another one than came in.
    package let replacesBody: Bool

    init(
        recipients: [Mailbox], content: MessageBytes, replacesBody: Bool, redirects: [Mailbox: Mailbox] = [:]
    ) {
        self.recipients = recipients
        self.redirects = redirects
        self.content = content
        self.replacesBody = replacesBody
    }
}

extension DecidedMessage {
    /// True where not everybody may get the same bytes by the MTA: several groups, blind recipients with a ciphertext
    /// of their own, a link, or a copy for an archive.
    /// - Parameters:
    ///   - settled: folded addresses for whom nothing is to be made any more.
    ///   - copied: folded addresses of archives that have their copy.
    package func needsSplit(without settled: Set<String>, copied: Set<String>) -> Bool {
        let open = decisions.filter { !settled.contains($0.recipient.folded) }
        let copies = Set(open.flatMap(\.effects.archives).map(\.folded))
        let groups = RecipientGroup.groups(of: open)
        return groups.count > 1 || !copies.isSubset(of: copied) || groups.contains { $0.kind == .link }
    }
}

extension OutboundMessage {
    /// The place of the transmission that a milter's MTA sends itself: of those that are the message, passed or sealed,
    /// the one with most recipients, and the first of several such; nil where there is none.
    package var placeForMilter: Int? {
        var best: (place: Int, count: Int)?
        for (place, transmission) in transmissions.enumerated() {
            guard transmission.role == .passed || transmission.role == .sealed else { continue }
            if transmission.recipients.count > best?.count ?? 0 { best = (place, transmission.recipients.count) }
        }
        return best?.place
    }
}

extension Sealer {
    /// The form of a transmission for the MTA that handed the message in.
    /// - Parameter received: the message it was made of, by this sealer.
    package func milterForm(
        of transmission: OutboundMessage.Transmission, made received: ReceivedMessage
    ) -> MilterForm {
        let trace = ReceivedField.make(for: received, hostname: settings.hostname)
        let isTraced = transmission.content.slice(0..<trace.count) == trace
        return MilterForm(
            recipients: transmission.recipients,
            content: isTraced ? transmission.content.slice(trace.count..<Int.max) : transmission.content,
            replacesBody: transmission.role != .passed || transmission.isBodyAltered,
            redirects: transmission.redirects)
    }
}

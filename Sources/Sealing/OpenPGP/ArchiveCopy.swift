// Copies for archives: the message as it came in, sealed to the archive's key, one for each archive and message.

import MIME
import Mail
import Policy

/// One copy that is still to be made.
struct ArchiveCopy {
    let archive: Mailbox
    /// Who does not get the message without it.
    var recipients: [Mailbox]
    /// True where somebody's rule hides the subject: then it is hidden on the way to the archive as well.
    var hidesSubject: Bool
    /// ``Decision/hidesNames``.
    var hidesNames: Bool

    /// The copies that the open part of a plan asks for, less those that earlier tries have made.
    /// - Parameter earlier: folded addresses of archives that have their copy.
    static func all(
        of decided: DecidedMessage, _ open: [Decision], without earlier: Set<String>
    ) -> [ArchiveCopy] {
        var copies: [ArchiveCopy] = []
        for decision in open where decision.outcome.goes {
            for archive in decision.effects.archives {
                if let index = copies.firstIndex(where: { $0.archive.folded == archive.folded }) {
                    copies[index].recipients.append(decision.recipient)
                    copies[index].hidesSubject = copies[index].hidesSubject || decision.hidesSubject
                    copies[index].hidesNames = copies[index].hidesNames || decision.hidesNames
                } else {
                    copies.append(
                        ArchiveCopy(
                            archive: archive, recipients: [decision.recipient], hidesSubject: decision.hidesSubject,
                            hidesNames: decision.hidesNames))
                }
            }
        }
        return copies.filter { !earlier.contains($0.archive.folded) }
    }

    /// The transaction: from the sender, who is not told its later fate.
    func transmission(_ envelope: Envelope, _ pieces: [MessageBytes]) -> OutboundMessage.Transmission {
        OutboundMessage.Transmission(
            role: .archive(for: recipients), sender: envelope.sender, recipients: [archive], pieces: pieces,
            smtputf8: envelope.smtputf8, options: .notice(to: archive, requiresTLS: envelope.requiresTLS))
    }
}

extension Sealer {
    /// A copy, sealed. Blind fields are not in it, as in nothing that leaves.
    func sealed(
        _ copy: ArchiveCopy, of decided: DecidedMessage, _ spool: SpoolPolicy
    ) async throws(Refusal) -> MessageBytes {
        guard case .usable(let certificates) = decided.known[copy.archive] else {
            // unreachable: the plan refuses the message then.
            throw Refusal(
                .internalError, "temporary fault while protecting the message",
                detail: "a copy for \(copy.archive) was planned without a key")
        }
        let group = RecipientGroup(
            kind: .pgp(certificates), recipients: [copy.archive], hidesSubject: copy.hidesSubject,
            hidesNames: copy.hidesNames, rewrittenSubject: nil)
        return try await pgp(decided.parsed, group, certificates, spool)
    }
}

// What the applying rules ask for beside protection, made sure before anything is touched: an archive has a key, an
// attachment that has to go can be taken out. What cannot be done refuses the message, or is left out with a note where
// leaving it out protects nobody less. Pure.

import Detection
import MIME
import Mail

/// Plans the effects for one recipient.
struct EffectsPlanner {
    let parsed: ParsedMessage
    let known: KnownKeys
    let facts: MessageFacts
    let recipient: Mailbox

    /// The effects of all applying rules; none where the message does not go.
    /// - Parameters:
    ///   - redirect: to whom it goes instead.
    ///   - outcome: becomes a refusal where an effect cannot be had.
    ///   - notes: is told what was left out.
    func plan(
        _ asked: [Consequence], redirect: Mailbox?, _ outcome: inout Decision.Outcome, _ notes: inout [String]
    ) -> Effects {
        guard outcome.goes else { return Effects() }
        var effects = Effects()
        for consequence in asked { effects.merge(consequence.effects) }
        effects.redirect = redirect
        for refusal in [archiveRefusal(effects.archives), strip(asked.flatMap(\.strips).map(\.condition), &effects)] {
            guard let refusal else { continue }
            outcome = .refuse(refusal)
            return Effects()
        }
        leaveOut(&effects, outcome, &notes)
        return effects
    }

    // MARK: - Archives

    /// A copy is sealed or there is none, and a message without its copy does not leave.
    private func archiveRefusal(_ archives: [Mailbox]) -> Refusal? {
        for archive in archives {
            switch known[archive] {
            case .usable: continue
            case .unknown(let reason):
                return MethodChoice.undecided(recipient, because: "the key of \(archive): \(reason)")
            case .none, .unusable:
                return Refusal(
                    .noUsableMethod,
                    PublicText.line(
                        "<\(recipient)>: a copy of this message must be archived, and the archive has no usable key"),
                    detail: "<\(recipient)>: copy-to \(archive): no usable key")
            }
        }
        return nil
    }

    // MARK: - Attachments

    /// Finds the attachments to take out. Where some cannot be seen, or lie inside of what must not be changed, what
    /// should have been taken out would leave: refused.
    private func strip(_ tests: [AttachmentCondition], _ effects: inout Effects) -> Refusal? {
        guard !tests.isEmpty else { return nil }
        let sizesMatter = tests.contains { $0.asked.size != nil }
        if let unknown = facts.hiddenAttachments(sizesMatter: sizesMatter).unknown { return refusal(unknown.because) }
        let reachable = Set(parsed.root.all.map(\.path))
        var doomed: [String] = []
        for part in facts.attachmentParts {
            let attachment = Attachment(part)
            // Unknown counts as a match, as everywhere.
            let answer = tests.reduce(Truth.no) { $0.or($1.test(attachment, facts)) }
            if case .unknown(.temporary(let reason)) = answer {
                return MethodChoice.undecided(recipient, because: "strip-attachment: \(reason)")
            }
            guard answer != .no else { continue }
            if parsed.signature != .none || isSealed(above: part.path) {
                return refusal("part \(part.path) is signed")
            }
            // What lies inside of an attached message that goes as a whole goes with it.
            let isInside = doomed.contains { part.path.hasPrefix($0.isEmpty ? "" : "\($0).") }
            if isInside { continue }
            guard reachable.contains(part.path) else {
                return refusal("part \(part.path) lies in an attached message that is encoded as a whole")
            }
            doomed.append(part.path)
        }
        effects.strippedParts = doomed
        return nil
    }

    /// True where a part lies inside of a signed or encrypted one.
    private func isSealed(above path: String) -> Bool {
        parsed.root.all.contains { part in
            ["multipart/signed", "multipart/encrypted"].contains(part.type.essence)
                && (part.path.isEmpty || path.hasPrefix("\(part.path)."))
        }
    }

    private func refusal(_ reason: UnknownReason) -> Refusal {
        Refusal(
            .policy,
            PublicText.refusal(
                recipient, reason.part == nil ? nil : reason,
                "attachments have to be taken out, which a signed, encrypted or damaged message does not allow"),
            detail: "<\(recipient)>: strip-attachment: \(reason)")
    }

    // MARK: - What is left out

    private func leaveOut(_ effects: inout Effects, _ outcome: Decision.Outcome, _ notes: inout [String]) {
        let isClosed = parsed.encryption != .none || parsed.signature != .none
        if !effects.footers.isEmpty {
            if isClosed {
                effects.footers = []
                notes.append("no footer: the message came signed or encrypted")
            } else if parsed.bodyParts.isEmpty {
                effects.footers = []
                notes.append("no footer: the message has no text to put it below")
            }
        }
        if effects.signs {
            if outcome == .seal(.link) {
                effects.signs = false
                notes.append("not signed: a letter behind a link has no signature")
            } else if !outcome.isSeal, isClosed {
                effects.signs = false
                notes.append("not signed: the message came signed or encrypted")
            } else if !outcome.isSeal, let obstacle = facts.signingObstacle(of: parsed) {
                effects.signs = false
                notes.append("not signed: \(obstacle), so the signature would break on its way")
            }
        }
        if effects.receipt, parsed.received.envelope.sender == nil {
            effects.receipt = false
            notes.append("no receipt: the null sender")
        }
    }
}

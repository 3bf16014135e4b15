// Who gets the same bytes: groups the recipients of a plan by what is done for them. Pure.

import Mail
import Policy

/// Recipients who get the same bytes in one transaction.
struct RecipientGroup {
    enum Kind: Equatable {
        case clear
        case pgp([Certificate])
        case link
    }
    var kind: Kind
    var recipients: [Mailbox]
    let hidesSubject: Bool
    /// ``Decision/hidesNames``.
    var hidesNames = false
    let rewrittenSubject: String?
    /// What rules want changed in the message itself.
    var effects = Effects()
    /// Recipients in whose place another gets it.
    var redirects: [Mailbox: Mailbox] = [:]

    /// The groups of a plan: one clear and one sealed group per set of effects for visible recipients, and a sealed
    /// group of its own for every blind one, so that no ciphertext tells of another's key.
    static func groups(of decisions: [Decision]) -> [RecipientGroup] {
        var groups: [(key: String, group: RecipientGroup)] = []
        // Over LMTP one recipient may be named twice, and has two answers; but the message goes there once.
        var seen: Set<Mailbox> = []
        for decision in decisions {
            if decisions.count > 1, !seen.insert(decision.recipient).inserted { continue }
            let kind = Kind(decision.outcome)
            guard let kind else { continue }
            let hides = decision.hidesSubject && kind != .clear
            let hidesNames = decision.hidesNames && kind != .clear
            var key = "\(kind.name) \(hides) \(hidesNames) \(decision.rewrittenSubject ?? "\u{0}")"
            if kind != .clear, !decision.isVisible { key += " \(decision.effects.redirect ?? decision.recipient)" }
            let effects = decision.effects.onContent
            let redirects = decision.effects.redirect.map { [decision.recipient: $0] } ?? [:]
            if let index = groups.firstIndex(where: { $0.key == key && $0.group.effects == effects }) {
                groups[index].group.recipients.append(decision.recipient)
                groups[index].group.kind.merge(kind)
                groups[index].group.redirects.merge(redirects) { $1 }
            } else {
                let group = RecipientGroup(
                    kind: kind, recipients: [decision.recipient], hidesSubject: hides,
                    hidesNames: hidesNames, rewrittenSubject: decision.rewrittenSubject, effects: effects,
                    redirects: redirects)
                groups.append((key, group))
            }
        }
        return groups.map(\.group)
    }
}

extension RecipientGroup.Kind {
    init?(_ outcome: Decision.Outcome) {
        switch outcome {
        case .pass, .passAlreadySealed: self = .clear
        case .seal(.pgp(let certificates)): self = .pgp(certificates)
        case .seal(.link): self = .link
        case .quarantine, .refuse: return nil
        }
    }

    var name: String {
        switch self {
        case .clear: "clear"
        case .pgp: "pgp"
        case .link: "link"
        }
    }

    /// Joins the certificates of another recipient of the group, each once.
    mutating func merge(_ other: Self) {
        guard case .pgp(var mine) = self, case .pgp(let theirs) = other else { return }
        for certificate in theirs where !mine.contains(where: { $0.fingerprint == certificate.fingerprint }) {
            mine.append(certificate)
        }
        self = .pgp(mine)
    }
}

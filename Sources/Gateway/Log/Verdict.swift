// What the plan said of a recipient or a whole message, as log lines, metrics and counts name it. A value.

import Mail
package import Policy

/// The word for an outcome.
package enum Verdict: String, Sendable, CaseIterable {
    case pass, seal, quarantine, refuse, tempfail

    /// Of a plan's outcome.
    package init(_ outcome: Decision.Outcome) {
        switch outcome {
        case .pass, .passAlreadySealed: self = .pass
        case .seal: self = .seal
        case .quarantine: self = .quarantine
        case .refuse(let refusal): self = refusal.isPermanent ? .refuse : .tempfail
        }
    }
}

/// How what leaves sealed is sealed.
package enum SealMethod: String, Sendable {
    case pgp, link

    /// Of a plan's outcome; nil where nothing is sealed.
    package init?(_ outcome: Decision.Outcome) {
        switch outcome {
        case .seal(.pgp): self = .pgp
        case .seal(.link): self = .link
        default: return nil
        }
    }
}

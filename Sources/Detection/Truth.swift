// Three-valued logic (Kleene's strong one): a fact that could not be had is neither true nor false, and why it could
// not be had decides whether trying again may help. Pure.

/// What a condition says about a message.
package enum Truth: Sendable, Equatable {
    /// It holds.
    case yes
    /// It does not hold.
    case no
    /// It cannot be said.
    case unknown(Unknown)

    /// Why something cannot be said.
    package enum Unknown: Sendable, Equatable {
        /// Trying again will not help: content that cannot be read, or is encrypted.
        case permanent(UnknownReason)
        /// Trying again may help: out of memory, busy, timed out. The message is answered 451.
        case temporary(UnknownReason)

        /// What it is about and why, without content.
        package var because: UnknownReason {
            switch self {
            case .permanent(let reason), .temporary(let reason): reason
            }
        }

        /// The reason in words, without content.
        package var reason: String { because.description }
    }

    /// Yes or no.
    package init(_ value: Bool) { self = value ? .yes : .no }

    /// The reason, where it is unknown.
    package var unknown: Unknown? {
        if case .unknown(let unknown) = self { unknown } else { nil }
    }

    /// True where it is unknown for a temporary cause.
    package var isTemporary: Bool {
        if case .unknown(.temporary) = self { true } else { false }
    }

    /// `true`, `false` or `unknown`.
    package var word: String {
        switch self {
        case .yes: "true"
        case .no: "false"
        case .unknown: "unknown"
        }
    }

    /// Not: unknown stays unknown.
    package static prefix func ! (value: Truth) -> Truth {
        switch value {
        case .yes: .no
        case .no: .yes
        case .unknown: value
        }
    }

    /// And: one false decides; else unknown wins over true, a temporary cause over a permanent one, and a reason that
    /// names a part over one that does not.
    package func and(_ other: Truth) -> Truth {
        switch (self, other) {
        case (.no, _), (_, .no): .no
        case (.yes, _): other
        case (_, .yes): self
        case (.unknown(let mine), .unknown(let others)):
            isTemporary != other.isTemporary
                ? (isTemporary ? self : other) : mine.because.part == nil && others.because.part != nil ? other : self
        }
    }

    /// Or: one true decides; else unknown wins over false, a temporary cause over a permanent one.
    package func or(_ other: Truth) -> Truth { !((!self).and(!other)) }
}

/// Whether a rule applies, from its two halves.
package enum Application: Sendable, Equatable {
    /// `when` is true and `unless` is false.
    case applies
    /// It applies because one half is unknown for good: what cannot be excluded counts.
    case appliesUnknown(UnknownReason)
    /// One half is unknown for now: the recipient gets 451 unless another rule refuses for certain.
    case undecided(UnknownReason)
    /// `when` is false or `unless` is true.
    case no

    /// A rule applies when `when` is true or unknown and `unless` is not true; only temporary causes leave it
    /// undecided.
    package init(when: Truth, unless: Truth) {
        switch when.and(!unless) {
        case .yes: self = .applies
        case .no: self = .no
        case .unknown(.permanent(let reason)): self = .appliesUnknown(reason)
        case .unknown(.temporary(let reason)): self = .undecided(reason)
        }
    }

    /// Why it applies although nobody can say so for certain; nil where it surely does, or does not apply.
    package var doubt: UnknownReason? {
        switch self {
        case .appliesUnknown(let reason), .undecided(let reason): reason
        case .applies, .no: nil
        }
    }

    /// True for all but ``no``.
    package var counts: Bool { self != .no }
}

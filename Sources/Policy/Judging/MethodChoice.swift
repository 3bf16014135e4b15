// From what the rules ask for to what happens for one recipient. Pure. Fails closed: clear text is the outcome only
// where every rule alone would allow it.

import Detection
import MIME
import Mail
import Packets

/// Whether a method can be used for a recipient.
enum Usability: Equatable {
    /// By this method.
    case usable(Decision.Method)
    /// There is none for this recipient and never was. Why, for our log; and for the other side.
    case absent(String, publicly: String)
    /// There was one and it must not be used.
    case broken(String, publicly: String)
    /// Nobody can say now.
    case unknown(String)
}

/// The choice for one recipient.
struct MethodChoice {
    let recipient: Mailbox
    /// What the applying rules ask for, the defaults last.
    let asked: [Consequence]
    /// For each of ``asked``: why it applies although nobody can say so for certain; nil where it surely does.
    var doubts: [UnknownReason?] = []
    let defaults: Defaults
    let pgp: Usability
    let link: Usability
    /// True where the message came encrypted to this recipient, so that `pgp` is satisfied as it is.
    let isSealedAlready: Bool
    /// Ids of the rules behind ``asked``, for our log; the defaults have none.
    var ruleIDs: [String] = []

    /// The join of all that is asked.
    var level: ProtectionLevel { asked.map(\.level).max() ?? .none }

    /// The methods that every rule with a `with` allows, in the defaults' order of preference.
    var allowed: [MethodName] {
        let lists = asked.compactMap(\.with)
        guard let first = lists.first else { return defaults.with }
        let common = first.filter { method in lists.allSatisfy { $0.contains(method) } }
        return defaults.with.filter(common.contains) + common.filter { !defaults.with.contains($0) }
    }

    /// What is done, with notes on how it came about.
    func outcome() -> (outcome: Decision.Outcome, notes: [String]) {
        switch level {
        case .refuse: return refusal()
        case .quarantine:
            let texts = asked.filter { $0.level == .quarantine }.map(\.refusalText)
            return (.quarantine(texts.first ?? "held back by policy"), [])
        case .none: return (.pass, [])
        case .preferred, .required: return sealed()
        }
    }

    /// What no rule asks to be sealed, but came from behind a link: sealed where there is a key.
    func answered(_ notes: [String]) -> (outcome: Decision.Outcome, notes: [String]) {
        switch pgp {
        case .usable(let way): (.seal(way), notes + ["an answer: sealed, as the recipient has a key"])
        case .absent, .broken: (.pass, notes)
        case .unknown(let why): undecided(notes + ["pgp: \(why)"])
        }
    }

    private func refusal() -> (outcome: Decision.Outcome, notes: [String]) {
        // A rule that surely applies says the true reason; one that cannot be excluded says first what could not be
        // read.
        let rules = asked.indices.filter { asked[$0].level == .refuse }
        let told = rules.first { doubt($0) == nil } ?? rules.first
        let text = told.map { asked[$0].refusalText } ?? "refused by policy"
        return (.refuse(Refusal(.policy, PublicText.refusal(recipient, told.flatMap(doubt), text))), [])
    }

    private func doubt(_ index: Int) -> UnknownReason? { doubts.indices.contains(index) ? doubts[index] : nil }

    /// Why protection is asked for, where nothing asks for it for certain.
    private var protectionDoubt: UnknownReason? {
        let rules = asked.indices.filter { asked[$0].level > .none }
        return rules.contains { doubt($0) == nil } ? nil : rules.first.flatMap(doubt)
    }

    private func sealed() -> (outcome: Decision.Outcome, notes: [String]) {
        let methods = allowed
        if isSealedAlready, methods.contains(.pgp) {
            return (.passAlreadySealed, ["already encrypted to the recipient"])
        }
        var notes: [String] = []
        var publicly: [String] = []
        for method in methods {
            switch usability(method) {
            case .usable(let way):
                if !notes.isEmpty { notes.append("fell to \(method.rawValue)") }
                return (.seal(way), notes)
            case .absent(let why, let text), .broken(let why, let text):
                notes.append("\(method.rawValue): \(why)")
                publicly.append(text)
            case .unknown(let why): return undecided(notes + ["\(method.rawValue): \(why)"])
            }
        }
        if methods.isEmpty {
            notes.append("the rules have no method in common")
            publicly.append("the rules allow no common method")
        }
        return level == .preferred ? clear(notes, publicly) : refused(notes, publicly)
    }

    /// Clear text where each rule alone would allow it.
    private func clear(_ notes: [String], _ publicly: [String]) -> (outcome: Decision.Outcome, notes: [String]) {
        var notes = notes
        var isUnknown = false
        for consequence in asked where consequence.level != .none {
            for method in consequence.with ?? defaults.with {
                switch usability(method) {
                case .absent: continue
                case .unknown(let why):
                    isUnknown = true
                    notes.append("\(method.rawValue): \(why)")
                case .usable, .broken: return refused(notes, publicly)
                }
            }
        }
        return isUnknown ? undecided(notes) : (.pass, notes + ["no method exists for the recipient: in clear"])
    }

    /// For each method that was not tried: who does not allow it.
    private var narrowing: [String] {
        MethodName.allCases.filter { !allowed.contains($0) }.map { method in
            let rules = zip(ruleIDs, asked).filter { $0.1.with?.contains(method) == false }.map { id, consequence in
                "rule \"\(id)\" (with: \((consequence.with ?? []).map(\.rawValue).joined(separator: ", ")))"
            }
            let who = rules.isEmpty ? "defaults.with" : rules.joined(separator: " and ")
            return "\(method.rawValue): not allowed by \(who)"
        }
    }

    private func refused(_ notes: [String], _ publicly: [String]) -> (outcome: Decision.Outcome, notes: [String]) {
        let notes = notes + narrowing
        var publicly = publicly
        // Whose rule that is stays with us; that there is one helps the sender to ask.
        if asked.contains(where: { $0.with != nil }), !allowed.isEmpty, !narrowing.isEmpty {
            publicly.append("the policy allows only \(allowed.map(\.rawValue).joined(separator: ", ")) here")
        }
        let reasons = publicly.isEmpty ? "" : " (\(publicly.joined(separator: "; ")))"
        let text = PublicText.refusal(
            recipient, protectionDoubt, "must be encrypted, and no method can be used\(reasons)")
        let detail = "<\(recipient)>: no usable method: \(notes.joined(separator: "; "))"
        return (.refuse(Refusal(.noUsableMethod, text, detail: detail)), notes)
    }

    private func undecided(_ notes: [String]) -> (outcome: Decision.Outcome, notes: [String]) {
        (.refuse(Self.undecided(recipient, because: notes.joined(separator: "; "))), notes)
    }

    /// The 451 for a fact that cannot be had now.
    static func undecided(_ recipient: Mailbox, because reason: String) -> Refusal {
        Refusal(
            .undecided, PublicText.refusal(recipient, nil, "cannot be decided now, try again later"),
            detail: "<\(recipient)>: undecided: \(reason)")
    }

    private func usability(_ method: MethodName) -> Usability {
        switch method {
        case .pgp: pgp
        case .link: link
        }
    }
}

extension Usability {
    /// OpenPGP by what the keyring knew.
    init(_ status: KnownKeys.Status) {
        switch status {
        case .usable(let certificates):
            // unreachable: usable certificates are never empty; sealing to nobody must not be possible even so.
            self =
                certificates.isEmpty
                ? .unknown("no certificate was handed over") : .usable(.pgp(certificates))
        case .unusable(let reasons):
            self = .broken(
                reasons.joined(separator: ", "), publicly: "the recipient's key has expired or cannot be used")
        case .none: self = .absent("no key", publicly: "no key of the recipient is known")
        case .unknown(let reason): self = .unknown(reason)
        }
    }

    /// A link for mail of this sender, apart from the way of its password: answers and notices go to the sender, who
    /// must be one of us.
    static func link(sender: Mailbox?, _ surroundings: Surroundings) -> Usability {
        guard surroundings.linksAvailable else {
            return .absent("links are not set up", publicly: "links are not set up")
        }
        guard let sender else {
            return .absent(
                "the null sender cannot be told a password", publicly: "no sender to give a link's password to")
        }
        guard surroundings.inside.contains(sender) else {
            return .absent("the sender is not inside", publicly: "links are for inside senders only")
        }
        return .usable(.link)
    }
}

/// Mail that came encrypted.
enum SealedAlready {
    /// True where the message is RFC 3156 mail with integrity protection and one of the recipient's certificates is
    /// among its key ids. Hidden key ids satisfy nothing, nor does a password anybody may know.
    static func holds(_ encryption: Encryption, _ status: KnownKeys.Status) -> Bool {
        guard case .pgpMIME(let message) = encryption, message.protection != .none, message.passwords == 0 else {
            return false
        }
        guard case .usable(let certificates) = status else { return false }
        let ids = Set(message.recipients.filter { $0.value != 0 })
        return certificates.contains { !ids.isDisjoint(with: $0.encryptionKeyIDs) }
    }
}

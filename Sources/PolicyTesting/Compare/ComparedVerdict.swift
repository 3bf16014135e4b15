// What happens to one recipient's copy, as far as it protects: comparable between two policies. Pure.

import Mail
import Policy

/// One verdict in the order of protection.
struct ComparedVerdict: Equatable {
    /// What of the message reaches whom.
    enum Rank: Int, Comparable {
        /// Goes out in clear.
        case clear
        /// Goes out sealed.
        case sealed
        /// Does not go out: refused, put off or in quarantine.
        case held

        static func < (left: Rank, right: Rank) -> Bool { left.rawValue < right.rawValue }
    }

    let rank: Rank
    /// `pass`, `seal by pgp, subject hidden`, `refuse`, …
    let word: String
    private let method: MethodName?
    private let hidesSubject: Bool
    private let hidesNames: Bool
    private let stripped: Set<String>
    private let effects: Effects

    init(_ decision: Decision) {
        switch decision.outcome {
        case .pass: rank = .clear
        case .passAlreadySealed, .seal: rank = .sealed
        case .quarantine, .refuse: rank = .held
        }
        method = Self.method(decision)
        hidesSubject = decision.hidesSubject
        hidesNames = decision.hidesNames
        stripped = Set(decision.effects.strippedParts)
        effects = decision.effects
        var word = decision.verdict.rawValue
        if case .passAlreadySealed = decision.outcome { word = "pass, sealed already" }
        if let method { word += " by \(method.rawValue)" }
        if decision.hidesSubject { word += ", subject hidden" }
        if decision.hidesNames { word += ", names and remarks hidden" }
        for line in decision.effects.lines { word += ", \(line)" }
        self.word = word
    }

    /// Apart from the initialiser: Swift 6.3.1 crashes where its optimiser inlines this there (pass CopyPropagation).
    @inline(never)
    private static func method(_ decision: Decision) -> MethodName? { decision.method }

    /// True where this protects less than `old`: it goes where it did not, in clear where it was sealed, behind a link
    /// where it was sealed to a key, with its subject shown where it was hidden, or with an attachment that was taken
    /// out.
    func isWeaker(than old: ComparedVerdict) -> Bool {
        if rank != old.rank { return rank < old.rank }
        guard rank != .held else { return false }
        if old.method != method, method == .link { return true }
        if old.hidesSubject && !hidesSubject || old.hidesNames && !hidesNames { return true }
        return !old.stripped.isSubset(of: stripped)
    }
}

extension Effects {
    /// What is done beside sealing, each in a few words.
    package var lines: [String] {
        var lines: [String] = []
        if signs { lines.append("signed") }
        for change in headers {
            switch change {
            case .add(let name, _): lines.append("header \(name) added")
            case .remove(let name): lines.append("header \(name) removed")
            }
        }
        if !footers.isEmpty { lines.append("footer added") }
        for path in strippedParts { lines.append("part \(path) taken out") }
        if let redirect { lines.append("redirected to \(redirect)") }
        for archive in archives { lines.append("copy to \(archive)") }
        if let seconds = link.expireSeconds { lines.append("link expires after \(seconds) s") }
        if link.replies == false { lines.append("link without replies") }
        if receipt { lines.append("delivery receipt") }
        return lines
    }
}

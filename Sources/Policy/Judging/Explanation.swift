// Why a message was judged as it was: the same evaluation as `decide`, with what every condition saw. Values are
// masked; addresses, rule ids and reasons are shown. For the command line and the tests, never for a socket.

package import Detection
package import Mail

/// The record of one judgement.
package struct Explanation: Sendable {
    /// The plan itself.
    package let decided: DecidedMessage
    /// When it was judged, in seconds since 1970.
    package let judgedAtSeconds: Int64
    /// One per envelope recipient, in envelope order (the order of `decided.decisions`).
    package let recipients: [RecipientTrace]
    /// What was found inside of the attachments.
    package let extracted: ExtractedParts
    /// Different values that each built-in detector finds, where there are any.
    package let detectors: [String: Int]
}

/// All rules for one recipient.
package struct RecipientTrace: Sendable {
    /// What happens for the recipient.
    package let decision: Decision
    /// Every rule of the set, in order, those that did not apply too.
    package let rules: [RuleTrace]
    /// The join of what the applying rules and the defaults ask for.
    package let level: ProtectionLevel
    /// The methods that all applying rules allow, in order of preference.
    package let allowedMethods: [MethodName]
}

/// One rule for one recipient.
package struct RuleTrace: Sendable {
    /// Which rule.
    package let rule: RuleInfo
    /// Whether it applies, and if by an unknown, why.
    package let application: Application
    /// What it asks for, in one line.
    package let asks: String
    /// Its `when`; nil where the rule has none (it matches everything).
    package let when: ConditionTrace?
    /// Its `unless`; nil where the rule has none.
    package let unless: ConditionTrace?
    /// `scope` of its file; nil where the file has none.
    package let scope: ConditionTrace?
    /// `exempt` of its file; nil where the file has none.
    package let exempt: ConditionTrace?
}

/// One condition for one recipient.
package struct ConditionTrace: Sendable {
    /// What it says: `recipient not-in inside`.
    package let label: String
    /// Where it stands.
    package let place: Place
    /// Its answer.
    package let result: Truth
    /// What it looked at, decoded and masked; empty for combinations.
    package let saw: [String]
    /// Where it stands for a condition under `conditions`: that one's name.
    package let name: String?
    /// The conditions it is made of.
    package let parts: [ConditionTrace]

    /// The leaves that settled a false or unknown answer: for "which condition failed".
    package var decisive: [ConditionTrace] {
        if parts.isEmpty { return [self] }
        let same = parts.filter { $0.result.word == (label == "not" ? (!result).word : result.word) }
        return same.isEmpty ? [self] : same.flatMap(\.decisive)
    }
}

// Cases made ready to be judged many times: messages read once, attachments looked into once, rules loaded once for
// each kind of surroundings.

package import Extraction
import MIME
import Mail
package import Policy
import PolicyLanguage
package import SettingValues

/// Cases with their messages read and the rules of their surroundings.
package struct PreparedCases: Sendable {
    /// One case.
    struct Prepared: Sendable {
        let item: PolicyCase
        /// nil where the message cannot be read.
        let parsed: ParsedMessage?
        /// Which of ``rulesets``.
        let ruleset: Int
        /// What its attachments hold.
        var looked = ExtractedParts()

        /// What the rules are told of its attachments.
        var extracted: ExtractedParts {
            guard item.faults.contains(.extractorCrashes), let parsed else { return looked }
            var parts: [String: ExtractedPart] = [:]
            for (part, _) in parsed.readableParts where part.children.isEmpty && part.opened == nil {
                guard part.isAttachment || !part.type.isText else { continue }
                parts[part.path] = ExtractedPart(problem: .unreadable("the reader of attachments crashed"))
            }
            return ExtractedParts(parts, state: .done)
        }

        /// The plan; nil where the message cannot be read.
        func decided(_ rules: Ruleset) -> DecidedMessage? {
            guard let parsed else { return nil }
            return decide(
                parsed, known: item.known, rules: rules, nowSeconds: item.nowSeconds, extracted: extracted,
                contacts: item.contacts, conversation: item.conversation)
        }

        /// The same with what every condition saw; nil where the message cannot be read.
        func explained(_ rules: Ruleset) -> Explanation? {
            guard let parsed else { return nil }
            return explain(
                parsed, known: item.known, rules: rules, nowSeconds: item.nowSeconds, extracted: extracted,
                contacts: item.contacts, conversation: item.conversation)
        }
    }
    let cases: [Prepared]
    /// One for each kind of surroundings, of the same files.
    let rulesets: [Ruleset]

    /// - Parameter extraction: looks into attachments; nil: nobody does.
    /// - Returns: nil where the rules do not load in some case's surroundings.
    package init?(
        _ cases: [PolicyCase], files: [PolicyFile], extraction: ExtractionPool? = nil, limits: Limits = Limits()
    ) async {
        guard let loaded = LoadedRules(cases, files) else { return nil }
        var prepared: [Prepared] = []
        for item in cases {
            let index = loaded.index(of: item)
            let parsed = try? read(item.received, limits: limits)
            var one = Prepared(item: item, parsed: parsed, ruleset: index)
            if let parsed {
                one.looked = await AttachmentLook.extract(parsed, loaded.rulesets[index], extraction)
            }
            prepared.append(one)
        }
        self.cases = prepared
        rulesets = loaded.rulesets
    }

    /// The same cases under other files.
    /// - Returns: nil where these do not load in some case's surroundings.
    init?(_ others: PreparedCases, files: [PolicyFile]) {
        guard let loaded = LoadedRules(others.cases.map(\.item), files) else { return nil }
        cases = others.cases.map {
            Prepared(item: $0.item, parsed: $0.parsed, ruleset: loaded.index(of: $0.item), looked: $0.looked)
        }
        rulesets = loaded.rulesets
    }
}

/// The rules in all surroundings that some cases assume.
private struct LoadedRules {
    private var kinds: [CaseSurroundings] = []
    private(set) var rulesets: [Ruleset] = []

    init?(_ cases: [PolicyCase], _ files: [PolicyFile]) {
        for item in cases where !kinds.contains(item.surroundings) {
            guard let rules = Ruleset.load(files: files, surroundings: item.surroundings.surroundings).ruleset else {
                return nil
            }
            kinds.append(item.surroundings)
            rulesets.append(rules)
        }
    }

    func index(of item: PolicyCase) -> Int { kinds.firstIndex(of: item.surroundings) ?? 0 }
}

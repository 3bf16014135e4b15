// Cases made ready to be judged many times: messages read once, rules loaded once for each kind of surroundings.

import MIME
package import Mail
package import Policy

/// Cases with their messages read and the rules of their surroundings.
package struct PreparedCases: Sendable {
    /// One case.
    struct Prepared: Sendable {
        let item: PolicyCase
        /// nil where the message cannot be read.
        let parsed: ParsedMessage?
        /// Which of ``rulesets``.
        let ruleset: Int

        /// What was found in attachments.
        var extracted: ExtractedParts {
            guard item.faults.contains(.extractorCrashes), let parsed else { return ExtractedParts() }
            var parts: [String: ExtractedPart] = [:]
            func add(_ part: Part) {
                if part.children.isEmpty, part.isAttachment || !part.type.isText {
                    parts[part.path] = ExtractedPart(problem: .unreadable("the reader of attachments crashed"))
                }
                part.children.forEach(add)
            }
            add(parsed.root)
            return ExtractedParts(parts, state: .done)
        }
    }
    let cases: [Prepared]
    /// One for each kind of surroundings, of the same files.
    let rulesets: [Ruleset]

    /// - Returns: nil where the rules do not load in some case's surroundings.
    package init?(_ cases: [PolicyCase], files: [PolicyFile], limits: Limits = Limits()) {
        var kinds: [CaseSurroundings] = []
        var rulesets: [Ruleset] = []
        var prepared: [Prepared] = []
        for item in cases {
            let index: Int
            if let known = kinds.firstIndex(of: item.surroundings) {
                index = known
            } else {
                guard
                    let rules = Ruleset.load(files: files, surroundings: item.surroundings.surroundings).ruleset
                else { return nil }
                kinds.append(item.surroundings)
                rulesets.append(rules)
                index = rulesets.count - 1
            }
            prepared.append(Prepared(item: item, parsed: try? read(item.received, limits: limits), ruleset: index))
        }
        self.cases = prepared
        self.rulesets = rulesets
    }
}

// Lists and detectors that no rule uses.

import Detection
import Mail
import Policy

/// Lists and detectors without use.
struct UnusedNames: PolicyCheck {
    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        for list in policy.names.lists where !policy.names.words.contains(list.name) {
            problems.warning(
                list.place, "list '\(list.name)' is not used by any rule", hint: "use it or take it away",
                code: "unused-list")
        }
        for detector in policy.names.detectors where !policy.names.words.contains(detector.name) {
            problems.warning(
                detector.place, "detector '\(detector.name)' is not used by any rule", hint: "use it or take it away",
                code: "unused-detector")
        }
    }
}

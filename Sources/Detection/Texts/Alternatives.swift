// Texts that say the same: mail programs send a letter as plain text and as HTML in one multipart/alternative (RFC 2046
// section 5.1.4) and show one of the two. What stands in both was written once, so it is counted once. Pure.

import MIME
import Mail

/// Which texts are branches of the same multipart/alternative.
struct Alternatives {
    /// An outermost multipart/alternative and a branch of it, by number.
    struct Place {
        let group: Int
        let branch: Int
    }

    /// By part path; parts outside of any multipart/alternative are missing.
    private(set) var places: [String: Place] = [:]

    init(_ parts: [Part]) {
        var groups = 0
        for part in parts where part.type.essence == "multipart/alternative" && places[part.path] == nil {
            for (branch, child) in part.children.enumerated() {
                for (inner, _) in child.readable(in: .empty) {
                    places[inner.path] = Place(group: groups, branch: branch)
                }
            }
            groups += 1
        }
    }

    /// Adds counts up: within a branch and outside of groups they add, of a group's branches the largest counts.
    struct Sums {
        private(set) var total = 0
        private var branches: [Int: [Int: Int]] = [:]

        mutating func add(_ count: Int, at place: Place?) {
            guard let place else {
                total += count
                return
            }
            let former = branches[place.group]?.values.max() ?? 0
            branches[place.group, default: [:]][place.branch, default: 0] += count
            total += (branches[place.group]?.values.max() ?? 0) - former
        }
    }
}

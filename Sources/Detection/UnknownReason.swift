// Why something about a message cannot be said: which part, and what is the matter with it. For the sender, who must be
// able to act on it, for explain and for the log; so never a name of a file, never content. Pure.

package import MIME

/// What could not be read, and why.
package struct UnknownReason: Sendable, Equatable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// A part by its number and its type.
    package struct Place: Sendable, Equatable, CustomStringConvertible {
        /// MIME part path (``Part/path``): `2.1`; "" is the message as a whole.
        package let path: String
        /// Media type where it is of a usual form, else nil: the sender's words are not repeated.
        package let type: String?

        package init(path: String, type: String?) {
            self.path = path
            self.type = type.flatMap { Self.isUsual($0) ? $0 : nil }
        }

        /// Where a part stands, and its type where it says one.
        package init(_ part: Part) {
            self.init(path: part.path, type: part.contentTypeIsReadable ? part.type.essence : nil)
        }

        /// `part 2, application/zip`.
        package var description: String {
            [path.isEmpty ? "the message" : "part \(path)", type].compactMap { $0 }.joined(separator: ", ")
        }

        private static let families: Set<String> = [
            "application", "audio", "chemical", "font", "image", "message", "model", "multipart", "text", "video",
        ]

        /// A family that is registered, a subtype of a length and with digits as registered ones have.
        private static func isUsual(_ type: String) -> Bool {
            let pieces = type.split(separator: "/", omittingEmptySubsequences: false)
            guard pieces.count == 2, families.contains(String(pieces[0])), (1...80).contains(pieces[1].utf8.count)
            else { return false }
            let isToken = pieces[1].utf8.allSatisfy { octet in
                (97...122).contains(octet) || (48...57).contains(octet) || "-.+_".utf8.contains(octet)
            }
            return isToken && pieces[1].utf8.count { (48...57).contains($0) } <= 6
        }
    }

    /// On the heap: a ``Truth`` is copied for every condition, and nearly none has a reason.
    private final class Facts: Sendable {
        let part: Place?
        let cause: String
        let detail: String?
        let isForNow: Bool

        init(_ part: Place?, _ cause: String, _ detail: String?, _ isForNow: Bool) {
            self.part = part
            self.cause = cause
            self.detail = detail
            self.isForNow = isForNow
        }
    }
    private let facts: Facts

    /// The part that it is about; nil where it is about no part.
    package var part: Place? { facts.part }
    /// What is the matter, in words that the sender may read.
    package var cause: String { facts.cause }
    /// More for our log, or nil.
    package var detail: String? { facts.detail }

    /// About a part.
    /// - Parameter isForNow: true where trying again may help.
    package init(_ part: Place, _ cause: String, detail: String? = nil, isForNow: Bool = false) {
        facts = Facts(part, cause, detail, isForNow)
    }

    /// About no part.
    package init(_ cause: String) { facts = Facts(nil, cause, nil, false) }

    package static func == (left: UnknownReason, right: UnknownReason) -> Bool {
        left.facts === right.facts
            || (left.part == right.part && left.cause == right.cause && left.detail == right.detail
                && left.facts.isForNow == right.facts.isForNow)
    }

    package init(stringLiteral value: String) { self.init(value) }

    /// For our log.
    package var description: String { publicly + (detail.map { " (\($0))" } ?? "") }

    /// `part 2, application/zip, could not be read: it is damaged`.
    package var publicly: String {
        guard let part else { return cause }
        let comma = part.type == nil ? "" : ","
        return "\(part)\(comma) could not be read\(facts.isForNow ? " now" : ""): \(cause)"
    }
}

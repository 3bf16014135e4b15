// Media types as rules name them. What attachment and part share.

import Detection
import Mail

/// Names of media types, `image/png`, and of all of a kind, `image/*`.
enum MediaTypes {
    /// True where a type, in lower case, is what a rule names.
    static func fits(_ type: String, _ wanted: String) -> Bool {
        wanted.hasSuffix("/*") ? type.hasPrefix(wanted.dropLast()) : type == wanted
    }
}

extension ConditionReader {
    /// The media types under a key, in lower case; empty where there is no such key, nil with a finding.
    func mediaTypes(_ fields: NodeReader.Fields, _ key: String, _ what: String) -> [String]? {
        guard let node = fields[key] else { return [] }
        guard let entries = nodes.texts(node, "\(key) of \(what)") else { return nil }
        for (text, place) in entries {
            let halves = text.split(separator: "/", omittingEmptySubsequences: false)
            let isToken = halves.allSatisfy { half in
                !half.isEmpty && half.utf8.allSatisfy { $0 > 32 && $0 < 127 }
            }
            guard halves.count == 2, isToken, halves[0] != "*" else {
                nodes.problems.error(
                    place, "'\(text)' is not a media type", hint: "such as application/pdf, or image/* for all images")
                return nil
            }
        }
        return entries.map { $0.text.lowercased() }
    }
}

// From YAML text to nodes with places. Anchors and aliases are refused: a few lines of them can make a document of any
// size. Reads no file.

import Detection
import Mail
package import Policy
import Yams

/// One parsed file.
package struct YAMLDocument {
    /// Largest file, in bytes: far more than any policy, far less than what would hurt.
    static let longestBytes = 1024 * 1024
    /// Deepest nesting: the parser recurses.
    static let deepest = 200

    /// The outermost node.
    package let root: ConditionNode
    let file: String

    /// - Returns: nil where the text is no YAML; the problems say why and where.
    package init?(_ file: PolicyFile, _ problems: Problems) {
        let start = Place(file: file.name, line: 1, column: 1)
        let text = ByteOrderMark.removed(from: file.text, start, problems)
        guard file.text.utf8.count <= Self.longestBytes else {
            problems.error(start, "file of \(file.text.utf8.count) bytes exceeds limit \(Self.longestBytes)")
            return nil
        }
        guard Self.nesting(of: text) <= Self.deepest else {
            problems.error(start, "brackets nest deeper than limit \(Self.deepest)")
            return nil
        }
        do {
            let parser = try Parser(yaml: text)
            guard let root = try parser.singleRoot() else {
                problems.error(start, "the file is empty", hint: "a policy file starts with 'version: 1'")
                return nil
            }
            // Nodes refer to their anchors weakly; the parser owns them.
            self.root = withExtendedLifetime(parser) { ConditionNode(root, file: file.name) }
            self.file = file.name
        } catch let error as YamlError {
            let (place, message, hint) = Self.describe(error, file.name)
            problems.error(place, message, hint: hint)
            return nil
        } catch {
            problems.error(start, "the file is not YAML: \(error)")
            return nil
        }
    }

    private static func describe(_ error: YamlError, _ file: String) -> (Place, String, String?) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let during = context.map { " \($0.text)" } ?? ""
            return (
                Place(file: file, line: mark.line, column: mark.column), "not YAML:\(during) \(problem)",
                "patterns are best written in single quotes; indentation is by spaces"
            )
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = Set(duplicates.map { "'\($0)'" }).sorted().joined(separator: ", ")
            return (
                Place(file: file, line: context.mark.line, column: context.mark.column),
                "key \(names) stands twice in one map", "put the conditions into a list under 'all' or 'any'"
            )
        case .reader(let problem, let offset, _, let text):
            let before = text.prefix(offset ?? 0)
            let line = before.count { $0.isNewline } + 1
            let column = before.reversed().prefix { !$0.isNewline }.count + 1
            return (Place(file: file, line: line, column: column), "not YAML: \(problem)", nil)
        default: return (Place(file: file, line: 1, column: 1), "not YAML: \(error)", nil)
        }
    }

    /// An upper bound of how deep the text nests: brackets outside of single quotes, and block sequences in a row.
    private static func nesting(of text: String) -> Int {
        var depth = 0
        var deepest = 0
        var columns: [Int] = [0]
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let indent = line.prefix { $0 == " " || $0 == "-" || $0 == "?" }.count
            while let last = columns.last, last > indent { columns.removeLast() }
            if indent > columns.last ?? 0 { columns.append(indent) }
            let dashes = line.prefix(indent).count { $0 != " " }
            var isQuoted = false
            for octet in line.utf8 {
                switch octet {
                case UInt8(ascii: "'"): isQuoted.toggle()
                case UInt8(ascii: "["), UInt8(ascii: "{"): if !isQuoted { depth += 1 }
                case UInt8(ascii: "]"), UInt8(ascii: "}"): if !isQuoted { depth = max(0, depth - 1) }
                default: break
                }
                deepest = max(deepest, depth + columns.count + dashes)
            }
        }
        return deepest
    }
}

extension ConditionNode {
    /// The same values without YAML.
    /// - Parameters:
    ///   - node: its depth is bounded (``YAMLDocument/deepest``).
    ///   - file: as the user named it.
    fileprivate init(_ node: Node, file: String) {
        let place = Place(file: file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0)
        let anchor = node.anchor?.rawValue
        let blank = ConditionNode(.scalar(Scalar("", isPlain: true)), place)
        if let mapping = node.mapping {
            // What has an anchor is refused by its reader, so what it holds does not matter. It is not gone into:
            // aliases can make a document of any size and depth.
            let entries =
                anchor == nil
                ? mapping.map { (key: ConditionNode($0.key, file: file), value: ConditionNode($0.value, file: file)) }
                : [(key: blank, value: blank)]
            self.init(.mapping(entries), place, anchor: anchor)
        } else if let sequence = node.sequence {
            let entries = anchor == nil ? sequence.map { ConditionNode($0, file: file) } : [blank]
            self.init(.sequence(entries), place, anchor: anchor)
        } else {
            let scalar = node.scalar.map { Scalar($0.string, isPlain: $0.style == .plain) }
            self.init(.scalar(scalar ?? Scalar("", isPlain: true)), place, anchor: anchor)
        }
    }
}

/// U+FEFF at the start of a file: some editors write it, and it is part of the first key or word.
enum ByteOrderMark {
    /// The text without it, and a warning where there is one.
    static func removed(from text: String, _ place: Place, _ problems: Problems) -> String {
        guard text.unicodeScalars.first == "\u{feff}" else { return text }
        problems.warning(
            place, "the file begins with a byte order mark (BOM), which is left out",
            hint: "save it as UTF-8 without BOM: other programs may take it for a part of the first word",
            code: "byte-order-mark")
        return String(text.unicodeScalars.dropFirst())
    }
}

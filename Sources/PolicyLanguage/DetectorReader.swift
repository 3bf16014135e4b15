// Reader for the entries of `detectors`: a pattern, words, or a file of words, with a check sum and what must stand
// near.

import Detection
import Mail
import Policy

/// Reads detectors that a policy defines.
struct DetectorReader {
    let nodes: NodeReader
    let context: RuleContext
    private var problems: Problems { nodes.problems }

    private static let keys = ["pattern", "words", "words-file", "checksum", "near", "case", "whole-word"]
    private static let mostWords = 200_000
    private static let largestModulus = 1_000_000

    init(nodes: NodeReader, context: RuleContext) {
        self.nodes = nodes
        self.context = context
    }

    /// One entry. For one with mistakes something is returned that its uses take, so that they give no findings of
    /// their own.
    func detector(_ node: ConditionNode, _ name: String) -> PatternSpec {
        let what = "detector '\(name)'"
        let place = nodes.place(node)
        let broken = PatternSpec(source: .words(["x"]), wholeWord: true, place: place)
        guard let fields = nodes.fields(node, what, known: Self.keys) else { return broken }
        let sources = ["pattern", "words", "words-file"].filter(fields.contains)
        guard sources.count == 1 else {
            problems.error(place, "\(what) must have either 'pattern' or 'words' or 'words-file'")
            return broken
        }
        guard
            var spec = fields["words-file"].map({ wordsFile($0, fields, what) })
                ?? nodes.spec(fields, key: "pattern", what)
        else { return broken }
        if let node = fields["checksum"] {
            guard fields.contains("pattern") else {
                problems.error(fields.place(of: "checksum"), "'checksum' of \(what) needs a 'pattern'")
                return broken
            }
            guard let checksum = checksum(node, "checksum of \(what)") else { return broken }
            spec.checksum = checksum
        }
        if let node = fields["near"] {
            guard let near = nodes.near(node, "near of \(what)") else { return broken }
            spec.near = [near]
        }
        return spec
    }

    // MARK: Files of words

    private func wordsFile(_ node: ConditionNode, _ fields: NodeReader.Fields, _ what: String) -> PatternSpec? {
        guard let name = nodes.text(node, "words-file of \(what)") else { return nil }
        guard !name.contains("/"), name.hasSuffix(".txt") else {
            problems.error(
                nodes.place(node), "words-file of \(what) is '\(name)', and must be a *.txt beside the rules",
                hint: "put the file into the policy folder: 'words-file: terms.txt'")
            return nil
        }
        let folder = nodes.file.lastIndex(of: "/").map { nodes.file[...$0] } ?? ""
        guard let text = context.wordFiles[folder + name] else {
            problems.error(
                nodes.place(node), "words-file of \(what): there is no '\(name)' in the policy folder",
                hint: "one word or phrase a line, UTF-8, at most 16 MiB")
            return nil
        }
        let file = String(folder + name)
        let words = words(ByteOrderMark.removed(from: text, Place(file: file, line: 1), problems), file, what)
        guard !words.isEmpty else { return nil }
        guard var spec = options(fields, what) else { return nil }
        spec.place = nodes.place(node)
        spec.source = .words(words)
        spec.wholeWord = true
        return spec
    }

    private func options(_ fields: NodeReader.Fields, _ what: String) -> PatternSpec? {
        var spec = PatternSpec(source: .words([]), place: fields.place)
        if let node = fields["whole-word"] {
            problems.error(nodes.place(node), "the words of a 'words-file' are whole words always")
            return nil
        }
        if let node = fields["case"] {
            guard let word = nodes.text(node, "case of \(what)") else { return nil }
            guard ["exact", "any"].contains(word) else {
                nodes.unknown(word, nodes.place(node), "case", in: what, known: ["exact", "any"])
                return nil
            }
            spec.caseExact = word == "exact"
        }
        return spec
    }

    /// Lines of a file; empty lines and those that start with `#` are left out.
    private func words(_ text: String, _ file: String, _ what: String) -> [String] {
        var words: [String] = []
        var number = 0
        for line in text.utf8.split(separator: 10, omittingEmptySubsequences: false) {
            number += 1
            guard let first = line.first(where: { $0 > 32 }), first != UInt8(ascii: "#") else { continue }
            let word = String(Substring(line)).split(whereSeparator: \.isWhitespace).joined(separator: " ")
            guard WordTable.isUsable(word), word.utf8.count <= 256, !word.utf8.contains(where: { $0 < 32 }) else {
                problems.error(
                    Place(file: file, line: number, column: 1),
                    """
                    '\(word.prefix(40))' cannot be a word of \(what): \
                    it has no letter and no digit, or 256 bytes and more
                    """
                )
                return []
            }
            guard words.count < Self.mostWords else {
                problems.error(Place(file: file, line: number), "more than \(Self.mostWords) words in \(what)")
                return []
            }
            words.append(word)
        }
        if words.isEmpty { problems.error(Place(file: file), "there are no words in the file of \(what)") }
        return words
    }

    // MARK: Check sums

    private func checksum(_ node: ConditionNode, _ what: String) -> Checksum? {
        if node.scalar != nil {
            guard let name = nodes.text(node, what) else { return nil }
            switch name {
            case "luhn": return .luhn
            case "mod97": return .mod97
            case "mod11": return .mod11
            default:
                nodes.unknown(name, nodes.place(node), what, in: nil, known: ["luhn", "mod97", "mod11"])
                return nil
            }
        }
        let known = ["weights", "from", "modulus", "equals", "products"]
        guard let fields = nodes.fields(node, what, known: known) else { return nil }
        guard let weightsNode = fields["weights"], let modulusNode = fields["modulus"] else {
            problems.error(
                fields.place, "\(what) needs 'weights' and 'modulus'",
                hint: "write 'luhn', 'mod97', 'mod11', or '{ weights: [3, 1], from: right, modulus: 10 }'")
            return nil
        }
        guard let weights = integers(weightsNode, "weights of \(what)", in: -1000...1000),
            let modulus = nodes.integer(modulusNode, "modulus of \(what)", in: 2...Self.largestModulus)
        else { return nil }
        var sum = WeightedSum(weights: weights, modulus: modulus)
        if let node = fields["from"] {
            guard let side = nodes.word(node, "from of \(what)", Side.self) else { return nil }
            sum.fromRight = side == .right
        }
        if let node = fields["products"] {
            guard let way = nodes.word(node, "products of \(what)", Products.self) else { return nil }
            sum.addsDigits = way == .digits
        }
        if let node = fields["equals"] {
            guard let rests = integers(node, "equals of \(what)", in: 0...modulus - 1) else { return nil }
            sum.equals = rests
        }
        return .weighted(sum)
    }

    private func integers(_ node: ConditionNode, _ what: String, in limits: ClosedRange<Int>) -> [Int]? {
        guard node.sequence != nil else { return nodes.integer(node, what, in: limits).map { [$0] } }
        guard let list = nodes.list(node, what) else { return nil }
        guard !list.isEmpty, list.count <= 64 else {
            problems.error(nodes.place(node), "\(what) must be 1 to 64 numbers")
            return nil
        }
        let numbers = list.compactMap { nodes.integer($0, what, in: limits) }
        return numbers.count == list.count ? numbers : nil
    }
}

private enum Side: String, CaseIterable {
    case left, right
}

private enum Products: String, CaseIterable {
    case whole, digits
}

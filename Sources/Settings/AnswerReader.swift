// `links.answers`: a map of limits, or `none`. Pure.

import SettingValues
import Yams

/// Reads the map.
enum AnswerReader {
    private static let form = "{count: 5, size: 25MiB, files: 20, per-hour: 20} or none"
    private static let keys = ["count", "size", "files", "per-hour"]

    /// The limits; nil for `none`.
    static func answers(_ node: Node) throws(Problem) -> AnswerSettings? {
        if node.scalar?.string == "none" { return nil }
        guard let map = node.mapping else {
            throw Problem(
                message: "a \(ValueReader.kind(node)) stands here", hint: "it takes \(form)", node: node)
        }
        var answers = AnswerSettings()
        for (key, value) in map {
            switch key.scalar?.string {
            case "count": answers.limits.count = try number(value, "count", 1...1000, Units.count)
            case "files": answers.limits.files = try number(value, "files", 0...1000, Units.count)
            case "per-hour": answers.perHour = try number(value, "per-hour", 1...100_000, Units.count)
            case "size":
                answers.limits.bytes = try number(value, "size", 65_536...(512 * 1024 * 1024), Units.bytes)
            default: throw ValueReader.unknown(key, among: keys)
            }
        }
        return answers
    }

    private static func number(
        _ node: Node, _ name: String, _ range: ClosedRange<Int>, _ convert: (String) -> Int?
    ) throws(Problem) -> Int {
        guard let text = node.scalar?.string, let value = convert(text), range.contains(value) else {
            let shown = name == "size" ? "64KiB to 512MiB" : "\(range.lowerBound) to \(range.upperBound)"
            throw Problem(message: "\(name) cannot be this", hint: "it takes \(shown)", node: node)
        }
        return value
    }
}

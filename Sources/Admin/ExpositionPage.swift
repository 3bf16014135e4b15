// The text format 0.0.4 of Prometheus: names, labels, escapes, numbers. Pure.
// Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format

/// Labels of one series, by name; no name twice.
struct LabelSet: Hashable {
    /// Longest value of a label, in characters.
    private static let valueLimit = 100

    /// Sorted by name, except that `le` of a bucket stands last.
    private(set) var pairs: [Pair]

    struct Pair: Hashable {
        let name: String
        let value: String
    }

    init(_ dimensions: [(String, String)]) {
        var seen: Set<String> = []
        pairs = dimensions.compactMap { name, value in
            let name = MetricName.label(name)
            guard seen.insert(name).inserted else { return nil }
            return Pair(name: name, value: String(value.prefix(Self.valueLimit)))
        }.sorted { $0.name < $1.name }
    }

    /// The same names, for everything that is too much.
    var other: LabelSet { LabelSet(pairs.map { ($0.name, "other") }) }

    func adding(_ name: String, _ value: String) -> LabelSet {
        var labels = self
        labels.pairs.append(Pair(name: name, value: value))
        return labels
    }

    /// `{a="b",c="d"}`, or nothing.
    var text: String {
        if pairs.isEmpty { return "" }
        return "{" + pairs.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ value: String) -> String {
        var out = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

/// One sample.
struct ExpositionLine {
    let suffix: String
    let labels: LabelSet
    let value: Double

    /// Whole numbers without a fraction, as every reader expects them.
    static func number(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        if value == -.infinity { return "-Inf" }
        if value.isNaN { return "NaN" }
        if let whole = Int64(exactly: value) { return "\(whole)" }
        return "\(value)"
    }
}

/// All samples of one name.
struct ExpositionPage {
    var kind: MetricKind
    var lines: [ExpositionLine] = []

    init(kind: MetricKind) { self.kind = kind }

    /// HELP, TYPE and the samples; those of one set of labels stay in their order.
    func text(name: String) -> String {
        var text = "# HELP \(name) \(MetricHelp.text(name))\n# TYPE \(name) \(kind.rawValue)\n"
        let plain = lines.enumerated().sorted { left, right in
            let (a, b) = (Self.key(left.element), Self.key(right.element))
            return a == b ? left.offset < right.offset : a < b
        }
        for (_, line) in plain {
            text += "\(name)\(line.suffix)\(line.labels.text) \(ExpositionLine.number(line.value))\n"
        }
        return text
    }

    /// Labels without the bound of a bucket.
    private static func key(_ line: ExpositionLine) -> String {
        line.labels.pairs.filter { $0.name != "le" }.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
    }
}

/// What names may look like.
enum MetricName {
    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`; everything else becomes `_`.
    static func name(_ text: String) -> String { cleaned(text, colon: true) }
    /// `[a-zA-Z_][a-zA-Z0-9_]*`.
    static func label(_ text: String) -> String { cleaned(text, colon: false) }

    private static func cleaned(_ text: String, colon: Bool) -> String {
        var out = ""
        for (index, scalar) in text.unicodeScalars.prefix(200).enumerated() {
            let isFine: Bool
            switch scalar {
            case "a"..."z", "A"..."Z", "_": isFine = true
            case "0"..."9": isFine = index > 0
            case ":": isFine = colon
            default: isFine = false
            }
            out.unicodeScalars.append(isFine ? scalar : "_")
        }
        return out.isEmpty ? "_" : out
    }
}

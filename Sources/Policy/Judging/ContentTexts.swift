// The texts of one message: the subject, every part that is text (HTML both as it is written and as a reader sees it), and
// what was found inside of attachments. Nothing is normalised or scanned before the first content condition asks.

import MIME
import Mail

/// Texts of one message, whole and without what they quote.
final class ContentTexts {
    /// Values of a detector that are counted: the largest `at-least`.
    static let valueLimit = 1000

    private struct Source {
        let name: String
        /// Forms of the text as they came.
        let forms: [String]
        let place: Alternatives.Place?
        let isHTML: Bool
    }

    private let sources: [Source]
    private let hiding: Hiding
    private let matchers: Matchers
    private lazy var whole = ContentCorpus(
        sources.map { ContentCorpus.Piece(name: $0.name, sources: $0.forms, place: $0.place) }, hiding, matchers)
    private lazy var unquoted = ContentCorpus(
        sources.map { ContentCorpus.Piece(name: $0.name, sources: Self.unquoted($0), place: $0.place) }, hiding,
        matchers)

    init(subjects: [String], parts: [Part], extracted: ExtractedParts, hiding: Hiding, matchers: Matchers) {
        var sources = subjects.map { Source(name: "subject", forms: [$0], place: nil, isHTML: false) }
        let alternatives = Alternatives(parts)
        for part in parts {
            let name = part.path.isEmpty ? "body" : "part \(part.path)"
            let place = alternatives.places[part.path]
            var isText = false
            if case .text(let text, let visible) = part.text {
                isText = true
                sources.append(
                    Source(
                        name: name, forms: visible.map { [$0, text] } ?? [text], place: place,
                        isHTML: part.type.subtype.contains("html")))
            }
            for found in extracted[part.path]?.texts ?? [] where !(isText && found.name.isEmpty) {
                let file = found.name.isEmpty ? part.fileName ?? "" : found.name
                sources.append(
                    Source(
                        name: file.isEmpty ? name : "\(name) \(Masking.shown(file))", forms: [found.text], place: place,
                        isHTML: false))
            }
        }
        self.sources = sources
        self.hiding = hiding
        self.matchers = matchers
    }

    /// What the scan of the whole texts met; nil before it was made and where it does not say all.
    var met: [Bool]? { isScanned ? whole.met : nil }
    private var isScanned = false

    /// The answer of a condition.
    func answer(_ condition: ContentCondition) -> Truth { corpus(condition).answer(condition) }

    /// What was found, masked, and what could not be searched.
    func samples(_ condition: ContentCondition) -> [String] { corpus(condition).samples(condition) }

    /// How many different values a detector finds, at most ``valueLimit``. For detectors that no rule uses, too.
    func count(of detector: Detector) -> Int { whole.count(of: detector) }

    private func corpus(_ condition: ContentCondition) -> ContentCorpus {
        guard condition.looksAtQuoted else { return unquoted }
        isScanned = true
        return whole
    }

    private static func unquoted(_ source: Source) -> [String] {
        if source.isHTML, source.forms.count == 2 {
            guard let kept = HTMLQuotes.removed(from: source.forms[1]) else { return source.forms }
            return [kept.visible, kept.text]
        }
        return source.forms.map { QuotedText.removed(from: $0) ?? $0 }
    }
}

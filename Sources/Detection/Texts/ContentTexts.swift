// The texts of one message: what its header says to people (subject, names beside addresses, Comments, Keywords), every
// part that is text, names of files, and what was found inside of attachments. Programs differ in what they show of one
// text, so each comes in all its forms (``Part/forms``). Nothing is normalised or scanned before the first content
// condition asks.

package import MIME
package import Mail

/// Texts of one message, whole and without what they quote.
package final class ContentTexts {
    /// Values of a detector that are counted: the largest `at-least`.
    package static let valueLimit = 1000

    private struct Source {
        let name: String
        /// Forms of the text as they came; they say the same.
        let forms: [String]
        var place: Alternatives.Place?
        /// HTML as it is written, where it is that, and its readings beside that one.
        var markup: String?
        var otherReadings: [String] = []
        /// True for what stands in the message's own header and stays readable when only the body is sealed.
        var isOutside = false
        /// True for the message's own Subject.
        var isSubject = false
    }

    private let sources: [Source]
    /// True where a field outside cannot be read: anything may stand there.
    private let hasUnreadOutside: Bool
    /// The same of a Subject.
    private let hasUnreadSubject: Bool
    private let hidden: Truth
    private let matchers: Matchers
    private lazy var whole = ContentCorpus(sources.map { Self.piece($0, $0.forms) }, hidden: hidden, matchers)
    private lazy var unquoted = ContentCorpus(
        sources.map { Self.piece($0, Self.unquoted($0)) }, hidden: hidden, matchers)

    /// - Parameters:
    ///   - parts: the tree as a list, depth first.
    ///   - hidden: unknown where text may be hidden, with the reason.
    package init(parts: [Part], extracted: ExtractedParts, hidden: Truth, matchers: Matchers) {
        var sources: [Source] = []
        for message in HeaderTexts.messages(parts) {
            sources += Self.headerSources(message.header, isOutside: message.path.isEmpty)
        }
        let alternatives = Alternatives(parts)
        for part in parts {
            sources += Self.sources(of: part, extracted[part.path], alternatives.places[part.path])
        }
        self.sources = sources
        hasUnreadOutside = parts.first?.header.fields.contains { $0.canBeTakenOff && !$0.isReadable } ?? false
        hasUnreadSubject = parts.first?.header.fields.contains { $0.isNamed("Subject") && !$0.isReadable } ?? false
        self.hidden = hidden
        self.matchers = matchers
    }

    // MARK: Sources

    /// What a message's header says to people.
    private static func headerSources(_ header: HeaderSection, isOutside: Bool) -> [Source] {
        var sources: [Source] = []
        for field in header.fields {
            if field.isNamed("Subject") {
                sources.append(Source(name: "subject", forms: field.forms, isSubject: isOutside))
            } else if field.isNamed("Thread-Topic"), header.first("Subject")?.text.hasSuffix(field.text) == true {
                // It repeats the subject, and goes with it.
                continue
            } else if field.isRemark {
                sources.append(Source(name: field.name, forms: field.forms, isOutside: isOutside))
            } else if field.holdsAddresses {
                let names = field.namesBeside
                guard !names.isEmpty else { continue }
                sources.append(Source(name: "names in \(field.name)", forms: names, isOutside: isOutside))
            }
        }
        return sources
    }

    private static func sources(
        of part: Part, _ found: ExtractedPart?, _ place: Alternatives.Place?
    ) -> [Source] {
        let name = part.path.isEmpty ? "body" : "part \(part.path)"
        var sources: [Source] = []
        let names = part.fileNames
        if !names.isEmpty {
            sources.append(
                Source(name: "name of \(name)", forms: names + names.compactMap(DirectionOverride.visual), place: place)
            )
        }
        // Programs show it like a name.
        if let field = part.header.first("Content-Description"), !field.text.isEmpty {
            sources.append(Source(name: "description of \(name)", forms: field.forms, place: place))
        }
        var forms = part.forms
        let isText = !forms.isEmpty
        let texts = found?.texts ?? []
        if isText {
            // What a part is counts, and what it is called: both are readings of one thing. None of them may be cut for
            // the other readings of what it is called.
            let inside = texts.filter { Self.isReading($0) }.map(\.forms)
            let real = joined(inside).filter { !forms.contains($0) }
            forms = Array((forms.prefix(1) + real + forms.dropFirst()).prefix(Part.formLimit))
            var source = Source(name: name, forms: forms, place: place)
            if part.type.subtype.contains("html"), case .text(let written, _) = part.text, real.isEmpty {
                source.markup = written
                source.otherReadings = part.otherForms.readings
            }
            sources.append(source)
        }
        for found in texts where !(isText && Self.isReading(found)) {
            let file = found.name.isEmpty ? part.fileName ?? "" : found.name
            sources.append(
                Source(
                    name: file.isEmpty ? name : "\(name) \(Masking.shown(file))", forms: found.forms, place: place))
        }
        // What programs show as text beside or instead of it.
        for reading in part.alsoReads { sources.append(Source(name: name, forms: [reading], place: place)) }
        let members = found?.members.map(\.name) ?? []
        if !members.isEmpty {
            sources.append(
                Source(name: "names inside \(name)", forms: [members.joined(separator: "\n")], place: place))
        }
        return sources
    }

    /// True where it is another reading of the whole part.
    private static func isReading(_ found: ExtractedPart.Text) -> Bool { found.name.isEmpty && found.role != .about }

    /// Several texts as one, in as many forms as the one has that has most.
    private static func joined(_ texts: [[String]]) -> [String] {
        let count = texts.map(\.count).max() ?? 0
        return (0..<count).map { form in
            texts.compactMap { $0.isEmpty ? nil : $0[min(form, $0.count - 1)] }.joined(separator: "\n")
        }
    }

    private static func piece(_ source: Source, _ forms: [String]) -> ContentCorpus.Piece {
        ContentCorpus.Piece(
            name: source.name, sources: forms, place: source.place, isOutside: source.isOutside,
            isSubject: source.isSubject)
    }

    private static func unquoted(_ source: Source) -> [String] {
        if let markup = source.markup {
            guard let kept = HTMLQuotes.removed(from: markup) else { return source.forms }
            return Array((source.otherReadings + kept).prefix(Part.formLimit))
        }
        return source.forms.map { QuotedText.removed(from: $0) ?? $0 }
    }

    // MARK: Answers

    /// What the scan of the whole texts met; nil before it was made and where it does not say all.
    package var met: [Bool]? { isScanned ? whole.met : nil }
    private var isScanned = false

    /// The answer of a condition.
    package func answer(_ condition: ContentSearch) -> Truth { corpus(condition).answer(condition) }

    /// True where what a condition looks for stands in the message's own header, subject aside: sealing has to take it
    /// off.
    package func standsOutside(_ condition: ContentSearch) -> Bool {
        hasUnreadOutside || corpus(condition).stands(condition, where: \.isOutside)
    }

    /// True where what a condition looks for stands in the message's own Subject, or may.
    package func standsInSubject(_ condition: ContentSearch) -> Bool {
        hasUnreadSubject || corpus(condition).stands(condition, where: \.isSubject)
    }

    /// What was found, masked, and what could not be searched.
    package func samples(_ condition: ContentSearch) -> [String] { corpus(condition).samples(condition) }

    /// How many different values a detector finds, at most ``valueLimit``. For detectors that no rule uses, too.
    package func count(of detector: Detector) -> Int? { whole.count(of: detector) }

    private func corpus(_ condition: ContentSearch) -> ContentCorpus {
        guard condition.looksAtQuoted else { return unquoted }
        isScanned = true
        return whole
    }
}

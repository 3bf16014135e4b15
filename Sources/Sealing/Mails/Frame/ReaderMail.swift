// A mail to a reader outside: what it says piece by piece, from which its text and its HTML are made, so that both say
// the same. The organisation's name stands above and below. Pure.

import Mail
import SettingValues
import Wording

/// What one mail to a reader says.
struct ReaderMail {
    /// One piece, in the order of reading.
    enum Piece {
        case words(String)
        /// Words that matter less.
        case smallPrint(String)
        /// Numbered words.
        case steps([String])
        /// The link. Its label stands in the HTML always, in the text where it has one.
        case link(String, label: String, isLabelledInText: Bool)
        /// Letters to be typed or compared, below their label.
        case code(String, label: String)
        /// How to see that the mail is genuine; nothing where there is no sign.
        case signs(heading: String, [String])
    }

    let subject: String
    /// What lists of mails show beside the subject.
    let preheader: String
    let organisation: Organisation
    let language: Language
    let pieces: [Piece]

    /// The mail.
    /// - Parameter replyTo: where a person's answer goes.
    func mail(replyTo: Mailbox? = nil) -> OwnMail {
        OwnMail(subject: subject, language: language, body: .textAndHTML(text, html), replyTo: replyTo)
    }

    private var text: String {
        var paragraphs = pieces.compactMap { piece -> String? in
            switch piece {
            case .words(let words), .smallPrint(let words): words
            case .steps(let steps): steps.enumerated().map { "\($0.offset + 1). \($0.element)" }.joined(separator: "\n")
            case .link(let address, let label, let isLabelled): isLabelled ? "\(label)\n\(address)" : address
            case .code(let code, let label): "\(label)\n\(code)"
            case .signs(let heading, let signs):
                signs.isEmpty ? nil : ([heading] + signs.map { "- \($0)" }).joined(separator: "\n")
            }
        }
        if let signature = organisation.signature(language) { paragraphs.append("-- \n\(signature)") }
        return paragraphs.joined(separator: "\n\n")
    }

    private var html: String {
        var page = HTMLMail(language: language, colour: organisation.colour)
        page.banner(organisation.displayName)
        for piece in pieces {
            switch piece {
            case .words(let words): page.paragraph(words)
            case .smallPrint(let words): page.paragraph(words, isSmall: true)
            case .steps(let steps): page.steps(steps)
            case .link(let address, let label, _): page.link(address, label: label)
            case .code(let code, let label): page.code(code, label: label)
            case .signs(let heading, let signs): if !signs.isEmpty { page.box(heading: heading, signs) }
            }
        }
        if let signature = organisation.signature(language) { page.paragraph(signature, isSmall: true) }
        return page.document(title: subject, preheader: preheader)
    }
}

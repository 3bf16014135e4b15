// What a sender has written into a message for us alone: a password for the letter, a number for a text message. It
// is taken out before anything is judged, so that no rule, log, copy, notice or letter can hold it. Pure.
//
// Sources: `[pw: …]` and `[sms: …]` in any Subject field, X-Letterlock-Password, X-Letterlock-SMS. Fails closed: a mark
// that cannot be taken out, that says two things, or that may be an outsider's choice, refuses the message.

import Detection
import MIME
import Mail
import SettingValues

/// The wishes, and the message without them.
struct SenderWishes {
    static let passwordField = "X-Letterlock-Password"
    static let numberField = "X-Letterlock-SMS"

    /// Whose words the message holds.
    enum Writer: Equatable {
        /// One of us: the header fields are read; marks in subjects too, where links are set up.
        case inside(marks: Bool)
        /// Anybody else, or a reader behind a link: the text is no wish, and the header fields do not go on.
        case outside
    }

    /// The message that is judged and sent.
    let parsed: ParsedMessage
    /// As written, without white space at its ends.
    private(set) var password: Secret?
    private(set) var number: PhoneNumber?
    /// Why the message cannot be taken, for the sender; never repeats what the sender wrote.
    private(set) var problem: String?

    /// True where the sender has written anything for us.
    var isGiven: Bool { password != nil || number != nil || problem != nil }
    /// The ways that the sender has asked for.
    var modes: [PasswordMode] { (password == nil ? [] : [.fromSender]) + (number == nil ? [] : [.sms]) }

    /// - Parameter inside: whose authors are ours.
    init(of parsed: ParsedMessage, by writer: Writer, inside: DomainList) {
        var reader = WishReader(writer)
        let cleaned = parsed.replacingFields(reader.changes(of: parsed))
        self.parsed = cleaned
        reader.lookBelow(cleaned)
        reader.lookForAuthors(parsed.root.header, inside)
        problem = reader.problem
        take(reader)
    }

    private mutating func take(_ reader: WishReader) {
        // The same given twice is one wish.
        var passwords: [String] = []
        for one in reader.passwords where !passwords.contains(one) { passwords.append(one) }
        if passwords.count > 1 { problem = problem ?? "two different passwords are given for one message" }
        if let first = passwords.first {
            if first.unicodeScalars.contains(where: Self.isUnfit) {
                problem = problem ?? "the password given holds characters that nobody can type, or could not be read"
            }
            password = Secret(first)
        }
        var numbers: [PhoneNumber] = []
        for text in reader.numbers {
            guard let number = PhoneNumber(text) else {
                problem =
                    problem
                    ?? "the telephone number given is none: write it as [sms:+33612345678], with its country code"
                continue
            }
            if !numbers.contains(number) { numbers.append(number) }
        }
        if numbers.count > 1 { problem = problem ?? "two different telephone numbers are given for one message" }
        number = numbers.first
    }

    private static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "\u{FFFD}" { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return true
        default: return false
        }
    }
}

/// Reads and takes out.
private struct WishReader {
    private let writer: SenderWishes.Writer
    /// The marks that are looked for in texts.
    private let wanted: Set<SubjectMarks.Mark>
    private(set) var passwords: [String] = []
    private(set) var numbers: [String] = []
    private(set) var problem: String?

    init(_ writer: SenderWishes.Writer) {
        self.writer = writer
        wanted = writer == .inside(marks: true) ? Set(SubjectMarks.Mark.allCases) : []
    }

    /// Fields in which mail programs repeat the subject.
    private static let copies: Set<String> = ["thread-topic", "comments", "keywords"]
    /// Signatures over the header as it was (RFC 6376).
    private static let signatures: Set<String> = ["dkim-signature", "domainkey-signature"]

    /// What has to become of the fields; empty where nothing was written for us.
    mutating func changes(of parsed: ParsedMessage) -> [Int: String?] {
        var changes: [Int: String?] = [:]
        var taken: [String] = []
        let fields = parsed.root.header.fields
        for (place, field) in fields.enumerated() {
            if let mark = Self.mark(ofField: field) {
                changes.updateValue(nil, forKey: place)
                taken.append(field.name.lowercased())
                if writer != .outside { note(mark, field.text) }
            } else if writer != .outside, Self.isNearlyOurs(field) {
                problem = problem ?? Self.unknownField
            } else if wanted.isEmpty {
                continue
            } else if field.isNamed("Subject") {
                let marks = SubjectMarks(field.text, wanted)
                for (mark, values) in marks.values { values.forEach { note(mark, $0) } }
                if marks.isMisplaced { problem = problem ?? Self.misplaced }
                guard !marks.values.isEmpty else { continue }
                changes.updateValue(marks.subject, forKey: place)
                if marks.isBehindReply || Self.isAnswer(parsed.root.header) { problem = problem ?? Self.another }
            } else if Self.isCopy(field), SubjectMarks.opens(field.text, wanted) {
                changes.updateValue(nil, forKey: place)
            }
        }
        guard !changes.isEmpty else { return [:] }
        for (place, field) in fields.enumerated() where isVoid(field, without: taken) {
            changes.updateValue(nil, forKey: place)
        }
        return changes
    }

    /// True for a signature that does not hold any more. Of mail that others have signed only what covers the fields
    /// that go.
    private func isVoid(_ field: HeaderField, without taken: [String]) -> Bool {
        guard Self.signatures.contains(field.name.lowercased()) else { return false }
        if writer != .outside { return true }
        let text = field.unfolded.lowercased()
        return taken.contains { text.contains($0) }
    }

    /// True where the message says that it answers another, or was written by a program that answers.
    private static func isAnswer(_ header: HeaderSection) -> Bool {
        (header.all("In-Reply-To") + header.all("References")).contains { !$0.unfolded.isEmpty }
            || header.all("Auto-Submitted").contains { $0.unfolded.lowercased().contains("auto-replied") }
    }

    /// Mail that is passed on goes under an address of ours, but what stands in it is the choice of who wrote it.
    mutating func lookForAuthors(_ header: HeaderSection, _ inside: DomainList) {
        guard writer != .outside, problem == nil, !passwords.isEmpty || !numbers.isEmpty else { return }
        if !header.all("From").flatMap(\.addressReadings.mailboxes).allSatisfy(inside.contains) {
            problem = Self.foreign
        }
    }

    /// True for a field that looks like one of ours, and is none: a slip of the pen would leave with the password in
    /// it.
    private static func isNearlyOurs(_ field: HeaderField) -> Bool {
        field.name.utf8.first.map { $0 | 0x20 == UInt8(ascii: "x") } ?? false
            && field.name.lowercased().hasPrefix("x-letterlock-")
    }

    /// Parts may repeat the subject in headers of their own, where a signature keeps it in its place.
    mutating func lookBelow(_ parsed: ParsedMessage) {
        guard writer != .outside, !passwords.isEmpty || !numbers.isEmpty else { return }
        for part in parsed.root.children { look(at: part) }
    }

    private mutating func look(at part: Part) {
        let isRepeated =
            part.header.all("Subject").contains { SubjectMarks.opens($0.text, wanted) }
            || part.header.fields.contains { Self.mark(ofField: $0) != nil }
            || part.type.essence == "text/rfc822-headers" && Self.opens(part.text, wanted)
        if isRepeated {
            problem =
                problem
                    ?? """
                    your mail program repeats the subject inside of a signed part, where a password cannot be taken \
                    out: use the header field \(SenderWishes.passwordField), or do not sign
                    """
        }
        // What is attached is another message, with a subject of its own.
        guard !part.type.isMessage else { return }
        for child in part.children { look(at: child) }
    }

    private static func opens(_ text: PartText, _ wanted: Set<SubjectMarks.Mark>) -> Bool {
        guard case .text(let text, _) = text else { return false }
        return SubjectMarks.opens(String(text.prefix(65_536)), wanted)
    }

    private mutating func note(_ mark: SubjectMarks.Mark, _ value: String) {
        if value.isEmpty { problem = problem ?? "the password or number given is empty" }
        switch mark {
        case .password: passwords.append(value)
        case .number: numbers.append(value)
        }
    }

    private static func mark(ofField field: HeaderField) -> SubjectMarks.Mark? {
        if field.isNamed(SenderWishes.passwordField) { return .password }
        return field.isNamed(SenderWishes.numberField) ? .number : nil
    }

    private static func isCopy(_ field: HeaderField) -> Bool {
        // Most fields are neither, and need no other form of their name.
        guard let first = field.name.utf8.first, "xtck".utf8.contains(first | 0x20) else { return false }
        let name = field.name.lowercased()
        return copies.contains(name) || name.hasPrefix("x-")
    }

    private static let misplaced =
        "[pw: ...] and [sms: ...] must stand at the start or the end of the subject, and be closed by a bracket"
    private static let foreign =
        """
        the message holds [pw: ...], [sms: ...] or a header field for them, and an address in its From field \
        is not one of ours: what it holds may be the choice of who wrote it; take it out
        """
    private static let unknownField =
        """
        the message has a header field that begins with X-Letterlock- and is none that is \
        known: write \(SenderWishes.passwordField) or \(SenderWishes.numberField)
        """
    private static let another =
        """
        [pw: ...] or [sms: ...] in the subject of an answer may be the choice of who wrote \
        first: take it out of the subject, and if it is yours, put it into the header field \
        \(SenderWishes.passwordField) or \(SenderWishes.numberField), or begin a new message
        """
}

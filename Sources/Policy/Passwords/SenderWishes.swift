// What a sender has written into his message for us alone: a password for the letter, a number for a text message. It is
// taken out before anything is judged, so that no rule, log, copy, notice or letter can hold it. Pure.
//
// Sources: `[pw: …]` and `[sms: …]` in any Subject field, X-Letterlock-Password, X-Letterlock-SMS. Fails closed: a mark that
// cannot be taken out, or that says two things, refuses the message.

import MIME
import Mail

/// The wishes, and the message without them.
struct SenderWishes {
    static let passwordField = "X-Letterlock-Password"
    static let numberField = "X-Letterlock-SMS"

    /// The message that is judged and sent.
    let parsed: ParsedMessage
    /// As he wrote it, without white space at its ends.
    private(set) var password: Secret?
    private(set) var number: PhoneNumber?
    /// Why the message cannot be taken, for the sender; never repeats what he wrote.
    private(set) var problem: String?

    /// Nothing is looked for.
    init(none parsed: ParsedMessage) { self.parsed = parsed }

    /// - Parameter modes: the ways that any setting or rule speaks of: nothing is looked for that nobody could use.
    init(of parsed: ParsedMessage, modes: Set<PasswordMode>) {
        var wanted: Set<SubjectMarks.Mark> = []
        if modes.contains(.fromSender) { wanted.insert(.password) }
        if modes.contains(.sms) { wanted.insert(.number) }
        var reader = WishReader(wanted: wanted)
        let cleaned = parsed.replacingFields(reader.changes(of: parsed))
        self.parsed = cleaned
        reader.lookBelow(cleaned)
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
    let wanted: Set<SubjectMarks.Mark>
    private(set) var passwords: [String] = []
    private(set) var numbers: [String] = []
    private(set) var problem: String?

    init(wanted: Set<SubjectMarks.Mark>) { self.wanted = wanted }

    /// Fields in which mail programs repeat the subject.
    private static let copies: Set<String> = ["thread-topic", "comments", "keywords"]
    /// Signatures over the header as it was (RFC 6376).
    private static let signatures: Set<String> = ["dkim-signature", "domainkey-signature"]

    /// What has to become of the fields; empty where nothing was written for us.
    mutating func changes(of parsed: ParsedMessage) -> [Int: String?] {
        var changes: [Int: String?] = [:]
        let fields = parsed.root.header.fields
        for (place, field) in fields.enumerated() {
            if let mark = Self.mark(ofField: field), wanted.contains(mark) {
                changes.updateValue(nil, forKey: place)
                note(mark, field.text)
            } else if field.isNamed("Subject") {
                let marks = SubjectMarks(field.text, wanted)
                for (mark, values) in marks.values { values.forEach { note(mark, $0) } }
                if marks.isMisplaced { problem = problem ?? Self.misplaced }
                if !marks.values.isEmpty { changes.updateValue(marks.subject, forKey: place) }
            } else if Self.isCopy(field), SubjectMarks.opens(field.text, wanted) {
                changes.updateValue(nil, forKey: place)
            }
        }
        guard !changes.isEmpty else { return [:] }
        for (place, field) in fields.enumerated() where Self.signatures.contains(field.name.lowercased()) {
            changes.updateValue(nil, forKey: place)
        }
        return changes
    }

    /// Parts may repeat the subject in headers of their own, where a signature keeps it in its place.
    mutating func lookBelow(_ parsed: ParsedMessage) {
        guard !passwords.isEmpty || !numbers.isEmpty else { return }
        for part in parsed.root.children { look(at: part) }
    }

    private mutating func look(at part: Part) {
        let isRepeated =
            part.header.all("Subject").contains { SubjectMarks.opens($0.text, wanted) }
            || part.header.fields.contains { Self.mark(ofField: $0).map(wanted.contains) ?? false }
            || part.type.essence == "text/rfc822-headers" && Self.opens(part.text, wanted)
        if isRepeated {
            problem =
                problem
                ?? "your mail program repeats the subject inside of a signed part, where a password cannot be taken out: use the header field \(SenderWishes.passwordField), or do not sign"
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
        let name = field.name.lowercased()
        return copies.contains(name) || name.hasPrefix("x-")
    }

    private static let misplaced =
        "[pw: ...] and [sms: ...] must stand at the start or the end of the subject, and be closed by a bracket"
}

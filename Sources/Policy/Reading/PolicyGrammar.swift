// The language of policy files as a table: every map, its keys, what each takes. The JSON Schema for editors is written
// from it; the readers have their own lists of keys, and a test compares the two at every map. Adding a key is one line.

import Detection
import Mail

/// The maps of policy files.
package enum PolicyGrammar {
    /// What a key takes.
    package indirect enum Value: Sendable {
        case text
        case boolean
        case integer(ClosedRange<Int>)
        /// One of these words.
        case words([String])
        /// A text or a list of texts.
        case texts
        /// A list of these.
        case list(Value)
        /// A map of this name, see ``PolicyGrammar/maps``.
        case map(String)
        /// Keys of the author's own, each with this value.
        case table(Value)
        /// Any of these.
        case either([Value])
        /// The number 1.
        case one
        /// Whatever another table says.
        case anything
    }

    /// One key of a map.
    package struct Key: Sendable {
        package let name: String
        package let value: Value
        /// What it is for, in one line.
        package let about: String
        package let isNeeded: Bool

        package init(name: String, value: Value, about: String, isNeeded: Bool) {
            self.name = name
            self.value = value
            self.about = about
            self.isNeeded = isNeeded
        }
    }

    /// One map.
    package struct Map: Sendable {
        package let name: String
        package let keys: [Key]
        /// The smallest policy whose finding about an unknown key `KEY` is about this map; the test puts a key there.
        package let probe: String

        package init(name: String, keys: [Key], probe: String) {
            self.name = name
            self.keys = keys
            self.probe = probe
        }
    }

    private static func key(_ name: String, _ value: Value, _ about: String, needed: Bool = false) -> Key {
        Key(name: name, value: value, about: about, isNeeded: needed)
    }

    private static let methods = MethodName.allCases.map(\.rawValue)
    private static let levels = ProtectionWord.allCases.map(\.rawValue)
    private static func rule(_ when: String) -> String {
        "version: 1\nrules:\n  - id: r\n    when: \(when)\n    then: { protect: required }\n"
    }

    /// Every map whose keys are fixed.
    package static let maps: [Map] = [
        Map(
            name: "file",
            keys: [
                key("version", .one, "The version of the language: 1.", needed: true),
                key("scope", .map("conditions"), "What holds beside `when` of each rule of this file."),
                key("exempt", .map("conditions"), "What is an exception to each rule of this file."),
                key(
                    "lists", .table(.texts),
                    "Lists by name: of domains, sub-domains (with a leading dot) and addresses; or of networks."),
                key("detectors", .table(.map("detector")), "Detectors of your own, by name, beside the built-in ones."),
                key("conditions", .table(.map("conditions")), "Conditions by name, for `condition` in any file."),
                key("defaults", .map("defaults"), "What holds where no rule says anything."),
                key("rules", .list(.map("rule")), "The rules; what all matching ones ask for is joined."),
            ], probe: "version: 1\nKEY: 1\n"),
        Map(
            name: "defaults",
            keys: [
                key("protect", .words(levels), "Joins in always, like a rule that matches everything."),
                key(
                    "with", .either([.words(methods), .list(.words(methods))]),
                    "Methods where no matching rule names any, and the order of preference."),
            ], probe: "version: 1\ndefaults: { KEY: 1 }\n"),
        Map(
            name: "detector",
            keys: [
                key("pattern", .text, "A regular expression."),
                key("words", .texts, "Whole words."),
                key("words-file", .text, "A *.txt file in the policy folder: a word or phrase a line."),
                key(
                    "checksum", .either([.words(["luhn", "mod97", "mod11"]), .map("checksum")]),
                    "What the digits of a match must fulfil."),
                key("near", .map("near"), "What must stand near."),
                key("case", .words(["exact", "any"]), "Whether upper and lower case differ."),
                key("whole-word", .boolean, "The pattern matches whole words only."),
            ], probe: "version: 1\ndetectors:\n  d: { pattern: x, KEY: 1 }\n"),
        Map(
            name: "checksum",
            keys: [
                key(
                    "weights", .either([.integer(-1000...1000), .list(.integer(-1000...1000))]),
                    "Weights of the digits, used again from the first.", needed: true),
                key("modulus", .integer(2...1_000_000), "What the sum is taken modulo.", needed: true),
                key("from", .words(["left", "right"]), "Where the first weight belongs."),
                key("products", .words(["whole", "digits"]), "Whether products are added, or their digits."),
                key(
                    "equals", .either([.integer(0...999_999), .list(.integer(0...999_999))]),
                    "The rests that are right."),
            ],
            probe: "version: 1\ndetectors:\n  d: { pattern: x, checksum: { weights: 1, modulus: 7, KEY: 1 } }\n"),
        Map(
            name: "near",
            keys: [
                key("words", .texts, "One of these words."),
                key("pattern", .text, "A regular expression."),
                key("within", .integer(0...1000), "Characters between the two at most."),
                key("case", .words(["exact", "any"]), "Whether upper and lower case differ."),
                key("whole-word", .boolean, "The pattern matches whole words only."),
            ], probe: rule("{ content: { pattern: x, near: { words: y, KEY: 1 } } }")),
        Map(
            name: "rule",
            keys: [
                key("id", .text, "Stable name, quoted by tests and logs.", needed: true),
                key("about", .text, "What it is for."),
                key("mode", .words(["watch"]), "watch: judged, counted and logged, not acted on."),
                key("until", .text, "With mode: watch: from this date on it acts (2027-01-31, UTC)."),
                key("when", .map("conditions"), "When it applies; always, where it is missing."),
                key("unless", .map("conditions"), "The exception."),
                key("then", .map("then"), "What it asks for.", needed: true),
            ], probe: "version: 1\nrules:\n  - id: r\n    KEY: 1\n    then: { protect: required }\n"),
        Map(
            name: "then",
            keys: [
                key(
                    "protect", .words(levels), "required: protect or do not send; preferred: wherever a method exists."),
                key("with", .either([.words(methods), .list(.words(methods))]), "The methods that are allowed."),
                key("refuse", .text, "Do not send; the sender reads this."),
                key("hide-subject", .boolean, "The subject outside is [...] where the message is sealed."),
                key(
                    "strip-subject-tag", .boolean, "Takes out of the subject what this rule's subject pattern matched."),
                key("quarantine", .text, "Hold it back for an officer."),
                key("sign", .boolean, "What is sealed by OpenPGP is signed with the gateway's key."),
                key("redirect", .text, "Who gets it in the recipient's place."),
                key("add-header", .table(.text), "Header fields to add."),
                key("remove-header", .texts, "Header fields to take out, by name."),
                key("footer", .either([.text, .map("footer")]), "A text below the body."),
                key("copy-to", .texts, "Archives that get a sealed copy."),
                key("strip-attachment", .map("attachment"), "Attachments that have all of this are taken out."),
                key("link", .map("link"), "What holds for its password-unlock links."),
                key("receipt", .boolean, "The sender is told when the next hop has taken it."),
            ], probe: "version: 1\nrules:\n  - id: r\n    then: { protect: required, KEY: 1 }\n"),
        Map(
            name: "footer",
            keys: [
                key("text", .text, "For mail in plain text.", needed: true),
                key("html", .text, "For mail in HTML; the text, where it is missing."),
            ], probe: "version: 1\nrules:\n  - id: r\n    then: { footer: { text: x, KEY: 1 } }\n"),
        Map(
            name: "link",
            keys: [
                key("expire", .text, "How long the letter can be opened: 7d."),
                key(
                    "password",
                    .either([
                        .words(PasswordMode.allCases.map(\.rawValue)),
                        .list(.words(PasswordMode.allCases.map(\.rawValue))),
                    ]), "How the password reaches the recipient: the first of these that can be used."),
                key("replies", .boolean, "Whether the letter can be answered; no wins over yes."),
            ], probe: "version: 1\nrules:\n  - id: r\n    then: { protect: required, link: { expire: 7d, KEY: 1 } }\n"),
        Map(
            name: "conditions",
            keys: [
                key("sender", .map("address"), "The envelope's sender."),
                key("recipient", .map("address"), "The recipient that is judged."),
                key("subject", .either([.text, .map("subject")]), "The decoded Subject."),
                key("header", .map("header"), "Any header field."),
                key("size", .map("size"), "Bytes of the message as it came."),
                key("attachment", .map("attachment"), "One attachment that has all of this."),
                key("content", .either([.text, .map("content")]), "The text of the message and of its attachments."),
                key("encrypted", .either([.boolean, .words(["pgp", "smime"])]), "Whether it came encrypted."),
                key(
                    "signed", .either([.boolean, .words(SignedKind.allCases.map(\.rawValue))]),
                    "Whether it claims to be signed."),
                key("from", .map("address"), "The addresses in From."),
                key("reply-to", .map("address"), "The addresses in Reply-To."),
                key("sender-matches-from", .boolean, "Whether the envelope's sender stands in From."),
                key("recipients", .map("recipients"), "The envelope's recipients taken together."),
                key("user", .map("user"), "Who logged in."),
                key("listener", .texts, "By which listener it came, as the settings name it."),
                key("client", .map("client"), "The client's address."),
                key("key", .map("key"), "Who has a key."),
                key("time", .map("time"), "Time of day and day of the week."),
                key("date-range", .map("date-range"), "From a date to a date."),
                key(
                    "conversation", .words(ConversationCondition.State.allCases.map(\.rawValue)),
                    "Whether a message that it answers was protected."),
                key(
                    "password", .words(PasswordCondition.State.allCases.map(\.rawValue)),
                    "Whether the sender wrote a password for us into it."),
                key("condition", .text, "The condition of that name, under `conditions`."),
                key("all", .list(.map("conditions")), "All of these must hold."),
                key("any", .list(.map("conditions")), "One of these must hold."),
                key("not", .map("conditions"), "This must not hold."),
            ], probe: rule("{ KEY: 1 }")),
        Map(
            name: "address",
            keys: [
                key("in", .texts, "In one of these lists, domains or addresses; `inside` is our own."),
                key("not-in", .texts, "In none of these."),
                key("matches", .text, "The address matches this pattern."),
            ], probe: rule("{ sender: { in: inside, KEY: 1 } }")),
        Map(
            name: "recipients",
            keys: [
                key("count", .map("count"), "How many there are."),
                key("outside-count", .map("count"), "How many are not inside."),
                key("domains", .map("count"), "In how many domains."),
                key("any-in", .texts, "One of them is in these."),
                key("all-in", .texts, "All of them are."),
            ], probe: rule("{ recipients: { count: { over: 1 }, KEY: 1 } }")),
        Map(
            name: "count",
            keys: [
                key("over", .integer(0...1_000_000), "More than this."),
                key("under", .integer(1...1_000_000), "Less than this."),
            ], probe: rule("{ recipients: { count: { over: 1, KEY: 1 } } }")),
        Map(
            name: "user",
            keys: [
                key("in", .texts, "One of these users, or in one of these lists."),
                key("not-in", .texts, "None of these."),
                key("authenticated", .boolean, "Whether anybody logged in."),
            ], probe: rule("{ user: { in: x, KEY: 1 } }")),
        Map(
            name: "client",
            keys: [
                key("in", .texts, "In one of these networks, 192.0.2.0/24, or lists of networks."),
                key("not-in", .texts, "In none of these."),
            ], probe: rule("{ client: { in: 192.0.2.0/24, KEY: 1 } }")),
        Map(
            name: "key",
            keys: [
                key("of", .words(KeyCondition.Owner.allCases.map(\.rawValue)), "Whose key."),
                key(
                    "is",
                    .either([
                        .words(KeyCondition.State.allCases.map(\.rawValue)),
                        .list(.words(KeyCondition.State.allCases.map(\.rawValue))),
                    ]), "What is known of it.", needed: true),
            ], probe: rule("{ key: { is: usable, KEY: 1 } }")),
        Map(
            name: "time",
            keys: [
                key("between", .text, "08:00-18:00; may go over midnight."),
                key("days", .texts, "Days of the week: mon, tue, …"),
                key("zone", .text, "The time zone, such as Europe/Paris."),
            ], probe: rule("{ time: { days: mon, KEY: 1 } }")),
        Map(
            name: "date-range",
            keys: [
                key("from", .text, "From this date on."),
                key("until", .text, "Until this date."),
                key("zone", .text, "The time zone, such as Europe/Paris."),
            ], probe: rule("{ date-range: { from: 2027-01-01, KEY: 1 } }")),
        Map(
            name: "subject",
            keys: [
                key("is", .text, "It is this."),
                key("matches", .text, "It matches this pattern."),
                key("words", .texts, "It has one of these words."),
                key("case", .words(["exact", "any"]), "Whether upper and lower case differ."),
                key("whole-word", .boolean, "The pattern matches whole words only."),
            ], probe: rule("{ subject: { is: x, KEY: 1 } }")),
        Map(
            name: "header",
            keys: [
                key("name", .text, "The field's name.", needed: true),
                key("is", .text, "Its text is this."),
                key("matches", .text, "Its text matches this pattern."),
                key("words", .texts, "Its text has one of these words."),
                key("exists", .boolean, "Whether there is such a field."),
                key("count", .map("count"), "How many fields of the name there are."),
                key("date", .map("header-date"), "Its date."),
                key("case", .words(["exact", "any"]), "Whether upper and lower case differ."),
                key("whole-word", .boolean, "The pattern matches whole words only."),
            ], probe: rule("{ header: { name: X, is: y, KEY: 1 } }")),
        Map(
            name: "header-date",
            keys: [
                key("older-than", .text, "So long before now: 30d."),
                key("newer-than", .text, "Less long ago than this, or later than now."),
                key("missing", .boolean, "The answer where there is no such field."),
            ], probe: rule("{ header: { name: Date, date: { older-than: 30d, KEY: 1 } } }")),
        Map(
            name: "size",
            keys: [
                key("over", .either([.text, .integer(0...Int.max)]), "More than this: 500KB, 10MiB."),
                key("under", .either([.text, .integer(0...Int.max)]), "Less than this."),
            ], probe: rule("{ size: { over: 1, KEY: 1 } }")),
        Map(
            name: "attachment",
            keys: [
                key("name", .text, "A pattern for the file name."),
                key("type", .texts, "Media types: application/pdf, image/*."),
                key("extension", .texts, "Extensions: exe, tar.gz."),
                key(
                    "kind",
                    .either([
                        .words(AttachmentKind.allCases.map(\.rawValue)),
                        .list(.words(AttachmentKind.allCases.map(\.rawValue))),
                    ]), "Kinds of files."),
                key("size", .map("size"), "Its size, decoded."),
                key("real-type", .texts, "Media types by content."),
                key("mismatch", .boolean, "What it claims to be does not go with what it is."),
                key("encrypted", .boolean, "It, or a file in it, is encrypted."),
                key("text", .words(["none"]), "It was read to its end and holds no text, as a scan does."),
                key("inside", .boolean, "Files inside of archives too."),
                key("count", .map("count"), "How many have all of this."),
                key("total-size", .map("size"), "Their sizes together."),
            ], probe: rule("{ attachment: { name: x, KEY: 1 } }")),
        Map(
            name: "content",
            keys: [
                key("pattern", .text, "A regular expression."),
                key("detector", .text, "A built-in detector, or one of `detectors`."),
                key("words", .texts, "One of these words."),
                key("at-least", .integer(1...ContentTexts.valueLimit), "So many places, or different values."),
                key("near", .map("near"), "What must stand near."),
                key("quoted", .either([.boolean, .words(["yes", "no"])]), "Whether quoted text counts."),
                key("whole-word", .boolean, "The pattern matches whole words only."),
                key("case", .words(["exact", "any"]), "Whether upper and lower case differ."),
            ], probe: rule("{ content: { pattern: x, KEY: 1 } }")),
    ]
}

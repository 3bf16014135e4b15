// The language of policy files as a table: every map, its keys, what each takes. The JSON Schema for editors is written
// from it; the readers have their own lists of keys, and a test compares the two at every map. What belongs to one
// condition stands with that condition (ConditionKind).

import Detection
import Mail
import SettingValues

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

    /// One key of a map.
    static func key(_ name: String, _ value: Value, _ about: String, needed: Bool = false) -> Key {
        Key(name: name, value: value, about: about, isNeeded: needed)
    }

    private static let methods = MethodName.allCases.map(\.rawValue)
    private static let levels = ProtectionWord.allCases.map(\.rawValue)
    /// A policy with one rule, whose `when` this is.
    static func probe(_ when: String) -> String {
        "version: 1\nrules:\n  - id: r\n    when: \(when)\n    then: { protect: required }\n"
    }

    /// The map of conditions, and those that single conditions take.
    package static let conditionMaps: [Map] =
        [
            Map(
                name: "conditions", keys: ConditionKind.known.map { key($0.key, $0.value, $0.about) },
                probe: probe("{ KEY: 1 }"))
        ] + ConditionKind.known.flatMap(\.maps)

    /// Every map whose keys are fixed.
    package static let maps: [Map] =
        [
            Map(
                name: "file",
                keys: [
                    key("version", .one, "The version of the language: 1.", needed: true),
                    key("scope", .map("conditions"), "What holds beside `when` of each rule of this file."),
                    key("exempt", .map("conditions"), "What is an exception to each rule of this file."),
                    key(
                        "lists", .table(.texts),
                        "Lists by name: of domains, sub-domains (with a leading dot) and addresses; or of networks."),
                    key(
                        "detectors", .table(.map("detector")),
                        "Detectors of your own, by name, beside the built-in ones."),
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
                ], probe: probe("{ content: { pattern: x, near: { words: y, KEY: 1 } } }")),
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
                        "protect", .words(levels),
                        "required: protect or do not send; preferred: wherever a method exists."),
                    key("with", .either([.words(methods), .list(.words(methods))]), "The methods that are allowed."),
                    key("refuse", .text, "Do not send; the sender reads this."),
                    key("hide-subject", .boolean, "The subject outside is [...] where the message is sealed."),
                    key(
                        "strip-subject-tag", .boolean,
                        "Takes out of the subject what this rule's subject pattern matched."),
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
                ],
                probe: """
                    version: 1
                    rules:
                      - id: r
                        then: { protect: required, link: { expire: 7d, KEY: 1 } }

                    """),
        ] + conditionMaps
}

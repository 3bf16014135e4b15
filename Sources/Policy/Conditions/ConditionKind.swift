// The kinds of conditions: for each key that may stand under `when` its words for editors, how it is read and how it is
// answered from the features log. What it asks of a message, what it shows to explain, its mutants and what can be
// compared of it are said by the condition itself (``Condition``). All of that is one file for each kind. To add one:
// its file, its name in ``ConditionKind/known``, its cases, and its section in docs/policy/policy-conditions.md.

import Detection

/// A kind of condition.
package struct ConditionKind: Sendable {
    typealias Read = @Sendable (_ reader: ConditionReader, _ node: ConditionNode, _ place: Place) -> (any Condition)?
    typealias Replay =
        @Sendable (
            _ message: RecordedMessage, _ definition: ConditionDefinition, _ condition: any Condition
        ) -> Truth?

    /// The key under which it is written.
    package let key: String
    /// What the key takes.
    let value: PolicyGrammar.Value
    /// What it is about, in one line for editors.
    let about: String
    /// The maps that it takes, in which keys are fixed; a map that two kinds take stands with the first.
    let maps: [PolicyGrammar.Map]
    /// False for those that are made of others.
    let isLeaf: Bool
    /// Reads its value; nil, with a finding, where that is a mistake.
    let read: Read
    /// Its answer from the facts of a features line, where none was recorded; nil where the line does not say. A key
    /// that it does not know is one of a later version: then the line does not say.
    let replayed: Replay

    init(
        key: String, value: PolicyGrammar.Value, about: String, maps: [PolicyGrammar.Map] = [], read: @escaping Read,
        replayed: Replay? = nil
    ) {
        self.key = key
        self.value = value
        self.about = about
        self.maps = maps
        self.read = read
        self.replayed = replayed ?? { _, _, _ in nil }
        isLeaf = !["condition", "all", "any", "not"].contains(key)
    }

    /// All kinds, in the order in which they are listed.
    package static let known: [ConditionKind] = [
        .sender, .recipient, .subject, .header, .size, .attachment, .content, .encrypted, .signed, .from, .replyTo,
        .senderMatchesFrom, .recipients, .user, .listener, .client, .certificate, .time, .dateRange, .conversation,
        .password, .part, .calendar, .named, .all, .any, .not,
    ]
    static let byKey = Dictionary(uniqueKeysWithValues: known.map { ($0.key, $0) })
}

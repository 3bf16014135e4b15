// The name of an answer. A value only.

/// One answer of one letter.
package struct AnswerID: Sendable, Hashable {
    /// Id of the letter.
    package let letter: String
    /// Made by the client; counts within the letter only.
    package let answer: String

    package init(letter: String, answer: String) {
        self.letter = letter
        self.answer = answer
    }
}

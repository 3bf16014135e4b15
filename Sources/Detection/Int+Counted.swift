// Numbers with what they count, for people.

extension Int {
    /// `1 byte`, `2 bytes`.
    package func counted(_ word: String) -> String { "\(self) \(word)\(self == 1 ? "" : "s")" }
}

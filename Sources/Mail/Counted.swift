// A number with its noun, in English: "1 key", "2 keys". Pure.

/// Numbers in what commands and the log say.
package enum Counted {
    /// - Parameters:
    ///   - count: how many.
    ///   - noun: of one.
    ///   - plural: of several, where it is not the noun with an s.
    package static func of(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
        count == 1 ? "1 \(noun)" : "\(count) \(plural ?? noun + "s")"
    }
}

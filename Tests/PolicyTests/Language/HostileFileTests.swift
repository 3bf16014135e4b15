// Files made to hurt: an error, and quickly.

import Mail
import Policy
import Testing

struct HostileFileTests {
    struct File: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        init(_ name: String, _ text: String) {
            testDescription = name
            self.text = text
        }
    }

    static let files: [File] = [
        .init("brackets", "version: 1\nrules: " + String(repeating: "[", count: 100_000)),
        .init("stairs", "version: 1\nrules:\n" + (1...1000).map { String(repeating: " ", count: $0) + "-\n" }.joined()),
        .init("dashes", "version: 1\nrules:\n" + String(repeating: "- ", count: 50_000) + "x\n"),
        .init("keys", "version: 1\nrules: " + String(repeating: "{a: ", count: 5000)),
        .init("control characters", "\u{0}\u{1}"),
        .init("too long", "version: 1\n# " + String(repeating: "x", count: 5_000_000)),
        .init(
            "aliases",
            "version: 1\nlists:\n  a0: &a0 [x.example]\n"
                + (1...40).map { "  a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined()
        ),
        .init(
            "nots",
            "version: 1\nrules:\n  - {id: r, then: {protect: none}, when: " + String(repeating: "{ not: ", count: 60)
                + "{ subject: a }" + String(repeating: " }", count: 61) + "\n"
        ),
    ]

    @Test(arguments: files)
    func theyAreErrorsAndNoCrash(_ file: File) {
        let result = load(file.text)
        #expect(result.ruleset == nil)
        #expect(result.diagnostics.first?.severity == .error)
    }
}

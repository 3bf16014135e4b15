"""The measures of the Swift sources: what tools/measures.py finds in small examples, and that the sources keep them.

exceptions.txt names what is more than allowed today, a line each: measure, figure, subject. The list only becomes
shorter: what is not more than allowed any longer must leave it, and no figure may grow. `tools/sizes --over` prints it.
"""
import unittest
from pathlib import Path

from measures import (
    MOST, Source, blanked, fields_of, functions_of, is_free, misnamed, over, sources, types_of,
)

EXCEPTIONS = Path(__file__).with_name("exceptions.txt")


def exceptions() -> dict[tuple[str, str], int]:
    lines = [line for line in EXCEPTIONS.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    rows = [line.split(" ", 2) for line in lines]
    return {(measure, subject): int(figure) for measure, figure, subject in rows}


class Sources(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.found = sources()
        cls.over = over(cls.found)

    def test_nothing_is_more_than_allowed_but_the_exceptions(self):
        known = exceptions()
        new = [
            f"{measure} {figure} {subject} (at most {known.get((measure, subject), MOST[measure])})"
            for (measure, subject), figure in sorted(self.over.items())
            if figure > known.get((measure, subject), MOST[measure])]
        self.assertEqual(new, [], "cut these")

    def test_an_exception_that_no_longer_applies_leaves_the_list(self):
        gone = [" ".join(key) for key in sorted(exceptions()) if key not in self.over]
        self.assertEqual(gone, [], f"take these out of {EXCEPTIONS.name}")

    def test_the_sources_were_read(self):
        self.assertGreater(len(self.found), 500)
        self.assertGreater(sum(len(source.types) for source in self.found), 1000)
        self.assertGreater(sum(len(made.fields) for source in self.found for made in source.types), 1000)


class Examples(unittest.TestCase):
    def functions(self, code: str) -> list[tuple[str, int, int]]:
        code = blanked(code)
        return [(made.name, made.parameters, made.lines) for made in functions_of(code, types_of(code))]

    def test_comments_and_strings_are_blank(self):
        code = 'let a = "x{\\(f("}"))y" // {\n/* { /* } */ { */let b = #"\\("# + """\n  {"\n  """\n'
        left = blanked(code)
        self.assertEqual(len(left), len(code))
        self.assertEqual(left.count("\n"), code.count("\n"))
        self.assertNotIn("{", left)
        self.assertIn("let b = ", left)

    def test_functions_are_named_with_their_types_and_measured(self):
        code = (
            "struct A {\n    init(_ a: Int, b: [String: Int] = [:]) {\n        self.a = a\n    }\n"
            "    static func make<T: P<Q, R>>(one: @escaping (Int, Int) -> Void, two b: Set<Int>) -> T {\n"
            "        .init(1, b: 2)\n    }\n    subscript(at: Int) -> Int { at }\n}\n"
            "func free() {}\nprotocol P {\n    func asked(a: Int)\n}\n")
        self.assertEqual(self.functions(code), [
            ("A.init(_:b:)", 2, 3), ("A.make(one:two:)", 2, 3), ("A.subscript(at:)", 1, 1), ("free()", 0, 1),
            ("P.asked(a:)", 1, 1)])

    def test_stored_properties_are_counted(self):
        body = blanked(
            "    let a: Int\n    package private(set) var b, c: String?\n    var d: Int { 1 }\n    static let e = 1\n"
            "    var f: Int = 1 {\n        didSet { let x = 1 }\n    }\n    @Wrapped(1) var g: [Int]? = nil\n"
            "    let h: @Sendable () -> Void = { let y = 2 }\n    var i: Int {\n        get { 1 }\n    }\n"
            "    func j() {\n        let k = 1\n    }\n    lazy var l = make()\n")
        self.assertEqual(fields_of(body), [
            ("a", False), ("b", False), ("c", True), ("f", False), ("g", True), ("h", False), ("l", False)])

    def test_types_that_stand_for_something_else_are_free(self):
        code = "struct A: Codable {}\nstruct B: Equatable {}\nstruct C: AsyncParsableCommand {}\nstruct DMachine {}\n"
        made = types_of(code)
        source = Source("Sources/Gateway/A.swift", 4, 0, made, [])
        self.assertEqual([is_free(source, one) for one in made], [True, False, True, True])
        self.assertTrue(is_free(Source("Sources/Settings/A.swift", 4, 0, made, []), made[1]))

    def test_a_file_has_the_name_of_a_type_in_it(self):
        made = types_of("extension Vault.Letters {}\nenum Other {}\n")
        self.assertFalse(misnamed(Source("Sources/A/Letters+Reading.swift", 1, 0, made, [])))
        self.assertFalse(misnamed(Source("Sources/A/Other.swift", 1, 0, made, [])))
        self.assertTrue(misnamed(Source("Sources/A/Words.swift", 1, 0, made, [])))
        self.assertFalse(misnamed(Source("Sources/A/Words.swift", 1, 0, [], [])))


if __name__ == "__main__":
    unittest.main()

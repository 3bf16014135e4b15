"""tools/test and tools/suites.py: what they make of JUnit files, of crashes, and of tests that pass the second time."""
import contextlib
import importlib.machinery
import importlib.util
import io
import tempfile
import unittest
from pathlib import Path

from suites import (
    WHOLE, Failure, Outcome, Suite, bounded, judged, outcome, python_name, read_junit, report, swift_filter, swift_name,
)

SWIFT = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites><testsuite name="TestResults" errors="0" tests="4" failures="1" skipped="1" time="1.4">
<testcase classname="VaultTests.LetterTests" name="kept()" time="0.1" />
<testcase classname="VaultTests.LetterTests.Inner" name="lost(_:)" time="0.1">
<failure message="Expectation failed: (3 &amp;&amp; 4) → false" /><failure message="and another" /></testcase>
<testcase classname="VaultTests" name="free()" time="0.1" />
<testcase classname="VaultTests.LetterTests" name="left()" time="0.1"><skipped>not here</skipped></testcase>
</testsuite></testsuites>"""

PYTHON = """<testsuites><testsuite name="pytest" errors="1" failures="1" skipped="0" tests="3">
<testcase classname="Tests.mail.test_gate" name="test_one[a-b]" file="Tests/mail/test_gate.py">
<failure message="AssertionError: no 250">def test_one():
    assert reply == 250</failure></testcase>
<testcase classname="Tests.mail.test_gate" name="test_one[a-b]" file="Tests/mail/test_gate.py">
<error message="teardown">it did not end</error></testcase>
<testcase classname="Tests.mail.test_gate.TestClass" name="test_two" file="Tests/mail/test_gate.py"/>
<testcase classname="" name="Tests.mail.test_broken"><error message="collection failure">ImportError</error>
</testcase>
</testsuite></testsuites>"""


def driver():
    """tools/test as a module: it has no suffix."""
    path = Path(__file__).resolve().parents[1] / "test"
    loader = importlib.machinery.SourceFileLoader("driver", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("driver", loader))
    loader.exec_module(module)
    return module


class Reading(unittest.TestCase):
    def read(self, text: str, name_of) -> Outcome | None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "junit.xml"
            path.write_text(text, encoding="utf-8")
            return read_junit(path, name_of)

    def test_swift(self):
        found = self.read(SWIFT, swift_name)
        self.assertEqual((found.passed, found.skipped), (2, 1))
        self.assertEqual(found.failures, [
            Failure("VaultTests.LetterTests/Inner/lost(_:)", "Expectation failed: (3 && 4) → false\nand another")])

    def test_the_filter_chooses_one_test(self):
        chosen = swift_filter("VaultTests.LetterTests/lost(_:)")
        self.assertRegex("VaultTests.LetterTests/lost(_:)/LetterTests.swift:3:4", chosen)
        self.assertNotRegex("VaultTests.LetterTests/lost(_:more:)/LetterTests.swift:3:4", chosen)
        self.assertNotRegex("OldVaultTests.LetterTests/lost(_:)", chosen)

    def test_python(self):
        found = self.read(PYTHON, python_name)
        self.assertEqual((found.passed, found.skipped), (1, 0))
        self.assertEqual([failure.test for failure in found.failures], [
            "Tests/mail/test_gate.py::test_one[a-b]", "Tests/mail/test_broken.py"])
        self.assertIn("AssertionError: no 250", found.failures[0].message)

    def test_a_class_stands_between_file_and_test(self):
        names = []
        self.read(PYTHON, lambda case: names.append(python_name(case)) or names[-1])
        self.assertIn("Tests/mail/test_gate.py::TestClass::test_two", names)

    def test_no_file_and_half_a_file_say_nothing(self):
        self.assertIsNone(read_junit(Path("/nonexistent"), swift_name))
        self.assertIsNone(self.read(SWIFT[:200], swift_name))

    def test_a_run_that_broke(self):
        self.assertIn("exit code 139", outcome(139, "a\nSegmentation fault\n", None).broke)
        self.assertIn("Segmentation fault", outcome(139, "a\nSegmentation fault\n", None).broke)
        self.assertIn("no test was run", outcome(0, "", Outcome()).broke)
        self.assertIn("exit code 2", outcome(2, "", Outcome(passed=3)).broke)
        self.assertEqual(outcome(1, "", Outcome(3, 0, [Failure("a", "b")])).broke, "")
        self.assertEqual(outcome(0, "", Outcome(skipped=1)).broke, "")


class Judging(unittest.TestCase):
    failed = Outcome(5, 1, [Failure("a", "first words")])

    def test_passes_the_second_time(self):
        suite = judged("S", self.failed, lambda test: Outcome(passed=1))
        self.assertEqual((suite.passed, suite.failed, suite.skipped), (6, 0, 1))
        self.assertEqual(suite.unsteady, [Failure("a", "first words")])

    def test_fails_again_or_is_skipped_or_breaks(self):
        for second in (Outcome(0, 0, [Failure("a", "other words")]), Outcome(skipped=1), Outcome(broke="other words")):
            suite = judged("S", self.failed, lambda test, second=second: second)
            self.assertEqual((suite.passed, suite.failed, suite.unsteady), (5, 1, []))
            if not second.skipped:
                self.assertIn("other words", suite.failures[0].message)

    def test_a_crash_runs_the_suite_again_and_then_its_failed_test(self):
        asked = []

        def again(test: str) -> Outcome:
            asked.append(test)
            return self.failed if test == WHOLE else Outcome(passed=1)

        suite = judged("S", Outcome(broke="crashed"), again)
        self.assertEqual(asked, [WHOLE, "a"])
        self.assertEqual((suite.passed, suite.failed), (6, 0))
        self.assertEqual([failure.test for failure in suite.unsteady], [WHOLE, "a"])

    def test_two_crashes_fail(self):
        suite = judged("S", Outcome(broke="crashed"), lambda test: Outcome(broke="crashed"))
        self.assertEqual((suite.failed, suite.failures[0].message), (1, "crashed"))

    def test_what_fails_everywhere_is_not_run_again(self):
        asked = []
        many = Outcome(0, 0, [Failure(str(number), "") for number in range(30)])
        suite = judged("S", many, lambda test: asked.append(test) or Outcome(passed=1))
        self.assertEqual((len(asked), suite.passed, suite.failed), (10, 10, 20))

    def test_a_run_may_have_two_unsteady_tests(self):
        two = [Suite("A", 1, unsteady=[Failure("a", "")]), Suite("B", 1, unsteady=[Failure("b", "")])]
        self.assertEqual(bounded(two), two)
        three = [*two, Suite("C", 1, unsteady=[Failure("c", "")])]
        self.assertEqual(bounded(three)[:3], three)
        self.assertEqual([suite.failed for suite in bounded(three)], [0, 0, 0, 1])

    def test_the_last_lines(self):
        text = report([
            Suite("GoodTests", 3, 1), Suite("BadTests", 2, 0, [Failure("Bad/one()", "no\nwhy")]),
            Suite("OddTests", 1, 0, [], [Failure("Odd/two()", "late")])])
        self.assertEqual(text.splitlines(), [
            "failed: BadTests Bad/one()", "    no", "    why", "unsteady: OddTests Odd/two() (first: late)",
            "GoodTests              3 passed     0 failed     1 skipped",
            "BadTests               2 passed     1 failed     0 skipped",
            "OddTests               1 passed     0 failed     0 skipped", "6 passed, 1 failed, 1 skipped"])


class Driving(unittest.TestCase):
    """tools/test with a made-up bundle of tests, and a made-up pytest."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.driver = driver()
        self.driver.LOGS = self.driver.TOP = self.folder
        self.driver.BUILD = self.folder
        self.driver.BUNDLE = self.folder / "bundle"
        self.driver.VENV = self.folder
        self.shown = io.StringIO()
        self.enterContext(contextlib.redirect_stdout(self.shown))

    def program(self, name: str, script: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def test_a_swift_suite_whose_test_passes_alone(self):
        (self.folder / "bad.xml").write_text(SWIFT, encoding="utf-8")
        (self.folder / "good.xml").write_text(
            '<testsuite><testcase classname="VaultTests.LetterTests.Inner" name="lost(_:)"/></testsuite>',
            encoding="utf-8")
        # Arguments: --testing-library swift-testing --filter PATTERN --xunit-output FILE
        self.program("bundle", (
            f'echo "◇ Test begins"; echo "$4" >>{self.folder}/asked; case "$4" in '
            f'*lost*) cp {self.folder}/good.xml "$6" ;; *) cp {self.folder}/bad.xml "$6"; exit 1 ;; esac'))
        name, first = self.driver.swift_suite("VaultTests")
        suite = judged(name, first, lambda test: self.driver.swift_again(name, test))
        self.assertEqual((suite.passed, suite.failed, suite.skipped, len(suite.unsteady)), (3, 0, 1, 1))
        asked = (self.folder / "asked").read_text(encoding="utf-8").splitlines()
        self.assertEqual(asked, ["^VaultTests\\.", swift_filter("VaultTests.LetterTests/Inner/lost(_:)")])

    def test_a_crash_is_seen(self):
        self.program("bundle", "echo dying; kill -SEGV $$")
        _, first = self.driver.swift_suite("VaultTests")
        self.assertIn("no JUnit file", first.broke)
        self.assertIn("dying", first.broke)

    def test_a_program_that_is_not_there(self):
        _, first = self.driver.swift_suite("VaultTests")
        self.assertIn("exit code 127", first.broke)

    def test_a_test_that_skips_itself_alone_is_run_with_its_file(self):
        self.program("bin/python", (
            f'echo "$*" >>{self.folder}/asked; '
            'for word; do case $word in --junit-xml=*) out=${word#*=} ;; esac; done; '
            'case "$*" in *::*) skip="<skipped/>" ;; esac; '
            """echo "<testsuite><testcase classname='a.test_b' name='test_c'>$skip</testcase></testsuite>" >"$out\""""))
        found = self.driver.python_again("real-servers", ["-n", "3"], "a/test_b.py::test_c")
        self.assertTrue(found.is_good)
        first, second = (self.folder / "asked").read_text(encoding="utf-8").splitlines()
        self.assertIn("-m pytest a/test_b.py::test_c -ra", first)
        self.assertIn("-m pytest a/test_b.py -ra", second)
        self.assertNotIn("-n 3", first)

    def test_a_failed_test_of_the_tools_is_named(self):
        tests = self.folder / "tools" / "tests"
        tests.mkdir(parents=True)
        (tests / "__init__.py").write_text("", encoding="utf-8")
        (tests / "test_x.py").write_text((
            "import unittest\nclass X(unittest.TestCase):\n    def test_good(self): pass\n"
            "    def test_bad(self):\n        \"\"\"Says what.\"\"\"\n        self.fail('why\\n\\nand more')\n"
            "    def test_odd(self): raise KeyError('z')\n"), encoding="utf-8")
        found = self.driver.tools_tests()
        self.assertEqual((found.passed, found.broke, len(found.failures)), (1, "", 2), self.shown.getvalue())
        odd, bad = found.failures
        self.assertIn("test_bad", bad.test)
        self.assertIn("and more", bad.message)
        self.assertIn("test_odd", odd.test)
        self.assertIn("KeyError: 'z'", odd.message)

    def test_a_failed_policy_case_is_named(self):
        self.program("letterlock", (
            'echo "FAIL policy/tests/a.yaml:3: sealed"; echo "  expected: held"; echo "4 passed, 1 failed"; exit 1'))
        self.driver.PROGRAMS = self.folder
        found = self.driver.policy_cases()
        self.assertEqual(found.passed, 4)
        self.assertEqual(found.failures, [Failure("policy/tests/a.yaml:3: sealed", "  expected: held")])


if __name__ == "__main__":
    unittest.main()

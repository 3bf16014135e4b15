"""What runs of test suites found, and the report of it: counts, failed tests with their messages, unsteady tests.

A test that failed is run once more, alone. If it passes then, it counts as passed and is reported as unsteady; if it
fails or is skipped then, it counts as failed. A suite that broke (no JUnit file, an exit code that no test explains) is
run again as a whole. A run with more than two unsteady tests fails. Nothing here starts a process: tools/test gives the
functions that do.
"""
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

# Of a message, so many lines of so many characters are reported.
LINES, WIDTH = 6, 240
# Of one suite, so many failed tests are run again: more than that is not unsteadiness.
MOST_AGAIN = 10
# Unsteady tests that a whole run may have. More are no accident: a test that fails now and then hides its next fault.
MOST_UNSTEADY = 2
# What stands for a whole suite in place of a test's name.
WHOLE = "(the whole suite)"


@dataclass
class Failure:
    """A test that failed: its name as its suite's runner takes it, and the first lines of what it said."""

    test: str
    message: str


@dataclass
class Outcome:
    """One run of a suite, or of one test of it. `broke` is why the run as a whole says nothing, or empty."""

    passed: int = 0
    skipped: int = 0
    failures: list[Failure] = field(default_factory=list)
    broke: str = ""

    @property
    def is_good(self) -> bool:
        return self.passed > 0 and not self.failures and not self.broke


@dataclass
class Suite:
    """A suite in the report."""

    name: str
    passed: int = 0
    skipped: int = 0
    failures: list[Failure] = field(default_factory=list)
    unsteady: list[Failure] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return len(self.failures)


def first_lines(text: str) -> str:
    """The first lines of a message that say something, cut to a width."""
    kept = [line.rstrip()[:WIDTH] for line in text.splitlines() if line.strip()]
    return "\n".join(kept[:LINES])


def last_lines(text: str) -> str:
    """The last lines of an output that say something, cut to a width."""
    kept = [line.rstrip()[:WIDTH] for line in text.splitlines() if line.strip()]
    return "\n".join(kept[-LINES:])


def swift_name(case: ElementTree.Element) -> str:
    """A Swift test as `--filter` takes it, without escapes: Module.Suite/test()."""
    module, *suites = case.get("classname", "").split(".")
    return f"{module}." + "/".join([*suites, case.get("name", "")])


def swift_filter(test: str) -> str:
    """The pattern that chooses this test and no other."""
    return f"^{re.escape(test)}(/|$)"


def python_name(case: ElementTree.Element) -> str:
    """A test of pytest as its command line takes it: file::Class::test, or the file where that could not be read."""
    classes, name, file = case.get("classname", ""), case.get("name", ""), case.get("file")
    if not classes:
        return file or name.replace(".", "/") + ".py"
    file = file or classes.replace(".", "/") + ".py"
    module = file.removesuffix(".py").replace("/", ".")
    inner = classes.removeprefix(module).strip(".")
    return "::".join([file, *(inner.split(".") if inner else []), name])


def read_junit(path: Path, name_of: Callable[[ElementTree.Element], str]) -> Outcome | None:
    """What a JUnit file says; none where there is no file, or none that can be read. A test with an error beside its
    failure counts once."""
    try:
        cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return None
    states: dict[str, str] = {}
    messages: dict[str, str] = {}
    for case in cases:
        name = name_of(case)
        bad = [child for child in case if child.tag in ("failure", "error")]
        if bad:
            states[name] = "failed"
            said = "\n".join(f"{child.get('message') or ''}\n{child.text or ''}" for child in bad)
            messages.setdefault(name, first_lines(said))
        elif case.find("skipped") is not None:
            states.setdefault(name, "skipped")
        else:
            states.setdefault(name, "passed")
    counts = list(states.values())
    failures = [Failure(name, message) for name, message in messages.items()]
    return Outcome(counts.count("passed"), counts.count("skipped"), failures)


def outcome(code: int, output: str, junit: Outcome | None) -> Outcome:
    """A run from its exit code, its output and its JUnit file."""
    if junit is None:
        return Outcome(broke=f"no JUnit file, exit code {code}\n{last_lines(output)}")
    if junit.failures:
        return junit
    if code != 0:
        junit.broke = f"exit code {code}, though no test failed\n{last_lines(output)}"
    elif junit.passed + junit.skipped == 0:
        junit.broke = f"no test was run\n{last_lines(output)}"
    return junit


def judged(name: str, first: Outcome, again: Callable[[str], Outcome]) -> Suite:
    """A suite after its first run. `again` runs one test of it (or WHOLE) once more."""
    if first.broke:
        second = again(WHOLE)
        if second.broke:
            return Suite(name, failures=[Failure(WHOLE, both(first.broke, second.broke))])
        suite = judged(name, second, again)
        suite.unsteady.insert(0, Failure(WHOLE, first.broke))
        return suite
    suite = Suite(name, first.passed, first.skipped)
    for number, failure in enumerate(first.failures):
        if number >= MOST_AGAIN:
            suite.failures.append(failure)
            continue
        second = again(failure.test)
        if second.is_good:
            suite.passed += 1
            suite.unsteady.append(failure)
        else:
            said = second.broke or "\n".join(other.message for other in second.failures)
            suite.failures.append(Failure(failure.test, both(failure.message, said)))
    return suite


def bounded(suites: list[Suite]) -> list[Suite]:
    """The suites of a whole run, and one that failed where more tests than a run may have were unsteady."""
    count = sum(len(suite.unsteady) for suite in suites)
    if count <= MOST_UNSTEADY:
        return suites
    said = f"{count} tests failed and then passed alone; {MOST_UNSTEADY} may in one run"
    return [*suites, Suite("unsteady", failures=[Failure("too many", said)])]


def both(first: str, second: str) -> str:
    """What both runs said; once where they said the same."""
    return first if not second or second == first else f"{first}\nand again:\n{second}"


def report(suites: list[Suite]) -> str:
    """The last lines of a run: failed tests, unsteady tests, a row of counts for each suite, the total."""
    lines: list[str] = []
    for suite in suites:
        for failure in suite.failures:
            lines.append(f"failed: {suite.name} {failure.test}")
            lines += [f"    {line}" for line in failure.message.splitlines()]
    for suite in suites:
        for failure in suite.unsteady:
            first, *more = failure.message.splitlines() or [""]
            lines.append(f"unsteady: {suite.name} {failure.test} (first: {first})")
            lines += [f"    {line}" for line in more]
    for suite in suites:
        lines.append(f"{suite.name:18} {suite.passed:5} passed {suite.failed:5} failed {suite.skipped:5} skipped")
    totals = [sum(counts) for counts in zip(*((s.passed, s.failed, s.skipped) for s in suites), strict=True)]
    lines.append("{} passed, {} failed, {} skipped".format(*(totals or (0, 0, 0))))
    return "\n".join(lines)

"""`letterlock policy test` as typed: filters, formats, exit codes, attachments that are looked into, the shipped
policy."""

import json
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from kit.gateway import binary, environment

TOP = Path(__file__).resolve().parents[3]
RULES = """
version: 1
rules:
  - id: cards
    when: { content: { detector: payment-card }, recipient: { not-in: inside } }
    then: { protect: required }
"""
CASES = """
inside: [example.org]
cases:
  - name: in a document
    from: alice@example.org
    to: [bob@x.example]
    subject: s
    attachments: [ { name: a.<kind>, type: application/octet-stream, <kind>: "Card 4111 1111 1111 1111" } ]
    expect: { bob@x.example: { verdict: seal, method: link } }
    each: [ { kind: pdf }, { kind: docx }, { kind: content } ]
  - name: in an archive in an archive
    from: alice@example.org
    to: [bob@x.example]
    subject: s
    attachments: [ { name: a.zip, zip: [ { name: b.zip, zip: [ { name: c.txt, content: "4111 1111 1111 1111" } ] } ] } ]
    expect: { bob@x.example: { verdict: seal, method: link } }
  - name: nothing in it
    from: alice@example.org
    to: [bob@x.example]
    subject: s
    attachments: [ { name: a.pdf, type: application/pdf, pdf: hello } ]
    expect: { bob@x.example: { verdict: pass } }
"""


def run(*words: str, cwd: Path, variables: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    """Types `letterlock policy …`."""
    return subprocess.run(
        [binary(), "policy", *words], cwd=cwd, env={**environment(), **(variables or {})}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def place(folder):
    (folder / "policy" / "tests").mkdir(parents=True)
    (folder / "policy" / "rules.yaml").write_text(RULES)
    (folder / "policy" / "tests" / "a.yaml").write_text(CASES)
    return folder


def test_attachments_are_looked_into(place):
    done = run("test", cwd=place)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "5 passed, 0 failed\n"


def test_without_the_reader_of_attachments_what_they_hold_is_unknown(place):
    done = run("test", cwd=place, variables={"LETTERLOCK_EXTRACT_PROGRAM": "/nonexistent"})
    assert done.returncode == 1
    assert "nothing in it" in done.stdout and "got seal" in done.stdout and "4 passed, 1 failed" in done.stdout


def test_formats_say_the_same(place):
    (place / "policy" / "tests" / "a.yaml").write_text(CASES.replace("verdict: pass", "verdict: refuse"))
    found = json.loads(run("test", "--json", cwd=place).stdout)["results"]
    assert [bool(one["failures"]) for one in found] == [False, False, False, False, True]
    suite = ElementTree.fromstring(run("test", "--junit", cwd=place).stdout)
    assert suite.get("tests") == "5" and suite.get("failures") == "1"
    tap = run("test", "--tap", "--jobs", "3", cwd=place).stdout.splitlines()
    assert tap[:2] == ["TAP version 14", "1..5"] and [line[:6] for line in tap if " - " in line].count("not ok") == 1
    assert run("test", "--tap", "--json", cwd=place).returncode == 64


def test_filter_threshold_and_survivors_decide_the_exit_code(place):
    assert run("test", "--filter", "ARCHIVE", cwd=place).stdout == "1 passed, 0 failed\n"
    assert run("test", "--filter", "zebra", cwd=place).returncode == 66
    low = run("test", "--threshold", "100", "--html", str(place / "page.html"), cwd=place)
    assert low.returncode == 1 and "'recipient not-in inside' (rule cards) was never false" in low.stdout
    assert "never false" in (place / "page.html").read_text()
    assert run("test", "--coverage", "--threshold", "50", cwd=place).returncode == 0
    mutants = run("test", "--mutate", cwd=place)
    assert (
        mutants.returncode == 1
        and "SURVIVED policy/rules.yaml:5:50: rule cards drops 'recipient not-in inside'" in mutants.stdout
    )


def test_errors_in_cases_have_a_place_and_nothing_runs(place):
    (place / "policy" / "tests" / "a.yaml").write_text(CASES.replace("verdict: pass", "verdikt: pass"))
    done = run("test", cwd=place)
    assert done.returncode == 78 and done.stdout == ""
    assert "policy/tests/a.yaml:22:32: error: unknown key 'verdikt'" in done.stderr


def test_the_shipped_policy_is_covered_whole_and_a_change_is_noticed(folder):
    shutil.copytree(TOP / "policy", folder / "policy")
    done = run("test", "--coverage", "--threshold", "100", "--mutate", cwd=folder)
    assert done.returncode == 0, done.stdout
    rules = folder / "policy" / "rules.yaml"
    rules.write_text(rules.read_text().replace("at-least: 3", "at-least: 4"))
    assert run("test", cwd=folder).returncode == 1

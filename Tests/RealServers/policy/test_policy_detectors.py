"""Detectors as a person uses them: a file of words in the policy folder, and how fast a message is judged."""
import json
import os
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
PROGRAM = Path(os.environ.get("LETTERLOCK_BIN", TOP / ".build" / "release")) / "letterlock"
RULES = """version: 1
detectors: { projects: { words-file: projects.txt } }
rules:
  - { id: projects, when: { content: { detector: projects, near: { words: [project] } } }, then: { refuse: "not outside" } }
"""
CASES = """inside: [example.org]
cases:
  - name: a project's name does not leave
    from: alice@example.org
    to: [carol@elsewhere.example]
    body: "Our project Éole 7 is on its way."
    expect: { carol@elsewhere.example: { verdict: refuse, rules: [projects] } }
  - name: a part of a name does
    from: alice@example.org
    to: [carol@elsewhere.example]
    body: "Our project Éoles 7 is on its way."
    expect: { carol@elsewhere.example: { verdict: pass, rules: [] } }
"""


def run(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([str(PROGRAM), "policy", *words], capture_output=True, text=True, timeout=120, check=False)


def test_words_come_from_a_file_beside_the_rules(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    missing = run("check", str(tmp_path))
    assert missing.returncode == 78 and "there is no 'projects.txt'" in missing.stdout, missing.stdout
    (tmp_path / "projects.txt").write_text(
        "# ours\n" + "".join(f"name{number}x\n" for number in range(10_000)) + "éole  7\n"
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "cases.yaml").write_text(CASES)
    checked = run("check", str(tmp_path))
    assert checked.returncode == 0, checked.stdout
    tested = run("test", str(tmp_path))
    assert tested.returncode == 0, tested.stdout
    (tmp_path / "projects.txt").write_bytes(b"\xff\xfe")
    assert run("check", str(tmp_path)).returncode == 78


def test_speed_is_measured(tmp_path):
    (tmp_path / "message.eml").write_text("From: a@example.org\n\nhello\n")
    (tmp_path / "rules.yaml").write_text(
        "version: 1\nrules:\n  - { id: r, when: { content: nightjar }, then: { protect: required } }\n"
    )
    done = run("speed", str(tmp_path), str(tmp_path / "message.eml"), "--seconds", "0.1")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["rules"] == 1 and said["applied"] == 0 and 0 < said["decideMicroseconds"] < 1_000_000


def test_everyday_texts_and_written_numbers_pass():
    """A folder of cases: what looks like a number and is none, and numbers and passwords as people write them."""
    done = run("test", str(TOP / "Tests" / "Corpus" / "detectors"))
    assert done.returncode == 0 and ", 0 failed" in done.stdout, done.stdout

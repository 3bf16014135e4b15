"""The command line as a person uses it: encrypt and decrypt, exit codes, and the demo."""
import json
import os
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("LETTERLOCK_BIN", TOP / ".build" / "release")) / "letterlock"

MESSAGE = (
    b"From: Alice <alice@example.org>\r\nTo: bob@keyed.example\r\nSubject: =?utf-8?Q?R=C3=A9sultats?=\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n\tboundary=b\r\n\r\npreamble\r\n--b\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nR\xe9sum\xe9\r\n--b\r\n"
    b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=x.csv\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nAAECAwQF\r\n--b--\r\n")


def run(*words: str, given: bytes = b"", cwd: Path = TOP) -> subprocess.CompletedProcess:
    """Runs the command to its end."""
    return subprocess.run([str(PROGRAM), *words], input=given, capture_output=True, cwd=cwd, timeout=120, check=False)


@pytest.fixture
def certificates(folder, keys):
    """A key folder with bob's certificate."""
    place = folder / "certificates"
    place.mkdir()
    (place / "bob.asc").write_bytes(keys.public("bob@keyed.example"))
    return place


@pytest.mark.parametrize("hide", [[], ["--hide-subject"]])
def test_encrypt_then_decrypt_gives_every_byte_back(certificates, keys, hide):
    sealed = run("encrypt", "--to", "BOB@keyed.example", "--keys", str(certificates), *hide, given=MESSAGE)
    assert sealed.returncode == 0, sealed.stderr
    assert b"multipart/encrypted" in sealed.stdout and b"AAECAwQF" not in sealed.stdout
    assert (b"Subject: [...]" in sealed.stdout) == bool(hide)
    opened = run("decrypt", "--homedir", str(keys.home), given=sealed.stdout)
    assert opened.returncode == 0, opened.stderr
    assert opened.stdout == MESSAGE


def test_exit_codes_say_what_is_wrong_and_nothing_is_written(certificates, folder):
    calls = [
        (64, ["encrypt", "--to", "nobody", "--keys", str(certificates)], MESSAGE),
        (64, ["encrypt"], MESSAGE),
        (65, ["encrypt", "--to", "bob@keyed.example", "--keys", str(certificates)], b""),
        (65, ["decrypt"], MESSAGE),
        (66, ["decrypt", str(folder / "none.eml")], b""),
        (67, ["encrypt", "--to", "carol@open.example", "--keys", str(certificates)], MESSAGE),
        (67, ["keys", "find", "carol@open.example", "--keys", str(certificates)], b""),
        (66, ["keys", "list", "--keys", str(folder / "none")], b""),
        (78, ["policy", "check", str(folder)], b""),
        (66, ["serve", "--config", str(folder / "none.yaml")], b""),
    ]
    for code, words, given in calls:
        done = run(*words, given=given, cwd=folder)
        assert done.returncode == code, (words, done.returncode, done.stderr)
        assert done.stdout == b"" or words[0] == "policy", words
        assert done.stderr.strip(), words


def test_policy_check_names_its_findings_and_strict_fails(folder):
    rules = folder / "rules.yaml"
    text = """version: 1
rules:
  - {id: a, when: {subject: x}, then: {protect: required}}
  - {id: b, when: {subject: x, size: {over: 1MB}}, then: {protect: required}}
"""
    rules.write_text(text)
    done = run("policy", "check", str(folder), cwd=folder)
    assert done.returncode == 0, done.stderr
    assert b"rules.yaml:4:5: warning: rule 'b' never changes anything" in done.stdout
    assert b"[shadowed-rule]" in done.stdout and b"1 warnings" in done.stderr
    done = run("policy", "check", "--strict", "--json", str(folder), cwd=folder)
    assert done.returncode == 1, done.stderr
    finding, = json.loads(done.stdout)
    assert (finding["code"], finding["severity"], finding["line"]) == ("shadowed-rule", "warning", 4)
    rules.write_text(text.replace("id: b", "id: b!"))
    assert run("policy", "check", "--strict", str(folder), cwd=folder).returncode == 78
    rules.write_text(text.replace("1MB}}, then: {protect: required}", "1MB}}, then: {refuse: no}"))
    assert run("policy", "check", "--strict", str(folder), cwd=folder).returncode == 0


def test_the_file_may_stand_behind_the_recipients(certificates, folder):
    (folder / "letter.eml").write_bytes(MESSAGE.partition(b"MIME-Version")[0] + b"\r\nAll is well.\r\n")
    words = ["policy", "explain", "--policy", str(TOP / "policy"), "--keys", str(certificates), "--from", "alice@example.org"]
    done = run(*words, "--to", "bob@keyed.example", "carol@open.example", "letter.eml", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert b"<bob@keyed.example>" in done.stdout and b"<carol@open.example>" in done.stdout


def test_the_demo_shows_five_messages_and_opens_the_link_itself():
    before = set(Path("/tmp").glob("letterlock-demo-*"))
    done = run("demo")
    text = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    for number in range(1, 6):
        assert f"\n{number}. " in text
    assert text.count("proof ") == 3, "Bob twice, and blind Dora"
    assert "opened    with the same derivation as the page: \"Dear Carol" in text
    assert text.count("answer    550 5.7.1") == 1
    assert text.count("came out  nothing") == 1
    assert "done: everything was cleared away" in text
    assert set(Path("/tmp").glob("letterlock-demo-*")) <= before


def test_keys_list_names_what_it_does_not_read(certificates):
    (certificates / "carol.txt").write_text("a key under the wrong name")
    done = run("keys", "list", "--keys", str(certificates))
    assert done.returncode == 0, done.stderr
    assert b"bob.asc" in done.stdout
    assert b"carol.txt: not read" in done.stderr

"""`letterlock users`: what it writes, what it refuses, and the terminal."""
import base64
import hashlib
import hmac
import json
import os
import pty
import select
import stat
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[3]
PROGRAM = Path(os.environ.get("LETTERLOCK_BIN", TOP / ".build" / "release")) / "letterlock"
PASSWORD = "correct horse"


@pytest.fixture
def users(folder):
    """Runs `letterlock users WORDS` on a file of its own."""

    def run(*words: str, given: str = f"{PASSWORD}\n") -> subprocess.CompletedProcess:
        return subprocess.run(
            [PROGRAM, "users", *words, "--file", folder / "users"], input=given, capture_output=True, text=True,
            timeout=60)

    return run


def verifies(line: str, password: str) -> bool:
    """Whether the line's verifier is this password's, by another implementation of RFC 5802."""
    kind, work, keys = line.split()[1].split("$")
    iterations, salt = work.split(":")
    stored, server = keys.split(":")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
    client = hmac.digest(salted, b"Client Key", "sha256")
    return (kind == "SCRAM-SHA-256"
            and hashlib.sha256(client).digest() == base64.b64decode(stored)
            and hmac.digest(salted, b"Server Key", "sha256") == base64.b64decode(server))


def test_a_user_is_added_changed_listed_and_removed(users, folder):
    file = folder / "users"
    assert users("add", "Alice", "--may-send-as", "alice@example.org,.example.org").returncode == 0
    assert users("add", "bob@example.org").returncode == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    assert [line.split()[0] for line in lines] == ["alice", "bob@example.org"]
    assert lines[0].split()[2] == "alice@example.org,.example.org"
    assert verifies(lines[0], PASSWORD) and not verifies(lines[0], "another one")
    assert PASSWORD not in file.read_text()

    file.chmod(0o640)
    assert users("passwd", "ALICE", given="another one").returncode == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert verifies([line for line in file.read_text().splitlines() if line.startswith("alice ")][0], "another one")

    listed = users("list", "--json")
    assert [(user["name"], user["maySendAs"]) for user in json.loads(listed.stdout)] == [
        ("alice", ["alice@example.org", ".example.org"]), ("bob@example.org", ["bob@example.org"])]
    assert "SCRAM" not in listed.stdout
    assert users("remove", "alice").returncode == 0
    assert users("list").stdout == "bob@example.org  bob@example.org\n"
    assert sorted(path.name for path in folder.iterdir()) == ["users"]


def test_what_is_refused_changes_nothing(users, folder):
    file = folder / "users"
    assert users("list").returncode == 66
    assert users("passwd", "alice").returncode == 66
    assert users("add", "alice", "--may-send-as", "alice@example.org").returncode == 0
    before = file.read_bytes()
    for words, given, code, hint in [
        (("add", "alice", "--may-send-as", "x.org"), PASSWORD, 1, "passwd"),
        (("add", "carol"), PASSWORD, 64, "--may-send-as"),
        (("add", "carol", "--may-send-as", "a b"), PASSWORD, 64, "list"),
        (("add", "a b", "--may-send-as", "x.org"), PASSWORD, 64, "spaces"),
        (("add", "carol@example.org"), "short\n", 65, "fewer than 8"),
        (("add", "carol@example.org"), "", 65, "first line"),
        (("add", "carol@example.org", "--iterations", "10"), PASSWORD, 64, "4096"),
        (("passwd", "nobody"), PASSWORD, 1, "list"),
        (("remove", "nobody"), "", 1, "list"),
    ]:
        result = users(*words, given=given)
        assert (result.returncode, file.read_bytes()) == (code, before), result.stderr
        assert hint in result.stderr and result.stdout == ""
    file.chmod(0o644)
    result = users("list")
    assert result.returncode == 78 and "chmod 0640" in result.stderr
    file.chmod(0o600)
    file.write_text("alice rubbish\n")
    result = users("add", "carol@example.org")
    assert result.returncode == 78 and "users:1:" in result.stderr


def at_terminal(words: list[str], answers: list[bytes]) -> tuple[int, bytes]:
    """Runs the command at a terminal; gives the exit code and all that the terminal showed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(PROGRAM, ["letterlock", *words])
    shown = b""
    asked = 0
    while True:
        ready, _, _ = select.select([terminal], [], [], 30)
        assert ready, shown
        try:
            some = os.read(terminal, 1024)
        except OSError:
            break
        if not some:
            break
        shown += some
        if shown.count(b": ") > asked and asked < len(answers):
            os.write(terminal, answers[asked])
            asked += 1
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


def test_a_terminal_shows_no_password(folder):
    words = ["users", "add", "alice@example.org", "--file", str(folder / "users")]
    code, shown = at_terminal(words, [b"correct horsX\x7fe\n", b"correct horse\n"])
    assert code == 0, shown
    assert b"horse" not in shown and b"Once more" in shown
    line = (folder / "users").read_text().splitlines()[-1]
    assert verifies(line, PASSWORD)


def test_a_mistyped_or_interrupted_password_changes_nothing(folder):
    words = ["users", "add", "alice@example.org", "--file", str(folder / "users")]
    assert at_terminal(words, [b"correct horse\n", b"correct house\n"])[0] == 65
    assert at_terminal(words, [b"correct\x03"])[0] == 1
    assert list(folder.iterdir()) == []

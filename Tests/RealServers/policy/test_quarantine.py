"""`letterlock quarantine` with a running gateway, real keys and the command: held, listed, shown, released, dropped."""
import email
import email.policy
import json
import smtplib
import sqlite3
import subprocess
import time

import pytest

from kit.gateway import environment
from kit.pgp import Keys, ciphertext
from kit.sink import Sink

CANARY = "Nachtschwalbe-4471"
POLICY = """
version: 1
defaults: { protect: none, with: [pgp] }
rules:
  - id: codenames
    when: { subject: '^\\[codename\\]' }
    then: { quarantine: "codenames do not leave unseen" }
  - id: sealed
    when: { recipient: { in: [keyed.example] } }
    then: { protect: required }
  - id: never
    when: { subject: 'forbidden' }
    then: { refuse: "never" }
"""


@pytest.fixture
def officer(folder):
    """The officer's GnuPG home, whose secret key the gateway never sees."""
    made = Keys(folder / "officer")
    made.make("quarantine@example.org")
    yield made
    made.close()


class Station:
    """A gateway that holds messages, and an officer."""

    def __init__(self, make_gateway, sink: Sink, officer: Keys, folder) -> None:
        self.sink, self.officer = sink, officer
        (folder / "quarantine.asc").write_bytes(officer.public("quarantine@example.org"))
        self.gateway = make_gateway(
            sink.port, doors=True, start=False,
            settings=f"quarantine: {{key: {folder}/quarantine.asc, officer: security@example.org}}\n")
        (self.gateway.folder / "policy" / "policy.yaml").write_text(POLICY)
        self.gateway.start()

    def quarantine(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [self.gateway.program, "quarantine", *words, "--config", str(self.gateway.config)], env=environment(),
            capture_output=True, text=True, timeout=60)
        assert done.returncode == code, f"{words}: {done.returncode} {done.stdout}{done.stderr}"
        return done.stdout if code == 0 else done.stdout + done.stderr

    def held(self) -> list[dict]:
        return json.loads(self.quarantine("list", "--json"))

    def send(self, subject: str, *to: str, sender: str = "alice@example.org") -> tuple[int, str]:
        return self.gateway.send(sender, list(to), message(subject, to[0]))

    def notices(self, count: int) -> list:
        """Mails about held messages, once there are so many."""
        deadline = time.monotonic() + 120
        while True:
            found = [one for one in self.sink.messages if one.sender == ""]
            if len(found) >= count or time.monotonic() > deadline:
                assert len(found) == count, [one.data for one in found]
                return found
            time.sleep(0.1)

    def delivered(self) -> list:
        return [one for one in self.sink.messages if one.sender != ""]


def message(subject: str, to: str) -> bytes:
    return (
        f"From: alice@example.org\r\nTo: {to}\r\nSubject: {subject} {CANARY}\r\nMessage-ID: <{subject.strip('[]')}@x>"
        f"\r\n"
        f"Date: Sun, 22 Nov 2026 10:00:00 +0100\r\n\r\n{CANARY}\r\n"
    ).encode()


def text(one) -> str:
    return email.message_from_bytes(one.data, policy=email.policy.default).get_content()


@pytest.fixture
def station(make_gateway, sink, officer, folder):
    return Station(make_gateway, sink, officer, folder)


def test_held_shown_and_released_sealed(station, keys):
    code, _ = station.send("[codename]", "bob@keyed.example", "carol@open.example")
    assert code == 250
    assert station.delivered() == []

    first, second = sorted(station.notices(2), key=lambda one: one.recipients)
    assert first.recipients == ["alice@example.org"] and second.recipients == ["security@example.org"]
    line, = station.held()
    for notice in (first, second):
        assert line["id"] in text(notice) and "codenames do not leave unseen" in text(notice)
        assert CANARY not in notice.data.decode()
    assert "codenames\n" not in text(first).replace("Reason: ", ""), "rule ids are the officer's"
    assert "Rules: codenames" in text(second) and f"quarantine release {line['id']}" in text(second)

    assert line["state"] == "held" and line["sender"] == "alice@example.org"
    assert [one["address"] for one in line["recipients"]] == ["bob@keyed.example", "carol@open.example"]
    typed = line["id"].lower().replace("-", "").replace("0", "o")
    shown = station.quarantine("show", typed, "--homedir", str(station.officer.home))
    assert CANARY in shown and "codenames do not leave unseen" in shown
    whole = station.quarantine("show", typed, "--eml", "--homedir", str(station.officer.home))
    # Pipes in text mode read CRLF as LF.
    assert whole.endswith(f"\n\n{CANARY}\n") and "Subject: [codename]" in whole

    released = station.quarantine(
        "release", line["id"], "--homedir", str(station.officer.home), "--recipient", "bob@keyed.example")
    assert "released: seal by pgp" in released
    sealed, = station.delivered()
    assert sealed.sender == "alice@example.org" and sealed.recipients == ["bob@keyed.example"]
    assert CANARY not in sealed.data.decode().replace(f"Subject: [codename] {CANARY}", "")
    assert CANARY in keys.run("--decrypt", given=ciphertext(sealed.data)).decode()

    assert [one["state"] for one in station.held()[0]["recipients"]] == ["released", "held"]
    assert "released: pass" in station.quarantine("release", line["id"], "--homedir", str(station.officer.home))
    assert station.delivered()[1].recipients == ["carol@open.example"]
    assert station.held() == []
    record, = json.loads(station.quarantine("list", "--all", "--json"))
    deadline = time.monotonic() + 120
    while station.gateway.log().count('"action":"released"') < 2:
        assert time.monotonic() < deadline, station.gateway.log()
        time.sleep(0.1)
    actions = [one["action"] for one in record["records"]]
    assert actions[0] == "held" and actions.count("released") == 2 and actions.count("opened") == 4
    assert all(one["who"] for one in record["records"])
    assert "not held any more" in station.quarantine("release", line["id"], code=1)


def test_whoever_has_no_secret_key_opens_nothing(station, keys):
    assert station.send("[codename]", "carol@open.example")[0] == 250
    line, = station.held()
    said = station.quarantine("show", line["id"], "--eml", "--homedir", str(keys.home), code=65)
    assert "no secret key" in said and CANARY not in said
    assert "no secret key" in station.quarantine("release", line["id"], "--homedir", str(keys.home), code=65)
    assert station.delivered() == []
    assert station.held()[0]["state"] == "held"


def test_a_release_that_is_refused_keeps_it(station):
    assert station.send("[codename]", "stranger@keyed.example")[0] == 250
    line, = station.held()
    home = str(station.officer.home)
    assert "no usable method" in station.quarantine("release", line["id"], "--homedir", home, code=1)
    station.sink.replies["END"] = "451 4.3.0 later"
    assert station.send("[codename]", "carol@open.example")[0] == 250
    other = next(one for one in station.held() if one["id"] != line["id"])
    assert "still held" in station.quarantine("release", other["id"], "--homedir", home, code=75)
    assert len(station.held()) == 2 and station.delivered() == []
    station.sink.replies.clear()
    station.quarantine("release", other["id"], "--homedir", home)
    assert [one.recipients for one in station.delivered()] == [["carol@open.example"]]


def test_dropped_content_is_gone(station):
    assert station.send("[codename]", "carol@open.example")[0] == 250
    line, = station.held()
    station.quarantine("drop", line["id"], "--reason", "not for outside")
    assert station.held() == []
    record, = json.loads(station.quarantine("list", "--all", "--json"))
    assert record["state"] == "dropped" and record["records"][-1]["said"] == "not for outside"
    assert "no longer there" in station.quarantine(
        "show", line["id"], "--eml", "--homedir", str(station.officer.home), code=1)
    assert station.quarantine("drop", "AAAAA-AAAAA", code=1)
    assert station.delivered() == []


def test_no_plaintext_in_the_state_folder(station):
    for number in range(3):
        assert station.send(f"[codename] {number}", "carol@open.example", "bob@keyed.example")[0] == 250
    station.notices(6)
    held = station.held()
    station.quarantine("show", held[0]["id"], "--homedir", str(station.officer.home))
    station.quarantine("release", held[0]["id"], "--homedir", str(station.officer.home))
    station.quarantine("drop", held[1]["id"])
    for file in station.gateway.state.rglob("*"):
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes(), file
    assert CANARY not in station.gateway.log()


def test_over_lmtp_the_answer_says_who_is_held(station):
    with smtplib.LMTP("127.0.0.1", station.gateway.lmtp) as client:
        client.ehlo("client.example.org")
        client.mail("alice@example.org")
        for recipient in ("carol@open.example", "carl@open.example"):
            assert client.rcpt(recipient)[0] == 250
        code, first = client.data(message("[codename]", "carol@open.example"))
        second = client.getreply()
    assert code == second[0] == 250
    assert b"held back" in first and b"held back" in second[1]
    assert len(station.held()) == 1 and station.delivered() == []


def test_doctor_looks_at_the_key(station, folder):
    def finding() -> dict:
        done = subprocess.run(
            [station.gateway.program, "doctor", "--json", "--config", str(station.gateway.config)], env=environment(),
            capture_output=True, text=True, timeout=120)
        return next(one for one in json.loads(done.stdout) if one["area"] == "quarantine")

    assert finding()["state"] == "ok"
    key = folder / "quarantine.asc"
    station.officer.run("--quick-generate-key", "soon@example.org", "future-default", "default", "10d")
    key.write_bytes(station.officer.public("soon@example.org"))
    assert finding()["state"] == "warn" and "expires on" in finding()["what"]
    station.officer.make("old@example.org", expired=True)
    key.write_bytes(station.officer.public("old@example.org"))
    assert finding()["state"] == "fail" and "expired on" in finding()["what"]
    key.write_bytes(station.officer.secret("soon@example.org"))
    assert finding()["state"] == "fail" and "secret key" in finding()["what"]
    key.unlink()
    assert finding()["state"] == "fail"


def test_a_key_that_expires_holds_mail_off(station, folder):
    key = folder / "quarantine.asc"
    good = key.read_bytes()
    station.officer.make("old@example.org", expired=True)
    key.write_bytes(station.officer.public("old@example.org"))
    code, said = station.send("[codename]", "carol@open.example")
    assert code == 451 and "quarantine" not in said
    assert "expired on" in station.gateway.log()
    key.unlink()
    assert station.send("[codename]", "carol@open.example")[0] == 451
    assert station.held() == []
    key.write_bytes(good)
    assert station.send("[codename]", "carol@open.example")[0] == 250
    assert len(station.held()) == 1 and station.delivered() == []


def test_a_locked_database_holds_mail_off(station):
    other = sqlite3.connect(station.gateway.state / "gateway" / "gateway.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    code, _ = station.send("[codename]", "carol@open.example", "bob@keyed.example")
    other.execute("ROLLBACK")
    other.close()
    assert code == 451
    assert station.held() == [] and station.sink.messages == []
    assert station.send("[codename]", "carol@open.example")[0] == 250
    assert len(station.held()) == 1


def test_whoever_waits_too_long_is_destroyed_and_the_officer_told(station):
    assert station.send("[codename]", "carol@open.example")[0] == 250
    station.notices(2)
    station.gateway.stop()
    database = station.gateway.state / "gateway" / "gateway.db"
    other = sqlite3.connect(database)
    sealed, = other.execute("SELECT sealed FROM quarantine_chunks").fetchone()
    other.execute("UPDATE quarantine SET expires_at = ?", (int(time.time()) - 10,))
    other.commit()
    other.close()
    assert sealed.startswith(b"-----BEGIN PGP MESSAGE-----") and sealed[200:400] in database.read_bytes()
    station.gateway.start()
    notice = station.notices(3)[-1]
    assert notice.recipients == ["security@example.org"] and "was not sent" in text(notice)
    assert station.held() == [] and station.delivered() == []
    for file in database.parent.glob("gateway.db*"):
        assert sealed[200:400] not in file.read_bytes(), "destroyed is destroyed"


def test_a_notice_that_is_not_taken_comes_later(station):
    station.sink.replies["MAIL"] = "451 4.3.0 later"
    assert station.send("[codename]", "carol@open.example")[0] == 250
    deadline = time.monotonic() + 120
    while "will be tried again" not in station.gateway.log():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert len(station.held()) == 1
    station.sink.replies.clear()
    station.gateway.stop()
    other = sqlite3.connect(station.gateway.state / "gateway" / "gateway.db")
    other.execute("UPDATE outbox SET due_at = 0 WHERE due_at IS NOT NULL")
    other.commit()
    other.close()
    station.gateway.start()
    assert {one.recipients[0] for one in station.notices(2)} == {"alice@example.org", "security@example.org"}


def test_check_and_explain_know_it(station, folder):
    def policy(*words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [station.gateway.program, "policy", *words, "--config", str(station.gateway.config)], env=environment(),
            capture_output=True, text=True, timeout=60)

    assert policy("check").returncode == 0
    (folder / "m.eml").write_bytes(message("[codename]", "carol@open.example"))
    explained = policy("explain", "--from", "alice@example.org", str(folder / "m.eml"), "--to", "carol@open.example")
    assert explained.returncode == 0 and "verdict: quarantine" in explained.stdout
    text = station.gateway.config.read_text()
    station.gateway.config.write_text(
        "\n".join(line for line in text.splitlines() if not line.startswith("quarantine:"))
    )
    checked = policy("check")
    assert checked.returncode == 78 and "quarantine.key" in checked.stdout


def test_a_large_message_comes_back_byte_for_byte(station):
    lines = b"".join(f"{number:075d}\r\n".encode() for number in range(100_000))
    large = message("[codename]", "carol@open.example") + lines
    assert station.gateway.send("alice@example.org", ["carol@open.example"], large)[0] == 250
    line, = station.held()
    shown = subprocess.run(
        [station.gateway.program, "quarantine", "show", line["id"], "--eml", "--homedir", str(station.officer.home),
         "--config", str(station.gateway.config)], env=environment(), capture_output=True, timeout=60)
    assert shown.stdout == large
    station.quarantine("release", line["id"], "--homedir", str(station.officer.home))
    assert station.delivered()[0].data.endswith(lines)


def test_two_officers_do_not_release_twice(station):
    assert station.send("[codename]", "carol@open.example")[0] == 250
    line, = station.held()
    command = [station.gateway.program, "quarantine", "release", line["id"], "--homedir", str(station.officer.home),
               "--config", str(station.gateway.config)]
    officers = [subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                for _ in range(3)]
    codes = sorted(one.wait(timeout=60) for one in officers)
    for one in officers:
        one.stdout.close()
    assert codes[0] == 0 and all(code in (0, 1, 75) for code in codes)
    assert len(station.delivered()) == 1

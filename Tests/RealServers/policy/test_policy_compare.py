"""Comparing policies as a person does it: exit codes of diff, the features log of a real gateway, init, watch,
explain."""

import json
import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from kit.gateway import binary, environment

CARD = (
    b"From: alice@example.org\r\nTo: bob@keyed.example\r\nSubject: zebra\r\n\r\n"
    b"Card 4111 1111 1111 1111\r\n")

STRICT = """version: 1
rules:
  - id: cards
    when: { content: { detector: payment-card }, recipient: { not-in: inside } }
    then: { protect: required, with: [pgp] }
"""


def run(*words, cwd: Path, given: bytes = b"") -> subprocess.CompletedProcess:
    return subprocess.run(
        [binary(), "policy", *map(str, words)],
        input=given,
        capture_output=True,
        cwd=cwd,
        env=environment(),
        timeout=120,
        check=False,
    )


def policy(folder: Path, name: str, text: str) -> Path:
    place = folder / name
    place.mkdir()
    (place / "rules.yaml").write_text(text)
    return place


@pytest.fixture
def site(folder):
    """A folder with settings, two policies and two messages."""
    (folder / "letterlock.yaml").write_text("inside: [example.org]\nkeys: keys\n")
    (folder / "keys").mkdir()
    policy(folder, "old", STRICT)
    policy(folder, "same", STRICT)
    policy(folder, "looser", STRICT.replace("payment-card }", "payment-card, at-least: 2 }"))
    (folder / "mail").mkdir()
    (folder / "mail" / "card.eml").write_bytes(CARD)
    (folder / "mail" / "plain.eml").write_bytes(CARD.replace(b"4111", b"four"))
    return folder


def test_diff_is_1_only_where_protection_weakens(site):
    same = run("diff", "old", "same", "--messages", "mail", cwd=site)
    assert same.returncode == 0, same.stderr
    assert b"2 messages, 2 recipients; 2 unchanged; 0 changed" in same.stdout
    weaker = run("diff", "old", "looser", "--messages", "mail", "--html", "diff.html", cwd=site)
    assert weaker.returncode == 1
    assert b"-cards: 1 recipient, 1 weaker" in weaker.stdout
    assert b"mail/card.eml <bob@keyed.example>: refuse -> pass  [weaker]" in weaker.stdout
    assert "protection weakens" in (site / "diff.html").read_text()
    stronger = run("diff", "looser", "old", "--messages", "mail", "--json", cwd=site)
    assert stronger.returncode == 0, stronger.stderr
    assert json.loads(stronger.stdout)["groups"][0]["rules"] == ["+cards"]


def test_diff_exit_codes_of_wrong_use(site):
    (site / "empty").mkdir()
    policy(site, "broken", "version: 1\nrulez: []\n")
    for code, words in [
        (64, ["diff", "old"]), (64, ["diff", "old", "same", "--messages", "mail", "--since", "30"]),
        (64, ["diff", "old", "same", "--messages", "mail", "--at", "noon"]),
        (66, ["diff", "old", "same", "--messages", "none"]), (66, ["diff", "old", "same", "--messages", "empty"]),
        (78, ["diff", "old", "broken", "--messages", "mail"]),
    ]:
        done = run(*words, cwd=site)
        assert done.returncode == code, (words, done.stderr)
        assert done.stdout == b""


def test_a_key_makes_the_difference_where_it_is_given(site, keys):
    policy(site, "none", "version: 1\nrules:\n  - id: x\n    then: { protect: none }\n")
    (site / "keys" / "bob.asc").write_bytes(keys.public("bob@keyed.example"))
    done = run("diff", "old", "none", "--messages", "mail/card.eml", cwd=site)
    assert done.returncode == 1
    assert b"seal by pgp -> pass" in done.stdout, done.stdout


@pytest.mark.parametrize("salted", [False, True])
def test_the_log_of_a_real_gateway_is_replayed(make_gateway, sink, folder, salted):
    log = folder / "features.jsonl"
    salt = folder / "features.salt"
    settings = f"features: {{file: {log}{f', salt-file: {salt}' if salted else ''}}}\n"
    gateway = make_gateway(sink.port, settings=settings)
    assert gateway.send("alice@example.org", ["bob@keyed.example"], CARD)[0] == 250
    assert gateway.send("alice@example.org", ["carol@open.example", "dora@example.org"], CARD)[0] == 250
    deadline = time.monotonic() + 120
    while log.read_bytes().count(b"\n") < 2:
        assert time.monotonic() < deadline, gateway.log()
        time.sleep(0.05)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    text = log.read_text().lower()
    for word in ["zebra", "4111 1111", "4111111111111111", "card 4"] + (
        ["alice", "bob", "carol", "dora", "keyed.example", "open.example"] if salted else []
    ):
        assert word not in text, word
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [[one["verdict"] for one in line["to"]] for line in lines] == [["seal"], ["pass", "pass"]]
    assert all(line["detectors"]["payment-card"] == 1 for line in lines)

    # Rotated: the next line is in a new file after SIGHUP.
    log.rename(folder / "features.jsonl.1")
    gateway.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 120
    while not log.exists():
        assert time.monotonic() < deadline, gateway.log()
        assert gateway.send("alice@example.org", ["bob@keyed.example"], CARD)[0] == 250
        time.sleep(0.2)

    old = Path(gateway.folder) / "policy"
    words = ["--messages", folder / "features.jsonl.1", "--config", gateway.config]
    same = run("diff", old, old, *words, cwd=folder)
    assert same.returncode == 0, (same.stdout, same.stderr)
    text = (old / "policy.yaml").read_text()
    added = policy(folder, "added", text + "  - id: zebras\n    when: { subject: zebra }\n    then: { refuse: no }\n")
    assert run("diff", old, added, *words, cwd=folder).returncode == 0
    # Narrowed by what the log does not say, and by what it does.
    narrowed = policy(folder, "narrowed", text.replace("not-in: inside } }", "not-in: inside }, subject: zebra }"))
    told = run("diff", old, narrowed, *words, cwd=folder)
    assert told.returncode == 1
    assert b"?sealed-outside" in told.stdout and b"cannot tell" in told.stdout
    dropped = policy(folder, "dropped", text.replace("not-in: inside } }", "not-in: inside }, encrypted: true }"))
    weaker = run("diff", old, dropped, *words, "--json", cwd=folder)
    assert weaker.returncode == 1
    assert json.loads(weaker.stdout)["groups"][0]["rules"] == ["-sealed-outside"]


def test_init_writes_a_policy_that_passes_and_overwrites_nothing(folder):
    done = run("init", "start", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert run("check", "start", cwd=folder).returncode == 0
    tested = run("test", "start", cwd=folder)
    assert tested.returncode == 0 and b"0 failed" in tested.stdout, tested.stdout
    assert json.loads((folder / "start" / "schema.json").read_text())["title"] == "Letterlock policy"
    before = {path: path.read_bytes() for path in (folder / "start").rglob("*") if path.is_file()}
    assert run("init", "start", cwd=folder).returncode == 73
    assert before == {path: path.read_bytes() for path in (folder / "start").rglob("*") if path.is_file()}


def test_watch_reacts_to_a_save_and_ends_with_0(folder):
    assert run("init", "start", cwd=folder).returncode == 0
    out = folder / "out"
    with open(out, "wb") as file:
        watching = subprocess.Popen(
            [binary(), "policy", "watch", "start"], cwd=folder, env=environment(), stdout=file, stderr=file)
    try:
        def wait_for(text: str) -> None:
            deadline = time.monotonic() + 120
            while text not in out.read_text():
                assert watching.poll() is None and time.monotonic() < deadline, out.read_text()
                time.sleep(0.05)

        wait_for("12 passed, 0 failed")
        # As editors do it: written beside, and put in the place.
        rules = folder / "start" / "rules.yaml"
        fresh = folder / "start" / "rules.yaml~"
        fresh.write_text(rules.read_text().replace("id: partners", "id: partner"))
        os.replace(fresh, rules)
        wait_for("2 failed")
        assert "FAIL start/tests/cases.yaml:" in out.read_text()
        rules.write_text("version: 1\nrulez: []\n")
        wait_for("unknown key 'rulez'")
        watching.send_signal(signal.SIGINT)
        assert watching.wait(timeout=20) == 0
    finally:
        watching.kill()
        watching.wait()


def test_explain_shows_the_mail_that_would_be_sent(site, keys):
    (site / "keys" / "bob.asc").write_bytes(keys.public("bob@keyed.example"))
    words = ["explain", "--policy", "old", "--from", "alice@example.org", "--to", "bob@keyed.example"]
    shown = run(*words, "--html", "why.html", "mail/card.eml", cwd=site)
    assert shown.returncode == 0, shown.stderr
    assert b"sealed: from <alice@example.org> to <bob@keyed.example>" in shown.stdout
    assert b"part 2: application/octet-stream" in shown.stdout and b"BEGIN PGP" not in shown.stdout
    assert b"4111" not in shown.stdout and "4111" not in (site / "why.html").read_text()
    mail = run(*words, "--show-mail", "mail/card.eml", cwd=site)
    assert b"-----BEGIN PGP MESSAGE-----" in mail.stdout and b"4111" not in mail.stdout
    passed = run(*words, "--show-mail", "mail/plain.eml", cwd=site)
    assert b"Card four 1111 1111 1111" in passed.stdout


def test_the_schema_is_json(folder):
    for words in [["schema"], ["schema", "--cases"]]:
        done = run(*words, cwd=folder)
        assert done.returncode == 0
        assert json.loads(done.stdout)["definitions"]

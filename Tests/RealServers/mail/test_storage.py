"""Room for letters, backup and restore, and the check, with the real programs."""
import json
import os
import re
import sqlite3
import subprocess
import tarfile
import time
from pathlib import Path

from kit.gateway import binary, environment
from kit.letter_site import SETTINGS, TO, client, text_of
from kit.messages import CANARY, message
from kit.portal_browser import Portal, program
from kit.portal_letters import Message, Part


def vault(*words, folder=None):
    return subprocess.run(
        [binary(), "vault", *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=120,
        env=environment(), check=False)


def link_of(gateway, sink):
    """Sends one letter; its link and password. Other mails, such as notices, may come before, between and after."""
    before = len(sink.messages)
    code, text = gateway.send("alice@example.org", [TO], message(TO))
    assert code == 250, f"{code} {text}\n{gateway.log()}"

    def first(messages, recipient, pattern):
        found = (re.search(pattern, text_of(mail.data)) for mail in messages[before:] if mail.recipients == [recipient])
        return next((match[0] for match in found if match), None)

    def pair(messages):
        return (first(messages, TO, rf"http://127\.0\.0\.1:{gateway.portal}/l/\S+"),
                first(messages, "alice@example.org", r"\b[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}\b"))

    return pair(sink.wait_until(lambda messages: all(pair(messages)), "a link and its password"))


def test_a_restored_letter_opens(linked, sink, tmp_path):  # noqa: F811
    link, password = link_of(linked, sink)
    backup = tmp_path / "backup.tar"
    done = vault("backup", backup, "--config", linked.config)
    assert done.returncode == 0, done.stderr
    assert oct(backup.stat().st_mode & 0o777) == "0o600" and os.listdir(tmp_path) == ["backup.tar"]
    with tarfile.open(backup) as packed:
        assert packed.getnames() == ["manifest.json", "gateway.db", "letters.db"]
        manifest = json.load(packed.extractfile("manifest.json"))
    assert manifest["version"] == 1 and [file["name"] for file in manifest["files"]] == ["gateway.db", "letters.db"]
    assert manifest["files"][1]["rows"]["letters"] == 1
    assert vault("check", "--config", linked.config).returncode == 0

    # The letter is revoked after the backup: the restored state has it again.
    letter_id = link.split("/l/")[1].split("#")[0]
    gone = subprocess.run(
        [binary(), "links", "revoke", letter_id, "--config", str(linked.config)], capture_output=True, timeout=60,
        env=environment(), check=False)
    assert gone.returncode == 0 and client(link, password).returncode != 0
    assert vault("restore", backup, "--state", linked.state).returncode == 73, "a state in use is not touched"
    restored = tmp_path / "restored"
    done = vault("restore", backup, "--state", restored)
    assert done.returncode == 0, done.stderr
    process = subprocess.Popen(
        [
            program("letterlock-portal"),
            "--letters",
            str(restored / "letters"),
            "--listen",
            "127.0.0.1:0",
            "--print-address",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        url = process.stdout.readline().strip()
        opened = client(re.sub(r"^http://[^/]+", url, link), password)
        assert opened.returncode == 0 and CANARY.encode() in opened.stdout, opened
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


def test_what_is_no_backup_or_no_state_is_said(tmp_path):
    (tmp_path / "bad.tar").write_bytes(b"nonsense" * 1000)
    (tmp_path / "s.yaml").write_text("state: nowhere\n")
    assert vault("restore", tmp_path / "none.tar", "--state", tmp_path / "s").returncode == 66
    ended = vault("restore", tmp_path / "bad.tar", "--state", tmp_path / "s")
    assert ended.returncode == 65 and "no backup of letterlock" in ended.stderr
    for verb in (["backup", "b.tar"], ["check"]):
        ended = vault(*verb, "--config", "s.yaml", folder=tmp_path)
        assert ended.returncode == 66 and "hint:" in ended.stderr
    assert not (tmp_path / "b.tar").exists()


def test_a_damaged_store_is_found(tmp_path):
    (tmp_path / "p").mkdir()
    portal = Portal(tmp_path / "p")
    portal.box.lock(Message("Subject", [Part("text/plain", b"hello", "7bit", "utf-8")], text=0))
    config = tmp_path / "p" / "letterlock.yaml"
    assert vault("check", "--config", config).returncode == 0
    portal.box.database.execute("DELETE FROM chunks")
    ended = vault("check", "--json", "--config", config)
    assert ended.returncode == 1 and "lack chunks" in json.loads(ended.stdout)[0]["problem"]
    portal.stop()


def test_full_is_said_before_anything_is_taken(make_gateway, sink):
    gateway = make_gateway(
        sink.port, methods="link", settings=SETTINGS + "storage: {letters: 3MiB, per-recipient: 1MiB, alarm: 10%}\n")
    def large(to):
        return message(to, body="x" * 76 + "\n" + ("y" * 76 + "\n") * 9000)

    assert gateway.send("alice@example.org", ["a@elsewhere.example"], large("a@elsewhere.example"))[0] == 250
    code, text = gateway.send("alice@example.org", ["a@elsewhere.example"], large("a@elsewhere.example"))
    assert code == 452 and "4.3.1" in text and "a recipient" in text
    codes = [gateway.send("alice@example.org", [f"{name}@elsewhere.example"], large(f"{name}@elsewhere.example"))[0]
             for name in "bcdefg"]
    assert codes[0] == 250 and codes[-1] == 452
    mails = len(sink.messages)
    assert gateway.send("alice@example.org", ["h@elsewhere.example"], large("h@elsewhere.example"))[0] == 452
    time.sleep(0.5)
    assert len(sink.messages) == mails, "nothing went out for a message that was put off"
    gateway.stop()
    gateway.start()
    end = time.monotonic() + 120  # ends a hang only
    while "room for letters gets scarce" not in gateway.log() and time.monotonic() < end:
        time.sleep(0.2)
    assert gateway.log().count("room for letters gets scarce") == 1


def test_expired_letters_are_gone_and_the_file_is_smaller(make_gateway, sink):
    gateway = make_gateway(sink.port, methods="link", settings=SETTINGS)
    for _ in range(3):
        assert (
            gateway.send("alice@example.org", [TO], message(TO, body="z" * 70 + "\n" + ("z" * 70 + "\n") * 20000))[0]
            == 250
        )
    file = gateway.state / "letters" / "letters.db"
    gateway.stop()
    before = file.stat().st_size
    with sqlite3.connect(file) as database:
        sealed = database.execute("SELECT sealed FROM chunks LIMIT 1").fetchone()[0][100:200]
        database.execute("UPDATE letters SET expires_at = 5")
    assert before > 3_000_000 and sealed in file.read_bytes()
    gateway.start()
    end = time.monotonic() + 120  # ends a hang only
    while file.stat().st_size > 300_000 and time.monotonic() < end:
        time.sleep(0.2)
    assert file.stat().st_size < 300_000
    assert sealed not in file.read_bytes() + (Path(f"{file}-wal").read_bytes() if Path(f"{file}-wal").exists() else b"")

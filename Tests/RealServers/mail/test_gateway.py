"""One gateway between a client and a sink: what is sealed opens with other people's programs, what is not sealed
arrives as it was, and nothing leaves when something fails."""
import os
import re
import sqlite3
import subprocess

import pytest

from kit.gateway import binary, environment
from kit.messages import CANARY, body_of, message
from kit.pgp import DECRYPTORS, ciphertext, missing, need, recipients_of
from kit.sink import Received, Sink


def sealed(received: Received) -> bytes:
    """The ciphertext of a message that must not hold the canary in clear."""
    assert CANARY.encode() not in received.data
    return ciphertext(received.data)


@pytest.mark.parametrize("program", DECRYPTORS)
def test_sealed_message_opens_with(program, gateway, sink, keys, folder):
    original = message("Bob <bob@keyed.example>")
    code, text = gateway.send("alice@example.org", ["bob@keyed.example"], original)
    assert code == 250, text + gateway.log()
    (received,) = sink.wait_for(1)
    assert (received.sender, received.recipients) == ("alice@example.org", ["bob@keyed.example"])
    plain = DECRYPTORS[program](keys, "bob@keyed.example", sealed(received), folder)
    assert body_of(plain) == body_of(original)
    assert b'hp="cipher"' in plain.split(b"\n\n")[0].replace(b"\r\n", b"\n").split(b"\n\n")[0]


def test_letterlock_decrypt_gives_the_entity_back(gateway, sink, keys):
    original = message("bob@keyed.example")
    assert gateway.send("alice@example.org", ["bob@keyed.example"], original)[0] == 250
    (received,) = sink.wait_for(1)
    done = subprocess.run(
        [binary(), "decrypt", "--homedir", str(keys.home)], input=received.data, capture_output=True, timeout=60,
        env=environment(), check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert body_of(done.stdout) == body_of(original)
    for line in (
        b"Content-Type: text/plain; charset=utf-8",
        b"Content-Transfer-Encoding: 8bit",
        b"Subject: quarterly figures",
    ):
        assert line in done.stdout.replace(b"\r\n", b"\n").split(b"\n"), line


def test_clear_message_passes_byte_for_byte_with_one_received_field(gateway, sink):
    original = message("carol@open.example", extra="X-Odd:   spaces\there\n folded\n")
    code, text = gateway.send("alice@example.org", ["carol@open.example"], original)
    assert code == 250, text + gateway.log()
    (received,) = sink.wait_for(1)
    added, kept = received.data[: -len(original)], received.data[-len(original) :]
    assert kept == original
    assert re.fullmatch(rb"Received: [^\r\n]+(\r\n[ \t][^\r\n]+)*\r\n", added), added
    assert b" for " not in added.lower(), "a Received field with FOR tells recipients of each other"


def test_no_key_is_refused_and_nothing_leaves(gateway, sink):
    code, text = gateway.send(
        "alice@example.org", ["bob@keyed.example", "nokey@elsewhere.example"], message("bob@keyed.example")
    )
    assert code == 550 and "nokey@elsewhere.example" in text, text
    assert "sealed-outside" not in text, "a public text must not name rules"
    assert sink.messages == []


def test_expired_key_is_refused_and_nothing_leaves(gateway, sink):
    code, text = gateway.send("alice@example.org", ["dora@keyed.example"], message("dora@keyed.example"))
    assert code == 550 and "dora@keyed.example" in text, text
    assert sink.messages == []


@pytest.mark.parametrize("address", ["BOB@KEYED.EXAMPLE", "Bob@Keyed.Example", "bob+news@keyed.example"])
def test_other_spellings_of_an_address_are_sealed_to_its_key(address, gateway, sink, keys, folder):
    code, text = gateway.send("alice@example.org", [address], message(address))
    assert code == 250, text + gateway.log()
    (received,) = sink.wait_for(1)
    assert received.recipients == [address]
    assert CANARY.encode() in DECRYPTORS["gpg"](keys, "bob@keyed.example", sealed(received), folder)


def test_bcc_recipient_gets_a_ciphertext_of_her_own(gateway, sink, keys):
    original = message("bob@keyed.example", extra="Bcc: eve@keyed.example\n")
    code, text = gateway.send("alice@example.org", ["bob@keyed.example", "eve@keyed.example"], original)
    assert code == 250, text + gateway.log()
    received = sink.wait_for(2)
    assert sorted(one.recipients for one in received) == [["bob@keyed.example"], ["eve@keyed.example"]]
    ids = [recipients_of(keys, sealed(one)) for one in received]
    assert all(len(one) == 1 for one in ids) and ids[0] != ids[1], ids
    for one in received:
        opened = keys.run("--decrypt", given=ciphertext(one.data))
        for text in (one.data, opened):
            assert not re.search(rb"^(resent-)?bcc:", text, re.IGNORECASE | re.MULTILINE)
        if one.recipients == ["bob@keyed.example"]:
            assert b"eve@keyed.example" not in one.data + opened


def test_a_key_dropped_in_is_used_for_the_next_message_and_one_taken_out_is_not(gateway, sink, keys):
    card = gateway.keys / "bob.asc"
    certificate = card.read_bytes()
    card.unlink()
    assert gateway.send("alice@example.org", ["bob@keyed.example"], message("bob@keyed.example"))[0] == 550
    card.write_bytes(certificate)
    code, text = gateway.send("alice@example.org", ["bob@keyed.example"], message("bob@keyed.example"))
    assert code == 250, text
    assert len(sink.wait_for(1)) == 1


# Like no other process of this machine, so that it can be looked for.
HANGING_SECONDS = 100_000 + os.getpid()

BROKEN_GPG = {
    "missing": None,
    "killed": "kill -9 $$",
    # The script stays beside its child, as a wrapper around gpg would: both must go.
    "hanging": f"sleep {HANGING_SECONDS}; exit 0",
    "failing": "exit 2",
    "saying nothing": "cat >/dev/null; exit 0",
}


@pytest.mark.parametrize("how", BROKEN_GPG)
def test_a_broken_gpg_is_451_and_nothing_leaves(how, gateway, sink):
    script = BROKEN_GPG[how]
    if script is None:
        gateway.gpg.unlink()
    else:
        gateway.put_gpg(script)
    code, text = gateway.send("alice@example.org", ["bob@keyed.example"], message("bob@keyed.example"))
    assert code == 451, f"{code} {text}\n{gateway.log()}"
    assert str(gateway.folder) not in text, "a public text must not name paths"
    assert sink.messages == []
    assert not running(f"sleep {HANGING_SECONDS}"), "the hanging gpg was not ended"
    gateway.mend_gpg()
    code, text = gateway.send("alice@example.org", ["bob@keyed.example"], message("bob@keyed.example"))
    assert code == 250, f"after gpg was mended: {code} {text}\n{gateway.log()}"


def running(command: str) -> bool:
    """True where a process with this command line lives."""
    wanted = command.replace(" ", "\0").encode() + b"\0"
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                if file.read() == wanted:
                    return True
        except OSError:
            continue
    return False


NEXT_HOP = {
    "refuses the sender for now": ({"MAIL": "450 4.3.0 not now"}, "4"),
    "refuses the recipient for good": ({"RCPT": "550 5.1.1 no such user"}, "5"),
    "refuses the recipient for now": ({"RCPT": "450 4.2.0 greylisted"}, "4"),
    "refuses DATA": ({"DATA": "451 4.3.0 no room"}, "4"),
    "refuses after the final dot": ({"END": "554 5.6.0 I do not like it"}, "5"),
    "drops the line at MAIL": ({"MAIL": "drop"}, "4"),
    "drops the line after the final dot": ({"END": "drop"}, "4"),
    "is silent after RCPT": ({"RCPT": "silent"}, "4"),
    "is silent after the final dot": ({"END": "silent"}, "4"),
    "talks nonsense": ({"MAIL": "hello there"}, "4"),
}


@pytest.mark.parametrize("how", NEXT_HOP)
@pytest.mark.parametrize("to", ["bob@keyed.example", "carol@open.example"])
def test_a_next_hop_that(how, to, make_gateway, sink):
    sink.replies, expected = dict(NEXT_HOP[how][0]), NEXT_HOP[how][1]
    gateway = make_gateway(sink.port, settings="limits: {next-hop-reply: 2s, next-hop-connect: 2s, reply: 6s}\n")
    code, text = gateway.send("alice@example.org", [to], message(to))
    assert str(code).startswith(expected), f"{code} {text}\n{gateway.log()}"
    assert sink.messages == []
    if "silent" not in how:
        sink.replies.clear()
        code, text = gateway.send("alice@example.org", [to], message(to))
        assert code == 250, f"{code} {text}\n{gateway.log()}"


def test_one_refused_recipient_keeps_everything_back(gateway, sink):
    """Every recipient is asked before any DATA: the first copy must not leave when the second is refused."""
    sink.replies["RCPT eve@keyed.example"] = "550 5.1.1 no such user"
    original = message("bob@keyed.example")
    code, text = gateway.send("alice@example.org", ["bob@keyed.example", "eve@keyed.example"], original)
    assert code == 550 and "eve@keyed.example" in text, text
    assert sink.messages == []
    assert "DATA" not in sink.commands


def test_what_was_delivered_is_not_sent_twice(gateway, sink):
    """The second copy fails after the first has gone: the retry sends the second only."""
    original = message("bob@keyed.example")
    both = ["bob@keyed.example", "eve@keyed.example"]
    sink.keep = lambda received, keep=sink.keep: (keep(received), sink.replies.update(END="451 4.3.0 no room"))
    code, _ = gateway.send("alice@example.org", both, original)
    assert code == 451
    assert len(sink.messages) == 1
    del sink.keep
    sink.replies.clear()
    code, text = gateway.send("alice@example.org", both, original)
    assert code == 250, text
    assert sorted(one.recipients[0] for one in sink.wait_for(2)) == both
    assert len(sink.messages) == 2


def test_next_hop_down_is_451(make_gateway):
    gone = Sink()
    gone.close()
    gateway = make_gateway(gone.port)
    for to in ("bob@keyed.example", "carol@open.example"):
        code, text = gateway.send("alice@example.org", [to], message(to))
        assert code == 451, text


# Links: the store fails, so nothing may leave.

LINKS = "links: {url: 'http://127.0.0.1:PORTAL', from: letters@example.org}\n"


def test_locked_letter_store_is_4xx_and_nothing_leaves(make_gateway, sink):
    gateway = make_gateway(sink.port, methods="link", settings=LINKS + "limits: {reply: 20s}\n")
    database = sqlite3.connect(gateway.state / "letters" / "letters.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    code, text = gateway.send("alice@example.org", ["nokey@elsewhere.example"], message("nokey@elsewhere.example"))
    assert 400 <= code < 500, f"{code} {text}"
    assert sink.messages == []
    database.execute("ROLLBACK")
    database.close()
    code, text = gateway.send("alice@example.org", ["nokey@elsewhere.example"], message("nokey@elsewhere.example"))
    assert code == 250, f"{code} {text}\n{gateway.log()}"
    password_mail, notification = sink.wait_for(2)
    assert (password_mail.sender, password_mail.recipients) == ("", ["alice@example.org"])
    assert (notification.sender, notification.recipients) == ("alice@example.org", ["nokey@elsewhere.example"])
    for mail in (password_mail, notification):
        assert CANARY.encode() not in mail.data and b"quarterly figures" not in mail.data


@pytest.fixture
def small_disk(folder):
    """A file system of eight megabytes."""
    if os.geteuid() != 0:
        missing("a small file system can only be mounted by root")
    place = folder / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], check=False).returncode != 0:
        missing("no tmpfs can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_full_disk_is_4xx_and_nothing_leaves(small_disk, make_gateway, sink):
    gateway = make_gateway(sink.port, methods="link", settings=LINKS, state=small_disk / "var")
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(bytes(4096))
    to = "nokey@elsewhere.example"
    large = message(to, body=f"{CANARY}\n" + "0123456789abcdef\n" * 60_000)
    code, text = gateway.send("alice@example.org", [to], large)
    assert 400 <= code < 500, f"{code} {text}\n{gateway.log()}"
    assert sink.messages == []
    filler.unlink()
    code, text = gateway.send("alice@example.org", [to], large)
    assert code == 250, f"{code} {text}\n{gateway.log()}"
    assert len(sink.wait_for(2)) == 2


def test_swaks_sends_through(gateway, sink):
    done = subprocess.run(
        [
            need("swaks"),
            "--server",
            "127.0.0.1",
            "--port",
            str(gateway.port),
            "--from",
            "alice@example.org",
            "--to",
            "bob@keyed.example",
            "--body",
            CANARY,
            "--helo",
            "client.example.org",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")
    (received,) = sink.wait_for(1)
    sealed(received)

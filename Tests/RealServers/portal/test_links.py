"""Letters behind links, from the sender's mail to the text that the recipient reads, with a client of the protocol that
shares no code with Letterlock."""
import email
import email.policy
import json
import re
import subprocess
from pathlib import Path

import pytest

from kit.gateway import binary, environment
from kit.letter_site import SETTINGS, TO, client, text_of
from kit.messages import CANARY, message


def test_the_vectors_hold_for_the_second_client():
    done = client("--vectors", str(Path(__file__).resolve().parents[2] / "Corpus" / "links"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_letter_travels_from_the_sender_to_the_reader(linked, sink):
    original = message(TO)
    code, text = linked.send("alice@example.org", [TO], original)
    assert code == 250, f"{code} {text}\n{linked.log()}"
    password_mail, notification = sink.wait_for(2)
    assert (password_mail.sender, password_mail.recipients) == ("", ["alice@example.org"])
    assert (notification.sender, notification.recipients) == ("alice@example.org", [TO])
    link = re.search(rf"http://127\.0\.0\.1:{linked.portal}/l/\S+", text_of(notification.data))[0]
    password = re.search(r"\b[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}\b", text_of(password_mail.data))[0]
    for mail in (password_mail, notification):
        assert CANARY.encode() not in mail.data and b"quarterly figures" not in mail.data
        assert b"Auto-Submitted: auto-generated" in mail.data
    assert password not in text_of(notification.data), "link and password in one mail open the letter"
    assert link not in text_of(password_mail.data)
    assert client(link, "AAAA-BBBB-CCCC").returncode == 1
    opened = client(link, password.lower())
    assert opened.returncode == 0, opened.stderr
    assert CANARY in opened.stdout.decode() and "quarterly figures" in opened.stdout.decode()
    assert original in client("--eml", link, password).stdout.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert CANARY.encode() not in b"".join(path.read_bytes() for path in linked.state.rglob("*") if path.is_file())


def links(gateway, *words: str, code: int = 0) -> str:
    """`letterlock links`: its standard output."""
    done = subprocess.run(
        [binary(), "links", *words, "--config", str(gateway.config)], cwd=gateway.folder, env=environment(),
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout if code == 0 else done.stderr


def test_the_command_shows_extends_and_revokes(linked, sink):
    for number, to in ((1, [TO, "bob@elsewhere.example"]), (2, ["carol@elsewhere.example"])):
        text = message(", ".join(to)).replace(b"<1@example.org>", f"<{number}@example.org>".encode())
        assert linked.send("alice@example.org" if number == 1 else "ann@example.org", to, text)[0] == 250
    mails = sink.wait_for(5)
    everything = json.loads(links(linked, "list", "--json"))
    assert [one["recipient"] for one in everything if one["sender"] == "ann@example.org"] == ["carol@elsewhere.example"]
    assert {one["state"] for one in everything} == {"readable"} and len(everything) == 3
    by_name = {one["recipient"]: one for one in everything}

    # Opened, and seen so.
    link = next(re.search(r"http://\S+/l/\S+", text_of(mail.data))[0] for mail in mails if mail.recipients == [TO])
    password = re.findall(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}\b", text_of(mails[0].data))[0]
    assert client(link, password).returncode == 0
    shown = json.loads(links(linked, "show", by_name[TO]["id"], "--json"))
    assert (
        shown["openedAtSeconds"]
        and shown["fetchedAtSeconds"]
        and shown["askedAtSeconds"]
        and shown["wrongGuesses"] == 0
    )
    assert shown["messageID"] == "<1@example.org>"
    assert "content fetched:" in links(linked, "show", by_name[TO]["id"])

    # Filters.
    count = lambda *words: len(json.loads(links(linked, "list", "--json", *words)))
    assert count("--unopened") == 2 and count("--sender", "ALICE@example.org") == 2
    assert count("--recipient", TO) == 1 and count("--message-id", "2@example.org") == 1
    assert count("--expiring", "3d") == 0 and count("--expiring", "31d") == 3
    assert count("--expiring", "31d", "--unopened", "--sender", "alice@example.org") == 1
    links(linked, "list", "--expiring", "soon", code=64)

    # Extended: by links.expire, by what is said, and no further than links.longest.
    bob = by_name["bob@elsewhere.example"]
    ends = lambda: json.loads(links(linked, "show", bob["id"], "--json"))["expiresAtSeconds"]
    links(linked, "extend", bob["id"])
    assert ends() == bob["expiresAtSeconds"] + 30 * 86400
    links(linked, "extend", bob["id"], "--by", "2h")
    assert ends() == bob["expiresAtSeconds"] + 30 * 86400 + 7200
    links(linked, "extend", bob["id"], "--by", "99d")
    assert ends() == bob["createdAtSeconds"] + 90 * 86400
    assert "as long as it may" in links(linked, "extend", bob["id"], code=1)
    assert "no letter" in links(linked, "extend", "AAAAAAAAAAAAAAAAAAAAAA", code=1)

    # Revoked, by id and by message.
    assert (
        links(linked, "revoke", "--sender", "ann@example.org", "--dry-run").strip()
        == by_name["carol@elsewhere.example"]["id"]
    )
    assert count("--sender", "ann@example.org", "--unopened") == 1
    links(linked, "revoke", "--sender", "ann@example.org")
    assert json.loads(links(linked, "show", by_name["carol@elsewhere.example"]["id"], "--json"))["state"] == "revoked"
    links(linked, "revoke", "--sender", "ann@example.org", code=1)
    links(linked, "revoke", bob["id"])
    links(linked, "revoke", bob["id"], code=1)
    assert json.loads(links(linked, "revoke", "--message-id", "<1@example.org>", "--json")) == [by_name[TO]["id"]]
    assert client(link, password).returncode != 0
    links(linked, "revoke", code=64)
    links(linked, "revoke", bob["id"], "--sender", "alice@example.org", code=64)
    links(linked, "show", "AAAAAAAAAAAAAAAAAAAAAA", code=1)
    status = json.loads(links(linked, "status", "--json"))
    assert status["revoked"] == 3 and status["waiting"] == status["opened"] == status["waitingRequests"] == 0
    assert "revoked:             3" in links(linked, "status")


@pytest.mark.parametrize("languages, expected", [
    ("{default: en, nokey@elsewhere.example: fr, elsewhere.example: de}", "fr"),
    ("{default: en, someone@elsewhere.example: fr, elsewhere.example: de}", "de"),
    ("{default: nl, someone@elsewhere.example: fr, .example: es}", "es"),
])
def test_the_language_follows_the_closest_entry(make_gateway, sink, languages, expected):
    settings = SETTINGS.replace("from:", f"language: {languages}, from:")
    gateway = make_gateway(sink.port, methods="link", settings=settings)
    assert gateway.send("alice@example.org", [TO], message(TO))[0] == 250
    _, notification = sink.wait_for(2)
    parsed = email.message_from_bytes(notification.data, policy=email.policy.SMTP)
    assert (
        parsed["Content-Language"] == expected
        or f'lang="{expected}"' in notification.data.decode(errors="replace")
        or f'lang="{expected}"' in parsed.get_body(("html",)).get_content()
    )

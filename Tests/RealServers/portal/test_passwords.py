"""The ways of a link's password, each from the sender's mail to the text that the reader sees
(docs/links/passwords.md), and what is tried against them."""
import base64
import contextlib
import email
import email.policy
import json
import re
import smtplib
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from kit.gateway import environment
from kit.hook_server import Hook, certificate
from kit.letter_site import TO, client, text_of
from kit.messages import CANARY, message
from kit.milter_client import MilterClient
from kit.password_station import ALICE, NUMBER, POLICY, by_role, decoded, link_in, sms_settings
from kit.pgp import Keys

GOOD = "kestrel on the 7th roof"


# The sender's own


@pytest.mark.parametrize("subject", [
    f"[pw: {GOOD}] quarterly figures", f"quarterly figures [PW:{GOOD}]", f"［ｐｗ：{GOOD}］ quarterly figures",
    f"[secure] [ pw : {GOOD} ] quarterly figures",
])
def test_the_senders_own_password_opens_and_stands_nowhere(make_station, sink, subject):
    station = make_station("password: [from-sender]")
    code, text = station.send(message(TO, subject=subject))
    assert code == 250, f"{text}\n{station.gateway.log()}"
    notices, notifications = by_role(sink.wait_for(2))
    assert "password that you chose" in text_of(notices[0].data)
    assert "chosen it" in text_of(notifications[0].data)
    assert GOOD.encode() not in station.everything()
    assert client(link_in(notifications[0].data), "kestrel on the 8th roof").returncode == 1
    opened = client("--eml", link_in(notifications[0].data), f"  {GOOD} ")
    assert opened.returncode == 0, opened.stderr
    assert CANARY.encode() in opened.stdout and GOOD.encode() not in decoded(opened.stdout)
    assert email.message_from_bytes(opened.stdout, policy=email.policy.SMTP)["Subject"].endswith("quarterly figures")


def test_a_header_gives_it_too_and_goes(make_station, sink):
    station = make_station("password: from-sender")
    code, text = station.send(message(TO, extra=f"X-Letterlock-Password: {GOOD}\nThread-Topic: [pw: {GOOD}] figures\n"))
    assert code == 250, text
    _, notifications = by_role(sink.wait_for(2))
    opened = client("--eml", link_in(notifications[0].data), GOOD)
    assert opened.returncode == 0 and GOOD.encode() not in decoded(opened.stdout)
    assert b"X-Letterlock" not in opened.stdout and b"Thread-Topic" not in opened.stdout
    assert GOOD.encode() not in station.everything()


def encoded(*pieces: str) -> str:
    return "\n ".join(f"=?UTF-8?B?{base64.b64encode(piece.encode()).decode()}?=" for piece in pieces)


@pytest.mark.parametrize("subject", [
    encoded("[p", f"w: {GOOD[:5]}", f"{GOOD[5:]}] figürés"),
    f"[pw:\n {GOOD}]\n figures", f"[pw: {GOOD}] figures\nSubject: [pw: {GOOD}] again",
    f"=?utf-8?Q?=5Bpw=3A_{GOOD.replace(' ', '_')}=5D?=\n =?utf-8?Q?_figures?=",
])
def test_marks_in_disguise_are_found(make_station, sink, subject):
    station = make_station("password: from-sender")
    code, text = station.send(message(TO, subject=subject))
    assert code == 250, f"{text}\n{station.gateway.log()}"
    _, notifications = by_role(sink.wait_for(2))
    opened = client("--eml", link_in(notifications[0].data), GOOD)
    assert opened.returncode == 0, opened.stderr
    assert GOOD.encode() not in decoded(opened.stdout) and GOOD.encode() not in station.everything()
    assert b"[pw" not in decoded(opened.stdout).lower()


def test_line_ends_in_a_mark_make_no_field(make_station, sink):
    station = make_station("password: [from-sender]")
    code, _ = station.send(message(TO, subject=encoded(f"[pw: {GOOD}\r\nBcc: x@y.example] figures\r\nX-Bad: 1")))
    assert code == 250
    notices, notifications = by_role(sink.wait_for(2))
    opened = client("--eml", link_in(notifications[0].data), f"{GOOD}  Bcc: x@y.example")
    assert opened.returncode == 0, opened.stderr
    for mail in (notices[0].data, notifications[0].data, opened.stdout):
        assert b"\nBcc" not in mail and b"\nX-Bad" not in mail


def test_what_cannot_be_taken_is_refused_without_being_repeated(make_station, sink):
    station = make_station("password: [from-sender]")
    for subject, word in [
        ("quarterly figures", "put [pw:"),
        ("[pw: Summer2026!] figures", "too easy"),
        ("[pw: short] figures", "too short"),
        ("[pw: 12345678901234] figures", "too easy"),
        ("[pw: alice-example] figures", "too easy"),
        (f"our [pw: {GOOD}] figures", "start or the end"),
        (f"[pw: {GOOD}", "start or the end"),
        (f"[pw: {GOOD}] figures [pw: {GOOD}!]", "two different"),
        ("[pw: ] figures", "empty"),
        (f"[pw: {GOOD}] figures\nSubject: [pw: another good 4 rooks]", "two different"),
        (f"Re: AW: [pw: {GOOD}] figures", "X-Letterlock-Password"),
        (f"Re: figures [pw: {GOOD}]", "who wrote first"),
        (f"[pw: {GOOD}] figures\nIn-Reply-To: <1@x.example>", "who wrote first"),
        (f"figures [pw: {GOOD}]\nReferences: <1@x.example>", "who wrote first"),
    ]:
        text = station.refused(message(TO, subject=subject), word)
        for secret in ("Summer2026", "kestrel", "12345678901234", "alice-example"):
            assert secret not in text and secret not in station.gateway.log()
    both = message(TO, subject=f"[pw: {GOOD}] x", extra="X-Letterlock-Password: another good 4 rooks\n")
    station.refused(both, "two different")
    inner = (
        'Content-Type: multipart/signed; boundary=b; micalg=pgp-sha256; protocol="application/pgp-signature"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain; protected-headers=v1\r\nSubject: [pw: {GOOD}] x\r\n\r\nhello\r\n--b\r\n"
        "Content-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n")
    head = f"From: {ALICE}\r\nTo: {TO}\r\nSubject: [pw: {GOOD}] x\r\nMIME-Version: 1.0\r\n"
    station.refused((head + inner).encode(), "signed part")
    assert GOOD.encode() not in station.everything()


def test_clear_for_one_and_a_link_for_another_by_every_door(make_station, sink):
    """The mark goes from the clear copy too, by SMTP, LMTP and milter; a signature over the old subject goes with
    it."""
    station = make_station("password: [from-sender]", doors=True)
    gateway = station.gateway
    mail = message("dave@example.org", subject=f"[pw: {GOOD}] figures", extra="DKIM-Signature: v=1; a=x\n")
    to = ["dave@example.org", "bob@keyed.example", TO]

    def settled(count: int) -> None:
        messages = sink.wait_for(count)
        clear = next(one for one in messages if one.recipients == ["dave@example.org"])
        assert b"\r\nSubject: figures\r\n" in clear.data and b"DKIM-Signature" not in clear.data
        assert CANARY.encode() in clear.data
        assert GOOD.encode() not in station.everything()
        link = next(one for one in messages if one.recipients == [TO])
        assert client(link_in(link.data), GOOD).returncode == 0
        sink.forget()

    code, text = gateway.send(ALICE, to, mail)
    assert code == 250, text
    settled(4)
    with smtplib.LMTP("127.0.0.1", gateway.lmtp, timeout=60) as lmtp:
        lmtp.ehlo("client.example.org")
        lmtp.mail(ALICE, ["BODY=8BITMIME"])
        for one in to:
            lmtp.rcpt(one)
        replies = [lmtp.data(mail), *(lmtp.getreply() for _ in to[1:])]
        assert [reply[0] for reply in replies] == [250] * len(to), replies
    settled(4)
    with MilterClient(gateway.milter) as milter:
        verdict = milter.hand_in(ALICE, to, mail)
    assert verdict.code == 250, f"{verdict}\n{gateway.log()}"
    kept = verdict.delivered
    assert GOOD.encode() not in decoded(kept.data)
    sink.keep(kept)
    settled(4)


def test_all_clear_through_the_milter_is_only_a_new_subject(make_station, sink):
    station = make_station("password: [from-sender]", doors=True)
    mail = message("dave@example.org", subject=f"[pw: {GOOD}] figures", extra=f"X-Letterlock-Password: {GOOD}\n")
    with MilterClient(station.gateway.milter) as milter:
        verdict = milter.hand_in(ALICE, ["dave@example.org"], mail)
        assert milter.replaced is None, "the body stays"
    assert verdict.code == 250
    expected = mail.replace(f"[pw: {GOOD}] ".encode(), b"").replace(f"X-Letterlock-Password: {GOOD}\r\n".encode(), b"")
    assert verdict.delivered.data == expected


def test_a_report_does_not_repeat_it(make_station, sink):
    station = make_station("password: [from-sender]")
    sink.script(**{"END#3": "554 5.7.1 no"})
    mail = message(TO, subject=f"[pw: {GOOD}] figures", extra=f"X-Letterlock-Password: {GOOD}\n")
    code, text = station.send(mail, "dave@example.org", TO)
    assert code == 250, text
    report = sink.wait_for(3)[-1]
    assert report.recipients == [ALICE] and b"multipart/report" in report.data and b"554" in report.data
    assert b"X-Letterlock" not in report.data and GOOD.encode() not in station.everything()


def test_held_and_released_with_the_password_it_came_with(make_station, sink, folder):
    """Notices and rows have nothing of it; the sealed copy has, because the release plans anew."""
    with contextlib.closing(Keys(folder / "officer")) as officer:
        officer.make("quarantine@example.org")
        (folder / "quarantine.asc").write_bytes(officer.public("quarantine@example.org"))
        rules = POLICY.replace(
            "when: { subject: '^codename' }\n    then: { protect: required }",
            "when: { subject: '^codename' }\n    then: { quarantine: held }",
        )
        station = make_station(
            "password: [from-sender]", rules=rules,
            more=f"quarantine: {{key: {folder}/quarantine.asc, officer: security@example.org}}\n")
        code, text = station.send(message(TO, subject=f"[pw: {GOOD}] codename"))
        assert code == 250, text
        sink.wait_for(2)
        assert all(one.sender == "" for one in sink.messages) and GOOD.encode() not in station.everything()

        def quarantine(*words: str) -> str:
            done = subprocess.run(
                [station.gateway.program, "quarantine", *words, "--config", str(station.gateway.config)],
                env=environment(), capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        held, = json.loads(quarantine("list", "--json"))
        quarantine("release", held["id"], "--homedir", str(officer.home))
        _, notifications = by_role(sink.wait_for(4))
        assert client(link_in(notifications[0].data), GOOD).returncode == 0
        assert GOOD.encode() not in station.everything()


def test_outsiders_are_not_read_for_marks(make_station, sink):
    """Mail that comes in keeps its bytes."""
    station = make_station("password: [from-sender, sms], sms: {command: [/bin/true]}")
    mail = message("bob@example.org", subject=f"[pw: {GOOD}] [sms: none] x")
    code, text = station.send(mail, "bob@example.org", sender="someone@outside.example")
    assert code == 250, text
    assert sink.wait_for(1)[0].data.endswith(mail)


def test_the_fields_leave_by_no_door_whoever_wrote_them(make_station, sink):
    """In mail of others they mean nothing, and go; its other bytes stay, as do signatures that do not name them."""
    station = make_station("password: [to-sender]", doors=True)
    gateway, sender, to = station.gateway, "someone@outside.example", "bob@example.org"
    fields = f"X-Letterlock-Password: {GOOD}\nx-letterlock-sms: {NUMBER}\n"
    plain = message(to, subject="x", extra="DKIM-Signature: v=1; h=From:To; b=x\n")
    mail = message(to, subject="x", extra=fields + "DKIM-Signature: v=1; h=From:To; b=x\n")
    code, text = gateway.send(sender, [to], mail)
    assert code == 250, text
    assert sink.wait_for(1)[0].data.endswith(plain)
    sink.forget()
    with smtplib.LMTP("127.0.0.1", gateway.lmtp, timeout=60) as lmtp:
        lmtp.ehlo("client.example.org")
        lmtp.mail(sender)
        lmtp.rcpt(to)
        assert lmtp.data(mail)[0] == 250
    assert sink.wait_for(1)[0].data.endswith(plain)
    with MilterClient(gateway.milter) as milter:
        verdict = milter.hand_in(sender, [to], mail)
    assert verdict.code == 250 and verdict.delivered.data == plain
    code, _ = gateway.send("", [to], mail)
    assert code == 250 and b"X-Letterlock" not in sink.wait_for(2)[-1].data
    named = mail.replace(b"h=From:To", b"h=From:X-Letterlock-SMS")
    code, _ = gateway.send(sender, [to], named)
    assert code == 250 and b"DKIM" not in sink.wait_for(3)[-1].data, "its signature would be void"


@pytest.mark.parametrize("mark", ["subject", "field"])
def test_a_mark_protects_without_any_rule(make_station, sink, folder, mark):
    """A link where no rule asks for one; by OpenPGP where there is a key, and the sender is told; in clear to
    nobody."""
    rules = "version: 1\nrules: []\n"
    station = make_station("password: [from-sender], notices: {opened: no}", rules=rules, doors=True)
    gateway = station.gateway
    head = {"subject": f"[pw: {GOOD}] figures"} if mark == "subject" else {"extra": f"X-Letterlock-Password: {GOOD}\n"}
    code, text = station.send(message(TO, **head))
    assert code == 250, text
    _, notifications = by_role(sink.wait_for(2))
    assert client(link_in(notifications[0].data), GOOD).returncode == 0
    sink.forget()
    with MilterClient(gateway.milter) as milter:
        verdict = milter.hand_in(ALICE, [TO], message(TO, **head))
    assert verdict.code == 250 and verdict.delivered is None
    assert CANARY.encode() not in b"".join(decoded(one.data) for one in sink.wait_for(2))
    sink.forget()
    with contextlib.closing(Keys(folder / "bob")) as bob:
        bob.make("bob@keyed.example")
        (gateway.keys / "bob.asc").write_bytes(bob.public("bob@keyed.example"))
    code, text = station.send(message("bob@keyed.example", **head), "bob@keyed.example")
    assert code == 250, text
    sealed, told = sink.wait_for(2)
    assert b"multipart/encrypted" in sealed.data and told.recipients == [ALICE] and told.sender == ""
    assert "not needed" in text_of(told.data) and "bob@keyed.example" in text_of(told.data)
    assert GOOD.encode() not in station.everything()


def test_a_mark_that_nothing_allows_is_refused(make_station, sink, hook):
    station = make_station("password: [to-sender]", rules="version: 1\nrules: []\n")
    station.refused(message(TO, subject=f"[pw: {GOOD}] figures"), "no setting or rule", "take [pw: ...]")
    station.refused(message(TO, subject=f"[sms: {NUMBER}] figures"), "no setting or rule", "text message")
    station.refused(message(TO, extra=f"X-Letterlock-Password: {GOOD}\n"), "no setting or rule")
    assert GOOD.encode() not in station.everything()


def test_the_number_among_the_contacts_is_the_one(make_station, sink, hook):
    station = make_station(sms_settings(hook))
    station.contacts("set", TO, "--phone", "+33699999911")
    code, text = station.send(message(TO, subject=f"[sms: {NUMBER}] figures"))
    assert code == 250, text
    assert [one["to"] for one in hook.texts()] == ["+33699999911"]
    notices, _ = by_role(sink.wait_for(2))
    assert "+33699999911" in text_of(notices[0].data) and NUMBER not in text_of(notices[0].data)


# Agreed once


def test_a_standing_password_opens_every_letter_until_it_is_forgotten(make_station, sink):
    station = make_station("password: [standing, to-sender]")
    agreed = "our goose flies at 9"
    station.contacts("set", TO.upper(), "--password", given="abc\n", code=65)
    station.contacts("set", TO.upper(), "--password", given=f"{agreed}\n")
    links = []
    for number in range(2):
        started = time.monotonic()
        code, text = station.send(message(TO, subject=f"letter {number}"))
        assert code == 250, f"{text}\n{station.gateway.log()}"
    notices, notifications = by_role(sink.wait_for(4))
    for notice in notices:
        assert "agreed with this recipient" in text_of(notice.data)
    for notification in notifications:
        assert "agreed with the sender" in text_of(notification.data)
        links.append(link_in(notification.data))
    assert len({link.split("#")[1] for link in links}) == 2, "a link secret of its own for each letter"
    for link in links:
        assert client(link, agreed).returncode == 0
    listed = json.loads(station.contacts("list", "--json"))
    assert [(line["address"], line["hasPassword"], line["passwordSetBy"]) for line in listed] == [(TO, True, "command")]
    assert agreed.encode() not in station.everything()
    station.contacts("forget-password", TO)
    station.contacts("forget-password", TO, code=1)
    assert station.contacts("list", "--json").startswith("[")
    sink.forget()
    code, _ = station.send(message(TO, subject="the third"))
    assert code == 250
    notices, notifications = by_role(sink.wait_for(2))
    made = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", text_of(notices[0].data))[0]
    assert client(link_in(notifications[0].data), made).returncode == 0
    assert client(links[0], agreed).returncode == 0, "letters that were sent still open"
    # What the database of the portal holds opens nothing that is agreed.
    row = (
        sqlite3.connect(station.gateway.state / "letters" / "letters.db")
        .execute("SELECT count(*) FROM letters")
        .fetchone()
    )
    assert row[0] == 3


def test_rules_intersect_and_refuse_where_nothing_can_be_used(make_station, sink):
    station = make_station("password: to-sender, unattended: [noreply@example.org]")
    station.refused(message("x@strict.example"), "no password has been agreed", to="x@strict.example")
    code, _ = station.send(message("x@bank.example"), "x@bank.example")
    assert code == 250
    notices, _ = by_role(sink.wait_for(2))
    assert re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", text_of(notices[0].data))
    station.contacts("set", "x@bank.example", "--password", given="our goose flies at 9\n")
    sink.forget()
    code, text = station.gateway.send("noreply@example.org", ["x@bank.example"], message("x@bank.example", subject="n"))
    assert code == 250, text
    time.sleep(0.5)
    assert [one.sender for one in sink.messages] == ["noreply@example.org"], "nobody reads a notice there"
    code, text = station.gateway.send("noreply@example.org", [TO], message(TO, subject="m"))
    assert code == 550 and "nobody reads" in text


def test_the_notice_can_be_turned_off_where_no_password_is_in_it(make_station, sink):
    station = make_station("password: [from-sender, to-sender], notices: {sent: no}")
    code, _ = station.send(message(TO, subject=f"[pw: {GOOD}] figures"))
    assert code == 250
    code, _ = station.send(message(TO, subject="figures without"))
    assert code == 250
    notices, notifications = by_role(sink.wait_for(3))
    assert len(notices) == 1 and len(notifications) == 2


# By text message


def test_a_password_by_text_message_opens(make_station, sink, hook, folder):
    secret = folder / "headers"
    secret.write_text("# of the provider\nAuthorization: Bearer very-secret-token\nX-Two: 2\n")
    station = make_station(sms_settings(hook, f"header-file: {secret}"))
    code, text = station.send(message(TO, subject="figures [sms: +33 6.12-34 56 89]"))
    assert code == 250, f"{text}\n{station.gateway.log()}"
    notices, notifications = by_role(sink.wait_for(2))
    sent = hook.texts()[0]
    assert sent["to"] == NUMBER and ALICE in sent["text"] and len(sent["text"]) <= 160
    assert hook.requests[0]["headers"]["Authorization"] == "Bearer very-secret-token"
    assert hook.requests[0]["path"] == "/send?a=b"
    password = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", sent["text"])[0]
    assert client(link_in(notifications[0].data), password).returncode == 0
    for mail in (notices[0], notifications[0]):
        assert "89" in text_of(mail.data) and password not in text_of(mail.data)
    assert NUMBER in text_of(notices[0].data), "its sender sees whether it is the reader's"
    assert "12345689" not in decoded(notifications[0].data).decode(errors="replace")
    log = station.gateway.log()
    assert "+33…89" in log
    for word in (password, NUMBER, "very-secret-token", "secret-answer"):
        assert word not in log
    assert password.encode() not in station.everything() and b"sms:" not in b"".join(one.data for one in sink.messages)


def test_a_number_from_the_contacts_in_the_readers_language(make_station, sink, hook):
    station = make_station(sms_settings(hook) + ", language: {default: en, .example: fr}")
    station.contacts("set", TO, "--phone", "12345", code=64)
    station.contacts("set", TO, "--phone", "+33 6 12 34 56 89")
    assert "+33…89" in station.contacts("show", TO) and NUMBER not in station.contacts("list", "--json")
    code, text = station.send(message(TO))
    assert code == 250, text
    _, notifications = by_role(sink.wait_for(2))
    assert hook.texts()[0]["text"].startswith("Mot de passe de la lettre")
    assert "par SMS" in text_of(notifications[0].data)
    station.contacts("remove", TO)
    station.contacts("show", TO, code=1)
    station.refused(message(TO, subject="again"), "put [sms:")


def test_a_hook_that_fails_once_is_asked_again(make_station, sink, hook):
    hook.answers = [500, 200]
    station = make_station(sms_settings(hook))
    code, text = station.send(message(TO, subject=f"[sms: {NUMBER}] figures"))
    assert code == 250, text
    assert len(hook.requests) == 2
    sink.wait_for(2)


@pytest.mark.parametrize(
    "answers, requests", [([500] * 9, 3), (["hang"] * 9, 2), ([400] * 9, 1), (["redirect"] * 9, 1), (["drop"] * 9, 3)]
)
def test_nothing_leaves_where_the_text_message_does_not(make_station, sink, hook, answers, requests):
    hook.answers = list(answers)
    tries = "tries: 2" if answers[0] == "hang" else "tries: 3"
    station = make_station(sms_settings(hook, tries))
    mail = message(TO, subject=f"[sms: {NUMBER}] figures")
    code, text = station.send(mail, "carol@open.example", TO)
    # Two recipients outside: whose number is it?
    assert code == 550 and "separately" in text
    station.contacts("set", TO, "--phone", NUMBER)
    code, text = station.send(message(TO, subject="figures"), "carol@open.example", TO)
    assert code == 451 and "text message" in text, f"{code} {text}"
    assert len(hook.requests) == requests
    assert sink.messages == [], "not even the part that needs no password"
    letters = (
        sqlite3.connect(station.gateway.state / "letters" / "letters.db")
        .execute("SELECT count(*) FROM letters")
        .fetchone()
    )
    assert letters[0] == 0
    hook.answers = []
    code, text = station.send(message(TO, subject="figures"), "carol@open.example", TO)
    assert code == 250, text
    sink.wait_for(3)
    assert NUMBER not in station.gateway.log()


def test_a_retry_sends_a_new_password_and_says_so(make_station, sink, hook):
    station = make_station(sms_settings(hook))
    sink.script(**{"END#1": "451 4.3.0 later", "END#2": "451 4.3.0 later"})
    mail = message(TO, subject=f"[sms: {NUMBER}] figures")
    code, _ = station.send(mail)
    assert code == 451
    sink.script()
    code, _ = station.send(mail)
    assert code == 250
    first, second = (one["text"] for one in hook.texts())
    assert "replaces" not in first and "replaces" in second
    _, notifications = by_role(sink.wait_for(2))
    passwords = [re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text)[0] for text in (first, second)]
    assert client(link_in(notifications[0].data), passwords[0]).returncode == 1
    assert client(link_in(notifications[0].data), passwords[1]).returncode == 0


def test_the_deadline_holds_while_the_hook_hangs(make_station, sink, hook):
    hook.answers = ["hang"] * 9
    station = make_station(
        f"password: [sms], sms: {{url: 'http://127.0.0.1:{hook.port}/', timeout: 60s}}", more="limits: {reply: 6s}\n")
    started = time.monotonic()
    code, text = station.send(message(TO, subject=f"[sms: {NUMBER}] figures"))
    assert code == 451, text
    assert time.monotonic() - started < 8
    assert sink.messages == []


def test_https_is_verified(make_station, sink, folder):
    good, other = certificate(folder, "127.0.0.1"), certificate(folder, "localhost")
    with contextlib.closing(Hook(good)) as hook:
        station = make_station(sms_settings(hook, f"tries: 1, ca-file: {good}", "https"))
        code, text = station.send(message(TO, subject=f"[sms: {NUMBER}] figures"))
        assert code == 250, f"{text}\n{station.gateway.log()}"
        assert len(hook.requests) == 1
    sink.forget()
    for certificate_file, authorities in [(good, other), (other, other)]:
        with contextlib.closing(Hook(certificate_file)) as hook:
            station = make_station(sms_settings(hook, f"tries: 1, ca-file: {authorities}", "https"))
            code, _ = station.send(message(TO, subject=f"[sms: {NUMBER}] figures"))
            assert code == 451 and hook.requests == [], "an unknown authority, or another name"
            assert "certificate" in station.gateway.log()


def command(folder: Path, script: str) -> Path:
    path = folder / "send-text"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_command_gets_it_on_stdin_and_nowhere_else(make_station, sink, folder):
    program = command(
        folder,
        f"cat > {folder}/got; echo \"$@\" > {folder}/arguments; env > {folder}/env; echo chatter; echo noise >&2",
    )
    station = make_station(f"password: [sms], sms: {{command: [{program}, --one]}}")
    code, text = station.send(message(TO, subject=f"[sms: {NUMBER}] figures"))
    assert code == 250, f"{text}\n{station.gateway.log()}"
    got = json.loads((folder / "got").read_text())
    assert got["number"] == NUMBER
    password = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", got["text"])[0]
    assert (folder / "arguments").read_text() == "--one\n"
    assert password not in (folder / "env").read_text() and "LETTERLOCK" not in (folder / "env").read_text()
    _, notifications = by_role(sink.wait_for(2))
    assert client(link_in(notifications[0].data), password).returncode == 0
    assert "chatter" not in station.gateway.log() and "noise" not in station.gateway.log()


@pytest.mark.parametrize(
    "script, words",
    [
        ("exit 3", "ended with 3"),
        ("sleep 30 & sleep 30", "took too long"),
        ("kill -9 $$", "signal 9"),
        (None, "not there"),
    ],
)
def test_a_command_that_fails_puts_the_message_off(make_station, sink, folder, script, words):
    program = command(folder, script) if script else folder / "missing"
    station = make_station(f"password: [sms], sms: {{command: [{program}], timeout: 1s, tries: 2}}")
    code, _ = station.send(message(TO, subject=f"[sms: {NUMBER}] figures"))
    assert code == 451 and sink.messages == []
    assert words in station.gateway.log()


@pytest.mark.parametrize(
    "number", ["0612345689", "+336ABC45689", "+33", "+1234567890123456", "+0612345689", "+33612345689;x"]
)
def test_numbers_that_are_none_are_refused(make_station, sink, hook, number):
    station = make_station(sms_settings(hook))
    text = station.refused(message(TO, subject=f"[sms: {number}] figures"), "telephone number")
    assert number not in text or len(number) < 4
    station.refused(message(TO, extra=f"X-Letterlock-SMS: {number}\n"), "telephone number")
    injected = encoded(f"[sms: {NUMBER}\r\nX: y] figures")
    station.refused(message(TO, subject=injected), "telephone number")
    assert hook.requests == []


def test_preference_is_kept(make_station, sink, hook):
    station = make_station(sms_settings(hook, way="[standing, from-sender, sms, to-sender]"))
    code, _ = station.send(message(TO, subject="one"))
    assert code == 250 and "password" in text_of(by_role(sink.wait_for(2))[0][0].data)
    sink.forget()
    code, _ = station.send(message(TO, subject=f"two [sms: {NUMBER}]"))
    assert code == 250 and len(hook.requests) == 1
    code, _ = station.send(message(TO, subject=f"three [sms: {NUMBER}] [pw: {GOOD}]"))
    assert code == 250 and len(hook.requests) == 1
    station.contacts("set", TO, "--password", given="our goose flies at 9\n")
    sink.forget()
    code, _ = station.send(message(TO, subject=f"four [sms: {NUMBER}] [pw: {GOOD}]"))
    assert code == 250
    _, notifications = by_role(sink.wait_for(2))
    assert client(link_in(notifications[0].data), "our goose flies at 9").returncode == 0
    assert GOOD.encode() not in station.everything() and NUMBER.encode() not in b"".join(m.data for m in sink.messages)


def test_settings_that_cannot_work_are_errors(make_station, sink):
    for links, words in [
        ("password: [sms]", "no hook"), ("sms: {url: 'http://sms.example.org/'}", "in clear"),
        ("sms: {command: [send-text]}", "whole path"), ("sms: {url: 'https://x.example/', body: '{number}'}", "lacks"),
        ("password: [to-sender, to-sender]", "twice"), ("sms: {url: 'https://u:p@x.example/'}", "header-file"),
    ]:
        with pytest.raises(AssertionError) as caught:
            make_station(links)
        assert words in str(caught.value), caught.value


# Conversations


def test_a_conversation_stays_protected_and_explain_knows_it(make_station, sink, folder):
    rules = """
version: 1
rules:
  - {id: first, when: {subject: '^first'}, then: {protect: required}}
  - {id: conversation, when: {recipient: {not-in: inside}, conversation: protected}, then: {protect: required}}
"""
    station = make_station("password: [to-sender]", rules=rules, doors=True)
    gateway = station.gateway
    code, text = station.send(message(TO, subject="first", extra="Message-ID: <one@example.org>\n"))
    assert code == 250, text
    sink.wait_for(2)
    sink.forget()
    answer = message(TO, subject="Re: first", extra="In-Reply-To: <one@example.org>\nMessage-ID: <two@example.org>\n")
    other = message(TO, subject="Re: first", extra="In-Reply-To: <none@example.org>\n")
    code, text = station.send(other)
    assert code == 250 and sink.wait_for(1)[0].data.endswith(other)
    sink.forget()
    with smtplib.LMTP("127.0.0.1", gateway.lmtp, timeout=60) as lmtp:
        lmtp.ehlo("client.example.org")
        lmtp.mail(ALICE)
        lmtp.rcpt(TO)
        assert lmtp.data(answer)[0] == 250
    # Its reader has a letter of this conversation: one mail, under that link.
    assert CANARY.encode() not in b"".join(decoded(one.data) for one in sink.wait_for(1))
    with MilterClient(gateway.milter) as milter:
        assert milter.hand_in(ALICE, [TO], other).delivered.data == other
        assert milter.hand_in(ALICE, [TO], answer).delivered is None
    # What answers the answer, too.
    later = message(TO, subject="Re: first", extra="References: <x@example.org> <two@example.org>\n")
    code, text = station.send(later)
    assert code == 250 and CANARY.encode() not in b"".join(decoded(one.data) for one in sink.messages)

    def explain(mail: bytes, *words: str) -> str:
        (folder / "mail.eml").write_bytes(mail)
        done = subprocess.run(
            [gateway.program, "policy", "explain", "--from", ALICE, "--policy", str(gateway.folder / "policy"), *words,
             str(folder / "mail.eml"), "--to", TO], env=environment(), capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    with_settings = ("--config", str(gateway.config))
    assert "conversation protected: true; saw a message that it names was protected" in explain(answer, *with_settings)
    assert "conversation protected: false; saw no message that it names" in explain(other, *with_settings)
    assert "conversation protected: false; saw not known here" in explain(answer)

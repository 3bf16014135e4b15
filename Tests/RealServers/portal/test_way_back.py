"""The way back, with real programs and the client that shares no code with Letterlock: a reader answers, the sender
writes again under the same link, the reader keeps the password, and sends a key and confirms it in a browser's
words."""
import email
import email.policy
import re
from types import SimpleNamespace

import pytest

from kit.letter_site import text_of
from kit.links_client import Session, encode
from kit.messages import CANARY, message
from kit.password_station import ALICE, link_in
from kit.portal_browser import Browser
from kit.reader import POLICY, READER, comes_sealed, confirm, key_sent, of_letter, opened, wait_for


@pytest.fixture
def station(make_station):
    return make_station("password: [standing, to-sender]", rules=POLICY)


def parsed(mail: bytes):
    return email.message_from_bytes(mail, policy=email.policy.SMTP)


def test_an_answer_and_the_answer_to_it(station):
    session = opened(station)
    index, letter = session.letter()
    assert CANARY.encode() in letter
    before = len(station.sink.messages)
    raw = bytes(range(256)) * 500
    state = session.send(
        index,
        {
            "kind": "answer",
            "to": [index["participants"][0]["address"]],
            "subject": "Re: Results",
            "text": "Merci, docteur.\n",
            "files": [{"name": "réponse.bin", "type": "application/octet-stream", "bytes": len(raw)}],
        },
        [raw],
    )
    assert state["state"] == "sent", state
    answer = wait_for(station, before + 1)[before]
    mail = parsed(answer.data)
    assert answer.sender == "" and answer.recipients == [ALICE]
    assert READER in mail["Reply-To"] and mail["Subject"] == "Re: Results"
    assert mail["In-Reply-To"] == parsed(letter)["Message-ID"]
    assert "Merci, docteur." in mail.get_body(("plain",)).get_content()
    (file,) = mail.iter_attachments()
    assert file.get_filename() == "réponse.bin" and file.get_content() == raw

    # The sender answers as anybody does: same link, same password; the reader is told so, without a password.
    again = message(
        READER, subject="Re: Results", body=f"the second letter {CANARY}",
        extra=f"In-Reply-To: {mail['Message-ID']}\nReferences: {mail['Message-ID']}\n")
    before = len(station.sink.messages)
    assert station.send(again, READER)[0] == 250
    notice, told = of_letter(station, before)
    assert notice.recipients == [READER] and CANARY.encode() not in notice.data
    assert told.recipients == [ALICE] and "under the link that the recipient already has" in text_of(told.data)
    assert not re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text_of(told.data))
    assert f"/l/{session.id}#" in text_of(notice.data)
    ((_, second),) = list(Session(link_in(notice.data), session.password).later())
    assert b"the second letter" in second


def test_the_rules_judge_an_answer(station):
    session = opened(station)
    index, _ = session.letter()
    before = len(station.sink.messages)
    state = session.send(index, {
        "kind": "answer", "to": [ALICE], "subject": "Re", "text": "This is top secret.", "files": []}, [])
    assert state["state"] == "refused" and state["reason"] == "rules"
    assert "that must not be written here" in state["text"]
    assert len(station.sink.messages) == before


def test_a_password_is_kept_for_later_letters(station):
    session = opened(station)
    index, _ = session.letter()
    assert session.given["keep"] is True
    assert session.send(index, {"kind": "keep-password", "stretched": encode(session.stretched)}, [])["state"] == "sent"
    assert READER in station.contacts("list")
    before = len(station.sink.messages)
    assert station.send(message(READER, subject="Another"), READER)[0] == 250
    mails = of_letter(station, before)
    assert not any(re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text_of(one.data)) for one in mails)
    # The same password opens it, although nobody was told it again.
    notice = next(one for one in mails if one.recipients == [READER])
    second = Session(link_in(notice.data), session.password)
    assert CANARY.encode() in second.letter()[1] and second.given["keep"] is False
    # And is forgotten as the reader wishes.
    assert second.send(second.letter()[0], {"kind": "forget-password"}, [])["state"] == "sent"
    assert READER not in station.contacts("list")
    assert opened(station).given["keep"] is True


AWAY = "away@elsewhere.example"


def test_a_kept_password_follows_a_redirected_letter(make_station):
    """What a reader keeps belongs to the reader, not to the letter: it opens what comes there in another's place, and
    what comes directly. The password of the one whose mail is redirected opens nothing there."""
    rules = POLICY + f"""  - id: away
    when: {{ recipient: {{ in: [{AWAY}] }} }}
    then: {{ protect: required, with: [link], redirect: {READER} }}
"""
    station = make_station("password: [standing, to-sender]", rules=rules)
    station.contacts("set", AWAY, "--password", given="the goose of somebody else flies\n" * 2)

    def mails(to: str) -> list:
        before = len(station.sink.messages)
        code, text = station.send(message(to, subject="Results"), to)
        assert code == 250, text
        return of_letter(station, before)

    told, notice = mails(AWAY)
    assert notice.recipients == [READER] and READER in text_of(told.data)
    password = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text_of(told.data))[0]
    session = Session(link_in(notice.data), password)
    keep = {"kind": "keep-password", "stretched": encode(session.stretched)}
    assert session.send(session.letter()[0], keep, [])["state"] == "sent"
    kept = station.contacts("list")
    assert READER in kept and AWAY in kept
    for to in [AWAY, READER]:
        told, notice = mails(to)
        assert not re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text_of(told.data))
        again = Session(link_in(notice.data), password)
        assert CANARY.encode() in again.letter()[1] and again.given["keep"] is False
    # Forgotten from a redirected letter, too.
    told, notice = mails(AWAY)
    again = Session(link_in(notice.data), password)
    assert again.send(again.letter()[0], {"kind": "forget-password"}, [])["state"] == "sent"
    assert READER not in station.contacts("list") and AWAY in station.contacts("list")


def test_a_key_is_used_once_its_owner_has_confirmed_it(station, own):
    token = key_sent(station, own)
    assert not comes_sealed(station, own), "it has not been confirmed"
    assert confirm(station, "A" * 22) == "refused"
    assert confirm(station, token) == "done"
    assert confirm(station, token) == "refused", "once"
    assert comes_sealed(station, own)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_confirms_it(station, own, language):
    token = key_sent(station, own)
    browser = Browser(SimpleNamespace(url=f"http://127.0.0.1:{station.gateway.portal}"), language=language)
    try:
        browser.size(360, 740)
        browser.visit(f"/confirm#{token}")
        browser.view("ask")
        # The code stands in no history, nothing is asked of the server before the button, and there is nothing to type.
        assert token not in browser.driver.current_url and not browser.one("#code").is_displayed()
        assert not any("/api/" in url for url in browser.requests())
        browser.screenshot(f"confirm-{language}-360.png")
        # Where the mail system has spoilt the link, the code does.
        browser.visit("/confirm")
        browser.view("ask")
        browser.one("#code").send_keys("not a code\n")
        browser.wait(lambda: browser.one("#code-error").text, "what is wrong")
        browser.screenshot(f"confirm-{language}-360-code.png")
        assert not comes_sealed(station, own), "looking has confirmed nothing"
        browser.one("#code").clear()
        browser.one("#code").send_keys(f" http://x.example/confirm#{token} \n")
        browser.view("told")
        told = browser.one("#told").text
        browser.screenshot(f"confirm-{language}-360-done.png")
        assert comes_sealed(station, own)
        # A second time.
        browser.appearance(dark=True)
        browser.visit(f"/confirm#{token}")
        browser.one("#confirm").click()
        browser.view("told")
        assert browser.one("#told").text != told
        browser.screenshot(f"confirm-{language}-360-dark-gone.png")
        assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= 360
        assert not browser.foreign_requests()
    finally:
        browser.quit()


def test_what_is_no_key_of_the_reader_is_refused(station):
    session = opened(station)
    index, _ = session.letter()
    other = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n"
    head = {"kind": "key", "files": [{"name": "k", "type": "application/pgp-keys", "bytes": len(other)}]}
    before = len(station.sink.messages)
    assert session.send(index, head, [other]) == {"state": "refused", "reason": "key"}
    assert len(station.sink.messages) == before

"""The way back, with real programs and the client that shares no code with Letterlock: a reader answers, the sender writes
again under the same link, the reader keeps his password, and sends a key that he confirms in a browser's words."""
import email
import email.policy
import json
import re
import shutil
import time
import urllib.request

import pytest

from links_client import Session, encode
from messages import CANARY, message
from pgp import Keys, ciphertext, need
from test_links import text_of
from test_passwords import link_in, make_station  # noqa: F401 (a fixture)
from throwaway import short_folder

READER = "jean@elsewhere.example"
ALICE = "alice@example.org"
POLICY = """
version: 1
defaults: { protect: none, with: [pgp, link] }
rules:
  - id: outside
    when: { recipient: { not-in: inside } }
    then: { protect: required }
  - id: secrets
    when: { content: 'top secret' }
    then: { refuse: "that must not be written here" }
"""


@pytest.fixture
def station(make_station):  # noqa: F811
    return make_station("password: [standing, to-sender]", rules=POLICY)


def wait_for(station, count: int, seconds: float = 30):
    """Mails at the next hop, once there are so many."""
    return station.sink.wait_for(count, seconds)


def opened(station, extra: str = "") -> Session:
    """A letter to the reader, opened by him."""
    before = len(station.sink.messages)
    code, text = station.send(message(READER, subject="Results", extra=extra), READER)
    assert code == 250, text
    mails = wait_for(station, before + 2)[before:]
    password = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text_of(mails[0].data))[0]
    session = Session(link_in(mails[1].data), password)
    session.password = password
    return session


def parsed(mail: bytes):
    return email.message_from_bytes(mail, policy=email.policy.SMTP)


def test_an_answer_and_the_answer_to_it(station):
    session = opened(station)
    index, letter = session.letter()
    assert CANARY.encode() in letter
    before = len(station.sink.messages)
    raw = bytes(range(256)) * 500
    state = session.send(index, {
        "kind": "answer", "to": [index["participants"][0]["address"]], "subject": "Re: Results",
        "text": "Merci, docteur.\n", "files": [{"name": "réponse.bin", "type": "application/octet-stream", "bytes": len(raw)}],
    }, [raw])
    assert state["state"] == "sent", state
    answer = wait_for(station, before + 1)[before]
    mail = parsed(answer.data)
    assert answer.sender == "" and answer.recipients == [ALICE]
    assert READER in mail["Reply-To"] and mail["Subject"] == "Re: Results"
    assert mail["In-Reply-To"] == parsed(letter)["Message-ID"]
    assert "Merci, docteur." in mail.get_body(("plain",)).get_content()
    (file,) = mail.iter_attachments()
    assert file.get_filename() == "réponse.bin" and file.get_content() == raw

    # The sender answers as anybody does: same link, same password, no password mail.
    again = message(
        READER, subject="Re: Results", body=f"the second letter {CANARY}",
        extra=f"In-Reply-To: {mail['Message-ID']}\nReferences: {mail['Message-ID']}\n")
    before = len(station.sink.messages)
    assert station.send(again, READER)[0] == 250
    (notice,) = wait_for(station, before + 1)[before:]
    assert notice.recipients == [READER] and CANARY.encode() not in notice.data
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
    mails = wait_for(station, before + 2)[before:]
    assert not any(re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text_of(one.data)) for one in mails)
    # The same password opens it, although nobody was told it again.
    notice = next(one for one in mails if one.recipients == [READER])
    second = Session(link_in(notice.data), session.password)
    assert CANARY.encode() in second.letter()[1] and second.given["keep"] is False
    # And is forgotten as he wishes.
    assert second.send(second.letter()[0], {"kind": "forget-password"}, [])["state"] == "sent"
    assert READER not in station.contacts("list")
    assert opened(station).given["keep"] is True


def confirm(station, token: str) -> str:
    def post(path: str, body: dict) -> dict:
        request = urllib.request.Request(
            f"http://127.0.0.1:{station.gateway.portal}{path}", json.dumps(body).encode(),
            {"Content-Type": "application/json"})
        return json.loads(urllib.request.urlopen(request, timeout=20).read())

    left = post("/api/confirm", {"token": token})["request"]
    deadline = time.monotonic() + 20
    while (state := post(f"/api/confirm/{left}", {})["state"]) == "waiting":
        assert time.monotonic() < deadline
        time.sleep(0.3)
    return state


def test_a_key_is_used_once_its_owner_has_confirmed_it(station):
    need("gpg")
    folder = short_folder()
    own = Keys(folder / "own")
    try:
        own.make(READER)
        session = opened(station)
        index, _ = session.letter()
        certificate = own.public(READER)
        before = len(station.sink.messages)
        head = {"kind": "key", "files": [{"name": "key.asc", "type": "application/pgp-keys", "bytes": len(certificate)}]}
        assert session.send(index, head, [certificate])["state"] == "sent"
        mail = wait_for(station, before + 1)[before]
        assert mail.recipients == [READER] and b"multipart/encrypted" in mail.data and b"/confirm" not in mail.data
        # Not yet: it has not been confirmed.
        opened(station)
        words = own.run("--decrypt", given=ciphertext(mail.data)).decode()
        token = re.search(r"/confirm#(?:=\r?\n)?([A-Za-z0-9_=\r\n-]{22,})", words)[1].replace("=\r\n", "").replace("=\n", "")[:22]
        assert confirm(station, "A" * 22) == "refused"
        assert confirm(station, token) == "done"
        assert confirm(station, token) == "refused", "once"
        before = len(station.sink.messages)
        assert station.send(message(READER, subject="Sealed"), READER)[0] == 250
        sealed = wait_for(station, before + 1)[before]
        assert b"multipart/encrypted" in sealed.data and CANARY.encode() in own.run("--decrypt", given=ciphertext(sealed.data))
        assert len(station.sink.messages) == before + 1
    finally:
        own.close()
        shutil.rmtree(folder, ignore_errors=True)


def test_what_is_no_key_of_the_reader_is_refused(station):
    session = opened(station)
    index, _ = session.letter()
    other = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n"
    head = {"kind": "key", "files": [{"name": "k", "type": "application/pgp-keys", "bytes": len(other)}]}
    before = len(station.sink.messages)
    assert session.send(index, head, [other]) == {"state": "refused", "reason": "key"}
    assert len(station.sink.messages) == before

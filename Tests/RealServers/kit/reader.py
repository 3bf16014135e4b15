"""A reader on the way back: opens a letter, sends a key, confirms it."""
import json
import re
import shutil
import time
import urllib.request

import pytest

from kit.letter_site import text_of
from kit.links_client import Session
from kit.messages import CANARY, message
from kit.password_station import link_in
from kit.pgp import Keys, ciphertext, need
from kit.throwaway import short_folder

READER = "jean@elsewhere.example"
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


def wait_for(station, count: int, seconds: float = 120):
    """Mails at the next hop, once there are so many."""
    return station.sink.wait_for(count, seconds)


def of_letter(station, before: int) -> list:
    """The sender's mail and the link mail of a letter, among those that came after some number of mails: the sender may
    be told meanwhile that an earlier letter was opened."""
    deadline = time.monotonic() + 120
    while True:
        mails = [mail for mail in station.sink.messages[before:] if b"\r\nSubject: Opened: " not in mail.data]
        if len(mails) >= 2:
            return mails
        assert time.monotonic() < deadline, f"{len(mails)} mails of a letter"
        time.sleep(0.05)


def opened(station, extra: str = "") -> Session:
    """A letter to the reader, opened."""
    before = len(station.sink.messages)
    code, text = station.send(message(READER, subject="Results", extra=extra), READER)
    assert code == 250, text
    mails = of_letter(station, before)
    password = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text_of(mails[0].data))[0]
    session = Session(link_in(mails[1].data), password)
    session.password = password
    return session


def confirm(station, token: str) -> str:
    def post(path: str, body: dict) -> dict:
        request = urllib.request.Request(
            f"http://127.0.0.1:{station.gateway.portal}{path}", json.dumps(body).encode(),
            {"Content-Type": "application/json"})
        return json.loads(urllib.request.urlopen(request, timeout=20).read())

    left = post("/api/confirm", {"token": token})["request"]
    deadline = time.monotonic() + 120
    while (state := post(f"/api/confirm/{left}", {})["state"]) == "waiting":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return state


@pytest.fixture
def own():
    """The reader's own keys."""
    need("gpg")
    folder = short_folder()
    keys = Keys(folder / "own")
    keys.make(READER)
    yield keys
    keys.close()
    shutil.rmtree(folder, ignore_errors=True)


def for_reader(station, before: int) -> list:
    """Mails for the reader that came after some number of mails: the sender may be told of something meanwhile (that a
    letter was opened)."""
    deadline = time.monotonic() + 120
    while not (mails := [mail for mail in station.sink.messages[before:] if mail.recipients == [READER]]):
        assert time.monotonic() < deadline, "nothing has come for the reader"
        time.sleep(0.05)
    return mails


def key_sent(station, own) -> str:
    """The reader sends a key from an open letter; gives the token of the mail that asks to confirm it."""
    session = opened(station)
    index, _ = session.letter()
    certificate = own.public(READER)
    before = len(station.sink.messages)
    head = {"kind": "key", "files": [{"name": "key.asc", "type": "application/pgp-keys", "bytes": len(certificate)}]}
    assert session.send(index, head, [certificate])["state"] == "sent"
    mail = for_reader(station, before)[0]
    assert b"multipart/encrypted" in mail.data and b"/confirm" not in mail.data
    words = re.sub(r"=\r?\n", "", own.run("--decrypt", given=ciphertext(mail.data)).decode())
    token, fingerprint = re.search(r"/confirm#([A-Za-z0-9_-]{22})\.([0-9A-F]{40})\b", words).groups()
    assert fingerprint in words.split("/confirm#")[0].replace(
        " ", ""
    )  # the page behind the link shows what the mail says
    return token


def comes_sealed(station, own) -> bool:
    """Whether the next message to the reader is encrypted with that key, and nothing else leaves for it."""
    before = len(station.sink.messages)
    assert station.send(message(READER, subject="Sealed"), READER)[0] == 250
    mails = for_reader(station, before)
    if b"multipart/encrypted" not in mails[0].data:
        return False
    assert CANARY.encode() in own.run("--decrypt", given=ciphertext(mails[0].data))
    assert len(mails) == 1
    return True

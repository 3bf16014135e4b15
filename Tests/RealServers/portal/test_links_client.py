"""The second client of docs/inside/links-protocol.md holds the test vectors, and opens a letter over HTTP."""
import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

pytest.importorskip("cryptography", reason="the Python package cryptography is not installed")

from kit import links_client as client  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: E402

CLIENT = client.__file__
VECTORS = Path(__file__).resolve().parents[2] / "Corpus" / "links"
PASSWORD = "7QXK-40M1-ZT9P"


def run(*arguments):
    return subprocess.run(
        [sys.executable, CLIENT, *map(str, arguments)], capture_output=True, timeout=120)


def test_vectors_hold():
    done = run("--vectors", VECTORS)
    assert done.returncode == 0, done.stderr
    assert b"0 do not" in done.stdout


def test_a_changed_vector_is_noticed(tmp_path):
    for path in VECTORS.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    for name, kind, key in (
        ("derivation", "derivations", "rounds"),
        ("answer", "answers", "item"),
        ("following", "followings", "number"),
    ):
        path = tmp_path / f"{name}.json"
        recorded = path.read_text()
        changed = json.loads(recorded)
        changed[kind][1][key] += 1
        path.write_text(json.dumps(changed))
        assert run("--vectors", tmp_path).returncode == 1, name
        path.write_text(recorded)
    assert run("--vectors", tmp_path).returncode == 0
    assert run("--vectors", tmp_path / "nothing").returncode == 1


class Letter:
    """A letter made by the page's words alone, and the portal's answers about it."""

    def __init__(self, message: bytes, index: dict):
        self.id, self.secret, salt = (os.urandom(16) for _ in range(3))
        self.id = client.encode(self.id)
        stretched = client.stretch(client.normalise(PASSWORD, "made"), salt, 600_000)
        self.auth = client.expand(stretched, self.secret, "auth")
        self.link = client.link_proof(self.secret)
        nonce, key = os.urandom(12), os.urandom(32)
        bound = f"letterlock/1 keys {self.id}".encode()
        self.conversation, self.gateway = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        private = self.conversation.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        wrapped = nonce + AESGCM(client.expand(stretched, self.secret, "enc")).encrypt(nonce, key + private, bound)
        index = {**index, "gateway": client.encode(client.point_of(self.gateway)),
                 "participants": [{"address": "alice@example.org", "sender": True}, {"address": "carol@example.org"}]}
        self.states, self.items, self.later = [{"state": "waiting"}, {"state": "sent"}], {}, []
        head = json.dumps(index).encode()
        plain = len(head).to_bytes(4, "big") + head + message
        pieces = [plain[at : at + client.CHUNK] for at in range(0, len(plain), client.CHUNK)]
        self.chunks = [
            AESGCM(key).encrypt(client.nonce(n, n == len(pieces) - 1), p, None) for n, p in enumerate(pieces)]
        self.parameters = {"version": 1, "kdf": "pbkdf2-sha256", "rounds": 600_000, "salt": client.encode(salt),
                           "password": "made", "expires": 1}
        self.given = {"wrapped": client.encode(wrapped), "bytes": len(plain), "chunks": len(pieces), "expires": 1}

    def answer(self, path: str, body: dict) -> tuple[int, bytes]:
        if path == f"/api/letters/{self.id}":
            return 200, json.dumps(self.parameters).encode()
        if client.decode(body["link"]) != self.link:
            return 403, b'{"error":"code"}'
        if hashlib.sha256(client.decode(body["auth"])).digest() != hashlib.sha256(self.auth).digest():
            return 403, b'{"error":"wrong","triesLeft":4}'
        if path.endswith("/open"):
            return 200, json.dumps(self.given).encode()
        if "/following/" in path:
            return 200, self.later[int(path.split("/")[5]) - 1]
        if path.endswith("/send"):
            return (202, b'{"state":"waiting"}') if body["items"] == len(self.items) else (409, b"{}")
        if "/answers/" in path:
            return 200, json.dumps(self.states.pop(0)).encode()
        return 200, self.chunks[int(path.rpartition("/")[2])]

    def take(self, path: str, proof: str, link: str, item: bytes) -> tuple[int, bytes]:
        assert [client.decode(proof), client.decode(link)] == [self.auth, self.link]
        _, _, answer_id, _, number = path.rsplit("/", 4)
        plain = client.open_item(
            item, self.gateway, client.point_of(self.conversation), self.id, answer_id, int(number))
        self.items[int(number)] = plain
        return 204, b""

    def follow(self, subject: str, text: bytes, gateway=None):
        """A later message; made by another than the gateway where one is given."""
        index = {"version": 1, "subject": subject, "text": 0, "parts": [
            {"type": "text/plain", "charset": None, "encoding": "7bit", "start": 0, "end": len(text)}]}
        head, key, number = json.dumps(index).encode(), os.urandom(32), len(self.later) + 1
        plain = len(head).to_bytes(4, "big") + head + text
        self.later.append(AESGCM(key).encrypt(client.nonce(0, True), plain, None))
        wrapped = client.wrap_following(
            key, client.point_of(self.conversation), gateway or self.gateway, self.id, number)
        self.given.setdefault("following", []).append(
            {"number": number, "wrapped": client.encode(wrapped), "bytes": len(plain), "chunks": 1})


@pytest.fixture
def portal():
    letter = Letter(
        b"Subject: x\r\n\r\n" + b"Gr=C3=BC=C3=9Fe\r\n" + b"x" * (2 * client.CHUNK),
        {"version": 1, "subject": "Grüße", "text": 0, "parts": [
            {"type": "text/plain", "charset": "utf-8", "encoding": "quoted-printable", "start": 14, "end": 29}]})

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if "/items/" in self.path:
                status, content = letter.take(
                    self.path, self.headers["Letterlock-Proof"], self.headers["Letterlock-Link"], body)
            else:
                status, content = letter.answer(self.path, json.loads(body))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    letter.url = f"http://127.0.0.1:{server.server_port}/l/{letter.id}#{client.encode(letter.secret)}"
    yield letter
    server.shutdown()
    thread.join()
    server.server_close()


def test_opens_a_letter(portal):
    done = run(portal.url, " 7qxk 4omi zt9p")
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().split("\n\n", 1) == ["Subject: Grüße", "Grüße\n"]
    assert run("--eml", portal.url, PASSWORD).stdout.endswith(b"x" * client.CHUNK)


def test_refuses(portal):
    wrong = run(portal.url, "0000-0000-0000")
    assert wrong.returncode == 1 and b"403" in wrong.stderr
    assert run(portal.url.partition("#")[0], PASSWORD).returncode == 1
    portal.parameters["rounds"] = 1000
    assert b"another derivation" in run(portal.url, PASSWORD).stderr
    portal.parameters["rounds"] = 600_000
    portal.given["chunks"] = 2
    assert run(portal.url, PASSWORD).returncode == 1


def test_answers(portal, tmp_path):
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "Äpfel.pdf").write_bytes(b"%PDF" * 400_000)
    refused = run("--answer", portal.url, PASSWORD, "hello")
    assert refused.returncode == 1 and b"answers are not taken" in refused.stderr
    portal.given["answers"] = {"left": 5, "bytes": 1 << 25, "files": 5}
    done = run("--answer", portal.url, PASSWORD, "Merci !", tmp_path / "empty.txt", tmp_path / "Äpfel.pdf")
    assert (done.returncode, done.stdout) == (0, b"sent\n"), done.stderr
    head = json.loads(portal.items[0])
    assert head == {
        "version": 1, "kind": "answer", "language": "en", "linkSecret": client.encode(portal.secret),
        "to": ["alice@example.org", "carol@example.org"], "subject": "Re: Grüße", "text": "Merci !", "files": [
            {"name": "empty.txt", "type": "text/plain", "bytes": 0},
            {"name": "Äpfel.pdf", "type": "application/pdf", "bytes": 1_600_000}]}
    assert [portal.items[1], portal.items[2]] == [b"", b"%PDF" * 400_000]


def test_sends_a_key_that_is_refused(portal, tmp_path):
    portal.given["answers"] = {"left": 5, "bytes": 1 << 25, "files": 5}
    portal.states = [{"state": "refused", "reason": "key"}]
    (tmp_path / "bob.asc").write_bytes(b"-----BEGIN PGP")
    done = run("--key", portal.url, PASSWORD, tmp_path / "bob.asc")
    assert (done.returncode, done.stdout) == (1, b"refused key\n")
    assert json.loads(portal.items[0])["kind"] == "key" and portal.items[1] == b"-----BEGIN PGP"


def test_reads_later_messages(portal):
    portal.follow("Second", b"two")
    portal.follow("New bank account", b"forged", ec.generate_private_key(ec.SECP256R1()))
    portal.follow("Third", b"three")
    done = run("--later", portal.url, PASSWORD)
    assert done.stdout == (
        b"Subject: Second\n\ntwo\nA message that is not from us\n\nSubject: Third\n\nthree\n"), done.stderr


def test_another_letters_code_is_said_to_be_one(portal):
    done = run(portal.url.partition("#")[0] + "#" + client.encode(bytes(16)), PASSWORD)
    assert done.returncode == 1 and b'403 {"error":"code"}' in done.stderr


@pytest.mark.parametrize("damage", ["cut", "other item", "other answer", "flipped"])
def test_an_altered_item_does_not_open(damage):
    gateway, conversation = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    item = client.seal_item(b"x" * client.CHUNK + b"y", client.point_of(gateway), conversation, "L", "A", 0)
    number, answer_id = (1 if damage == "other item" else 0), ("B" if damage == "other answer" else "A")
    if damage == "cut":
        item = item[: 65 + client.CHUNK + 16]
    if damage == "flipped":
        item = item[:-1] + bytes([item[-1] ^ 1])
    with pytest.raises(client.InvalidTag):
        client.open_item(item, gateway, client.point_of(conversation), "L", answer_id, number)

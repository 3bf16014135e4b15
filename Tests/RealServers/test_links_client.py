"""The second client of docs/links-protocol.md holds the test vectors, and opens a letter over HTTP."""
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

import links_client as client  # noqa: E402
from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: E402

HERE = Path(__file__).resolve().parent
VECTORS = HERE.parent / "Corpus" / "links"
PASSWORD = "7QXK-40M1-ZT9P"


def run(*arguments):
    return subprocess.run(
        [sys.executable, str(HERE / "links_client.py"), *map(str, arguments)], capture_output=True, timeout=120)


def test_vectors_hold():
    done = run("--vectors", VECTORS)
    assert done.returncode == 0, done.stderr
    assert b"0 do not" in done.stdout


def test_a_changed_vector_is_noticed(tmp_path):
    for path in VECTORS.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    changed = json.loads((tmp_path / "derivation.json").read_text())
    changed["derivations"][1]["rounds"] += 1
    (tmp_path / "derivation.json").write_text(json.dumps(changed))
    assert run("--vectors", tmp_path).returncode == 1
    assert run("--vectors", tmp_path / "nothing").returncode == 1


class Letter:
    """A letter made by the page's words alone, and the portal's answers about it."""

    def __init__(self, message: bytes, index: dict):
        self.id, self.secret, salt = (os.urandom(16) for _ in range(3))
        self.id = client.encode(self.id)
        stretched = client.stretch(client.normalise(PASSWORD, "made"), salt, 600_000)
        self.auth = client.expand(stretched, self.secret, "auth")
        nonce, key = os.urandom(12), os.urandom(32)
        bound = f"letterlock/1 keys {self.id}".encode()
        wrapped = nonce + AESGCM(client.expand(stretched, self.secret, "enc")).encrypt(nonce, key + b"private", bound)
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
        if hashlib.sha256(client.decode(body["auth"])).digest() != hashlib.sha256(self.auth).digest():
            return 403, b'{"error":"wrong","triesLeft":4}'
        if path.endswith("/open"):
            return 200, json.dumps(self.given).encode()
        return 200, self.chunks[int(path.rpartition("/")[2])]


@pytest.fixture
def portal():
    letter = Letter(
        b"Subject: x\r\n\r\n" + b"Gr=C3=BC=C3=9Fe\r\n" + b"x" * (2 * client.CHUNK),
        {"version": 1, "subject": "Grüße", "text": 0, "parts": [
            {"type": "text/plain", "charset": "utf-8", "encoding": "quoted-printable", "start": 14, "end": 29}]})

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, content = letter.answer(self.path, body)
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

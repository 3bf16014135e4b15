"""Letters for the portal's browser tests, locked here as docs/inside/links-protocol.md says, and put into letters.db.

The tables are made by the program itself, so that they cannot drift apart.
"""

import base64
import hashlib
import json
import os
import sqlite3
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kit import links_client as client
from kit.gateway import binary, environment

CHUNK_BYTES = 1024 * 1024
ROUNDS = 600_000
PASSWORD = "7Q4M-X2RT-9KZ0"


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Part:
    """One leaf of a message as the index describes it; `body` is transfer-encoded already."""

    type: str
    body: bytes
    encoding: str = "base64"
    charset: str | None = None
    name: str | None = None
    cid: str | None = None
    attachment: bool = False


@dataclass
class Message:
    subject: str
    parts: list
    text: int | None = None
    html: int | None = None
    sender: str = "Alice Example <alice@example.org>"
    to: str = "bob@elsewhere.example"
    extra: dict = field(default_factory=dict)

    def assemble(self):
        """The message's bytes and the index of their parts."""
        out = bytearray(
            f"From: {self.sender}\r\nTo: {self.to}\r\nDate: Mon, 02 Nov 2026 09:30:00 +0100\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/mixed; boundary="=_b"\r\n\r\n'.encode())
        described = []
        for number, part in enumerate(self.parts):
            head = f"--=_b\r\nContent-Type: {part.type}\r\nContent-Transfer-Encoding: {part.encoding}\r\n\r\n"
            out += head.encode()
            start = len(out)
            out += part.body
            described.append({
                "path": str(number + 1), "type": part.type, "name": part.name, "charset": part.charset,
                "encoding": part.encoding, "disposition": "attachment" if part.attachment else "inline",
                "cid": part.cid, "start": start, "end": len(out), "attachment": part.attachment})
            out += b"\r\n"
        out += b"--=_b--\r\n"
        index = {
            "version": 1, "subject": self.subject, "from": self.sender, "to": self.to, "cc": "",
            "date": "Mon, 02 Nov 2026 09:30:00 +0100", "sent": 1793608200, "text": self.text, "html": self.html,
            "parts": described, **self.extra}
        return bytes(out), index


@dataclass
class Letter:
    id: str
    secret: str
    password: str
    message: bytes

    def path(self, fragment=True):
        return f"/l/{self.id}" + (f"#{self.secret}" if fragment else "")


class LetterBox:
    """letters.db in a folder of its own, with the gateway's tables."""

    def __init__(self, folder):
        self.folder = Path(folder)
        assert self.folder.name == "letters", "the program makes its letters in a folder of that name"
        state = self.folder.parent
        (state / "gateway").mkdir(mode=0o700, exist_ok=True)  # so that the command takes it for a gateway's state
        settings = state / "letterlock.yaml"
        settings.write_text(f"hostname: gate.example.org\nstate: {state}\n")
        subprocess.run(
            [binary(), "links", "list", "--config", str(settings)], check=True, capture_output=True, timeout=60,
            env=environment())
        self.database = sqlite3.connect(self.folder / "letters.db", isolation_level=None, timeout=30)
        self.database.execute("PRAGMA foreign_keys = ON")

    def lock(self, message, password=PASSWORD, kind="made", state="waiting", lifetime=86400):
        """Locks a message for a password and stores it."""
        raw, index = message.assemble()
        described = json.dumps(index).encode()
        plain = len(described).to_bytes(4, "big") + described + raw
        content_id, letter_id, secret, salt = (os.urandom(16) for _ in range(4))
        content_key = os.urandom(32)
        count = max(1, -(-len(plain) // CHUNK_BYTES))
        self.database.execute(
            "INSERT INTO contents (id, plain_bytes, chunk_count) VALUES (?, ?, ?)",
            [b64url(content_id), len(plain), count],
        )
        for number in range(count):
            nonce = number.to_bytes(11, "big") + bytes([number == count - 1])
            sealed = AESGCM(content_key).encrypt(nonce, plain[number * CHUNK_BYTES:(number + 1) * CHUNK_BYTES], None)
            self.database.execute("INSERT INTO chunks VALUES (?, ?, ?)", [b64url(content_id), number, sealed])
        self._keep(letter_id, content_id, secret, salt, content_key, password, kind, state, lifetime)
        return Letter(b64url(letter_id), b64url(secret), password, raw)

    def _keep(self, letter_id, content_id, secret, salt, content_key, password, kind, state, lifetime):
        normal = password.replace("-", "").replace(" ", "").upper() if kind == "made" else client.fold(password)
        stretched = hashlib.pbkdf2_hmac("sha256", normal.encode(), salt, ROUNDS, 32)
        derive = lambda info: HKDF(hashes.SHA256(), 32, secret, info).derive(stretched)
        auth, enc = derive(b"letterlock/1 auth"), derive(b"letterlock/1 enc")
        link = client.link_proof(secret)
        conversation = ec.generate_private_key(ec.SECP256R1())
        private = conversation.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        public = conversation.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        nonce = os.urandom(12)
        aad = b"letterlock/1 keys " + b64url(letter_id).encode()
        wrapped = nonce + AESGCM(enc).encrypt(nonce, content_key + private, aad)
        now = int(time.time())
        self.database.execute(
            "INSERT INTO letters (id, content_id, version, kdf, rounds, password_kind, salt, verifier, wrapped_keys,"
            " conversation_key, state, created_at, expires_at, link_verifier)"
            " VALUES (?,?,1,'pbkdf2-sha256',?,?,?,?,?,?,?,?,?,?)",
            [b64url(letter_id), b64url(content_id), ROUNDS, kind, salt, hashlib.sha256(auth).digest(), wrapped, public,
             state, now - 100, now + lifetime, hashlib.sha256(link).digest()])
        self.database.execute("INSERT INTO attempts (letter_id) VALUES (?)", [b64url(letter_id)])
        control = os.urandom(32)  # of a token that nobody has
        self.database.execute(
            "INSERT INTO controls (verifier, created_at, expires_at) VALUES (?,?,?)",
            [control, now - 100, now + lifetime + 30 * 86400])
        self.database.execute(
            "INSERT INTO control_letters (letter_id, verifier, place, label, created_at, expires_at, longest_at)"
            " VALUES (?,?,0,x'',?,?,?)",
            [b64url(letter_id), control, now - 100, now + lifetime, now + lifetime])

    def end_rest(self, letter):
        """Lets the time of a rest be over."""
        self.database.execute("UPDATE attempts SET rests_until = 0 WHERE letter_id = ?", [letter.id])

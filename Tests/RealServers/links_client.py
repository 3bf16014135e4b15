#!/usr/bin/env python3
"""A second client of docs/links-protocol.md, written from that page alone; shares no code with Letterlock.

    links_client.py URL PASSWORD          opens a letter; prints its subject and its text
    links_client.py --eml URL PASSWORD    opens a letter; writes the message to standard output
    links_client.py --vectors FOLDER      checks the protocol's test vectors

Exit codes: 0 done; 1 a vector is wrong, or the letter does not open; 64 usage.
"""
import base64
import hashlib
import json
import quopri
import re
import sys
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHUNK = 1_048_576
WHITE = "\t\n\v\f\r \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000\ufeff"


class Trouble(Exception):
    """Why a letter does not open."""


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        raise Trouble("not base64url")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(raw) != text:
        raise Trouble("not base64url")
    return raw


# Section 2
def normalise(typed: str, kind: str) -> str:
    text = unicodedata.normalize("NFKC", typed)
    if kind == "chosen":
        return text.strip(WHITE)
    if kind != "made":
        raise Trouble(f"unknown kind of password {kind!r}")
    drop = lambda c: c in WHITE or c in "._\u2212" or unicodedata.category(c) == "Pd"  # noqa: E731
    kept = "".join(c for c in text if not drop(c))
    kept = "".join(c.upper() if "a" <= c <= "z" else c for c in kept)
    return kept.translate(str.maketrans("OIL", "011"))


# Section 3
def stretch(password: str, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds, 32)


def expand(stretched: bytes, link_secret: bytes, purpose: str) -> bytes:
    info = f"letterlock/1 {purpose}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=link_secret, info=info).derive(stretched)


# Section 4
def unwrap(wrapped: bytes, enc: bytes, letter_id: str) -> tuple[bytes, bytes]:
    if len(wrapped) <= 12 + 32 + 16:
        raise Trouble("the wrapped keys are too short")
    plain = AESGCM(enc).decrypt(wrapped[:12], wrapped[12:], f"letterlock/1 keys {letter_id}".encode())
    return plain[:32], plain[32:]


# Section 5
def nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def open_chunk(sealed: bytes, number: int, last: bool, key: bytes) -> bytes:
    plain = AESGCM(key).decrypt(nonce(number, last), sealed, None)
    if (len(plain) != CHUNK) if not last else not 0 < len(plain) <= CHUNK:
        raise Trouble(f"chunk {number} has an impossible length")
    return plain


def split(plain: bytes) -> tuple[bytes, bytes]:
    length = int.from_bytes(plain[:4], "big")
    if len(plain) < 4 or length > len(plain) - 4:
        raise Trouble("the index has an impossible length")
    return plain[4 : 4 + length], plain[4 + length :]


# Section 7
def post(url: str, body: dict) -> bytes:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise Trouble(f"the portal says {error.code} {error.read(1000).decode(errors='replace')}") from None


def open_letter(url: str, typed: str) -> tuple[dict, bytes]:
    parts = urllib.parse.urlsplit(url)
    base, found, letter_id = parts.path.rpartition("/l/")
    link_secret = decode(parts.fragment)
    if not found or len(link_secret) != 16:
        raise Trouble("the link is not complete")
    api = f"{parts.scheme}://{parts.netloc}{base}/api/letters/{letter_id}"
    told = json.loads(post(api, {}))
    if told["version"] != 1 or told["kdf"] != "pbkdf2-sha256" or not 600_000 <= told["rounds"] <= 10_000_000:
        raise Trouble("the portal asks for another derivation")
    stretched = stretch(normalise(typed, told["password"]), decode(told["salt"]), told["rounds"])
    auth = encode(expand(stretched, link_secret, "auth"))
    given = json.loads(post(f"{api}/open", {"auth": auth}))
    key, _ = unwrap(decode(given["wrapped"]), expand(stretched, link_secret, "enc"), letter_id)
    plain = b""
    for number in range(given["chunks"]):
        sealed = post(f"{api}/chunks/{number}", {"auth": auth})
        plain += open_chunk(sealed, number, number == given["chunks"] - 1, key)
    index, message = split(plain)
    return json.loads(index), message


# Section 6
def text_of(index: dict, message: bytes) -> str:
    number = index["text"] if index.get("text") is not None else index.get("html")
    if number is None:
        return ""
    part = index["parts"][number]
    raw = message[part["start"] : part["end"]]
    if part["encoding"] == "base64":
        raw = base64.b64decode(re.sub(rb"[^A-Za-z0-9+/=]", b"", raw))
    elif part["encoding"] == "quoted-printable":
        raw = quopri.decodestring(raw)
    try:
        return raw.decode(part["charset"] or "utf-8", errors="replace")
    except LookupError:
        return raw.decode("utf-8", errors="replace")


def check(name: str, made, recorded) -> bool:
    if made != recorded:
        print(f"{name}: made {made!r}, recorded {recorded!r}", file=sys.stderr)
    return made == recorded


def check_derivation(v: dict, name: str) -> bool:
    normalised = normalise(v["typed"], v["password"])
    stretched = stretch(normalised, decode(v["salt"]), v["rounds"])
    auth, enc = (expand(stretched, decode(v["linkSecret"]), p) for p in ("auth", "enc"))
    made = [normalised, *map(encode, (stretched, auth, enc, hashlib.sha256(auth).digest()))]
    return check(name, made, [v[k] for k in ("normalised", "stretched", "auth", "enc", "verifier")])


def check_wrapping(v: dict, name: str) -> bool:
    key, private = unwrap(decode(v["wrapped"]), decode(v["enc"]), v["id"])
    public = serialization.load_der_private_key(private, None).public_key()
    point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    made = [encode(key), encode(private), public.curve.name, encode(point), encode(decode(v["wrapped"])[:12])]
    return check(name, made, [
        v["contentKey"], v["conversationPrivate"], "secp256r1", v["conversationPublic"], v["nonce"]])


def check_content(v: dict, name: str) -> bool:
    index, message = v["index"].encode(), v["messagePart"].encode() * v["messageParts"]
    plain = len(index).to_bytes(4, "big") + index + message
    pieces = [plain[at : at + CHUNK] for at in range(0, len(plain), CHUNK)]
    key = decode(v["contentKey"])
    sealed = [AESGCM(key).encrypt(nonce(n, n == len(pieces) - 1), p, None) for n, p in enumerate(pieces)]
    good = check(name, len(plain), v["plainBytes"])
    good &= check(name, [encode(hashlib.sha256(s).digest()) for s in sealed], v["chunkSHA256"])
    if "chunks" in v:
        chunks = [decode(c) for c in v["chunks"]]
        opened = b"".join(open_chunk(c, n, n == len(chunks) - 1, key) for n, c in enumerate(chunks))
        good &= check(name, split(opened), (index, message))
    return good


def check_vectors(folder: Path) -> int:
    kinds = {"derivations": check_derivation, "wrappings": check_wrapping, "contents": check_content}
    results = []
    for path in sorted(folder.glob("*.json")):
        for kind, vectors in json.loads(path.read_text(encoding="utf-8")).items():
            if kind in kinds:
                results += [kinds[kind](v, f"{path.name} {kind}[{n}]") for n, v in enumerate(vectors)]
    print(f"{sum(results)} vectors hold, {len(results) - sum(results)} do not")
    return 0 if results and all(results) else 1


def main(arguments: list[str]) -> int:
    if len(arguments) == 2 and arguments[0] == "--vectors":
        return check_vectors(Path(arguments[1]))
    as_eml = arguments[:1] == ["--eml"]
    if len(arguments) != (3 if as_eml else 2) or arguments[0] == "--vectors":
        print(__doc__, file=sys.stderr)
        return 64
    try:
        index, message = open_letter(*arguments[-2:])
    except (Trouble, InvalidTag, urllib.error.URLError, ValueError, KeyError) as error:
        print(f"links_client: {error or 'wrong key or altered bytes'}", file=sys.stderr)
        return 1
    if as_eml:
        sys.stdout.buffer.write(message)
    else:
        print(f"Subject: {index['subject']}\n\n{text_of(index, message)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""A second client of docs/inside/links-protocol.md, written from that page alone; shares no code with Letterlock.

    links_client.py URL PASSWORD          opens a letter; prints its subject and its text
    links_client.py --eml URL PASSWORD    opens a letter; writes the message to standard output
    links_client.py --later URL PASSWORD  prints subject and text of the later messages under the link, oldest first
    links_client.py --answer URL PASSWORD TEXT [FILE...]
                                          answers all who took part; prints what became of it
    links_client.py --key URL PASSWORD FILE
                                          sends an OpenPGP public key; prints what became of it
    links_client.py --vectors FOLDER      checks the protocol's test vectors

Exit codes: 0 done; 1 a vector is wrong, the letter does not open, or the answer is refused; 64 usage.
"""
import base64
import hashlib
import json
import mimetypes
import os
import quopri
import re
import sys
import time
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHUNK = 1_048_576
# Section 2: what is not seen, and quotes and dashes that programs make of the keys that were typed.
IGNORED = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")
TYPED = {
    "'": "\u02b9\u02bb\u02bc\u02bd\u05f3\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\ua78c",
    '"': "\u00ab\u00bb\u02ba\u02ee\u05f4\u201c\u201d\u201e\u201f\u2e42\u301d\u301e\u301f",
    "-": "\u058a\u05be\u1400\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2e17\u2e1a\u2e3a\u2e3b\u2e40\u2e5d"
         "\u301c\u3030\u30a0\U00010ead",
}
PLAIN = {ord(made): typed for typed, all_made in TYPED.items() for made in all_made}
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
def fold(typed: str) -> str:
    seen = IGNORED.sub("", unicodedata.normalize("NFKC", typed)).translate(PLAIN)
    spaced = re.sub(f"[{WHITE}]+", " ", seen).strip(" ")
    return unicodedata.normalize("NFKC", spaced.lower().replace("\u03c2", "\u03c3"))


def normalise(typed: str, kind: str) -> str:
    if kind == "chosen":
        return fold(typed)
    text = unicodedata.normalize("NFKC", typed)
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


def link_proof(link_secret: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=bytes(32), info=b"letterlock/1 link").derive(link_secret)


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
    if (len(plain) != CHUNK) if not last else len(plain) > CHUNK:
        raise Trouble(f"chunk {number} has an impossible length")
    return plain


def split(plain: bytes) -> tuple[bytes, bytes]:
    length = int.from_bytes(plain[:4], "big")
    if len(plain) < 4 or length > len(plain) - 4:
        raise Trouble("the index has an impossible length")
    return plain[4 : 4 + length], plain[4 + length :]


# Section 7
def post(url: str, body: dict | bytes, headers: dict | None = None) -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
    request = urllib.request.Request(url, raw, {"Content-Type": kind, **(headers or {})}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise Trouble(f"the portal says {error.code} {error.read(1000).decode(errors='replace')}") from None


class Session:
    """A link whose password was right: what the portal said, and the keys."""

    def __init__(self, url: str, typed: str):
        parts = urllib.parse.urlsplit(url)
        base, found, self.id = parts.path.rpartition("/l/")
        self.link_secret = decode(parts.fragment)
        if not found or len(self.link_secret) != 16:
            raise Trouble("the link is not complete")
        self.api = f"{parts.scheme}://{parts.netloc}{base}/api/letters/{self.id}"
        told = json.loads(post(self.api, {}))
        if told["version"] != 1 or told["kdf"] != "pbkdf2-sha256" or not 600_000 <= told["rounds"] <= 10_000_000:
            raise Trouble("the portal asks for another derivation")
        self.stretched = stretch(normalise(typed, told["password"]), decode(told["salt"]), told["rounds"])
        self.proof = {
            "auth": encode(expand(self.stretched, self.link_secret, "auth")),
            "link": encode(link_proof(self.link_secret)),
        }
        self.given = json.loads(post(f"{self.api}/open", self.proof))
        enc = expand(self.stretched, self.link_secret, "enc")
        self.content_key, self.conversation = unwrap(decode(self.given["wrapped"]), enc, self.id)

    def fetch(self, place: str, key: bytes, chunks: int) -> tuple[dict, bytes]:
        plain = b""
        for number in range(chunks):
            sealed = post(f"{self.api}{place}/chunks/{number}", self.proof)
            plain += open_chunk(sealed, number, number == chunks - 1, key)
        index, message = split(plain)
        return json.loads(index), message

    def letter(self) -> tuple[dict, bytes]:
        return self.fetch("", self.content_key, self.given["chunks"])

    # Section 9
    def later(self):
        """The later messages; None for one that is not from the gateway that wrote the letter."""
        gateway = decode(self.letter()[0]["gateway"])
        for one in self.given.get("following", []):
            try:
                conversation = private_key(self.conversation)
                key = following_key(conversation, gateway, decode(one["wrapped"]), self.id, one["number"])
                yield self.fetch(f"/following/{one['number']}", key, one["chunks"])
            except (InvalidTag, ValueError, Trouble):
                yield None

    # Section 8
    def send(self, index: dict, head: dict, files: list[bytes]) -> dict:
        if "answers" not in self.given:
            raise Trouble("answers are not taken")
        answer_id = encode(os.urandom(16))
        place = f"{self.api}/answers/{answer_id}"
        head = {"version": 1, "language": "en", "linkSecret": encode(self.link_secret), **head}
        for number, plain in enumerate([json.dumps(head).encode(), *files]):
            item = seal_item(
                plain, decode(index["gateway"]), private_key(self.conversation), self.id, answer_id, number)
            shown = {"Letterlock-Proof": self.proof["auth"], "Letterlock-Link": self.proof["link"]}
            post(f"{place}/items/{number}", item, shown)
        state = json.loads(post(f"{place}/send", {**self.proof, "items": len(files) + 1}))
        while state["state"] == "waiting":
            time.sleep(0.25)
            state = json.loads(post(place, self.proof))
        return state


def open_letter(url: str, typed: str) -> tuple[dict, bytes]:
    return Session(url, typed).letter()


# Section 8
def private_key(pkcs8: bytes) -> ec.EllipticCurvePrivateKey:
    return serialization.load_der_private_key(pkcs8, None)


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def agree(key: ec.EllipticCurvePrivateKey, point: bytes) -> bytes:
    if len(point) != 65 or point[0] != 4:
        raise Trouble("not an uncompressed point")
    return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))


def derive(secret: bytes, salt: bytes, info: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info.encode()).derive(secret)


def item_info(letter_id: str, answer_id: str, number: int) -> str:
    return f"letterlock/1 answer {letter_id} {answer_id} {number}"


def pieces_of(plain: bytes) -> list[bytes]:
    return [plain[at : at + CHUNK] for at in range(0, max(1, len(plain)), CHUNK)]


def item_key(gateway: bytes, conversation, ephemeral, letter_id: str, answer_id: str, number: int) -> bytes:
    salt = point_of(ephemeral) + gateway + point_of(conversation)
    secret = agree(ephemeral, gateway) + agree(conversation, gateway)
    return derive(secret, salt, item_info(letter_id, answer_id, number))


def seal_item(plain: bytes, gateway: bytes, conversation, letter_id: str, answer_id: str, number: int,
              ephemeral=None) -> bytes:
    ephemeral = ephemeral or ec.generate_private_key(ec.SECP256R1())
    key = item_key(gateway, conversation, ephemeral, letter_id, answer_id, number)
    pieces = pieces_of(plain)
    sealed = [AESGCM(key).encrypt(nonce(n, n == len(pieces) - 1), p, None) for n, p in enumerate(pieces)]
    return point_of(ephemeral) + b"".join(sealed)


def open_item(item: bytes, gateway, conversation: bytes, letter_id: str, answer_id: str, number: int) -> bytes:
    """What the gateway does with an item: `gateway` is its private key, `conversation` the public point."""
    ephemeral, rest = item[:65], item[65:]
    secret = agree(gateway, ephemeral) + agree(gateway, conversation)
    key = derive(secret, ephemeral + point_of(gateway) + conversation, item_info(letter_id, answer_id, number))
    sealed = [rest[at : at + CHUNK + 16] for at in range(0, len(rest), CHUNK + 16)]
    if not sealed:
        raise Trouble("the item has no chunk")
    return b"".join(open_chunk(s, n, n == len(sealed) - 1, key) for n, s in enumerate(sealed))


# Section 9
def following_info(letter_id: str, number: int) -> str:
    return f"letterlock/1 following {letter_id} {number}"


def wrap_following(
    content_key: bytes, conversation: bytes, gateway, letter_id: str, number: int, ephemeral=None
) -> bytes:
    """What the gateway does: `gateway` is its private key, `conversation` the letter's public point."""
    ephemeral = ephemeral or ec.generate_private_key(ec.SECP256R1())
    salt = point_of(ephemeral) + point_of(gateway) + conversation
    secret = agree(ephemeral, conversation) + agree(gateway, conversation)
    key = derive(secret, salt, following_info(letter_id, number))
    return point_of(ephemeral) + AESGCM(key).encrypt(bytes(12), content_key, None)


def following_key(conversation, gateway: bytes, wrapped: bytes, letter_id: str, number: int) -> bytes:
    """`gateway` is the public point in the letter's own index."""
    salt = wrapped[:65] + gateway + point_of(conversation)
    secret = agree(conversation, wrapped[:65]) + agree(conversation, gateway)
    key = derive(secret, salt, following_info(letter_id, number))
    return AESGCM(key).decrypt(bytes(12), wrapped[65:], None)


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
    link = link_proof(decode(v["linkSecret"]))
    digests = (hashlib.sha256(auth).digest(), link, hashlib.sha256(link).digest())
    made = [normalised, *map(encode, (stretched, auth, enc, *digests))]
    return check(name, made, [
        v[k] for k in ("normalised", "stretched", "auth", "enc", "verifier", "link", "linkVerifier")])


def check_password(v: dict, name: str) -> bool:
    return check(name, normalise(v["typed"], v["password"]), v["normalised"])


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


def check_answer(v: dict, name: str) -> bool:
    gateway, conversation = private_key(decode(v["gatewayPrivate"])), private_key(decode(v["conversationPrivate"]))
    ephemeral = private_key(decode(v["ephemeralPrivate"]))
    plain = v["plainPart"].encode() * v["plainParts"]
    bound = (v["letterID"], v["answerID"], v["item"])
    item = seal_item(plain, decode(v["gatewayPublic"]), conversation, *bound, ephemeral=ephemeral)
    key = item_key(decode(v["gatewayPublic"]), conversation, ephemeral, *bound)
    points = [point_of(pair) for pair in (gateway, conversation, ephemeral)]
    made = [encode(value) for value in (*points, key, hashlib.sha256(item).digest())]
    good = check(name, made, [
        v[k] for k in ("gatewayPublic", "conversationPublic", "ephemeralPublic", "key", "itemSHA256")])
    opened = open_item(decode(v["sealed"]) if "sealed" in v else item, gateway, point_of(conversation), *bound)
    return good & check(name, opened, plain)


def check_following(v: dict, name: str) -> bool:
    conversation, ephemeral = private_key(decode(v["conversationPrivate"])), private_key(decode(v["ephemeralPrivate"]))
    gateway, bound = private_key(decode(v["gatewayPrivate"])), (v["letterID"], v["number"])
    wrapped = wrap_following(decode(v["contentKey"]), point_of(conversation), gateway, *bound, ephemeral=ephemeral)
    opened = following_key(conversation, decode(v["gatewayPublic"]), decode(v["wrapped"]), *bound)
    made = [encode(value) for value in (point_of(conversation), point_of(gateway), wrapped, opened)]
    return check(name, made, [v[k] for k in ("conversationPublic", "gatewayPublic", "wrapped", "contentKey")])


def check_vectors(folder: Path) -> int:
    kinds = {"derivations": check_derivation, "wrappings": check_wrapping, "contents": check_content,
             "answers": check_answer, "followings": check_following, "passwords": check_password}
    results = []
    for path in sorted(folder.glob("*.json")):
        for kind, vectors in json.loads(path.read_text(encoding="utf-8")).items():
            if kind in kinds:
                results += [kinds[kind](v, f"{path.name} {kind}[{n}]") for n, v in enumerate(vectors)]
    print(f"{sum(results)} vectors hold, {len(results) - sum(results)} do not")
    return 0 if results and all(results) else 1


def show(index: dict, message: bytes) -> None:
    print(f"Subject: {index['subject']}\n\n{text_of(index, message)}")


def answer(session: Session, text: str, paths: list[str]) -> int:
    index, _ = session.letter()
    files = [(Path(path), Path(path).read_bytes()) for path in paths]
    described = [
        {"name": path.name, "type": mimetypes.guess_type(path.name)[0] or "application/octet-stream", "bytes": len(raw)}
        for path, raw in files]
    return report(session.send(index, {
        "kind": "answer", "to": [person["address"] for person in index["participants"]],
        "subject": f"Re: {index['subject']}", "text": text, "files": described}, [raw for _, raw in files]))


def send_key(session: Session, path: str) -> int:
    raw = Path(path).read_bytes()
    described = [{"name": Path(path).name, "type": "application/pgp-keys", "bytes": len(raw)}]
    return report(session.send(session.letter()[0], {"kind": "key", "files": described}, [raw]))


def report(state: dict) -> int:
    print(" ".join([state["state"], *(state[key] for key in ("reason", "text") if key in state)]))
    return 0 if state["state"] == "sent" else 1


def act(verb: str, url: str, password: str, rest: list[str]) -> int:
    session = Session(url, password)
    if verb == "--answer":
        return answer(session, rest[0], rest[1:])
    if verb == "--key":
        return send_key(session, rest[0])
    if verb == "--later":
        for one in session.later():
            show(*one) if one else print("A message that is not from us\n")
        return 0
    index, message = session.letter()
    if verb == "--eml":
        sys.stdout.buffer.write(message)
    else:
        show(index, message)
    return 0


# Verb, and how many arguments stand behind URL and password.
VERBS = {"": (0, 0), "--eml": (0, 0), "--later": (0, 0), "--key": (1, 1), "--answer": (1, 1000)}


def main(arguments: list[str]) -> int:
    if len(arguments) == 2 and arguments[0] == "--vectors":
        return check_vectors(Path(arguments[1]))
    verb = arguments.pop(0) if arguments and arguments[0].startswith("--") else ""
    least, most = VERBS.get(verb, (1, 0))
    if not least <= len(arguments) - 2 <= most:
        print(__doc__, file=sys.stderr)
        return 64
    try:
        return act(verb, *arguments[:2], arguments[2:])
    except (Trouble, InvalidTag, OSError, ValueError, KeyError) as error:
        print(f"links_client: {error or 'wrong key or altered bytes'}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

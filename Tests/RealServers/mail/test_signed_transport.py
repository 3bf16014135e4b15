"""Signatures in clear behind a Postfix that does what hops do to lines, read by gpg, rnp and pysequoia."""
import contextlib
import importlib.util
import re
import shutil
import smtplib
import subprocess

import pytest

from kit.pgp import missing, need
from kit.sink import Sink, free_port
from kit.throwaway import gateways, postfixes, short_folder

SIGNER = "bob@keyed.example"
RULES = """version: 1
rules:
  - id: signed
    then: { protect: preferred, with: [pgp], sign: true }
"""
# What hops do: blanks at the end of a line go, "From " is quoted; longer lines than 998 octets Postfix breaks by
# itself.
CHECKS = "/^(.*[^[:blank:]])[[:blank:]]+$/ REPLACE $1\n/^From (.*)$/ REPLACE >From $1\n"
HEAD = (
    "From: Alice <alice@example.org>\r\nTo: dora@signed.example\r\nSubject: signed\r\nMessage-ID: "
    "<{name}@example.org>\r\n"
    "Date: Fri, 02 Oct 2026 10:00:00 +0200\r\nMIME-Version: 1.0\r\n"
)
LONG = "0123456789" * 130
ENTITIES = {
    "blanks": "Content-Type: text/plain; format=flowed\r\n\r\nflowed \r\ntext\r\n-- \r\nAlice\t\r\n",
    "from": "Content-Type: text/plain\r\n\r\nFrom here\r\nFrom there\r\n",
    "long": f"Content-Type: text/html\r\n\r\n<p>{LONG} {LONG}</p>\r\n",
    "eight": "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße \r\nFrom "
             "Köln\r\n",
    "parts": (
        "Content-Type: multipart/mixed; \r\n\tboundary=\"b\"\r\n\r\npreamble \r\n--b \r\nContent-Type: text/plain; "
        "\r\n\tcharset=utf-8"
        f"\r\n\r\nfrom \r\nFrom {LONG}\r\n--b\r\nContent-Type: application/json\r\n\r\n{{ \"a\": \"{LONG}\" "
        f"}} \r\n--b\r\n"
        "Content-Type: message/rfc822\r\n\r\nSubject: in \r\n\r\nFrom inside \r\n--b--\r\n"
    ),
}


@pytest.fixture(scope="module")
def site(keys):
    """The gateway, behind it a Postfix that changes lines, and the world."""
    with contextlib.ExitStack() as stack:
        folder = short_folder()
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        world = Sink()
        stack.callback(world.close)
        port = free_port()
        gateway = stack.enter_context(gateways(folder, keys))(
            port, rules=RULES, settings=f"sign: {{key: {SIGNER}, homedir: {keys.home}}}\n")
        hop = stack.enter_context(postfixes(folder))("hop", "hop.example.org")
        checks = hop.folder / "config" / "checks"
        checks.write_text(CHECKS)
        hop.configure(
            f"body_checks = regexp:{checks}\nheader_checks = regexp:{checks}\nmime_header_checks =\n"
            f"nested_header_checks =\nbody_checks_size_limit = 10240000\nrelayhost = [127.0.0.1]:{world.port}",
            f"127.0.0.1:{port} inet n - n - - smtpd")
        hop.start()
        yield gateway, world


def pieces(data: bytes) -> tuple[bytes, bytes]:
    """The signed entity and the signature, as they arrived."""
    boundary = re.search(rb'boundary="(=_letterlock_[^"]+)"', data)[1]
    _, entity, signature, _ = re.split(rb"(?:\r\n)?--" + re.escape(boundary) + rb"(?:--)?\r\n", data)
    return entity, signature.split(b"\r\n\r\n", 1)[1]


def verify_with_gpg(keys, entity, signature, folder) -> None:
    said = keys.run("--status-fd", "1", "--verify", str(folder / "entity.asc"), str(folder / "entity"))
    assert b"GOODSIG" in said


def verify_with_rnp(keys, entity, signature, folder) -> None:
    certificate = folder / "certificate.asc"
    certificate.write_bytes(keys.public(SIGNER))
    done = subprocess.run(
        [need("rnp"), "--homedir", str(folder), "--keyfile", str(certificate), "--verify", str(folder / "entity.asc"),
         "--source", str(folder / "entity")], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def verify_with_sequoia(keys, entity, signature, folder) -> None:
    if importlib.util.find_spec("pysequoia") is None:
        missing("there is no pysequoia for this Python")
    import pysequoia

    certificate = pysequoia.Cert.from_bytes(keys.public(SIGNER))
    done = pysequoia.verify(
        store=lambda ids: [certificate], file=str(folder / "entity"),
        signature=pysequoia.Sig.from_bytes(signature))
    assert done.valid_sigs


VERIFIERS = [verify_with_gpg, verify_with_rnp, verify_with_sequoia]


def sent(site, name: str, entity: str) -> bytes:
    gateway, world = site
    world.messages.clear()
    original = (HEAD.format(name=name) + entity).encode()
    with smtplib.SMTP("127.0.0.1", gateway.port, timeout=30) as client:
        client.sendmail("alice@example.org", ["dora@signed.example"], original, ["BODY=8BITMIME"])
    (received,) = world.wait_for(1)
    return received.data


@pytest.mark.parametrize("name", ENTITIES)
def test_the_signature_is_good_behind_a_hop_that_changes_lines(site, keys, name, tmp_path):
    data = sent(site, name, ENTITIES[name])
    entity, signature = pieces(data)
    (tmp_path / "entity").write_bytes(entity)
    (tmp_path / "entity.asc").write_bytes(signature)
    for verify in VERIFIERS:
        verify(keys, entity, signature, tmp_path)
    # And it can fail: a hop that changed it would have been seen.
    (tmp_path / "entity").write_bytes(entity.replace(b"a", b"b", 1))
    with pytest.raises(AssertionError):
        verify_with_gpg(keys, entity, signature, tmp_path)


def test_the_hop_does_change_what_is_not_encoded(site):
    """The control: the same lines inside of something signed already, which is passed as it is and not signed."""
    inner = (
        "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n"
        "--s\r\n\r\n"
        f"blank \r\nFrom x\r\n{LONG}\r\n--s\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--s--\r\n\r\n"
        f"--o--\r\n"
    )
    data = sent(site, "control", inner)
    assert b"multipart/signed; micalg" not in data and b"blank \r\n" not in data
    assert b">From x\r\n" in data and LONG.encode() + b"\r\n" not in data
    gateway, _ = site
    assert "not signed: part 1 has" in gateway.log()

"""The command line as a person uses it: encrypt and decrypt, exit codes, and the demo."""
import json
import os
import subprocess
from pathlib import Path

import pytest

from kit.snippets import replaced, snippets

TOP = Path(__file__).resolve().parents[3]
PROGRAM = Path(os.environ.get("LETTERLOCK_BIN", TOP / ".build" / "release")) / "letterlock"

MESSAGE = (
    b"From: Alice <alice@example.org>\r\nTo: bob@keyed.example\r\nSubject: =?utf-8?Q?R=C3=A9sultats?=\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n\tboundary=b\r\n\r\npreamble\r\n--b\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nR\xe9sum\xe9\r\n--b\r\n"
    b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=x.csv\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nAAECAwQF\r\n--b--\r\n")


def run(*words: str, given: bytes = b"", cwd: Path = TOP) -> subprocess.CompletedProcess:
    """Runs the command to its end."""
    return subprocess.run([str(PROGRAM), *words], input=given, capture_output=True, cwd=cwd, timeout=120, check=False)


@pytest.fixture
def certificates(folder, keys):
    """A key folder with bob's certificate."""
    place = folder / "certificates"
    place.mkdir()
    (place / "bob.asc").write_bytes(keys.public("bob@keyed.example"))
    return place


@pytest.mark.parametrize("hide", [[], ["--hide-subject"]])
def test_encrypt_then_decrypt_gives_every_byte_back(certificates, keys, hide):
    sealed = run("encrypt", "--to", "BOB@keyed.example", "--keys", str(certificates), *hide, given=MESSAGE)
    assert sealed.returncode == 0, sealed.stderr
    assert b"multipart/encrypted" in sealed.stdout and b"AAECAwQF" not in sealed.stdout
    assert (b"Subject: [...]" in sealed.stdout) == bool(hide)
    opened = run("decrypt", "--homedir", str(keys.home), given=sealed.stdout)
    assert opened.returncode == 0, opened.stderr
    assert opened.stdout == MESSAGE


def encrypted(keys, plain: bytes, *, to: str = "bob@keyed.example", boundary: str = "ee") -> bytes:
    """A part as other programs seal it."""
    armor = keys.run("--trust-model", "always", "--armor", "--encrypt", "-r", to, given=plain).replace(b"\n", b"\r\n")
    return (
        b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="%(b)s"\r\n\r\n--%(b)s\r\n'
        b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--%(b)s\r\n"
        b"Content-Type: application/octet-stream\r\n\r\n%(armor)s\r\n--%(b)s--\r\n") % {
            b"b": boundary.encode(), b"armor": armor}


def test_decrypt_gives_what_it_can_and_names_the_rest(folder, keys):
    other = type(keys)(folder / "other")
    other.make("zoe@other.example")
    mine, foreign = encrypted(keys, b"Content-Type: text/plain\r\n\r\nnine o'clock\r\n"), encrypted(
        other, b"secret", to="zoe@other.example", boundary="ff")
    other.close()
    head = b"From: a@example.org\r\nSubject: two\r\nMIME-Version: 1.0\r\n"
    both = head + b"Content-Type: multipart/mixed; boundary=mm\r\n\r\n--mm\r\n" + mine + b"\r\n--mm\r\n" + foreign + (
        b"\r\n--mm--\r\n")
    done = run("decrypt", "--homedir", str(keys.home), given=both)
    assert done.returncode == 1, done.stderr
    assert b"nine o'clock" in done.stdout and foreign in done.stdout
    assert b"letterlock: not opened: part 2.2, application/octet-stream: no secret key" in done.stderr
    done = run("decrypt", "--homedir", str(keys.home), given=head + foreign)
    assert done.returncode == 65 and done.stdout == b"", done.stderr
    assert b"not opened: part 2, application/octet-stream: no secret key" in done.stderr
    done = run("decrypt", "--homedir", str(keys.home), given=head + encrypted(keys, b"no header\nat all\n"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == head + b"Content-Type: text/plain; charset=utf-8\r\n\r\nno header\r\nat all\r\n"


def test_header_fields_come_back_in_their_order(certificates, keys):
    message = (
        b"From: alice@example.org\r\nContent-Type: text/plain; charset=utf-8\r\nTo: bob@keyed.example\r\n"
        b"MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\nSubject: order\r\n\r\nhi\r\n")
    sealed = run("encrypt", "--to", "bob@keyed.example", "--keys", str(certificates), given=message)
    assert sealed.returncode == 0, sealed.stderr
    opened = run("decrypt", "--homedir", str(keys.home), given=sealed.stdout)
    assert opened.returncode == 0 and opened.stdout == message, opened.stderr


def test_exit_codes_say_what_is_wrong_and_nothing_is_written(certificates, folder):
    calls = [
        (64, ["encrypt", "--to", "nobody", "--keys", str(certificates)], MESSAGE),
        (64, ["encrypt"], MESSAGE),
        (65, ["encrypt", "--to", "bob@keyed.example", "--keys", str(certificates)], b""),
        (65, ["decrypt"], MESSAGE),
        (66, ["decrypt", str(folder / "none.eml")], b""),
        (67, ["encrypt", "--to", "carol@open.example", "--keys", str(certificates)], MESSAGE),
        (67, ["keys", "find", "carol@open.example", "--keys", str(certificates)], b""),
        (66, ["keys", "list", "--keys", str(folder / "none")], b""),
        (78, ["policy", "check", str(folder)], b""),
        (66, ["serve", "--config", str(folder / "none.yaml")], b""),
    ]
    for code, words, given in calls:
        done = run(*words, given=given, cwd=folder)
        assert done.returncode == code, (words, done.returncode, done.stderr)
        assert done.stdout == b"" or words[0] == "policy", words
        assert done.stderr.strip(), words


def test_policy_check_names_its_findings_and_strict_fails(folder):
    rules = folder / "rules.yaml"
    text = """version: 1
rules:
  - {id: a, when: {subject: x}, then: {protect: required}}
  - {id: b, when: {subject: x, size: {over: 1MB}}, then: {protect: required}}
"""
    rules.write_text(text)
    done = run("policy", "check", str(folder), cwd=folder)
    assert done.returncode == 0, done.stderr
    assert b"rules.yaml:4:5: warning: rule 'b' never changes anything" in done.stdout
    assert b"[shadowed-rule]" in done.stdout and b"1 warning," in done.stderr
    done = run("policy", "check", "--strict", "--json", str(folder), cwd=folder)
    assert done.returncode == 1, done.stderr
    finding, = json.loads(done.stdout)
    assert (finding["code"], finding["severity"], finding["line"]) == ("shadowed-rule", "warning", 4)
    rules.write_text(text.replace("id: b", "id: b!"))
    assert run("policy", "check", "--strict", str(folder), cwd=folder).returncode == 78
    rules.write_text(text.replace("1MB}}, then: {protect: required}", "1MB}}, then: {refuse: no}"))
    assert run("policy", "check", "--strict", str(folder), cwd=folder).returncode == 0


def test_the_file_may_stand_behind_the_recipients(certificates, folder):
    (folder / "letter.eml").write_bytes(MESSAGE.partition(b"MIME-Version")[0] + b"\r\nAll is well.\r\n")
    words = [
        "policy",
        "explain",
        "--policy",
        str(TOP / "policy"),
        "--keys",
        str(certificates),
        "--from",
        "alice@example.org",
    ]
    done = run(*words, "--to", "bob@keyed.example", "carol@open.example", "letter.eml", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert b"<bob@keyed.example>" in done.stdout and b"<carol@open.example>" in done.stdout


def test_the_demo_shows_five_messages_and_opens_the_link_itself():
    before = set(Path("/tmp").glob("letterlock-demo-*"))
    done = run("demo")
    text = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    for number in range(1, 6):
        assert f"\n{number}. " in text
    assert text.count("proof ") == 3, "Bob twice, and blind Dora"
    assert "opened    with the same derivation as the page: \"Dear Carol" in text
    assert text.count("answer    550 5.7.1") == 1
    assert text.count("came out  nothing") == 1
    assert "done: everything was cleared away" in text
    assert set(Path("/tmp").glob("letterlock-demo-*")) <= before


def test_keys_list_names_what_it_does_not_read(certificates):
    (certificates / "carol.txt").write_text("a key under the wrong name")
    done = run("keys", "list", "--keys", str(certificates))
    assert done.returncode == 0, done.stderr
    assert b"bob.asc" in done.stdout
    assert b"carol.txt: not read" in done.stderr


def test_keys_check_names_every_file_that_gives_nothing_and_why(folder, keys):
    place = folder / "odd"
    place.mkdir()
    odd = TOP / "Tests" / "Corpus" / "keys"
    for name in ("idn.asc", "noangle.asc", "trail.asc", "version6.asc"):
        (place / name).write_bytes((odd / name).read_bytes())
    bob = keys.public("bob@keyed.example")
    (place / "cut.asc").write_bytes(bob[:int(len(bob) * 0.9)])
    (place / "junk.asc").write_bytes(b"\xff" * 90)
    (place / "bob.txt").write_bytes(bob)
    (place / "notes.txt").write_bytes(b"whom to ask")
    (place / "gone.asc").symlink_to("nowhere")
    (place / "staff").mkdir()
    (place / "staff" / "bob.asc").write_bytes(bob)
    done = run("keys", "check", "--keys", str(place), "--json")
    assert done.returncode == 1, done.stderr
    found = {finding["file"]: finding["problem"] for finding in json.loads(done.stdout)}
    assert set(found) == {
        "noangle.asc", "trail.asc", "version6.asc", "cut.asc", "junk.asc", "bob.txt", "gone.asc", "staff"}
    assert "bob7@x.example: no mail address can be read" in found["noangle.asc"]
    assert "no mail address can be read" in found["trail.asc"]
    assert found["version6.asc"] == "this gpg cannot read version 6 keys; it names vera6@example.org"
    assert "whether there is a key for bob@keyed.example" in found["cut.asc"]
    for address in ("bob11@bücher.example", "bob11@xn--bcher-kva.example"):
        done = run("keys", "find", address, "--keys", str(place))
        assert done.returncode == 0, done.stderr
    done = run("keys", "find", "vera6@example.org", "--keys", str(place))
    assert done.returncode == 67 and b"cannot read version 6 keys" in done.stderr
    done = run("keys", "find", "bob@keyed.example", "--keys", str(place))
    assert done.returncode == 69 and b"cut.asc" in done.stderr
    done = run("keys", "find", "stranger@example.org", "--keys", str(place))
    assert done.returncode == 67 and b"no certificate for this address" in done.stderr


@pytest.mark.parametrize("way", ["each", "all"])
def test_a_keyring_comes_along_as_the_page_says(folder, keys, way):
    place = folder / "imported"
    place.mkdir()
    page = snippets("operate/keys.md")
    values = {"/etc/letterlock/keys": str(place)}
    own = type(keys)(folder / "own")
    addresses = {"ada@x.example", "bea@y.example"}
    for address in addresses:
        own.make(f"Name <{address}>")
    environment = dict(os.environ, GNUPGHOME=str(own.home))
    subprocess.run(["sh", "-ec", replaced(page[f"keys/{way}.sh"], values)], env=environment, check=True)
    own.close()
    look = page["keys/look.sh"].splitlines()
    listed = run(*look[0].split("#")[0].split()[1:-1], str(place), "--json")
    assert listed.returncode == 0, listed.stderr
    lines = json.loads(listed.stdout)
    assert {address for line in lines for address in line["addresses"]} == addresses
    assert len({line["file"] for line in lines}) == (1 if way == "all" else 2)
    assert run(*look[1].split("#")[0].split()[1:-1], str(place)).returncode == 0
    for left in place.iterdir():
        assert left.suffix in (".asc", ".gpg")


def test_decrypt_says_that_a_bomb_is_one(folder, keys):
    armor = keys.run("--trust-model", "always", "--compress-algo", "bzip2", "--armor", "--encrypt", "-r",
                     "bob@keyed.example", given=b"Content-Type: text/plain\r\n\r\n" + bytes(80 << 20))
    assert len(armor) < 100_000
    done = run(
        "decrypt", "--homedir", str(keys.home), given=HEAD_OF_SEALED + armor.replace(b"\n", b"\r\n") + b"--ee--\r\n"
    )
    assert done.returncode == 65
    assert b"compression bomb" in done.stderr
    assert not done.stdout


HEAD_OF_SEALED = (
    b"From: a@x.org\r\nTo: bob@keyed.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=ee\r\n\r\n--ee\r\n'
    b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--ee\r\n"
    b"Content-Type: application/octet-stream\r\n\r\n")

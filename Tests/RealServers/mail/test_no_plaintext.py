"""Promise 3: no plaintext on a disk. While large messages come in, are sealed, go behind links and wait for a next hop
that says nothing, and after a kill, everything the gateway could leave behind is searched for words of the messages."""
import base64
import os
import quopri
import socket
import subprocess
import sys
import threading
import time

import pytest

from kit.messages import body_of
from kit.pgp import ciphertext
from traces import Search, processes

WORD = "Nachtschwälbe-7731-nobody-may-read-this"
LETTERS = "links: {url: 'https://letters.example.org', from: letters@example.org}\n"
# Nothing is kept in memory that could lie in a file.
SPOOLED = "limits: {memory-budget: 0}\n"
SIZE = 3 << 20


def large(to: str) -> bytes:
    """Three times the word all over: in a text, in a base64 attachment, in a quoted-printable one."""
    words = (WORD + " ").encode() * 40
    text = (WORD + "\r\n").encode() * (SIZE // len(WORD))
    encoded = base64.encodebytes(words * (SIZE // len(words))).replace(b"\n", b"\r\n")
    quoted = quopri.encodestring((WORD + "\n").encode() * (SIZE // 4 // len(WORD))).replace(b"\n", b"\r\n")
    head = (
        f"From: Alice <alice@example.org>\r\nTo: {to}\r\nSubject: figures\r\nDate: Fri, 02 Oct 2026 10:00:00 +0200\r\n"
        f'Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    ).encode()
    return b"".join(
        [
            head,
            b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
            text,
            b"--b\r\nContent-Type: application/octet-stream; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n",
            encoded,
            b"--b\r\nContent-Type: text/csv; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
            quoted,
            b"--b--\r\n",
        ]
    )


class Watch:
    """Searches again and again, until the block ends."""

    def __init__(self, gateway) -> None:
        self.gateway = gateway
        self.search = Search(WORD)
        self.rounds = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.loop, daemon=True)

    def __enter__(self) -> "Watch":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.ended.set()
        self.thread.join()

    def loop(self) -> None:
        while not self.ended.wait(0.02):
            self.round()

    def round(self) -> None:
        for pid in processes(self.gateway.folder):
            self.search.process(pid)
        # The state folder, the temporary one and the one it works in are all below it.
        self.search.folder(self.gateway.folder)
        self.rounds += 1


@pytest.fixture
def place(folder, monkeypatch):
    """Temporary files of the gateway and of gpg would be made here."""
    temporary = folder / "gate" / "temporary"
    monkeypatch.setenv("TMPDIR", str(temporary))
    yield temporary


def make(make_gateway, place, port: int, settings: str = "", **options):
    (place.parent).mkdir(exist_ok=True)
    place.mkdir()
    return make_gateway(port, settings=settings + SPOOLED, **options)


def begin(port: int, message: bytes, to: str) -> socket.socket:
    """Sends a message but for its last line; the gateway holds what came so far."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    file = connection.makefile("rb")
    assert file.readline().startswith(b"220")
    for command in ("HELO client.example.org", "MAIL FROM:<alice@example.org>", f"RCPT TO:<{to}>", "DATA"):
        connection.sendall(command.encode() + b"\r\n")
        assert file.readline()[:1] in b"23"
    connection.sendall(message)
    return connection


def end(connection: socket.socket) -> str:
    connection.sendall(b".\r\n")
    return connection.makefile("rb").readline().decode()


@pytest.mark.parametrize("to", ["bob@keyed.example", "carol@open.example"], ids=["sealed", "clear"])
def test_while_it_comes_in_and_is_handled(to, make_gateway, place, sink, keys):
    gateway = make(make_gateway, place, sink.port)
    gateway.put_gpg('sleep 0.5\nexec gpg "$@"')
    with Watch(gateway) as watch:
        connection = begin(gateway.port, large(to), to)
        before = time.monotonic()
        while watch.search.largest_nameless < SIZE and time.monotonic() - before < 120:
            time.sleep(0.05)
        assert watch.search.largest_nameless >= SIZE, "the message's temporary file was not seen"
        assert end(connection).startswith("250"), gateway.log()
        (received,) = sink.wait_for(1)
    assert watch.rounds > 2
    # And what lay in the file arrives whole.
    original = large(to)
    if to.startswith("bob"):
        assert body_of(keys.run("--decrypt", given=ciphertext(received.data))) == body_of(original)
    else:
        assert received.data.endswith(original)
    assert not watch.search.found


def test_while_it_goes_behind_a_link(make_gateway, place, sink):
    gateway = make(make_gateway, place, sink.port, methods="link", settings=LETTERS)
    with Watch(gateway) as watch:
        assert gateway.send("alice@example.org", ["eve@linked.example"], large("eve@linked.example"))[0] == 250, (
            gateway.log()
        )
        sink.wait_for(2)
    watch.round()
    assert (gateway.state / "letters" / "letters.db").stat().st_size > SIZE
    assert not watch.search.found


@pytest.mark.parametrize("to", ["bob@keyed.example", "carol@open.example"], ids=["sealed", "clear"])
def test_while_it_waits_and_after_a_kill(to, make_gateway, place, sink):
    sink.replies["DATA"] = "silent"
    gateway = make(make_gateway, place, sink.port)
    with Watch(gateway) as watch:
        connection = begin(gateway.port, large(to), to)
        connection.sendall(b".\r\n")
        deadline = time.monotonic() + 120
        while "DATA" not in sink.commands:
            assert time.monotonic() < deadline, gateway.log()
            time.sleep(0.05)
        rounds = watch.rounds
        while watch.rounds < rounds + 2:
            time.sleep(0.05)
        assert watch.search.largest_nameless >= SIZE
        gateway.process.kill()
        gateway.process.wait(timeout=20)
    watch.round()
    connection.close()
    assert not watch.search.found
    assert not list((gateway.state / "gateway" / "tmp").iterdir()), "a temporary file has a name"


def test_this_search_finds_what_is_there(folder):
    """Shown to be able to fail: each form of the word, in a file with a name and in a process's file without one."""
    planted = {
        "raw": WORD.encode(), "base64": base64.b64encode(b"x" + WORD.encode() + b"yz"),
        "quoted": quopri.encodestring(WORD.encode()), "large": b"\0" * (3 << 20) + WORD.encode(),
    }
    for name, content in planted.items():
        (folder / "state").mkdir(exist_ok=True)
        (folder / "state" / name).write_bytes(content)
        search = Search(WORD)
        search.folder(folder)
        assert len(search.found) == 1, name
        (folder / "state" / name).unlink()
    holder = subprocess.Popen(
        [sys.executable, "-c",
         "import os, sys\n"
         "file = os.open(sys.argv[1], os.O_TMPFILE | os.O_RDWR | os.O_EXCL)\n"
         "os.write(file, sys.argv[2].encode())\nprint('held', flush=True)\nsys.stdin.read()", str(folder), WORD],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        assert holder.pid in processes(folder)
        search = Search(WORD)
        search.process(holder.pid)
        assert len(search.found) == 1 and search.largest_nameless > 0
        assert not os.listdir(folder / "state")
        search = Search(WORD)
        search.folder(folder)
        assert not search.found
    finally:
        holder.communicate(timeout=20)


def test_a_full_disk_is_an_honest_answer(make_gateway, sink, folder):
    """Where the temporary files' disk is full, a large message is put off, a small one is delivered, and later both
    are."""
    port = sink.port
    small = folder / "small"
    small.mkdir()
    if (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True, check=False
        ).returncode
        != 0
    ):
        pytest.skip("no tmpfs can be mounted here")
    try:
        gateway = make_gateway(port, settings=SPOOLED)
        gateway.stop()
        temporary = gateway.state / "gateway" / "tmp"
        temporary.rmdir()
        temporary.symlink_to(small)
        gateway.start()
        for _ in range(2):
            code, text = gateway.send("alice@example.org", ["bob@keyed.example"], large("bob@keyed.example"))
            assert code in (451, 452), text
            code, text = gateway.send("alice@example.org", ["bob@keyed.example"], b"Subject: small\r\n\r\nhello\r\n")
            assert code == 250, text
        subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
        assert gateway.send("alice@example.org", ["bob@keyed.example"], large("bob@keyed.example"))[0] == 250, (
            gateway.log()
        )
        assert len(sink.wait_for(3)) == 3
        gateway.stop()
    finally:
        subprocess.run(["umount", str(small)], check=False)

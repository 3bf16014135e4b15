"""docs/install/getting-started.md, done as it says: its files, its commands."""
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from kit.gateway import binary, environment
from kit.pgp import need
from kit.sink import free_port
from kit.snippets import replaced, snippets

PAGE = snippets("install/getting-started.md")


class Reader:
    """Someone who follows the page, in a folder and a GnuPG home of their own."""

    def __init__(self, folder: Path, next_hop: int) -> None:
        self.folder, self.next_hop = folder, next_hop
        self.port, self.portal = free_port(), free_port()
        home = folder / "gnupg"
        home.mkdir(mode=0o700)
        programs = os.path.dirname(binary())
        self.environment = {
            **environment(), "GNUPGHOME": str(home), "PATH": f"{programs}:{os.environ['PATH']}",
            # Not on the page: another gateway may run on this machine.
            "LETTERLOCK_LISTEN_ADMIN": f"127.0.0.1:{free_port()}",
        }
        for name in ("keys", "policy/tests"):
            (folder / "mygate" / name).mkdir(parents=True)
        settings = replaced(
            PAGE["letterlock.yaml"],
            {"127.0.0.1:10025": f"127.0.0.1:{self.port}", "127.0.0.1:8443": f"127.0.0.1:{self.portal}",
             "127.0.0.1:10026": f"127.0.0.1:{next_hop}"})
        self.write("letterlock.yaml", settings)
        self.write("policy/policy.yaml", PAGE["policy.yaml"])
        self.write("policy/tests/first.yaml", PAGE["first.yaml"])
        self.write("letter.eml", PAGE["letter.eml"])

    def write(self, name: str, text: str) -> None:
        (self.folder / "mygate" / name).write_text(text)

    def run(self, command: str) -> str:
        """Runs command lines as typed; gives what they print."""
        done = subprocess.run(
            ["sh", "-ec", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def send_line(self) -> str:
        """The page's swaks line, with the test's port."""
        (line,) = [line for line in PAGE["run"].splitlines() if line.startswith("swaks")]
        return line.replace("127.0.0.1:10025", f"127.0.0.1:{self.port}")

    def serve(self) -> subprocess.Popen:
        (line,) = [line for line in PAGE["run"].splitlines() if line.startswith("letterlock serve")]
        with open(self.folder / "log", "wb") as log:
            process = subprocess.Popen(
                line.removesuffix(" &").split(),
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + 120
        while not listens(self.port):
            assert process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text(
                errors="replace"
            )
            time.sleep(0.1)
        return process


def listens(port: int) -> bool:
    """True where something accepts connections on a loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


@pytest.fixture
def reader(folder, sink):
    made = Reader(folder, sink.port)
    yield made
    subprocess.run(["gpgconf", "--homedir", str(folder / "gnupg"), "--kill", "all"], check=False, capture_output=True)


def test_the_page_can_be_followed(reader, sink):
    need("swaks")
    assert "3 passed, 0 failed" in reader.run(PAGE["policy"])
    reader.run(PAGE["make-a-key"])
    assert reader.run(PAGE["look-at-keys"]).count("bob.asc") == 2
    assert "asked-for" in reader.run(PAGE["explain"])
    process = reader.serve()
    try:
        reader.run(reader.send_line())
        (received,) = sink.wait_for(1)
        assert b"The figures are below." not in received.data
        assert b"Subject: figures\r\n" in received.data, "the tag that asked for it was not taken off"
        (reader.folder / "mygate" / "out-1").write_bytes(received.data)
        assert "The figures are below." in reader.run("letterlock decrypt mygate/out-1")
        reader.run(reader.send_line().replace("bob@partner.example", "carol@elsewhere.example"))
        password_mail, notification = sink.wait_for(3)[1:]
        assert password_mail.recipients == ["alice@example.org"]
        assert notification.recipients == ["carol@elsewhere.example"]
        assert f"http://127.0.0.1:{reader.portal}/l/".encode() in notification.data.replace(b"=\r\n", b"").replace(
            b"=3D", b"="
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)

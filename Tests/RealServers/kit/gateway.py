"""A throw-away Letterlock: its own state, keys, rules and ports; ended by its process id."""
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import time
from pathlib import Path

import pytest

from kit.sink import free_port

POLICY = """
version: 1
lists:
  open: [open.example, .open.example]
  linked: [linked.example]
defaults: { protect: none, with: [pgp] }
rules:
  - id: sealed-outside
    about: What leaves is sealed, but for the open domain.
    when: { recipient: { not-in: inside } }
    unless: { recipient: { in: open } }
    then: { protect: required, with: [METHODS] }
"""


def binary(name: str = "letterlock") -> str:
    """A program under test: from $LETTERLOCK_BIN, else from the release build of this tree."""
    default = Path(__file__).resolve().parents[3] / ".build" / "release"
    path = Path(os.environ.get("LETTERLOCK_BIN", default)) / name
    if not path.exists():
        pytest.fail(f"{path} is not built; run `make build`")
    return str(path)


def environment() -> dict[str, str]:
    """The environment without variables that would set something of the gateway."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LETTERLOCK_")}


class Gateway:
    """One gateway in front of a next hop. Settings are lines of letterlock.yaml; PORTAL in them is the portal's port.
    `rules` is a whole policy file in place of the usual one; `listeners` are further entries of listen.smtp; `entries`
    further entries of `listen`, such as `milter: ['127.0.0.1:1234']`; `doors` adds an LMTP and a milter door."""

    def __init__(
        self, folder: Path, next_hop: int, *, methods: str = "pgp", settings: str = "", state: Path | None = None,
        variables: dict[str, str] | None = None, doors: bool = False, program: str | None = None,
        listeners: str = "", entries: str = "", rules: str | None = None,
    ):
        self.folder = folder
        self.program = program or binary()
        self.variables = variables or {}
        self.port = free_port()
        self.portal = free_port()
        # LMTP, and milter with `split: yes`, where all doors are asked for.
        self.lmtp, self.milter = free_port(), free_port()
        self.more_doors = [self.lmtp, self.milter] if doors else []
        more = (
            f"lmtp: ['127.0.0.1:{self.lmtp}'], milter: [{{address: '127.0.0.1:{self.milter}', split: yes}}], "
            if doors
            else ""
        )
        self.keys = folder / "keys"
        self.state = state or folder / "var"
        self.process: subprocess.Popen | None = None
        self.keys.mkdir(parents=True)
        (folder / "policy").mkdir()
        (folder / "policy" / "policy.yaml").write_text(rules or POLICY.replace("METHODS", methods))
        # A file of our own in place of gpg, so that a test can make it fail without touching the machine's gpg.
        self.gpg = folder / "gpg"
        self.mend_gpg()
        self.config = folder / "letterlock.yaml"
        self.config.write_text(
            f"hostname: gate.example.org\n"
            f"inside: [example.org, .example.org]\n"
            f"keys: {self.keys}\npolicy: {folder}/policy\nstate: {self.state}\n"
            f"listen: {{smtp: ['127.0.0.1:{self.port}'{listeners and ', ' + listeners}], "
            f"{more}{entries and entries + ', '}portal: '127.0.0.1:{self.portal}', admin: '127.0.0.1:{free_port()}'}}\n"
            f"next-hop: {{address: '127.0.0.1:{next_hop}'}}\n"
            f"gpg: {{program: {self.gpg}, timeout: 3s, workers: 2}}\n" + settings.replace("PORTAL", str(self.portal))
        )

    # gpg, as the gateway sees it

    def mend_gpg(self) -> None:
        self.put_gpg('exec gpg "$@"')

    def put_gpg(self, script: str) -> None:
        """Replaces what runs as gpg; asking for the version works always, as GPGME does so by itself."""
        fresh = self.folder / "gpg.new"
        fresh.write_text(f'#!/bin/sh\ncase " $* " in *" --version "*) exec gpg "$@" ;; esac\n{script}\n')
        fresh.chmod(0o755)
        fresh.rename(self.gpg)

    def put_real_gpg(self) -> None:
        """gpg itself instead of a script, which runs without the walls and is warned of."""
        fresh = self.folder / "gpg.new"
        fresh.symlink_to(shutil.which("gpg"))
        fresh.rename(self.gpg)

    # Running

    def launch(self) -> subprocess.Popen:
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen(
                [self.program, "serve", "--config", str(self.config)],
                cwd=self.folder,
                env=environment() | self.variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def start_and_wait(self, seconds: float = 120) -> int:
        """For a start that must fail: the exit code."""
        process = self.launch()
        try:
            return process.wait(timeout=seconds)
        finally:
            process.kill()
            process.wait()

    def start(self) -> None:
        self.process = self.launch()
        deadline = time.monotonic() + 120
        while not self.answers():
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.log()}"
            assert time.monotonic() < deadline, f"it does not listen:\n{self.log()}"
            time.sleep(0.05)

    def answers(self) -> bool:
        """True where every door is open."""
        try:
            for port in self.more_doors:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                return connection.recv(512).startswith(b"220 ")
        except OSError:
            return False

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)
        self.process = None

    def kill(self) -> None:
        """SIGKILL, at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=10)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    # Sending

    def send(self, sender: str, recipients: list[str], message: bytes, timeout: float = 60) -> tuple[int, str]:
        """Hands a message in; gives the code and text of the reply that decided."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=timeout) as client:
            client.ehlo("client.example.org")
            code, text = client.mail(sender, ["BODY=8BITMIME"])
            for recipient in recipients if code == 250 else []:
                code, text = client.rcpt(recipient)
                if code != 250:
                    break
            if code == 250:
                code, text = client.data(message)
        return code, text.decode(errors="replace")

"""A gateway with its portal and the command, for letters with passwords, and what its mails hold."""
import contextlib
import email.policy
import re
import subprocess
import time

import pytest

from kit.gateway import binary, environment
from kit.hook_server import Hook
from kit.letter_site import TO, healthy, text_of

ALICE = "alice@example.org"
NUMBER = "+33612345689"
POLICY = """
version: 1
defaults: { protect: none, with: [pgp, link] }
rules:
  - id: outside
    when: { recipient: { not-in: inside } }
    unless: { recipient: { in: [open.example] } }
    then: { protect: required }
  - id: bank
    when: { recipient: { in: [bank.example] } }
    then: { protect: required, link: { password: [standing, to-sender] } }
  - id: strict
    when: { recipient: { in: [strict.example] } }
    then: { protect: required, link: { password: standing } }
  - id: held
    when: { subject: '^codename' }
    then: { protect: required }
"""


class Station:
    """A gateway with its portal, and the command."""

    def __init__(self, gateway, sink) -> None:
        self.gateway, self.sink = gateway, sink

    def contacts(self, *words: str, given: str = "", code: int = 0) -> str:
        done = subprocess.run(
            [self.gateway.program, "contacts", *words, "--config", str(self.gateway.config)], env=environment(),
            input=given, capture_output=True, text=True, timeout=60)
        assert done.returncode == code, f"{words}: {done.returncode} {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def send(self, mail: bytes, *to: str, sender: str = ALICE) -> tuple[int, str]:
        return self.gateway.send(sender, list(to or [TO]), mail)

    def refused(self, mail: bytes, *words: str, to: str = TO, code: int = 550) -> str:
        """Refused with all these words, and nothing has left."""
        before = len(self.sink.messages)
        got, text = self.send(mail, to)
        assert got == code, f"{got} {text}\n{self.gateway.log()}"
        for word in words:
            assert word in text, text
        assert len(self.sink.messages) == before
        return text

    def everything(self) -> bytes:
        """All that has left, and all that is kept or logged."""
        files = [path for path in self.gateway.state.rglob("*") if path.is_file()]
        sent = [decoded(one.data) for one in self.sink.messages]
        return b"".join(sent) + b"".join(path.read_bytes() for path in files) + self.gateway.log().encode()


def decoded(mail: bytes) -> bytes:
    """A mail as it is, and once more with its header and its texts decoded."""
    parsed = email.message_from_bytes(mail, policy=email.policy.SMTP)
    header = "\n".join(f"{name}: {value}" for name, value in parsed.items())
    texts = [part.get_payload(decode=True) or b"" for part in parsed.walk()]
    return mail + header.encode(errors="replace") + b"".join(texts)


def link_in(mail: bytes) -> str:
    return re.search(r"http://127\.0\.0\.1:\d+/l/\S+", text_of(mail))[0]


def by_role(messages) -> tuple[list, list]:
    """Mails to the sender about the message, and notifications."""
    return [one for one in messages if one.sender == ""], [one for one in messages if one.sender != ""]


@contextlib.contextmanager
def running_portal(gateway):
    with open(gateway.folder / "portal.log", "wb") as log:
        portal = subprocess.Popen(
            [binary("letterlock-portal"), "--config", str(gateway.config)], cwd=gateway.folder, env=environment(),
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 120
    while not healthy(gateway.portal):
        assert portal.poll() is None and time.monotonic() < deadline, (gateway.folder / "portal.log").read_text()
        time.sleep(0.05)
    try:
        yield
    finally:
        portal.terminate()
        portal.wait(timeout=15)


@pytest.fixture
def make_station(make_gateway, sink):
    made: list[str] = []
    with contextlib.ExitStack() as stack:

        def make(links: str, *, more: str = "", rules: str = POLICY, **options) -> Station:
            settings = f"links: {{url: 'http://127.0.0.1:PORTAL', from: letters@example.org, {links}}}\n{more}"
            made.append(links)
            gateway = make_gateway(sink.port, f"gate{len(made)}", settings=settings, rules=rules, **options)
            stack.enter_context(running_portal(gateway))
            return Station(gateway, sink)

        yield make


@pytest.fixture
def hook():
    server = Hook()
    yield server
    server.close()


def sms_settings(hook: Hook, more: str = "", scheme: str = "http", way: str = "[sms]") -> str:
    return f"password: {way}, sms: {{url: '{scheme}://127.0.0.1:{hook.port}/send?a=b', timeout: 2s, {more}}}"

"""Gateways with a portal, their letters, and the second client that reads them."""
import email.policy
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from kit import links_client
from kit.gateway import binary, environment

CLIENT = Path(links_client.__file__)
SETTINGS = "links: {url: 'http://127.0.0.1:PORTAL', from: letters@example.org}\n"
TO = "nokey@elsewhere.example"


def text_of(mail: bytes) -> str:
    """The plain text of a mail that Letterlock wrote."""
    parsed = email.message_from_bytes(mail, policy=email.policy.SMTP)
    return parsed.get_body(("plain",)).get_content()


@pytest.fixture
def linked(make_gateway, sink):
    """A gateway that puts everything behind links, with its portal."""
    gateway = make_gateway(sink.port, methods="link", settings=SETTINGS)
    with open(gateway.folder / "portal.log", "wb") as log:
        portal = subprocess.Popen(
            [binary("letterlock-portal"), "--config", str(gateway.config)], cwd=gateway.folder, env=environment(),
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 120
    while not healthy(gateway.portal):
        assert portal.poll() is None and time.monotonic() < deadline, (gateway.folder / "portal.log").read_text()
        time.sleep(0.05)
    yield gateway
    portal.terminate()
    try:
        portal.wait(timeout=15)
    except subprocess.TimeoutExpired:
        portal.kill()


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def client(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, str(CLIENT), *arguments], capture_output=True, timeout=60, check=False)

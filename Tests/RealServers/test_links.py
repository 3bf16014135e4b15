"""Letters behind links, from the sender's mail to the text that the recipient reads, with a client of the protocol that
shares no code with Letterlock."""
import email
import email.policy
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from gateway import binary, environment
from messages import CANARY, message

CLIENT = Path(__file__).with_name("links_client.py")
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
    deadline = time.monotonic() + 30
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


def test_the_vectors_hold_for_the_second_client():
    done = client("--vectors", str(CLIENT.parents[1] / "Corpus" / "links"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_letter_travels_from_the_sender_to_the_reader(linked, sink):
    original = message(TO)
    code, text = linked.send("alice@example.org", [TO], original)
    assert code == 250, f"{code} {text}\n{linked.log()}"
    password_mail, notification = sink.wait_for(2)
    assert (password_mail.sender, password_mail.recipients) == ("", ["alice@example.org"])
    assert (notification.sender, notification.recipients) == ("alice@example.org", [TO])
    link = re.search(rf"http://127\.0\.0\.1:{linked.portal}/l/\S+", text_of(notification.data))[0]
    password = re.search(r"\b[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}\b", text_of(password_mail.data))[0]
    for mail in (password_mail, notification):
        assert CANARY.encode() not in mail.data and b"quarterly figures" not in mail.data
        assert b"Auto-Submitted: auto-generated" in mail.data
    assert password not in text_of(notification.data), "link and password in one mail open the letter"
    assert link not in text_of(password_mail.data)
    assert client(link, "AAAA-BBBB-CCCC").returncode == 1
    opened = client(link, password.lower())
    assert opened.returncode == 0, opened.stderr
    assert CANARY in opened.stdout.decode() and "quarterly figures" in opened.stdout.decode()
    assert original in client("--eml", link, password).stdout.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert CANARY.encode() not in b"".join(path.read_bytes() for path in linked.state.rglob("*") if path.is_file())

"""docs/install/submission.md as written: users, certificates, ports 465 and 587; what is refused to whom."""
import base64
import smtplib
import socket
import ssl
import subprocess

import pytest

from kit.gateway import binary, environment
from kit.messages import message
from kit.pgp import need
from kit.sink import free_port
from kit.snippets import replaced, snippets

PAGE = snippets("install/submission.md")
PASSWORDS = {"alice": "correct horse battery", "crm": "staple of the second user"}


class Submission:
    """A gateway with the page's listeners and users."""

    def __init__(self, gateway) -> None:
        self.gateway = gateway
        self.implicit, self.starttls = free_port(), free_port()
        folder = gateway.folder
        (folder / "tls").mkdir()
        self.certificate = folder / "tls" / "fullchain.pem"
        subprocess.run(
            [need("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", folder / "tls" / "privkey.pem", "-out", self.certificate, "-days", "2",
             "-subj", "/CN=gate.example.org", "-addext", "subjectAltName=DNS:gate.example.org,DNS:localhost"],
            check=True, capture_output=True)
        listeners = replaced(
            PAGE["submission/letterlock.yaml"],
            {"0.0.0.0:465": f"127.0.0.1:{self.implicit}", "0.0.0.0:587": f"127.0.0.1:{self.starttls}",
             "  smtp:\n": f"  admin: none\n  smtp:\n    - 127.0.0.1:{gateway.port}\n"})
        kept = [line for line in gateway.config.read_text().splitlines() if not line.startswith("listen:")]
        gateway.config.write_text("\n".join(kept) + "\n" + listeners)
        self.add_users()
        gateway.more_doors += [self.implicit, self.starttls]
        gateway.start()
        self.trust = ssl.create_default_context(cafile=str(self.certificate))

    def add_users(self) -> None:
        """The page's commands; the password of each `add` comes on standard input."""
        for line in PAGE["submission/users.sh"].splitlines():
            words = line.split()
            given = PASSWORDS.get(words[3], "") + "\n" if words[2] == "add" else ""
            done = subprocess.run(
                [binary(), *words[1:]], input=given, text=True, cwd=self.gateway.folder, env=environment(),
                capture_output=True, check=False)
            assert done.returncode == 0, done.stderr

    def client(self, kind: str) -> smtplib.SMTP:
        if kind == "implicit":
            return smtplib.SMTP_SSL("localhost", self.implicit, timeout=30, context=self.trust)
        client = smtplib.SMTP("localhost", self.starttls, timeout=30)
        client.starttls(context=self.trust)
        return client


@pytest.fixture
def submission(make_gateway, sink):
    gateway = make_gateway(sink.port, start=False)
    return Submission(gateway)


@pytest.mark.parametrize("kind", ["implicit", "starttls"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_user_sends(submission, sink, kind, mechanism):
    with submission.client(kind) as client:
        client.ehlo("laptop.example.org")
        assert "SCRAM-SHA-256" in client.esmtp_features["auth"].split()
        client.user, client.password = "alice", PASSWORDS["alice"]
        method = {"PLAIN": client.auth_plain, "LOGIN": client.auth_login}[mechanism]
        assert client.auth(mechanism, method)[0] == 235
        client.sendmail("alice@example.org", ["x@open.example"], message(to="x@open.example"))
    (received,) = sink.wait_for(1)
    assert b"with ESMTPSA" in received.data.split(b"\r\n\r\n")[0]


def test_who_may_not_send(submission, sink):
    with submission.client("starttls") as client:
        client.ehlo()
        assert client.mail("alice@example.org")[0] == 530
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            client.login("alice", "wrong password")
        assert refused.value.smtp_code == 535
        client.login("alice", PASSWORDS["alice"])
        assert client.mail("boss@example.org")[0] == 553
        client.rset()
        # Another's name where people see it.
        client.mail("alice@example.org")
        client.rcpt("x@open.example")
        code, text = client.data(b"From: Boss <boss@example.org>\r\nTo: x@open.example\r\nSubject: x\r\n\r\nhello\r\n")
        assert code == 553 and b"5.7.1" in text
        # And where some mail programs see it.
        client.mail("alice@example.org")
        client.rcpt("x@open.example")
        code, text = client.data(b"From: <boss@example.org> <alice@example.org>\r\nTo: x@open.example\r\n\r\nhello\r\n")
        assert code == 553 and b"5.7.1" in text
    with submission.client("implicit") as client:
        client.login("crm", PASSWORDS["crm"])
        assert client.mail("news@a.crm.example.org")[0] == 250
    assert sink.messages == []


def test_no_password_in_clear(submission):
    with smtplib.SMTP("localhost", submission.starttls, timeout=30) as client:
        client.ehlo()
        assert not client.has_extn("auth") and client.has_extn("starttls")
        word = base64.b64encode(f"\0alice\0{PASSWORDS['alice']}".encode()).decode()
        assert client.docmd(f"AUTH PLAIN {word}")[0] >= 500
    assert PASSWORDS["alice"] not in submission.gateway.log()


def test_a_new_certificate_needs_no_restart(submission):
    def shown() -> str:
        with socket.create_connection(("localhost", submission.implicit), timeout=30) as raw:
            with unverified().wrap_socket(raw) as tls:
                return ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True) or b"")

    before = shown()
    tls = submission.certificate.parent
    subprocess.run(
        [
            need("openssl"),
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            tls / "privkey.pem",
            "-out",
            submission.certificate,
            "-days",
            "2",
            "-subj",
            "/CN=gate.example.org",
        ],
        check=True,
        capture_output=True,
    )
    assert shown() != before


def unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context

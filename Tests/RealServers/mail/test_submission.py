"""Mail programs that hand in directly: TLS from the first byte and STARTTLS, log-in by each mechanism, with other
people's clients; and what attackers try on the way to TLS and at the log-in."""
import base64
import datetime
import hashlib
import hmac
import os
import smtplib
import socket
import ssl
import subprocess

import pytest

from kit.gateway import binary, environment
from kit.messages import CANARY, body_of, message
from kit.operations import wait_for_line
from kit.pgp import ciphertext, need
from kit.sink import free_port

NAME, PASSWORD = "alice", "four random words here"


def certificate(folder, common_name: str) -> None:
    """A self-signed certificate and its key, as chain.pem and key.pem."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(common_name)]), critical=False)
        .sign(key, hashes.SHA256()))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for file, octets in (("chain.pem", made.public_bytes(serialization.Encoding.PEM)), ("key.pem", private)):
        fresh = folder / f"{file}.new"
        fresh.write_bytes(octets)
        fresh.chmod(0o600)
        fresh.rename(folder / file)


class Submission:
    """A gateway with the two listeners of docs/install/submission.md."""

    def __init__(self, make_gateway, sink, folder, more: str = "") -> None:
        self.folder, self.sink = folder, sink
        self.implicit, self.starttls = free_port(), free_port()
        certificate(folder, "gate.example.org")
        for name, may_send_as in ((NAME, "alice@example.org"), ("crm", "crm@example.org,.crm.example.org")):
            done = subprocess.run(
                [binary(), "users", "add", name, "--may-send-as", may_send_as, "--file", str(folder / "users")],
                input=f"{PASSWORD}\n", capture_output=True, text=True, env=environment(), timeout=60, check=False)
            assert done.returncode == 0, done.stderr
        self.gateway = make_gateway(
            sink.port,
            listeners=f"{{address: '127.0.0.1:{self.implicit}', tls: implicit, auth: required{more}}}, "
            f"{{address: '127.0.0.1:{self.starttls}', tls: starttls, auth: required}}",
            settings=f"users: {folder}/users\ntls: {{certificate: {folder}/chain.pem, key: {folder}/key.pem}}\n",
            start=False)
        self.gateway.more_doors += [self.implicit, self.starttls]
        self.gateway.start()
        self.context = ssl.create_default_context(cafile=str(folder / "chain.pem"))

    def arrived_sealed(self, keys, original: bytes) -> None:
        (received,) = self.sink.wait_for(1)
        assert CANARY.encode() not in received.data
        assert body_of(keys.run("--decrypt", given=ciphertext(received.data))) == body_of(original)


class SMTPS(smtplib.SMTP_SSL):
    """Checks the certificate against the name that it is for, not the address."""

    def _get_socket(self, host, port, timeout):
        raw = socket.create_connection((host, port), timeout)
        return self.context.wrap_socket(raw, server_hostname="gate.example.org")


@pytest.fixture
def submission(make_gateway, sink, folder):
    return Submission(make_gateway, sink, folder)


def inside(submission, way: str) -> smtplib.SMTP:
    """A client inside TLS, the certificate checked."""
    if way == "implicit":
        client = SMTPS("127.0.0.1", submission.implicit, timeout=20, context=submission.context)
    else:
        client = smtplib.SMTP("127.0.0.1", submission.starttls, timeout=20)
        client.ehlo("mail.example.org")
        assert "auth" not in client.esmtp_features, "a log-in is offered in clear"
        client._host = "gate.example.org"
        client.starttls(context=submission.context)
    client.ehlo("mail.example.org")
    return client


WAYS = ["implicit", "starttls"]


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("way", WAYS)
def test_smtplib_logs_in_and_sends(way, mechanism, submission, keys):
    original = message("bob@keyed.example")
    with inside(submission, way) as client:
        assert mechanism in client.esmtp_features["auth"].split()
        client.user, client.password = NAME, PASSWORD
        code, text = client.auth(mechanism, getattr(client, f"auth_{mechanism.lower()}"))
        assert code == 235, text
        client.sendmail("alice@example.org", ["bob@keyed.example"], original, ["BODY=8BITMIME"])
    submission.arrived_sealed(keys, original)


# SCRAM-SHA-256 (RFC 5802, RFC 7677), by a client that shares no code with Letterlock.


class Scram:
    def __init__(self, name: str, password: str) -> None:
        self.password = password.encode()
        self.nonce = base64.b64encode(os.urandom(18)).decode()
        self.first_bare = f"n={name.replace('=', '=3D').replace(',', '=2C')},r={self.nonce}"

    def first(self) -> str:
        return "n,," + self.first_bare

    def final(self, server_first: str) -> str:
        parts = dict(part.split("=", 1) for part in server_first.split(","))
        assert parts["r"].startswith(self.nonce) and len(parts["r"]) > len(self.nonce)
        salted = hashlib.pbkdf2_hmac("sha256", self.password, base64.b64decode(parts["s"]), int(parts["i"]))
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        without_proof = f"c={base64.b64encode(b'n,,').decode()},r={parts['r']}"
        signed = ",".join((self.first_bare, server_first, without_proof)).encode()
        signature = hmac.digest(hashlib.sha256(client_key).digest(), signed, "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        server_key = hmac.digest(salted, b"Server Key", "sha256")
        self.wanted = base64.b64encode(hmac.digest(server_key, signed, "sha256")).decode()
        return f"{without_proof},p={base64.b64encode(proof).decode()}"


def scram(client: smtplib.SMTP, name: str, password: str) -> tuple[int, bytes]:
    """A whole log-in; the server's proof is checked."""
    exchange = Scram(name, password)

    def encode(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    code, text = client.docmd("AUTH", "SCRAM-SHA-256 " + encode(exchange.first()))
    if code != 334:
        return code, text
    code, text = client.docmd(encode(exchange.final(base64.b64decode(text).decode())))
    if code == 334:
        assert base64.b64decode(text).decode() == f"v={exchange.wanted}", "the server does not know the password"
        code, text = client.docmd("")
    return code, text


@pytest.mark.parametrize("way", WAYS)
def test_scram_logs_in_and_sends(way, submission, keys):
    original = message("bob@keyed.example")
    with inside(submission, way) as client:
        assert "SCRAM-SHA-256" in client.esmtp_features["auth"].split()
        code, text = scram(client, NAME, PASSWORD)
        assert code == 235, text
        client.sendmail("alice@example.org", ["bob@keyed.example"], original, ["BODY=8BITMIME"])
    submission.arrived_sealed(keys, original)


@pytest.mark.parametrize("way", [["--tls"], ["--tls-on-connect"]])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks_logs_in_and_sends(way, mechanism, submission):
    port = submission.implicit if way == ["--tls-on-connect"] else submission.starttls
    done = subprocess.run(
        [need("swaks"), "--server", "127.0.0.1", "--port", str(port), *way, "--auth", mechanism, "--auth-user", NAME,
         "--auth-password", PASSWORD, "--from", "alice@example.org", "--to", "bob@keyed.example", "--header-From",
         "alice@example.org", "--body", CANARY, "--helo", "client.example.org"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    shown = done.stdout.decode(errors="replace")
    if "requires Net::SSLeay" in shown + done.stderr.decode(errors="replace"):
        pytest.skip("this swaks has no TLS (package libnet-ssleay-perl)")
    assert done.returncode == 0, shown
    (received,) = submission.sink.wait_for(1)
    assert CANARY.encode() not in received.data


@pytest.mark.parametrize("way", WAYS)
def test_nobody_sends_without_a_log_in(way, submission):
    with inside(submission, way) as client:
        code, text = client.mail("alice@example.org")
        assert (code, text[:5]) == (530, b"5.7.0"), text
    assert submission.sink.messages == []


@pytest.mark.parametrize("how", ["PLAIN", "SCRAM-SHA-256", "unknown user"])
def test_a_wrong_password_is_535(how, submission):
    with inside(submission, "implicit") as client:
        name = "nobody" if how == "unknown user" else NAME
        if how == "SCRAM-SHA-256":
            code, text = scram(client, name, "wrong password")
        else:
            code, text = client.docmd(
                "AUTH", "PLAIN " + base64.b64encode(f"\0{name}\0wrong password".encode()).decode()
            )
        assert code == 535, text
        assert client.mail("alice@example.org")[0] == 530
    line = wait_for_line(submission.gateway, "log-in refused")
    # People type passwords into the place of names: only a user's own is told.
    assert line.get("user") == (None if how == "unknown user" else NAME), line


def test_a_listener_has_a_patience_of_its_own(make_gateway, sink, folder):
    submission = Submission(make_gateway, sink, folder, more=", login-failures: 2")
    codes = []
    for _ in range(4):
        with inside(submission, "implicit") as client:
            codes.append(
                client.docmd("AUTH", "PLAIN " + base64.b64encode(f"\0{NAME}\0wrong password".encode()).decode())[0]
            )
    assert codes[:2] == [535, 535] and codes[2] == 454, codes


def test_guesses_are_slowed_down(submission):
    """After the fifth wrong one even the right password has to wait."""
    codes = []
    for _ in range(6):
        with inside(submission, "implicit") as client:
            login = base64.b64encode(f"\0{NAME}\0wrong password".encode()).decode()
            codes.append(client.docmd("AUTH", "PLAIN " + login)[0])
    with inside(submission, "implicit") as client:
        code, text = client.docmd("AUTH", "PLAIN " + base64.b64encode(f"\0{NAME}\0{PASSWORD}".encode()).decode())
    assert codes[:5] == [535] * 5 and code == 454, (codes, code, text)


def test_a_user_sends_only_as_he_may(submission):
    with inside(submission, "implicit") as client:
        client.login(NAME, PASSWORD)
        code, text = client.mail("director@example.org")
        if code == 250:
            client.rcpt("carol@open.example")
            code, text = client.data(message("carol@open.example"))
        assert (code, text[:5]) == (553, b"5.7.1"), text
        client.rset()
        forged = message("carol@open.example").replace(b"alice@example.org", b"director@example.org")
        code, text = client.mail("alice@example.org")
        client.rcpt("carol@open.example")
        code, text = client.data(forged)
        assert (code, text[:5]) == (553, b"5.7.1"), text
    with inside(submission, "starttls") as client:
        client.login("crm", PASSWORD)
        shown = message("carol@open.example").replace(b"alice@example.org", b"news@mail.crm.example.org")
        client.sendmail("news@mail.crm.example.org", ["carol@open.example"], shown, ["BODY=8BITMIME"])
    assert [one.sender for one in submission.sink.wait_for(1)] == ["news@mail.crm.example.org"]


def test_what_is_pipelined_behind_starttls_is_not_believed(submission):
    """CVE-2011-0411: commands sent in clear must not be read as if they had come inside TLS."""
    with socket.create_connection(("127.0.0.1", submission.starttls), timeout=20) as raw:
        raw.recv(512)
        raw.sendall(b"EHLO mail.example.org\r\n")
        raw.recv(2048)
        raw.sendall(b"STARTTLS\r\nRSET\r\nMAIL FROM:<eve@example.org>\r\n")
        answer = b""
        while piece := raw.recv(2048):
            answer += piece
    assert not answer.startswith(b"220") and answer.count(b"\r\n") == 1, answer


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_tls_is_refused(version, submission):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", submission.implicit), timeout=20) as raw,
        pytest.raises((ssl.SSLError, OSError)),
    ):
        context.wrap_socket(raw)


def test_a_new_certificate_is_served_without_a_restart(submission):
    def served() -> bytes:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection(("127.0.0.1", submission.implicit), timeout=20) as raw,
            context.wrap_socket(raw) as tls,
        ):
            return tls.getpeercert(binary_form=True)

    before = served()
    certificate(submission.folder, "gate.example.org")
    after = served()
    assert before != after
    # One that does not load: the last good one stays.
    (submission.folder / "chain.pem").write_text("no certificate\n")
    assert served() == after

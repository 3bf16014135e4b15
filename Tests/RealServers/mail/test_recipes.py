"""Recipes of the docs that are no Postfix's, run with the very lines of their pages: the TLS server in front of the
portal, a certificate for a telephone in one's own network, large files by link, backup and restore."""
import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from pathlib import Path

from kit.doctoring import certificate, doctor, found
from kit.gateway import Gateway, binary, environment
from kit.letter_site import SETTINGS, TO, client, text_of
from kit.messages import message
from kit.password_station import running_portal
from kit.pgp import need
from kit.sink import free_port
from kit.snippets import replaced, snippets

BACKUP = snippets("operate/storage.md")
FIRST = snippets("links/first-link.md")
PORTAL = snippets("links/portal.md")


def test_there_is_one_nginx_block():
    assert FIRST["nginx"] == PORTAL["nginx"]
    assert 'trusted-peers: ["127.0.0.1"]' in PORTAL["behind-proxy.yaml"]


@contextlib.contextmanager
def nginx(folder: Path, port: int, portal: int, chain: Path, key: Path):
    """nginx with the page's block, ended at the end."""
    block = replaced(FIRST["nginx"], {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl", "/etc/letterlock/tls/fullchain.pem": str(chain),
        "/etc/letterlock/tls/privkey.pem": str(key), "127.0.0.1:8443": f"127.0.0.1:{portal}"})
    config = folder / "nginx.conf"
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config.write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\nuser root;\nevents {{}}\n"
        f"http {{\n{temporary}{block}}}\n")
    process = subprocess.Popen([need("nginx"), "-p", str(folder), "-c", str(config)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while True:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            break
        assert process.poll() is None and time.monotonic() < deadline, (folder / "nginx.log").read_text()
        time.sleep(0.05)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=15)


def fetch(url: str, data: bytes | None = None) -> tuple[int, bytes]:
    context = ssl._create_unverified_context()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_the_portal_behind_nginx(make_gateway, sink, folder):
    port = free_port()
    gateway = make_gateway(
        sink.port, settings=f"links: {{url: 'https://localhost:{port}', from: letters@example.org}}\n"
        "portal: {trusted-peers: ['127.0.0.1'], guesses: 10}\n")
    with running_portal(gateway):
        finding = found(doctor(gateway)[1], "warn", "portal", "cannot be reached from here")
        assert "nothing listens there" in finding["what"]
        chain, key = certificate(folder, "front", -1, 90)
        with nginx(folder, port, gateway.portal, chain, key):
            assert fetch(f"https://localhost:{port}/healthz") == (200, b"ok\n")
            # nginx's own limit of 1 MiB would say 413; what is too large is said by the portal.
            status, body = fetch(f"https://localhost:{port}/api/letters/{'A' * 22}", b" " * (2 << 20))
            assert b"nginx" not in body, (status, body)
            _, findings = doctor(gateway)
            found(findings, "ok", "portal", "(listen.portal) answers")
            found(findings, "warn", "portal", "not made for this name, or no authority that is known here made it")


def test_doctor_looks_at_the_public_address(make_gateway, sink, folder):
    gateway = make_gateway(sink.port, settings=SETTINGS)
    with running_portal(gateway):
        found(doctor(gateway)[1], "ok", "portal", "(links.url) leads to it")
        text = gateway.config.read_text()
        gateway.config.write_text(
            text.replace(f"url: 'http://127.0.0.1:{gateway.portal}'", f"url: 'http://127.0.0.1:{gateway.portal}/else'")
        )
        found(doctor(gateway)[1], "warn", "portal", "it answers 404")
        port = free_port()
        chain, key = certificate(folder, "old", -9, -1)
        gateway.config.write_text(
            text.replace(f"url: 'http://127.0.0.1:{gateway.portal}'", f"url: 'https://localhost:{port}'")
        )
        with nginx(folder, port, gateway.portal, chain, key):
            found(doctor(gateway)[1], "warn", "portal", "its certificate has expired")


def test_a_telephone_in_the_own_network(make_gateway, sink, folder):
    subprocess.run(["bash", "-ec", FIRST["phone/make"]], cwd=folder, check=True, capture_output=True, timeout=60)
    lines = FIRST["phone/letterlock.yaml"]
    gateway = make_gateway(sink.port, start=False)
    text = gateway.config.read_text()
    gateway.config.write_text(
        text
        + lines.split("\n", 1)[1]
        .replace("portal.pem", f"{folder}/portal.pem")
        .replace("portal.key", f"{folder}/portal.key")
    )
    (folder / "portal.key").chmod(0o600)
    gateway.start()
    portal = subprocess.Popen(
        [binary("letterlock-portal"), "--config", str(gateway.config), "--print-address"], cwd=gateway.folder,
        env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert portal.stdout.readline().startswith("https://")
        context = ssl.create_default_context(cafile=str(folder / "test-ca.pem"))
        with socket.create_connection(("127.0.0.1", gateway.portal), timeout=10) as connection:
            # Checked as the telephone does: the authority, the dates, and the address that stands in the link.
            with context.wrap_socket(connection, server_hostname="192.168.1.10") as sealed:
                sealed.sendall(b"GET /healthz HTTP/1.1\r\nHost: 192.168.1.10\r\nConnection: close\r\n\r\n")
                assert sealed.recv(4096).startswith(b"HTTP/1.1 200")
    finally:
        portal.terminate()
        portal.wait(timeout=15)


def test_large_files_by_link(make_gateway, sink):
    sink.replies["EHLO"] = "250-sink.example\r\n250-8BITMIME\r\n250 SIZE 10000000"
    gateway = make_gateway(
        sink.port, settings=SETTINGS + FIRST["large/letterlock.yaml"], rules=FIRST["large/policy.yaml"]
    )
    with running_portal(gateway):
        code, text = gateway.send("alice@example.org", [TO], message(TO))
        assert code == 250, text
        assert len(sink.wait_for(1)) == 1 and b"/l/" not in sink.messages[0].data, "small mail goes as it is"
        large = message(TO) + b"".join(b"%066d\r\n" % number for number in range(20_000_000 // 68))
        code, text = gateway.send("alice@example.org", [TO], large, timeout=300)
        assert code == 250, text
        password_mail, notification = sink.wait_for(3)[-2:]
        assert max(len(password_mail.data), len(notification.data)) < 100_000
        link = re.search(rf"http://127\.0\.0\.1:{gateway.portal}/l/\S+", text_of(notification.data))[0]
        password = re.search(r"\b[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}\b", text_of(password_mail.data))[0]
        opened = client(link, password)
        assert opened.returncode == 0, opened.stderr
        # Bob's key does not help: the rule leaves pgp out.
        code, text = gateway.send("someone@elsewhere.example", ["bob@keyed.example"], large, timeout=300)
        assert code == 550, text


def test_backup_and_restore(keys, sink, folder):
    state = folder / "root" / "var" / "lib" / "letterlock"
    (folder / "root" / "etc" / "letterlock").mkdir(parents=True)
    state.parent.mkdir(parents=True)
    (folder / "backup").mkdir()
    gateway = Gateway(folder / "gate", sink.port, methods="link", settings=SETTINGS, state=state)
    shutil.copy(gateway.config, folder / "root" / "etc" / "letterlock" / "letterlock.yaml")
    gateway.start()
    try:
        assert gateway.send("alice@example.org", [TO], message(TO))[0] == 250
        (state / "gateway" / "learned-keys").mkdir(exist_ok=True)
        (state / "gateway" / "learned-keys" / "x.asc").write_text("a key that a reader sent")
        (state / "gateway" / "sign").mkdir(mode=0o700)
        (state / "gateway" / "sign" / "pubring.kbx").write_text("our own key")

        def run(lines: str, root: Path) -> None:
            lines = replaced(
                lines, {"letterlock vault": f"{binary()} vault", "/backup/": f"{folder}/backup/", "-C /": f"-C {root}/"}
            )
            lines = lines.replace("--state /var/lib", f"--state {root}/var/lib")
            done = subprocess.run(
                ["sh", "-ec", lines],
                cwd=gateway.folder,
                env=environment(),
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, done.stderr

        run(BACKUP["backup"], folder / "root")
        new = folder / "new"
        (new / "var" / "lib" / "letterlock").mkdir(parents=True)
        run(BACKUP["restore"], new)
    finally:
        gateway.stop()
    restored = new / "var" / "lib" / "letterlock"
    for name in ("gateway/gateway.db", "gateway/learned-keys/x.asc", "gateway/sign/pubring.kbx", "letters/letters.db"):
        assert (restored / name).exists(), name
    assert (new / "etc" / "letterlock" / "letterlock.yaml").exists()
    assert not list(restored.rglob("*.lock")) and not list(restored.rglob("S.*"))
    config = folder / "moved.yaml"
    config.write_text(gateway.config.read_text().replace(str(state), str(restored)))
    done = subprocess.run(
        [binary(), "links", "list", "--config", str(config)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert TO in done.stdout
    assert (
        subprocess.run(
            [binary(), "vault", "check", "--config", str(config)], env=environment(), timeout=60, check=False
        ).returncode
        == 0
    )

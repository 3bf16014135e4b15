"""The portal's HTTP surface as an attacker finds it: broken and slow requests, tricks with paths and fields, TLS, what
can be told from an answer's time, what a browser is told, and that it asks nobody else."""
import base64
import hashlib
import json
import os
import random
import re
import shutil
import socket
import ssl
import statistics
import subprocess
import threading
import time
import urllib.request

import pytest

import portal_load
from kit.portal_browser import ROOT, Browser, Portal, need, program
from kit.portal_letters import Message, Part, b64url

NOBODY = "A" * 22


@pytest.fixture
def portal(tmp_path):
    """One for each test: what a network has used up is remembered by the process."""
    (tmp_path / "p").mkdir()
    running = Portal(tmp_path / "p")
    yield running
    if running.process.poll() is None:
        assert running.stop() == 0, running.written()


def talk(port, data, seconds=10, tls=None):
    """Sends bytes, and reads until the other side closes."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as plain:
        with (tls.wrap_socket(plain, server_hostname="localhost") if tls else plain) as line:
            try:
                line.sendall(data)
                while piece := line.recv(65536):
                    got += piece
            except (ConnectionError, socket.timeout, ssl.SSLError):
                pass
    return got


def ask(port, method, path, body=b"", fields="", seconds=10):
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{fields}"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return talk(port, head.encode("latin-1") + b"\r\n" + body, seconds)


def status(answer):
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0


def alive(port):
    return ask(port, "GET", "/healthz").endswith(b"ok\n")


def letter(portal, text="hello"):
    return portal.box.lock(Message("Subject", [Part("text/plain", text.encode(), "7bit", "utf-8")], text=0))


# --- requests ---

SMUGGLED = (b"POST /api/letters/" + NOBODY.encode()
            + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")


@pytest.mark.parametrize("head", [
    b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
    b"Content-Length: 2\r\nContent-Length: 60\r\n", b"Content-Length: 2, 60\r\n", b"Content-Length: +2\r\n",
    b"Content-Length: 0x2\r\n", b"Content-Length : 2\r\n", b"Content-Length: 2\r\n X: y\r\n",
    b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding: chunked, identity\r\n",
    b"Transfer-Encoding:\x0bchunked\r\n", b"X: a\x00b\r\n", b"X\r: y\r\n", b": y\r\n",
])
def test_ambiguous_lengths_are_one_request_or_none(portal, head):
    """Nothing after such a head is taken for a second request."""
    request = (b"POST /api/letters/" + NOBODY.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
               + head + b"\r\n{}" + SMUGGLED)
    answer = talk(portal.port, request, 3)
    statuses = re.findall(rb"HTTP/1\.1 (\d+)", answer)
    assert len(statuses) <= 1 or statuses[0] == b"400" or b"Content-Length: 2\r\n X" in request, answer[:400]
    assert not any(code.startswith(b"2") or code.startswith(b"5") for code in statuses), answer[:400]
    assert alive(portal.port)


@pytest.mark.parametrize(
    "target, wanted",
    [
        ("//", {200, 404}),
        ("/%2e%2e/%2e%2e/etc/passwd", {404}),
        ("/assets/%2e%2e/frame", {404}),
        ("/assets//portal.js", {200, 404}),
        ("/assets/..%2fframe", {404}),
        ("/assets/portal.js%00.html", {404}),
        ("/assets/PORTAL.JS", {404}),
        ("/./frame", {404}),
        ("/l/../frame", {404, 200}),
        ("http://elsewhere.example/healthz", {200, 400, 404}),
        ("*", {400, 404}),
        ("elsewhere.example:443", {400, 404}),
        ("/healthz?x=" + "y" * 9000, {200, 400, 414}),
        ("/" + "a/" * 4000, {404, 400, 414}),
        ("/\\..\\frame", {404, 400}),
        ("/%", {404, 400}),
        ("/%zz", {404, 400}),
        ("/;/frame", {404}),
        ("/#frag", {200, 400, 404}),
        ("/é", {404, 400}),
    ],
)
def test_tricks_with_paths_lead_nowhere(portal, target, wanted):
    answer = ask(portal.port, "GET", target)
    assert status(answer) in wanted | {0}, answer[:200]
    assert b"root:" not in answer and b"SQLite" not in answer
    assert alive(portal.port)


@pytest.mark.parametrize(
    "path",
    [
        "/api/letters/" + NOBODY,
        "//api//letters//" + NOBODY,
        "/api/letters/" + NOBODY + "/open/",
        "/%61pi/letters/" + NOBODY,
        "/api/letters/" + NOBODY + "/following/1/chunks/0",
    ],
)
def test_ways_of_writing_the_api_are_counted_alike(portal, path):
    """However the path is written, an unknown id costs a guess: the 121st request of this network has to wait."""
    with socket.create_connection(("127.0.0.1", portal.port), timeout=30) as line:
        codes = []
        for _ in range(121):
            body = json.dumps({"auth": b64url(b"x" * 32), "link": b64url(b"x" * 32)}).encode()
            line.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                         f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            got = line.recv(65536)
            while b"\r\n\r\n" not in got:
                got += line.recv(65536)
            head, _, rest = got.partition(b"\r\n\r\n")
            length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
            while len(rest) < length:
                rest += line.recv(65536)
            codes.append(status(head))
    assert set(codes[:120]) <= {404, 400} and codes[-1] in ((429,) if 404 in codes else (400,)), codes


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "BREW"])
def test_other_methods_do_nothing(portal, method):
    one = letter(portal)
    for path in ("/", f"/l/{one.id}", f"/api/letters/{one.id}", f"/api/letters/{one.id}/open"):
        assert status(ask(portal.port, method, path)) in (0, 400, 404, 405)
    assert portal.box.database.execute("SELECT wrong_total, opened_at FROM attempts").fetchall() == [(0, None)]


def test_pipelined_requests_are_answered_in_order(portal):
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = talk(portal.port, one * 50 + b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    codes = re.findall(rb"HTTP/1\.1 (\d+)", answer)
    assert codes == [b"200"] * 50 + [b"404"]


def test_floods_of_header_fields_end(portal):
    for head in ("".join(f"X-{n}: y\r\n" for n in range(5000)), "X: " + "y" * 200_000 + "\r\n", "X: y\r\n" * 101):
        assert status(ask(portal.port, "GET", "/healthz", fields=head)) in (0, 400, 431), head[:20]
    assert alive(portal.port)


def test_huge_bodies_are_refused_before_they_are_read(portal):
    head = f"POST /api/letters/{NOBODY} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    head += "Content-Type: application/json\r\n"
    answer = talk(portal.port, (head + "Content-Length: 99999999999\r\n\r\n").encode() + b" " * 100_000, 5)
    assert status(answer) in (0, 413)
    answer = talk(
        portal.port,
        (head + "Transfer-Encoding: chunked\r\n\r\n").encode() + b"10000\r\n" + b" " * 65536 + b"\r\n" * 2,
        5,
    )
    assert status(answer) in (0, 400, 413)
    assert alive(portal.port)


def test_random_bytes_end_their_connection_only(portal):
    chance = random.Random(5)
    seeds = [SMUGGLED, b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"]
    for _ in range(150):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(1, 8)):
            place = chance.randrange(len(data))
            if chance.random() < 0.5:
                data[place] = chance.randrange(256)
            else:
                data[place:place] = bytes(
                    chance.choices(b"\r\n\0 :;,%/0123456789abcdefchunked", k=chance.randrange(1, 9))
                )
        answer = talk(portal.port, bytes(data) + b"\r\n\r\n", 0.3)
        assert not re.search(rb"HTTP/1\.1 5", answer), bytes(data)
    assert portal.process.poll() is None and alive(portal.port)


def test_who_sends_letter_by_letter_is_sent_away(portal):
    """Others are served meanwhile; the head has 30 seconds, however it drips."""
    # From another network than ours.
    lines = [socket.create_connection(("127.0.0.1", portal.port), source_address=("127.0.5.1", 0)) for _ in range(300)]
    begin = time.monotonic()
    open_lines = list(lines)
    for line in lines:
        try:
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        except OSError:
            pass
    while open_lines and time.monotonic() - begin < 45:
        assert alive(portal.port)
        for line in list(open_lines):
            try:
                line.sendall(b"X: y\r\n")
                line.settimeout(0.001)
                if line.recv(100) == b"":
                    open_lines.remove(line)
            except (TimeoutError, socket.timeout):
                pass
            except OSError:
                open_lines.remove(line)
        time.sleep(2)
    for line in lines:
        line.close()
    assert not open_lines and time.monotonic() - begin < 45


# --- what answers tell ---

@pytest.mark.alone
def test_gone_letters_cannot_be_told_apart_by_time(portal):
    """Unknown, expired and revoked: medians over interleaved samples are near each other, and no answer is quicker than
    the floor. The bound is generous: the machine is shared."""
    now = int(time.time())
    expired = letter(portal)
    portal.box.database.execute("UPDATE letters SET expires_at = ? WHERE id = ?", [now - 50, expired.id])
    pending = letter(portal)
    portal.box.database.execute("UPDATE letters SET state = 'sending' WHERE id = ?", [pending.id])
    revoked = letter(portal)
    portal.box.database.execute("DELETE FROM letters WHERE id = ?", [revoked.id])
    ids = [expired.id, pending.id, revoked.id, NOBODY]
    times = {one: [] for one in ids}
    answers = set()
    # 100 of the 120 guesses that one network has.
    for _ in range(25):
        for one in random.sample(ids, len(ids)):
            begin = time.perf_counter()
            answer = ask(
                portal.port,
                "POST",
                f"/api/letters/{one}/open",
                json.dumps({"auth": b64url(b"x" * 32), "link": b64url(b"x" * 32)}).encode(),
            )
            times[one].append(time.perf_counter() - begin)
            answers.add(re.sub(rb"(?i)date: [^\r]*", b"", answer))
    assert len(answers) == 1 and status(answers.pop()) == 404
    medians = {one: statistics.median(taken) for one, taken in times.items()}
    assert min(min(taken) for taken in times.values()) >= 0.019, medians
    assert max(medians.values()) - min(medians.values()) < 0.005, medians


def test_a_guess_costs_the_server_no_stretching(portal):
    """600 000 rounds are some 0.2 s of processor; a hundred guesses cost less than one stretching."""
    one = [letter(portal) for _ in range(25)]
    body = json.dumps({"auth": b64url(b"x" * 32), "link": b64url(b"x" * 32)}).encode()

    def used():
        fields = open(f"/proc/{portal.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    begin = used()
    for each in one:
        for _ in range(4):
            assert status(ask(portal.port, "POST", f"/api/letters/{each.id}/open", body)) == 403
    start = time.process_time()
    hashlib.pbkdf2_hmac("sha256", b"x", b"y" * 16, 600_000)
    stretching = time.process_time() - start
    assert used() - begin < 25 * stretching, "a hundred guesses cost as much as many stretchings"


# --- TLS ---

def certificate(folder, name):
    pair = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(
        [need(shutil.which("openssl"), "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(pair[1]), "-out", str(pair[0])],
        check=True, capture_output=True)
    return pair


@pytest.fixture
def secure(tmp_path, portal):
    """A second portal over the same letters that speaks TLS."""
    crt, key = certificate(tmp_path, "first.example")
    (tmp_path / "tls.crt").write_bytes(crt.read_bytes())
    (tmp_path / "tls.key").write_bytes(key.read_bytes())
    (tmp_path / "s.yaml").write_text(
        f"state: {portal.box.folder.parent}\nlisten: {{portal: '127.0.0.1:0'}}\n"
        "portal: {certificate: tls.crt, key: tls.key}\n")
    process = subprocess.Popen(
        [program("letterlock-portal"), "--config", "s.yaml", "--print-address"], cwd=tmp_path,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    url = process.stdout.readline().strip()
    assert url.startswith("https://")
    yield int(url.rsplit(":", 1)[1]), tmp_path
    process.terminate()
    assert process.wait(timeout=20) == 0
    process.stdout.close()


def shown(port):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as line:
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            got = b""
            while piece := line.recv(65536):
                got += piece
            return line.getpeercert(True), got, line.version()


def test_tls_in_the_program_and_a_new_certificate_without_restart(secure):
    port, folder = secure
    first, answer, version = shown(port)
    assert answer.startswith(b"HTTP/1.1 200") and version in ("TLSv1.2", "TLSv1.3")
    assert re.search(rb"(?i)strict-transport-security: max-age=31536000\r\n", answer)
    crt, key = certificate(folder, "second.example")
    os.replace(key, folder / "tls.key")
    os.replace(crt, folder / "tls.crt")
    second, _, _ = shown(port)
    assert second != first
    (folder / "tls.crt").write_text("nonsense")
    assert shown(port)[0] == second, "a broken pair leaves the former one in force"


def test_old_tls_and_clear_text_are_refused(secure):
    port, _ = secure
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            old.wrap_socket(plain)
    assert not ask(port, "GET", "/healthz").startswith(b"HTTP/1.1 200")


def test_a_missing_key_is_said(tmp_path, portal):
    (tmp_path / "s.yaml").write_text(
        f"state: {portal.box.folder.parent}\nlisten: {{portal: '127.0.0.1:0'}}\nportal: {{certificate: a, key: b}}\n")
    ended = subprocess.run(
        [program("letterlock-portal"), "--config", "s.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 69 and "No such file" in ended.stderr


def test_a_unix_socket_serves(tmp_path, portal):
    path = tmp_path / "s"
    process = subprocess.Popen(
        [
            program("letterlock-portal"),
            "--letters",
            str(portal.box.folder),
            "--listen",
            f"unix:{path}",
            "--print-address",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert str(path) in process.stdout.readline()
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(path))
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 200")
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


# --- hashes ---

def test_the_published_hashes_are_those_of_what_is_served(portal):
    lines = subprocess.run(
        [program("letterlock-portal"), "hashes"], capture_output=True, text=True, timeout=30, check=True
    ).stdout.splitlines()
    named = {line[66:]: line[:64] for line in lines}
    assert hashlib.sha256("".join(f"{line}\n" for line in lines[:-1]).encode()).hexdigest() == named.pop("all")
    assert "assets/portal.js" in named and "frame" in named
    for name, wanted in named.items():
        path = name.replace("l/?", f"l/{NOBODY}?")
        with urllib.request.urlopen(f"{portal.url}/{path}") as answer:
            assert hashlib.sha256(answer.read()).hexdigest() == wanted, name
    with urllib.request.urlopen(f"{portal.url}/l/{NOBODY}") as answer:
        page = answer.read().decode()
    for tag in re.findall(r"<(?:script|link)[^>]+(?:src|href)=\"/assets/[^\"]+\.(?:js|css)\"[^>]*>", page):
        assert 'integrity="sha256-' in tag, tag
    listed = json.loads(re.search(r'<script type="importmap">(.*?)</script>', page)[1])["integrity"]
    assert {path.split("?")[0] for path in listed} == {f"/{name}" for name in named if name.endswith(".js")}
    for path, integrity in listed.items():
        with urllib.request.urlopen(portal.url + path) as answer:
            digest = base64.b64encode(hashlib.sha256(answer.read()).digest()).decode()
            assert integrity == f"sha256-{digest}", path


# --- browser ---

class AlteringProxy(threading.Thread):
    """Hands requests on to the portal, and alters one file on its way back."""

    def __init__(self, port, name):
        super().__init__(daemon=True)
        self.port, self.name = port, name
        self.altered = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.start()

    def run(self):
        while True:
            try:
                line, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=[line], daemon=True).start()

    def serve(self, line):
        with line:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = line.recv(65536)
                if not piece:
                    return
                head += piece
            first, rest = head.split(b"\r\n", 1)
            answer = talk(
                self.port,
                first
                + b"\r\nConnection: close\r\n"
                + re.sub(rb"(?i)(?:connection|accept-encoding): [^\r]*\r\n", b"", rest),
            )
            if re.search(rf"/assets/{re.escape(self.name)}[ ?]".encode(), first):
                self.altered.set()
                start, body = answer.split(b"\r\n\r\n", 1)
                body += b"\ndocument.title = 'altered';"
                start = re.sub(rb"(?i)content-length: \d+", b"Content-Length: %d" % len(body), start)
                answer = start + b"\r\n\r\n" + body
            line.sendall(answer)


@pytest.mark.parametrize("name", ["portal.js", "protocol.js", "sanitise.js"])
def test_the_browser_refuses_a_script_that_was_altered_on_its_way(portal, name):
    proxy = AlteringProxy(portal.port, name)
    one = letter(portal)
    real = portal.url
    browser = Browser(portal)
    try:
        portal.url = proxy.url
        browser.visit(one.path())
        assert proxy.altered.wait(30)
        time.sleep(1)  # what ran by mistake would have run
        assert browser.driver.title != "altered"
        assert not browser.one("#view-password").is_displayed(), "nothing runs of a page with a strange script in it"
    finally:
        portal.url = real
        proxy.socket.close()
        browser.quit()


def test_a_whole_visit_asks_nobody_else_and_leaves_no_cookie(portal):
    html = '<p>Hello <img src="http://tracker.example.net/x.png"> <b onclick="alert(1)">you</b></p>'
    one = portal.box.lock(
        Message(
            "Subject",
            [
                Part("text/html", html.encode(), "7bit", "utf-8"),
                Part("text/plain", b"file", "7bit", name="a.txt", attachment=True),
            ],
            html=0,
        )
    )
    browser = Browser(portal)
    try:
        browser.visit(one.path())
        browser.view("password")
        browser.one("#password").send_keys(one.password)
        browser.one("#open").click()
        browser.view("letter")
        time.sleep(1)
        asked = []
        for entry in browser.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                asked.append(message["params"]["request"]["url"])
        ours = [url for url in asked if url.startswith(portal.url) or url.startswith(("blob:", "data:", "about:"))]
        assert len(asked) > 5 and asked == ours, [url for url in asked if url not in ours]
        assert browser.driver.get_cookies() == []
        assert browser.driver.execute_cdp_cmd("Network.getAllCookies", {})["cookies"] == []
        assert browser.driver.execute_script("return window.crossOriginIsolated") is True
        refused = browser.driver.execute_script(
            "try { document.body.innerHTML = '<b>x</b>'; return 'taken'; } catch (error) { return error.name; }")
        assert refused == "TypeError", "text became markup outside the one policy"
    finally:
        browser.quit()


def test_the_page_waits_where_the_network_has_to(portal):
    for _ in range(121):
        ask(portal.port, "POST", f"/api/letters/{NOBODY}", b"{}")
    one = letter(portal)
    browser = Browser(portal)
    try:
        browser.visit(one.path())
        browser.view("resting")
        assert re.match(r"\d\d:\d\d", browser.one("#countdown").text)
        assert "password" not in browser.one("#resting-why").text
    finally:
        browser.quit()


def test_readers_behind_one_address_are_all_served(portal):
    """The small form of `make load-portal`, which has 200."""
    numbers = portal_load.run(portal, 20, 1 << 20)
    assert numbers["failed"] == 0, numbers
    assert numbers["requests"] == 20 * 13 and numbers["rss-most-mib"] < 500, numbers


# --- behind nginx, as docs/links/portal.md has it ---

def test_behind_nginx_as_the_page_says(tmp_path, portal):
    page = (ROOT / "docs" / "links" / "portal.md").read_text()
    server = re.search(r"```nginx\n(.*?)```", page, re.S)[1]
    crt, key = certificate(tmp_path, "letters.example.org")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "s.yaml").write_text(
        f"state: {portal.box.folder.parent}\nlisten: {{portal: '127.0.0.1:0'}}\n"
        "portal: {trusted-peers: ['127.0.0.1'], guesses: 10}\n")
    behind = subprocess.Popen(
        [program("letterlock-portal"), "--config", "s.yaml", "--print-address"], cwd=tmp_path,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    inner = behind.stdout.readline().strip().removeprefix("http://")
    server = server.replace("127.0.0.1:8443", inner).replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    server = server.replace("/etc/letterlock/tls/fullchain.pem", str(crt)).replace(
        "/etc/letterlock/tls/privkey.pem", str(key)
    )
    for name in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
        (tmp_path / name).mkdir()
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log;\n"
        + ("user root;\n" if os.geteuid() == 0 else "")
        + "events {}\nhttp {\n"
        + f"client_body_temp_path {tmp_path}/body; proxy_temp_path {tmp_path}/proxy; fastcgi_temp_path "
          f"{tmp_path}/fastcgi;\n"
        + f"uwsgi_temp_path {tmp_path}/uwsgi; scgi_temp_path {tmp_path}/scgi;\n"
        + server
        + "}\n"
    )
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    proxy = subprocess.Popen([need(nginx, "nginx"), "-c", str(tmp_path / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 120
        while True:
            try:
                _, answer, _ = shown(port)
                break
            except OSError:
                assert time.monotonic() < end and proxy.poll() is None, (tmp_path / "error.log").read_text()
                time.sleep(0.1)
        assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"ok\n")
        assert re.search(rb"(?i)strict-transport-security: max-age=31536000\r\n", answer)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        codes = []
        for number in range(12):
            # A client's own field does not make it another client.
            head = f"POST /api/letters/{NOBODY} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 198.51.{number}.1\r\n"
            head += "Content-Type: application/json\r\n"
            codes.append(status(talk(port, head.encode() + b"Content-Length: 2\r\n\r\n{}", tls=context)))
        assert codes[0] == 404 and codes[-1] == 429, codes
    finally:
        proxy.terminate()
        proxy.wait(timeout=20)
        behind.terminate()
        behind.wait(timeout=20)
        behind.stdout.close()

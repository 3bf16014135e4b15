"""The admin page of a running gateway, in headless Chromium: in with password and code, what mail became today, a
letter revoked, a held message released; and that it does not start where anybody could come in."""
import base64
import hmac
import http.client
import json
import struct
import ssl
import subprocess
import time
import urllib.parse

import pytest

from kit.gateway import binary, environment
from kit.operations import admin_port, wait_until
from kit.pgp import Keys
from kit.portal_browser import Browser

PASSWORD = "korrekt Pferd 14 Batterie"
CANARY = "Nachtschwalbe-9917"
SETTINGS = """links: {{url: 'http://127.0.0.1:PORTAL', from: letters@example.org}}
quarantine: {{key: {folder}/quarantine.asc, officer: security@example.org}}
admin: {{users: {folder}/admins, release-homedir: {officer}}}
"""
POLICY = """
version: 1
lists:
  open: [open.example]
defaults: { protect: none, with: [pgp, link] }
rules:
  - id: codenames
    when: { subject: '^\\[codename\\]' }
    then: { quarantine: "codenames do not leave unseen" }
  - id: sealed-outside
    when: { recipient: { not-in: inside } }
    unless: { recipient: { in: open } }
    then: { protect: required }
  - id: never
    when: { subject: 'forbidden' }
    then: { refuse: "this does not leave by mail" }
"""


def run(*words: str, given: str = "") -> subprocess.CompletedProcess:
    return subprocess.run(
        [binary(), *words], input=given, env=environment(), capture_output=True, text=True, timeout=60
    )


def add(file, name: str = "Alice") -> str:
    """Adds an admin; gives the secret of the authenticator app."""
    done = run("admin", "add", name, "--file", str(file), given=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    parts = urllib.parse.urlsplit(done.stdout.strip())
    asked = urllib.parse.parse_qs(parts.query)
    assert parts.scheme == "otpauth" and parts.netloc == "totp" and parts.path == f"/Letterlock:{name.lower()}"
    assert asked["algorithm"] == ["SHA1"] and asked["digits"] == ["6"] and asked["period"] == ["30"]
    assert asked["secret"][0] in done.stderr
    return asked["secret"][0]


def code(secret: str, at: float | None = None) -> str:
    """The code of a moment, by another implementation of RFC 6238."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(at or time.time()) // 30), "sha1")
    offset = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def message(subject: str, to: str) -> bytes:
    return (
        f"From: alice@example.org\r\nTo: {to}\r\nSubject: {subject} {CANARY}\r\nMessage-ID: <{time.monotonic_ns()}@x>"
        f"\r\n"
        f"Date: Thu, 26 Nov 2026 10:00:00 +0100\r\n\r\n{CANARY}\r\n"
    ).encode()


class Site:
    """A gateway with an admin page, what `Browser` calls a portal."""

    def __init__(self, make_gateway, sink, folder):
        self.sink, self.officer = sink, Keys(folder / "officer")
        self.officer.make("quarantine@example.org")
        (folder / "quarantine.asc").write_bytes(self.officer.public("quarantine@example.org"))
        self.secret = add(folder / "admins")
        self.gateway = make_gateway(
            sink.port, start=False, rules=POLICY,
            settings=SETTINGS.format(folder=folder, officer=self.officer.home))
        self.gateway.start()
        self.port = admin_port(self.gateway)
        self.url = f"http://127.0.0.1:{self.port}"
        wait_until(self.listens, "the admin listener")

    def listens(self) -> bool:
        try:
            return self.ask("/healthz").status == 200
        except OSError:
            return False

    def ask(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> http.client.HTTPResponse:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        client.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = client.getresponse()
        answer.text = answer.read().decode()
        client.close()
        return answer

    def send(self, subject: str, to: str) -> tuple[int, str]:
        return self.gateway.send("alice@example.org", [to], message(subject, to))


@pytest.fixture
def site(make_gateway, sink, folder):
    made = Site(make_gateway, sink, folder)
    yield made
    made.officer.close()


def log_in(browser: Browser, password: str, digits: str) -> None:
    for name, text in (("name", "alice"), ("password", password), ("code", digits)):
        field = browser.one(f"#{name}")
        field.clear()
        field.send_keys(text)
    browser.one("button.main").click()


def shots(browser: Browser, name: str, language: str) -> None:
    for width in (360, 768, 1280):
        browser.size(width, 900)
        wide = browser.driver.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} wide at {width}"
        browser.screenshot(f"admin-{name}-{language}-{width}.png")
    browser.size(360, 900)
    browser.appearance(True)
    browser.screenshot(f"admin-{name}-{language}-360-dark.png")
    browser.appearance(False)
    browser.size(1280, 900)


def figure(browser: Browser, kind: str) -> str:
    return browser.one(f".figure.{kind} dd").text


def open_tab(browser: Browser, path: str) -> str:
    browser.one(f"header nav a[href='{path}']").click()
    browser.wait(lambda: browser.driver.current_url.endswith(path), path)
    return browser.one("main").text


def test_a_day_at_the_admin_page(site):
    assert site.send("hello", "bob@keyed.example")[0] == 250
    assert site.send("hello", "carol@linked.example")[0] == 250
    assert site.send("hello", "dan@open.example")[0] == 250
    assert site.send("forbidden", "dan@open.example")[0] == 550
    assert site.send("[codename]", "dan@open.example")[0] == 250
    assert site.send("[codename]", "eva@open.example")[0] == 250
    browser = Browser(site)
    try:
        browser.visit("/links")
        assert browser.driver.current_url == site.url + "/login"
        shots(browser, "login", "en")
        log_in(browser, "not the password", code(site.secret))
        browser.wait(lambda: "is not right" in browser.one("[role=alert]").text, "the alert")
        now = time.time()
        log_in(browser, PASSWORD, code(site.secret, now))
        browser.wait(lambda: browser.driver.current_url == site.url + "/", "the page of today")
        cookie, = browser.driver.get_cookies()
        assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"

        assert [figure(browser, kind) for kind in ("accepted", "pgp", "link", "passed", "quarantined", "refused")] == [
            "5", "1", "1", "1", "2", "1"]
        assert "The next mail server takes mail." in browser.one(".state").text
        assert {one.get_attribute("class") for one in browser.all(".chart rect")} == {
            "pgp", "link", "passed", "quarantined", "refused"}
        shots(browser, "today", "en")

        text = open_tab(browser, "/refusals")
        assert "this does not leave by mail" in text and "never" in text and "dan@open.example" in text
        shots(browser, "refusals", "en")

        text = open_tab(browser, "/links")
        assert "carol@linked.example" in text and "alice@example.org" in text
        shots(browser, "links", "en")
        assert len(browser.all(".rows > li")) == 1
        browser.one(".act summary").click()
        browser.one(".act button.danger").click()
        browser.wait(lambda: "The letter is revoked." in browser.one(".notice.good").text, "the notice")
        listed = run("links", "list", "--config", str(site.gateway.config))
        assert "revoked" in listed.stdout, listed.stdout

        text = open_tab(browser, "/quarantine")
        assert "codenames do not leave unseen" in text and "Rules: codenames" in text
        shots(browser, "quarantine", "en")
        before = len([one for one in site.sink.messages if one.sender])
        row, = [one for one in browser.all(".rows > li") if "dan@open.example" in one.text]
        row.find_element("css selector", ".act summary").click()
        browser.one(".act[open] button.main").click()
        browser.wait(lambda: "The message is released." in browser.one(".notice").text, "the notice")
        released = [one for one in site.sink.messages if one.sender][before:]
        assert [one.recipients for one in released] == [["dan@open.example"]]
        browser.all(".act summary")[1].click()
        browser.one(".act[open] input[name=reason]").send_keys("not wanted")
        browser.one(".act[open] button.danger").click()
        browser.wait(lambda: "dropped" in browser.one("main").text, "the notice")
        browser.wait(lambda: "Nothing is held back." in browser.one("main").text, "the empty quarantine")

        text = open_tab(browser, "/keys")
        assert "bob.asc" in text and "expired on" in text and "<" not in text
        shots(browser, "keys", "en")
        shown = open_tab(browser, "/health")
        assert "gateway.db" in shown
        # Each check has a name for people, beside the one for monitoring.
        for name, words in (("next-hop", "Next mail server"), ("state-folder", "State folder"), ("users", "Users")):
            assert f"{words} {name}" in " ".join(shown.split()) or name == "users", shown
        shots(browser, "health", "en")

        pages = ""
        for path in ("/", "/links", "/quarantine", "/keys", "/refusals", "/health"):
            browser.visit(path)
            pages += browser.driver.page_source
            check_care(browser)
        assert "Markup(" not in pages and CANARY not in pages and "codename]" not in pages
        assert browser.foreign_requests() == []
        problems = [one["message"] for one in browser.driver.get_log("browser") if one["level"] == "SEVERE"]
        assert [one for one in problems if "403" not in one] == [], problems

        browser.visit("/")
        browser.one("form.out button").click()
        browser.wait(lambda: browser.driver.current_url.endswith("/login"), "the door")
        log_in(browser, PASSWORD, code(site.secret, now))
        browser.wait(lambda: "is not right" in browser.one("[role=alert]").text, "that a code is good for once")
    finally:
        browser.quit()
    log = site.gateway.log()
    for what in ("logged in", "revoked a letter", "released a held message", "dropped a held message", "logged out"):
        assert f"admin page: {what}" in log
    assert PASSWORD not in log and CANARY not in log and site.secret not in log


def check_care(browser: Browser) -> None:
    """What a screen reader and a keyboard need, as far as a script can see it."""
    found = browser.driver.execute_script("""
        const bad = [];
        if (!document.documentElement.lang) bad.push('no language');
        if (document.querySelectorAll('h1').length !== 1) bad.push('not one h1');
        if (document.querySelectorAll('main').length !== 1) bad.push('not one main');
        for (const field of document.querySelectorAll('input:not([type=hidden])'))
          if (!field.labels.length) bad.push('no label: ' + field.outerHTML);
        for (const one of document.querySelectorAll('a, button, summary'))
          if (!one.textContent.trim()) bad.push('no name: ' + one.outerHTML);
        const ids = [...document.querySelectorAll('[id]')].map(one => one.id);
        if (new Set(ids).size !== ids.length) bad.push('an id twice');
        for (const image of document.querySelectorAll('img')) if (!image.hasAttribute('alt')) bad.push('no alt');
        let last = 0;
        for (const one of document.querySelectorAll('h1, h2, h3')) {
          const level = +one.tagName[1];
          if (level > last + 1) bad.push('a heading left out before ' + one.textContent);
          last = level;
        }
        const light = (colour) => {
          const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map(v => v / 255)
            .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
          return .2126 * r + .7152 * g + .0722 * b;
        };
        const ground = (one) => {
          for (; one; one = one.parentElement) {
            const colour = getComputedStyle(one).backgroundColor;
            if (!/, 0\\)$/.test(colour)) return colour;
          }
          return 'rgb(255, 255, 255)';
        };
        for (const one of document.querySelectorAll('main *, header *')) {
          const own = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
          if (!own || !one.checkVisibility() || one.closest('svg, .unseen')) continue;
          const [a, b] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x);
          const contrast = (a + .05) / (b + .05);
          if (contrast < 4.5) bad.push('contrast ' + contrast.toFixed(2) + ': ' + one.outerHTML.slice(0, 120));
        }
        return bad;""")
    assert found == [], found


def test_in_french_and_after_a_restart(site):
    assert site.send("hello", "bob@keyed.example")[0] == 250
    assert site.send("forbidden", "dan@open.example")[0] == 550
    browser = Browser(site, language="fr")
    try:
        browser.visit("/")
        shots(browser, "login", "fr")
        log_in(browser, PASSWORD, code(site.secret))
        browser.wait(lambda: browser.all(".figures"), "the page of today")
        assert browser.one("h1").text.startswith("Aujourd’hui")
        shots(browser, "today", "fr")
        open_tab(browser, "/refusals")
        shots(browser, "refusals", "fr")
        site.gateway.stop()
        site.gateway.start()
        wait_until(site.listens, "the admin listener")
        browser.visit("/")
        assert browser.driver.current_url.endswith("/login"), "sessions go with the process"
        # The code of the step before has been used up by nobody in the new process.
        log_in(browser, PASSWORD, code(site.secret))
        browser.wait(lambda: browser.all(".figures"), "the page of today")
        assert (figure(browser, "accepted"), figure(browser, "pgp"), figure(browser, "refused")) == ("1", "1", "1")
        browser.appearance(True)
        check_care(browser)
        assert browser.foreign_requests() == []
    finally:
        browser.quit()


def test_another_name_and_another_page_are_refused(site):
    assert site.ask("/login", Host="attacker.example").status == 421
    assert site.ask("/login", "POST", "name=alice", Origin="http://attacker.example").status == 403
    assert site.ask("/login", "POST", "name=alice", Sec_Fetch_Site="cross-site").status == 403
    assert site.ask("/links").getheader("Location") == "/login"


def test_off_loopback_it_needs_users_and_tls(make_gateway, sink, folder):
    gateway = make_gateway(sink.port, start=False)
    port = admin_port(gateway)
    usual = gateway.config.read_text().replace(f"admin: '127.0.0.1:{port}'", f"admin: '0.0.0.0:{port}'")
    gateway.config.write_text(usual)
    assert gateway.start_and_wait() == 78
    assert "nobody would be asked for a password" in gateway.log() and "letterlock admin add" in gateway.log()

    (folder / "empty").write_text("# nobody\n")
    (folder / "empty").chmod(0o600)
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            folder / "k.pem",
            "-out",
            folder / "c.pem",
        ],
        check=True,
        capture_output=True,
    )
    gateway.config.write_text(usual + f"admin: {{users: {folder}/empty}}\n")
    assert gateway.start_and_wait() == 78
    assert "passwords would go in clear" in gateway.log()
    tls = f"certificate: {folder}/c.pem, key: {folder}/k.pem"
    gateway.config.write_text(usual + f"admin: {{users: {folder}/empty, {tls}}}\n")
    assert gateway.start_and_wait() == 78
    assert "names nobody" in gateway.log()


def test_tls_with_a_cookie_of_this_host_only(make_gateway, sink, folder):
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            folder / "k.pem",
            "-out",
            folder / "c.pem",
        ],
        check=True,
        capture_output=True,
    )
    secret = add(folder / "admins")
    gateway = make_gateway(sink.port, start=False)
    port = admin_port(gateway)
    gateway.config.write_text(
        gateway.config.read_text().replace(f"admin: '127.0.0.1:{port}'", f"admin: '0.0.0.0:{port}'")
        + f"admin: {{users: {folder}/admins, certificate: {folder}/c.pem, key: {folder}/k.pem, names: [127.0.0.1]}}\n")
    gateway.start()
    context = ssl.create_default_context(cafile=folder / "c.pem")

    def ask(method: str, path: str, body: str | None = None, **headers: str):
        client = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)
        client.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = client.getresponse()
        answer.text = answer.read().decode()
        client.close()
        return answer

    wait_until(lambda: reaches(ask), "the admin listener")
    assert ask("GET", "/metrics").status == 403
    assert ask("GET", "/readyz").text.strip() in ('{"ready":true}', '{"ready":false}')
    form = urllib.parse.urlencode({"name": "alice", "password": PASSWORD, "code": code(secret)})
    answer = ask("POST", "/login", form, Origin=f"https://127.0.0.1:{port}")
    assert answer.status == 303
    cookie = answer.getheader("Set-Cookie")
    assert cookie.startswith("__Host-letterlock-admin=") and "; Secure" in cookie and "Path=/" in cookie
    pair = cookie.split(";")[0]
    assert ask("GET", "/health", Cookie=pair).status == 200
    assert "letterlock_build_info" in ask("GET", "/metrics", Cookie=pair).text
    # Taken out of the file: the session ends.
    assert run("admin", "remove", "alice", "--file", str(folder / "admins")).returncode == 0
    assert ask("GET", "/health", Cookie=pair).status == 303


def reaches(ask) -> bool:
    try:
        return ask("GET", "/healthz").status == 200
    except OSError:
        return False


def test_the_command_keeps_the_file(folder):
    file = folder / "admins"
    secret = add(file, "Bob")
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert PASSWORD not in text and secret in text and "SCRAM-SHA-256$600000:" in text
    assert run("admin", "add", "bob", "--file", str(file), given=f"{PASSWORD}\n").returncode == 1
    assert run("admin", "add", "eve", "--file", str(file), given="short\n").returncode == 65
    assert run("admin", "list", "--file", str(file)).stdout == "bob\n"
    assert run("admin", "remove", "Bob", "--file", str(file)).returncode == 0
    assert json.loads(run("admin", "list", "--json", "--file", str(file)).stdout) == []

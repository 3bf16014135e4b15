"""letters.db as the portal's user can leave it, and the process of the portal: the gateway's mail goes on, and says
so."""

import os
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from kit.gateway import binary, environment
from kit.messages import message

LINKS = "links: {url: 'http://127.0.0.1:PORTAL', from: letters@example.org}\n"
NO_KEY = "nokey@elsewhere.example"
RULES = """
version: 1
defaults: { protect: none, with: [pgp, link] }
rules:
  - id: wished-for
    about: A link where there is no key, clear text only where there is no way at all.
    when: { recipient: { matches: '@elsewhere\\.example$' } }
    then: { protect: preferred }
"""


@pytest.fixture
def station(make_gateway, sink):
    return make_gateway(sink.port, settings=LINKS, rules=RULES)


def readiness(gateway) -> str:
    address = gateway.config.read_text().split("admin: '")[1].split("'")[0]
    try:
        with urllib.request.urlopen(f"http://{address}/readyz", timeout=20) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


def wait_until(what, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def link_mail(gateway) -> int:
    return gateway.send("alice@example.org", [NO_KEY], message(NO_KEY))[0]


def test_preferred_is_put_off_and_readyz_says_why(station, sink):
    path = station.state / "letters" / "letters.db"
    path.rename(path.with_suffix(".sound"))
    path.symlink_to(path.with_suffix(".sound"))
    assert [link_mail(station), link_mail(station)] == [451, 451]
    assert sink.messages == []
    said = readiness(station)
    assert "letters-database" in said and "letters.db" in said, said
    assert station.send("alice@example.org", ["carol@open.example"], message("carol@open.example"))[0] == 250
    path.unlink()
    path.with_suffix(".sound").rename(path)
    wait_until(lambda: "letters-database: " not in readiness(station) and "letters.db" not in readiness(station))
    assert link_mail(station) == 250
    assert station.log().count("letters.db cannot be used") == 1
    assert station.log().count("letters.db can be used again") == 1


def test_state_that_is_deleted_beneath_it_is_noticed(station, sink):
    assert link_mail(station) == 250
    before = len(sink.messages)
    subprocess.run(["rm", "-rf", str(station.state)], check=True)
    assert [link_mail(station), link_mail(station)] == [451, 451]
    assert len(sink.messages) == before
    assert "deleted or moved away" in readiness(station)
    assert not (station.state / "letters" / "letters.db").exists()


def test_a_trigger_is_refused_in_words(station):
    with sqlite3.connect(station.state / "letters" / "letters.db", timeout=20) as database:
        database.execute("CREATE TRIGGER stay BEFORE DELETE ON letters BEGIN SELECT RAISE(IGNORE); END")
    assert link_mail(station) == 451
    assert 'it has a trigger \\"stay\\"' in station.log()


@pytest.fixture
def with_portal(station):
    """The gateway once more, with the portal as its child."""
    station.stop()
    with open(station.folder / "log", "ab") as log:
        station.process = subprocess.Popen(
            [station.program, "serve", "--config", str(station.config), "--with-portal"],
            cwd=station.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    wait_until(station.answers)
    wait_until(lambda: listens(station.portal))
    return station


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_killed_gateway_leaves_no_portal_behind(with_portal):
    with_portal.process.send_signal(signal.SIGKILL)
    with_portal.process.wait(timeout=10)
    wait_until(lambda: not listens(with_portal.portal))


def test_the_portal_comes_back_when_its_letters_do(with_portal, sink):
    """It cannot start without them; mail goes on all the same."""
    path = with_portal.state / "letters" / "letters.db"
    path.rename(path.with_suffix(".sound"))
    os.mkfifo(path)
    assert link_mail(with_portal) == 451
    children = subprocess.run(
        ["pgrep", "-P", str(with_portal.process.pid), "-f", "letterlock-portal"], capture_output=True, text=True
    )
    os.kill(int(children.stdout.split()[0]), signal.SIGKILL)
    wait_until(lambda: "it is started again" in with_portal.log())
    assert with_portal.send("alice@example.org", ["carol@open.example"], message("carol@open.example"))[0] == 250
    path.unlink()
    path.with_suffix(".sound").rename(path)
    wait_until(lambda: listens(with_portal.portal))
    wait_until(lambda: link_mail(with_portal) == 250)


# What others wrote, on a terminal

SPOOF = "a\u202egpj.exe\u2028b\u0085c\x1b[31md\u2066e"


def run(gateway, *words: str) -> str:
    ended = subprocess.run(
        [binary(), *words, "--config", str(gateway.config)],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
    )
    assert ended.returncode == 0, ended
    return ended.stdout


def harmless(text: str) -> bool:
    return not any(
        ord(one) < 32 and one not in "\n\t" or 0x7F <= ord(one) < 0xA0 or one in "\u202e\u2028\u2066" for one in text
    )


@pytest.mark.parametrize(
    "words", [["links", "list"], ["links", "list", "--json"], ["contacts", "list"], ["contacts", "list", "--json"]]
)
def test_listings_show_what_a_terminal_would_obey(station, words):
    assert link_mail(station) == 250
    with sqlite3.connect(station.state / "gateway" / "gateway.db", timeout=20) as database:
        database.execute("UPDATE letter_owners SET recipient = ?", (SPOOF + "\nx@elsewhere.example",))
        database.execute(
            "INSERT INTO contacts (address, phone) VALUES (?, '+33612345678')", (SPOOF + "\nx@elsewhere.example",)
        )
    said = run(station, *words)
    assert harmless(said), repr(said)
    assert "\\u202e" in said and "\\u001b" in said and "\\u0085" in said and "\\u2028" in said, repr(said)
    if "--json" not in words:
        assert len(said.splitlines()) == 1, "a line feed makes no entry"


def test_the_quarantine_and_keys_show_it_too(make_gateway, sink, keys):
    del keys
    gateway = make_gateway(sink.port)
    (gateway.keys / "odd\u202egpj.exe.asc").write_text("no certificate")
    said = run(gateway, "keys", "list")
    assert harmless(said) and "\\u202e" in said, repr(said)

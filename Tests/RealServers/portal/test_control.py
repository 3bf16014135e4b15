"""A sender follows a mail's control link in headless Chromium: sees, extends, revokes; the reader sees it
too."""

import os
import re
import sqlite3
import time
from types import SimpleNamespace

import pytest

pytest.importorskip("selenium", reason="selenium is missing") if os.environ.get("CI") != "true" else None

from kit.letter_site import TO, client, text_of  # noqa: E402
from kit.messages import CANARY, message  # noqa: E402
from kit.portal_browser import Browser  # noqa: E402

OTHER = "jean.dupont@ailleurs.example.fr"
DAY = 86400


class Sent:
    """One message to two people, its mails and the browser of its sender."""

    def __init__(self, gateway, sink, browser):
        self.gateway, self.sink, self.browser = gateway, sink, browser
        code, text = gateway.send("alice@example.org", [TO, OTHER], message(f"{TO}, {OTHER}"))
        assert code == 250, f"{code} {text}\n{gateway.log()}"
        mails = sink.wait_for(3)
        self.mail = text_of(mails[0].data)
        self.passwords = re.findall(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}\b", self.mail)
        self.control = re.search(rf"http://127\.0\.0\.1:{gateway.portal}(/control#\S+)", self.mail)[1]
        links = {mail.recipients[0]: text_of(mail.data) for mail in mails[1:]}
        self.links = {to: re.search(r"http://\S+/l/\S+", text)[0] for to, text in links.items()}

    @property
    def token(self):
        return self.control.split("#")[1]

    def page(self, path=None):
        self.browser.visit(path or self.control)
        self.browser.view("control")

    # Asked of the page in one piece: every change draws the cards anew.
    CARD = "const card = [...document.querySelectorAll('#letters article')].find((one) => one.innerText.includes(arguments[0]));"

    def text(self, address):
        return self.browser.driver.execute_script(self.CARD + "return card ? card.innerText : ''", address)

    def state(self, address):
        return self.browser.driver.execute_script(self.CARD + "return card.querySelector('.stand').innerText", address)

    def buttons(self, address):
        return self.browser.driver.execute_script(self.CARD + "return card.querySelectorAll('button').length", address)

    def press(self, address, deed, answer="ask-yes"):
        button = f"return card.querySelector('[data-deed={deed}]:enabled')"
        self.browser.wait(
            lambda: self.browser.driver.execute_script(self.CARD + button, address), f"the button {deed}").click()
        self.browser.wait(lambda: self.browser.one("#ask").is_displayed(), "the question")
        self.browser.one(f"#{answer}").click()

    def told(self, address, words):
        self.browser.wait(lambda: words in self.text(address), words)

    def letters(self):
        """letters.db, as somebody who can write it sees it."""
        return sqlite3.connect(self.gateway.state / "letters" / "letters.db", isolation_level=None, timeout=10)

    def note(self, subject):
        """The mail with this subject that tells of a letter."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            found = [mail for mail in self.sink.messages if f"Subject: {subject}".encode() in mail.data]
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError([mail.data[:400] for mail in self.sink.messages] + [self.gateway.log()])


@pytest.fixture
def browser(linked):
    running = Browser(SimpleNamespace(url=f"http://127.0.0.1:{linked.portal}"))
    yield running
    running.quit()


@pytest.fixture
def sent(linked, sink, browser):
    return Sent(linked, sink, browser)


def test_a_sender_sees_extends_and_revokes(sent):
    browser = sent.browser
    assert CANARY not in sent.mail and "quarterly" not in sent.mail
    assert sent.mail.count(sent.token) == 2, "in the link, and once more as a code"
    sent.page()
    assert [card.find_element("css selector", "h2").text for card in browser.all("#letters article")] == [TO, OTHER]
    assert "Not opened yet" in sent.text(TO) and "Wrong passwords\n0" in sent.text(TO)
    assert "Page loaded\nnot yet" in sent.text(TO)

    # A scanner follows the link: nothing changes. Then the reader opens it, after a wrong password.
    browser.driver.get(sent.links[TO].split("#")[0])
    assert client(sent.links[TO], "AAAA-BBBB-CCCC").returncode == 1
    assert client(sent.links[TO], sent.passwords[0]).returncode == 0
    sent.page()
    browser.one("#reload").click()
    sent.told(TO, "Wrong passwords\n1")
    assert sent.state(TO) == "Opened"
    assert "Content fetched\nnot yet" not in sent.text(TO)
    assert sent.state(OTHER) == "Not opened yet"

    # Longer: asked first, refused once by the sender.
    before = sent.letters().execute("SELECT min(expires_at) FROM letters").fetchone()[0]
    sent.press(OTHER, "extend", answer="ask-no")
    sent.press(OTHER, "extend")
    sent.told(OTHER, f"Done. {OTHER} can open the message until")
    ends = sorted(end for end, in sent.letters().execute("SELECT expires_at FROM letters"))
    assert ends == [before, before + 30 * DAY], ends

    # Revoked: done within seconds, and the reader's link is gone, also where the page stood open already.
    started = time.monotonic()
    sent.press(TO, "revoke")
    sent.told(TO, f"Done. The message to {TO} is revoked.")
    assert time.monotonic() - started < 4
    assert sent.state(TO) == "Revoked"
    assert "Opened\nnever" not in sent.text(TO), "that it was opened before stays known"
    assert sent.buttons(TO) == 0
    assert client(sent.links[TO], sent.passwords[0]).returncode != 0
    browser.driver.get(sent.links[TO])
    browser.view("gone")
    assert client(sent.links[OTHER], sent.passwords[1]).returncode == 0
    assert browser.foreign_requests() == []
    for secret in (sent.token, TO, sent.passwords[0]):
        assert secret not in (sent.gateway.folder / "portal.log").read_text()


def test_the_code_may_be_typed_and_a_wrong_one_finds_nothing(sent):
    browser = sent.browser
    field = lambda: browser.one("#code")
    browser.visit("/control")
    browser.view("code")
    field().send_keys(sent.token[:20] + "\n")
    browser.wait(lambda: "43 letters" in browser.one("#code-error").text, "the complaint")
    field().clear()
    field().send_keys(f"  http://127.0.0.1/control#{sent.token} \n")
    browser.view("control")
    assert browser.driver.current_url.endswith(sent.control), "so that it can be loaded again"
    browser.visit("/control#" + "A" * 43)
    browser.view("gone")
    assert "There is nothing here" in browser.one("#heading").text
    browser.one("#again").click()
    browser.view("code")
    # The rewritten half: the right id with another code.
    browser.visit("/control#" + sent.token[:22] + "A" * 21)
    browser.view("gone")


def test_only_the_keyboard(sent):
    from selenium.webdriver.common.keys import Keys

    browser = sent.browser
    sent.page()
    active = lambda: browser.driver.switch_to.active_element
    assert active().get_attribute("id") == "heading"
    for _ in range(20):
        active().send_keys(Keys.TAB)
        if active().get_attribute("aria-label") == f"Revoke: {TO}":
            break
    else:
        raise AssertionError("the button cannot be reached")
    active().send_keys(Keys.ENTER)
    browser.wait(lambda: active().get_attribute("id") == "ask-no", "the safe answer first")
    active().send_keys(Keys.TAB)
    active().send_keys(Keys.ENTER)
    sent.told(TO, "is revoked")
    assert "is revoked" in browser.one("#announce").get_attribute("textContent")


def test_an_expired_letter_says_so(sent):
    past = int(time.time()) - 5
    sent.letters().execute("UPDATE letters SET expires_at = ?", [past])
    sent.page()
    assert sent.state(TO) == "Expired"
    assert "Opened\nnever" in sent.text(TO)
    assert sent.buttons(TO) == 0


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_pictures(sent, language, width):
    browser = sent.browser
    letters = sent.letters()
    first, = letters.execute("SELECT id FROM letters ORDER BY id LIMIT 1").fetchone()
    letters.execute(
        "UPDATE attempts SET asked_at = ?, opened_at = ?, fetched_at = ?, wrong_total = 2 WHERE letter_id = ?",
        [1795600000, 1795600050, 1795600051, first],
    )
    browser.size(width, 900)
    path = sent.control.replace("/control#", f"/control?lang={language}#")
    sent.page(path)
    wide = browser.driver.execute_script("return document.documentElement.scrollWidth")
    assert wide <= width, f"{wide} px on a page of {width}"
    browser.screenshot(f"control-{language}-{width}.png")
    if width == 360:
        browser.one("#letters [data-deed=revoke]").click()
        browser.screenshot(f"control-{language}-{width}-ask.png")
        browser.one("#ask-no").click()
        browser.appearance(True)
        browser.screenshot(f"control-{language}-{width}-dark.png")
        browser.appearance(False)
        browser.visit(path.split("#")[0])
        browser.view("code")
        browser.screenshot(f"control-{language}-{width}-code.png")
    if width == 768:
        sent.press(TO, "revoke")
        browser.wait(lambda: browser.all(".told"), "the answer")
        browser.screenshot(f"control-{language}-{width}-revoked.png")


def test_senders_are_told_once_also_after_a_kill(sent):
    gateway = sent.gateway
    assert client(sent.links[TO], sent.passwords[0]).returncode == 0
    mail, = sent.note(f"Opened: your message to {TO}")
    assert (mail.sender, mail.recipients) == ("", ["alice@example.org"])
    text = text_of(mail.data)
    assert sent.token in text and CANARY not in text and b"quarterly" not in mail.data
    assert b"In-Reply-To: <1@example.org>" in mail.data and b"Auto-Submitted: auto-generated" in mail.data
    for _ in range(5):
        client(sent.links[OTHER], "AAAA-BBBB-CCCC")
    sent.note(f"Wrong passwords: your message to {OTHER}")
    # Killed and started again: what has been told is not told again.
    for _ in range(2):
        gateway.kill()
        gateway.start()
        time.sleep(3)
    # The clock: both letters come to their end, one of them unopened.
    past = int(time.time()) - 5
    gateway.kill()
    ledger = sqlite3.connect(gateway.state / "gateway" / "gateway.db", isolation_level=None, timeout=10)
    ledger.execute("UPDATE letter_owners SET expires_at = ?", [past])
    ledger.close()
    sent.letters().execute("UPDATE letters SET expires_at = ?", [past])
    gateway.start()
    sent.note(f"Expired unopened: your message to {OTHER}")
    gateway.kill()
    gateway.start()
    time.sleep(3)
    subjects = sorted(
        line for mail in sent.sink.messages for line in mail.data.decode().split("\r\n") if line.startswith("Subject: ")
    )
    told = [subject for subject in subjects if "Password" not in subject and "Confidential" not in subject]
    assert told == [f"Subject: Expired unopened: your message to {OTHER}", f"Subject: Opened: your message to {TO}",
                    f"Subject: Wrong passwords: your message to {OTHER}"], told

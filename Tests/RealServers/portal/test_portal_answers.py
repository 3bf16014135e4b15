"""A reader answers a letter in headless Chromium, sends a key, keeps the password, and reads later messages. The portal
is real; what it does with answers is answer_portal.py, whose gateway opens what the browser has sealed by other
code."""
import os
import re
import subprocess
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

pytest.importorskip("selenium", reason="selenium is missing") if os.environ.get("CI") != "true" else None

from answer_portal import AnswerPortal, MIB  # noqa: E402
from kit.portal_browser import Browser, Portal  # noqa: E402
from kit.portal_letters import PASSWORD, Message, Part  # noqa: E402
from shown import WIDER  # noqa: E402

ALICE = {"address": "alice@example.org", "name": "Alice Example", "sender": True}
CAROL = {"address": "carol@example.org", "name": "Carol Müller"}
DAN = {"address": "dan@elsewhere.example"}
NAMES = [
    "Ärger und Glück.txt",
    "契約書 最終版.pdf",
    "договор №5.docx",
    "عقد نهائي.pdf",
    "חוזה.txt",
    "สัญญา.txt",
    "👩‍👩‍👧 photo.jpg",
    "..—'quote'&amp;.txt",
]


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    behind = Portal(tmp_path_factory.mktemp("answers"))
    running = AnswerPortal(behind)
    yield running
    running.stop()
    behind.stop()


@pytest.fixture(scope="module")
def chromium(portal):
    running = Browser(portal)
    yield running
    running.quit()


@pytest.fixture
def browser(portal, chromium):
    portal.reset()
    chromium.size(1280, 900)
    yield chromium
    portal.go.set()


def letter_for(
    portal, *people, subject="Your contract", text="Dear Bob,\n\nplease send the signed contract back.\n\nAlice"
):
    return portal.box.lock(Message(
        subject, [Part("text/plain", text.encode(), "8bit", "utf-8")], text=0, extra=portal.index(*people)))


def begin(portal, browser, *people, all=False, **more):
    letter = letter_for(portal, *people, **more)
    browser.open(letter)
    button = "#reply-all" if all else "#reply"
    browser.wait(lambda: browser.one(button).is_displayed(), "the buttons")
    browser.one(button).click()
    browser.wait(lambda: browser.one("#answer-form").is_displayed(), "the form")
    return letter


def attach(browser, *paths):
    browser.one("#answer-pick").send_keys("\n".join(map(str, paths)))


def send(browser):
    browser.one("#answer-form button.main").click()


def pane(browser, name, seconds=120):
    browser.wait(lambda: browser.one(f"#answer-{name}").is_displayed(), f"the pane {name}", seconds)


def error(browser):
    return browser.wait(lambda: browser.one("#answer-error").text, "the error")


def shots(browser, name):
    for width in (360, 768, 1280):
        browser.size(width, 900)
        assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= width
        browser.screenshot(f"{name}-{width}.png")
    browser.size(1280, 900)


def test_an_answer_arrives_as_it_was_written(portal, browser):
    letter = begin(portal, browser, ALICE)
    assert (
        "Alice Example" in browser.one("#answer-people").text
        and "alice@example.org" in browser.one("#answer-people").text
    )
    assert browser.driver.switch_to.active_element.get_attribute("id") == "answer-text"
    browser.one("#answer-text").send_keys("Dear Alice,\n\nmerci ! Grüße – 日本語 👍\n")
    send(browser)
    pane(browser, "done")
    assert browser.driver.switch_to.active_element.get_attribute("id") == "answer-done-heading"
    assert "Alice Example" in browser.one("#answer-report").text
    assert browser.one("#answer-more").text == "You can answer 4 more times."
    # What the reader has written stands in the conversation while the page stays open.
    assert (
        browser.one("#own-heading").text == "Your answers"
        and "You to Alice Example" in browser.one("#own-list summary").text
    )
    assert browser.one("#own-list .text").text == "Dear Alice,\nmerci ! Grüße – 日本語 👍"
    head, files = portal.opened()
    assert head == {
        "version": 1, "kind": "answer", "language": "en", "linkSecret": letter.secret, "to": ["alice@example.org"],
        "subject": "Re: Your contract", "text": "Dear Alice,\n\nmerci ! Grüße – 日本語 👍\n", "files": []}
    assert files == []
    # Nothing readable and no link secret went to the portal.
    for path, body in portal.requests:
        assert "/answers/" not in path or not any(
            word in body for word in (b"merci", b"contract", letter.secret.encode(), b"alice"))
    browser.one("#answer-again").click()
    pane(browser, "form")
    assert browser.one("#answer-text").get_attribute("value") == ""
    browser.one("#answer-discard").click()
    browser.one("#close").click()
    browser.view("closed")
    assert "merci" not in browser.driver.page_source


def test_what_was_written_outlives_a_letter_that_is_withdrawn(portal, browser):
    letter = begin(portal, browser, ALICE)
    browser.one("#answer-text").send_keys("half an answer")
    portal.box.database.execute("DELETE FROM letters WHERE id = ?", [letter.id])
    browser.driver.execute_script("window.dispatchEvent(new Event('focus'))")
    browser.view("gone")
    assert browser.one("#gone-draft").get_attribute("value") == "half an answer"
    assert "signed contract" not in browser.driver.page_source


def test_files_of_every_size_and_name(portal, browser, tmp_path):
    sizes = [0, 1, 3 * MIB, MIB, 17]
    names = NAMES[:5]
    for name, size in zip(names, sizes):
        (tmp_path / name).write_bytes(os.urandom(size))
    begin(portal, browser, ALICE)
    attach(browser, *(tmp_path / name for name in names))
    assert [item.text for item in browser.all("#answer-list .name")] == names
    assert [item.text for item in browser.all("#answer-list .size")][:3] == ["0 B", "1 B", "3.1 MB"]
    send(browser)
    pane(browser, "done")
    head, files = portal.opened()
    assert files == [(tmp_path / name).read_bytes() for name in names]
    assert [(one["name"], one["bytes"]) for one in head["files"]] == list(zip(names, sizes))
    assert head["files"][1]["type"] == "application/pdf"


def test_more_names(portal, browser, tmp_path):
    for name in NAMES[5:]:
        (tmp_path / name).write_bytes(b"x")
    begin(portal, browser, ALICE)
    attach(browser, *(tmp_path / name for name in NAMES[5:]))
    send(browser)
    pane(browser, "done")
    assert [one["name"] for one in portal.opened()[0]["files"]] == NAMES[5:]


def test_a_file_of_25_mib(portal, browser, tmp_path):
    big = tmp_path / "plans.zip"
    big.write_bytes(os.urandom(25 * MIB))
    begin(portal, browser, ALICE)
    portal.slow_bytes = 12 * MIB
    attach(browser, big)
    send(browser)
    assert portal.paused.wait(60)
    assert browser.wait(lambda: 20 < int(browser.one("#answer-bar").get_attribute("value")) < 100, "progress")
    assert browser.one("#answer-phase").text == "Sending your answer…"
    shots(browser, "answer-sending-en")
    portal.go.set()
    pane(browser, "done", 60)
    assert portal.opened()[1] == [big.read_bytes()]


def test_a_reply_to_all_names_everybody(portal, browser):
    begin(portal, browser, ALICE, CAROL, DAN, all=True)
    shown = browser.one("#answer-people").text
    assert all(word in shown for word in ("Alice Example", "Carol Müller", "dan@elsewhere.example"))
    browser.one("#answer-text").send_keys("to all")
    send(browser)
    pane(browser, "done")
    assert portal.opened()[0]["to"] == [one["address"] for one in (ALICE, CAROL, DAN)]
    assert "Carol Müller" in browser.one("#answer-report").text
    # The choice can still be changed in the form.
    browser.one("#answer-again").click()
    browser.all("#answer-people input")[0].click()
    browser.one("#answer-text").send_keys("to one")
    send(browser)
    pane(browser, "done")
    assert portal.opened()[0]["to"] == ["alice@example.org"]


def offline(browser, on):
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
        "offline": on, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})


def test_a_lost_connection_loses_nothing(portal, browser, tmp_path):
    big = tmp_path / "film.bin"
    big.write_bytes(os.urandom(8 * MIB))
    begin(portal, browser, ALICE)
    browser.one("#answer-text").send_keys("with a film")
    portal.slow_bytes, portal.cut = 2 * MIB, True
    attach(browser, big)
    send(browser)
    assert portal.paused.wait(30)
    offline(browser, True)
    portal.go.set()
    try:
        browser.wait(lambda: "interrupted" in browser.one("#answer-phase").text, "the words about the connection")
        assert browser.one("#answer-now").is_displayed() and browser.one("#answer-cancel").is_displayed()
        shots(browser, "answer-lost-en")
        browser.one("#answer-now").click()
        time.sleep(0.5)
        assert "interrupted" in browser.one("#answer-phase").text
    finally:
        offline(browser, False)
    pane(browser, "done")
    head, files = portal.opened()
    assert head["text"] == "with a film" and files == [big.read_bytes()]
    assert len(portal.answers) == 1


def test_what_the_portal_threw_away_is_sent_again(portal, browser):
    begin(portal, browser, ALICE)
    browser.one("#answer-text").send_keys("after a long break")
    portal.incomplete = True
    send(browser)
    pane(browser, "done")
    assert portal.opened()[0]["text"] == "after a long break"
    assert [path.rpartition("/")[2] for path, _ in portal.requests if "/answers/" in path][:4] == [
        "0",
        "send",
        "0",
        "send",
    ]


def test_a_busy_service_is_waited_for(portal, browser):
    begin(portal, browser, ALICE)
    browser.one("#answer-text").send_keys("patience")
    portal.failures = [(503, {"error": "unavailable"})]
    send(browser)
    browser.wait(lambda: "busy" in browser.one("#answer-phase").text, "the words")
    browser.one("#answer-now").click()
    pane(browser, "done")
    assert portal.opened()[0]["text"] == "patience"


@pytest.mark.parametrize(
    "reason, words",
    [
        ("rules", "The rules say <b>no</b> cards"),
        ("address", "one of the addresses"),
        ("too-large", "too large"),
        ("too-many", "as many answers"),
        ("damaged", "damaged"),
        ("undeliverable", "did not take it"),
        ("novel", "try again later"),
    ],
)
def test_every_refusal_is_a_sentence(portal, browser, reason, words):
    begin(portal, browser, ALICE)
    browser.one("#answer-text").send_keys("card 4111")
    portal.states = [{"state": "refused", "reason": reason, "text": "The rules say <b>no</b> cards"}]
    send(browser)
    assert words in error(browser)
    assert "still here" in error(browser)
    assert browser.one("#answer-text").get_attribute("value") == "card 4111"
    assert not browser.all("#answer-error b")


@pytest.mark.parametrize("status, told, words", [
    (413, {"error": "too-large"}, "too large"), (409, {"error": "too-many"}, "as many answers"),
    (507, {"error": "full"}, "no room"), (404, {"error": "gone"}, "cannot be answered just now")])
def test_what_the_portal_turns_down_is_said(portal, browser, status, told, words):
    begin(portal, browser, ALICE)
    browser.one("#answer-text").send_keys("hello")
    portal.failures = [(status, told)]
    send(browser)
    assert words in error(browser)
    assert browser.one("#answer-text").get_attribute("value") == "hello"
    # It can be sent again without typing again.
    send(browser)
    pane(browser, "done")
    assert portal.opened()[0]["text"] == "hello"


def test_limits_are_said_before_they_are_hit(portal, browser, tmp_path):
    portal.limits = {"left": 1, "bytes": MIB, "files": 2}
    for number in range(4):
        (tmp_path / f"{number}.bin").write_bytes(bytes(400_000))
    (tmp_path / "huge.bin").write_bytes(bytes(2 * MIB))
    begin(portal, browser, ALICE)
    assert browser.one("#answer-limits").text == "At most 2 files, 1 MB in all."
    attach(browser, tmp_path / "huge.bin")
    assert error(browser) == "huge.bin was not added: an answer takes at most 1 MB in all."
    attach(browser, *(tmp_path / f"{number}.bin" for number in range(3)))
    assert "2.bin was not added: an answer takes at most 2 files" in error(browser)
    assert len(browser.all("#answer-list li")) == 2
    shots(browser, "answer-limits-en")
    browser.all("#answer-list button")[0].click()
    assert [item.text for item in browser.all("#answer-list .name")] == ["1.bin"]
    browser.driver.execute_script("document.getElementById('answer-text').value = 'x'.repeat(700000)")
    send(browser)
    assert "too large" in error(browser)
    browser.driver.execute_script("document.getElementById('answer-text').value = 'short'")
    send(browser)
    pane(browser, "done")
    assert "as many answers as it may" in browser.one("#answer-more").text
    assert not browser.one("#answer-again").is_displayed()


def test_nothing_empty_is_sent(portal, browser):
    begin(portal, browser, ALICE)
    browser.one("#answer-text").send_keys("   \n")
    send(browser)
    assert error(browser) == "Please write something or add a file."
    assert not portal.answers


def test_sending_can_be_cancelled(portal, browser, tmp_path):
    big = tmp_path / "wrong.bin"
    big.write_bytes(os.urandom(6 * MIB))
    begin(portal, browser, ALICE)
    browser.one("#answer-text").send_keys("oh, the wrong file")
    portal.slow_bytes = MIB
    attach(browser, big)
    send(browser)
    assert portal.paused.wait(30)
    browser.one("#answer-cancel").click()
    pane(browser, "form")
    portal.go.set()
    portal.wait_for(lambda: [one for one in portal.answers.values() if one.cancelled])
    assert browser.one("#answer-text").get_attribute("value") == "oh, the wrong file"
    browser.one("#answer-list button").click()
    send(browser)
    pane(browser, "done")
    first, second = portal.answers
    assert portal.answers[first].sent is None and first != second
    assert portal.opened()[0]["files"] == []


def test_a_draft_stays_while_the_letter_is_looked_at(portal, browser):
    letter = portal.box.lock(Message("Two forms", [
        Part("text/plain", b"plain", "7bit"), Part("text/html", b"<p>rich</p>", "7bit")], text=0, html=1,
        extra=portal.index(ALICE)))
    browser.open(letter)
    browser.wait(lambda: browser.one("#reply").is_displayed(), "the button")
    browser.one("#reply").click()
    browser.one("#answer-text").send_keys("half a thought")
    browser.one("#as-text").click()
    browser.one("#as-html").click()
    browser.wait(lambda: browser.all("#body iframe"), "the frame")
    assert browser.one("#answer-text").get_attribute("value") == "half a thought"
    # Nothing of it is in a store that survives the page.
    assert browser.driver.execute_script("return sessionStorage.length + localStorage.length") == 0


def test_leaving_with_a_draft_is_asked_about(portal, browser):
    # WebDriver answers the browser's own question by itself, so the page is asked whether it would be put.
    warns = "return !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    begin(portal, browser, ALICE)
    assert browser.driver.execute_script(warns) is False
    browser.one("#answer-text").send_keys("dear draft")
    assert browser.driver.execute_script(warns) is True
    browser.one("#close").click()
    browser.wait(lambda: browser.one("#leave-dialog").is_displayed(), "the question")
    browser.one("#leave-stay").click()
    assert browser.one("#answer-text").get_attribute("value") == "dear draft"
    browser.one("#close").click()
    browser.wait(lambda: browser.one("#leave-dialog").is_displayed(), "the question")
    browser.one("#leave-go").click()
    browser.view("closed")
    assert browser.one("#answer-text").get_attribute("value") == ""
    assert browser.driver.execute_script(warns) is False
    page = browser.driver.page_source
    assert "alice@example.org" not in page and "Alice Example" not in page


def test_asking_for_the_state_ends_with_the_letter(portal, browser):
    portal.states = [{"state": "waiting"}]
    begin(portal, browser, ALICE)
    browser.one("#answer-text").send_keys("waiting")
    send(browser)
    browser.wait(lambda: "handed over" in browser.one("#answer-phase").text, "the state")
    shots(browser, "answer-waiting-en")
    time.sleep(6)
    asked = [path for path, _ in portal.requests if re.search(r"/answers/[\w-]{22}$", path)]
    assert 2 <= len(asked) <= 5, "gentle, and at once"
    browser.one("#close").click()
    browser.view("closed")
    before = len(portal.requests)
    time.sleep(5)
    assert len(portal.requests) == before


def test_hostile_words_do_nothing(portal, browser, tmp_path):
    (tmp_path / "<img src=x onerror=alert(1)>.txt").write_bytes(b"x")
    evil = {"address": "\"><script>alert(1)</script>@example.org", "name": "<b>Eve</b><script>alert(2)</script>"}
    begin(portal, browser, ALICE, evil, all=True, subject="<script>alert(3)</script>\u0000\r\nBcc: eve@evil.example")
    attach(browser, tmp_path / "<img src=x onerror=alert(1)>.txt")
    browser.one("#answer-text").send_keys("</textarea><script>alert(4)</script>")
    assert "<b>Eve</b>" in browser.one("#answer-people").text
    assert not browser.all("#answer script, #answer img, #answer b")
    send(browser)
    pane(browser, "done")
    assert "<b>Eve</b>" in browser.one("#answer-report").text and not browser.all("#answer b")
    head, _ = portal.opened()
    assert "\n" not in head["subject"] and head["files"][0]["name"] == "<img src=x onerror=alert(1)>.txt"
    assert browser.foreign_requests() == []


@pytest.mark.parametrize(
    "extra, limits, words",
    [
        ({}, {"left": 5, "bytes": MIB, "files": 5}, "cannot be answered on this page"),
        (
            {"gateway": "AAAA", "participants": [ALICE]},
            {"left": 5, "bytes": MIB, "files": 5},
            "cannot be answered on this page",
        ),
        ("good", None, "cannot be answered on this page"),
        ("good", {"left": 0, "bytes": MIB, "files": 5}, "as many answers as it may"),
    ],
)
def test_where_no_answers_are_taken_it_is_said(portal, browser, extra, limits, words):
    portal.limits = limits
    letter = portal.box.lock(Message(
        "Quiet", [Part("text/plain", b"x", "7bit")], text=0, extra=portal.index(ALICE) if extra == "good" else extra))
    browser.open(letter)
    said = browser.wait(lambda: browser.one("#answer-closed").text, "the words")
    assert words in said and "not protected" in said
    assert not browser.one("#reply").is_displayed() and not browser.one("#answer-form").is_displayed()


def test_answering_by_keyboard(portal, browser):
    from selenium.webdriver.common.keys import Keys

    letter = letter_for(portal, ALICE, CAROL)
    browser.open(letter)
    browser.wait(lambda: browser.one("#reply").is_displayed(), "the buttons")
    active = lambda: browser.driver.switch_to.active_element  # noqa: E731
    for _ in range(30):
        if active().get_attribute("id") == "reply":
            break
        active().send_keys(Keys.TAB)
    active().send_keys(Keys.ENTER)
    active().send_keys("typed", Keys.TAB)
    assert active().get_attribute("id") == "answer-add"
    active().send_keys(Keys.TAB)
    assert active().text == "Send the answer"
    active().send_keys(Keys.ENTER)
    pane(browser, "done")
    assert portal.opened()[0]["text"] == "typed"
    # Everything that can be typed into has a name, every picture of progress too.
    unnamed = browser.driver.execute_script(
        "return [...document.querySelectorAll('#answer input:not([hidden]), #answer textarea, #key input, #key "
        "textarea, progress')]"
        ".filter((e) => !(e.labels && e.labels.length) && !e.getAttribute('aria-label') && "
        "!e.getAttribute('aria-labelledby'))"
        ".map((e) => e.id)"
    )
    assert unnamed == []


def test_files_can_be_dropped(portal, browser):
    begin(portal, browser, ALICE)
    browser.driver.execute_script("""
        const data = new DataTransfer(); data.items.add(new File(["dropped"], "drop.txt", { type: "text/plain" }));
        const drop = (target) => target.dispatchEvent(
          new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        window.answers = [drop(document.body), drop(document.getElementById("answer-text"))];""")
    # Neither makes the browser leave the page for the file; only the form takes it.
    assert browser.driver.execute_script("return window.answers") == [False, False]
    assert [item.text for item in browser.all("#answer-list .name")] == ["drop.txt"]
    send(browser)
    pane(browser, "done")
    assert portal.opened()[1] == [b"dropped"]


# --- key and password ---

def gpg(home, *arguments, input=None):
    done = subprocess.run(
        ["gpg", "--homedir", str(home), "--batch", "--pinentry-mode", "loopback", "--passphrase", "", *arguments],
        input=input,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    home = tmp_path_factory.mktemp("gpg")
    home.chmod(0o700)
    gpg(home, "--quick-gen-key", "Bob <bob@elsewhere.example>", "future-default", "default", "never")
    made = {"public": gpg(home, "--armor", "--export"), "binary": gpg(home, "--export"),
            "secret": gpg(home, "--armor", "--export-secret-keys"), "secret-binary": gpg(home, "--export-secret-keys")}
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
    return made


def open_key(portal, browser):
    letter = letter_for(portal, ALICE)
    browser.open(letter)
    browser.wait(lambda: browser.one("#key summary").is_displayed(), "the offer")
    browser.one("#key summary").click()
    return letter


def test_a_public_key_is_sent(portal, browser, keys, tmp_path):
    open_key(portal, browser)
    shots(browser, "key-en")
    words = b"Hello,\nhere it is:\n" + keys["public"] + b"\nBob\n"
    browser.driver.execute_script("document.getElementById('key-text').value = arguments[0]", words.decode())
    browser.one("#key-form button").click()
    browser.wait(lambda: "sent an email to your address" in browser.one("#key-state").text, "the state")
    head, files = portal.opened()
    assert head["kind"] == "key" and files == [keys["public"].strip()]
    assert head["files"] == [{"name": "key.asc", "type": "application/pgp-keys", "bytes": len(files[0])}]
    (tmp_path / "bob.gpg").write_bytes(keys["binary"])
    browser.one("#key-pick").send_keys(str(tmp_path / "bob.gpg"))
    time.sleep(0.5)
    assert len(portal.answers) == 1 and browser.one("#key-state").text == ""  # choosing sends nothing: the button does
    browser.one("#key-form button").click()
    browser.wait(lambda: len(portal.answers) == 2 and "sent an email" in browser.one("#key-state").text, "the second")
    assert portal.opened()[1] == [keys["binary"]]


@pytest.mark.parametrize(
    "kind, words",
    [
        ("secret", "secret key"),
        ("secret-binary", "secret key"),
        ("renamed", "secret key"),
        ("photo", "not an OpenPGP public key"),
        ("empty", "not an OpenPGP public key"),
        ("large", "too large"),
        ("cut", "not an OpenPGP public key"),
    ],
)
def test_what_is_no_public_key_stays_here(portal, browser, keys, tmp_path, kind, words):
    content = {
        **keys, "renamed": keys["secret"].replace(b"PRIVATE", b"PUBLIC"), "photo": bytes(range(256)) * 4, "empty": b"",
        "large": keys["binary"] + keys["binary"] * 400, "cut": keys["binary"][:-20]}[kind]
    open_key(portal, browser)
    (tmp_path / "key.file").write_bytes(content)
    browser.one("#key-pick").send_keys(str(tmp_path / "key.file"))
    browser.wait(lambda: words in browser.one("#key-state").text, words)
    assert not portal.answers


def test_a_key_that_is_refused(portal, browser, keys, tmp_path):
    portal.states = [{"state": "refused", "reason": "key"}]
    open_key(portal, browser)
    (tmp_path / "bob.asc").write_bytes(keys["public"])
    browser.one("#key-pick").send_keys(str(tmp_path / "bob.asc"))
    browser.one("#key-form button").click()
    browser.wait(lambda: "cannot be used" in browser.one("#key-state").text, "the refusal")


def test_the_password_is_kept_and_taken_back(portal, browser):
    import hashlib

    portal.keep = True
    letter = letter_for(portal, ALICE)
    browser.open(letter)
    browser.wait(lambda: browser.one("#keep summary").is_displayed(), "the offer")
    browser.one("#keep summary").click()
    browser.one("#keep-button").click()
    browser.wait(lambda: "Later letters open with this password" in browser.one("#keep-state").text, "the state")
    salt = portal.box.database.execute("SELECT salt FROM letters WHERE id = ?", [letter.id]).fetchone()[0]
    stretched = hashlib.pbkdf2_hmac("sha256", PASSWORD.replace("-", "").encode(), salt, 600_000, 32)
    from kit.links_client import encode

    head, _ = portal.opened()
    assert (head["kind"], head["stretched"]) == ("keep-password", encode(stretched))
    browser.one("#keep-button").click()
    browser.wait(lambda: "password of their own again" in browser.one("#keep-state").text, "the state")
    assert portal.opened()[0]["kind"] == "forget-password"


def test_keeping_is_offered_only_where_it_is_taken(portal, browser):
    browser.open(letter_for(portal, ALICE))
    browser.wait(lambda: browser.one("#key").is_displayed(), "the key")
    assert not browser.one("#keep").is_displayed()
    portal.keep = False
    browser.open(letter_for(portal, ALICE))
    browser.wait(lambda: "is used for later letters" in browser.one("#keep").text, "that it is kept")


# --- later messages ---

def later(number, **more):
    return Message(
        f"Re: contract, part {number}", [Part("text/plain", f"message {number}".encode(), "7bit")], text=0, **more
    )


def test_later_messages_are_a_conversation(portal, browser, tmp_path):
    letter = letter_for(portal, ALICE)
    portal.add_later(letter, later(1))
    big = os.urandom(2 * MIB)
    import base64

    portal.add_later(
        letter,
        Message(
            "Re: contract, part 2",
            [
                Part("text/plain", b"message 2", "7bit"),
                Part(
                    "application/octet-stream",
                    base64.encodebytes(big).replace(b"\n", b"\r\n"),
                    name="big.bin",
                    attachment=True,
                ),
            ],
            text=0,
            sender="Carol <carol@example.org>",
        ),
    )
    browser.open(letter)
    # The newest is open; the others stand above it, oldest first.
    assert browser.one("h1").text == "Re: contract, part 2"
    assert browser.one("#body").text == "message 2"
    browser.wait(lambda: len(browser.all("#earlier li")) == 2, "the headings")
    assert not browser.one("#later").is_displayed()
    assert browser.one("#earlier-heading").text == "Earlier letters of this conversation"
    assert ["Alice Example" in item.text and "2026" in item.text for item in browser.all("#earlier li")] == [True, True]
    browser.one("#attachment-list button").click()
    assert browser.saved("big.bin") == big
    shots(browser, "conversation-en")
    browser.wait(lambda: browser.one("#reply").is_displayed(), "the answer")
    browser.one("#reply").click()
    browser.one("#answer-text").send_keys("about all of it")
    browser.all("#earlier button")[0].click()
    browser.wait(lambda: browser.one("h1").text == "Your contract", "the first letter")
    assert "signed contract" in browser.one("#body").text
    assert len(browser.all("#later li")) == 2 and not browser.one("#earlier").is_displayed()
    browser.all("#later button")[0].click()
    browser.wait(lambda: browser.one("h1").text == "Re: contract, part 1", "the second")
    assert browser.one("#body").text == "message 1"
    assert browser.one("#answer-text").get_attribute("value") == "about all of it"
    send(browser)
    pane(browser, "done")
    assert portal.opened()[0]["subject"] == "Re: Your contract"
    browser.one("#close").click()
    browser.view("closed")
    assert "Carol" not in browser.one("main").get_attribute("textContent")


def test_a_later_message_that_does_not_open_hides_no_other(portal, browser):
    letter = letter_for(portal, ALICE)
    portal.add_later(letter, later(1))
    portal.add_later(letter, later(2))
    portal.add_later(letter, later(3))
    chunks = portal.later[letter.id][1]["chunks"]
    chunks[0] = bytes([chunks[0][0] ^ 1]) + chunks[0][1:]
    browser.open(letter)
    assert browser.one("h1").text == "Re: contract, part 3"
    browser.wait(lambda: len(browser.all("#earlier li")) == 3, "the headings")
    assert "not from us" in browser.all("#earlier li")[2].text
    assert not browser.all("#earlier button")[2].is_enabled()


def test_what_another_than_the_gateway_made_is_not_from_us(portal, browser):
    """Who can write letters.db has every public key, and not the gateway's private one."""
    letter = letter_for(portal, ALICE)
    portal.add_later(letter, later(1))
    portal.add_later(letter, Message("New bank account", [Part("text/plain", b"pay here", "7bit")], text=0),
                     gateway=ec.generate_private_key(ec.SECP256R1()))
    browser.open(letter)
    assert browser.one("h1").text == "Re: contract, part 1"
    browser.wait(lambda: len(browser.all("#later li")) == 1, "the headings")
    assert "not from us" in browser.one("#later li").text
    assert not browser.one("#later button").is_enabled()
    assert "bank" not in browser.one("main").get_attribute("textContent")


@pytest.mark.parametrize("damage", ["key", "sizes", "missing", "tail"])
def test_whatever_lies_there_the_letter_opens(portal, browser, damage):
    letter = letter_for(portal, ALICE)
    portal.add_later(letter, later(1))
    portal.add_later(letter, later(2, extra={"filler": "x" * MIB}) if damage == "tail" else later(2))
    broken = portal.later[letter.id][1]
    if damage == "key":
        broken["told"]["wrapped"] = "AAAA"
    elif damage == "sizes":
        broken["told"]["chunks"] = 7
    elif damage == "missing":
        broken["told"]["wrapped"] = None
    else:  # its index opens, what follows does not
        broken["chunks"][-1] = broken["chunks"][-1][:-1] + bytes([broken["chunks"][-1][-1] ^ 1])
    browser.open(letter)
    assert browser.one("h1").text == "Re: contract, part 1"
    browser.wait(lambda: len(browser.all("#later li")) == 1, "the headings")
    assert "not from us" in browser.one("#later li").text


# --- looks ---

def narrow(browser):
    """At 320 px, with type of twice the size too, everything stays in its card."""
    browser.size(320, 800)
    for size in ("", "225%"):
        browser.driver.execute_script("document.documentElement.style.fontSize = arguments[0]", size)
        assert browser.driver.execute_script(WIDER) == [], size
    browser.driver.execute_script("document.documentElement.style.fontSize = ''")
    browser.size(1280, 900)


@pytest.mark.parametrize("language", ["de", "fr"])
def test_how_it_looks(portal, language, tmp_path):
    portal.reset()
    portal.keep = True
    (tmp_path / "Contrat signé.pdf").write_bytes(bytes(734_003))
    (tmp_path / "Photo du passeport, recto et verso, en couleur, très longue.jpg").write_bytes(bytes(2_345_678))
    reader = Browser(portal, language=language)
    try:
        reader.open(letter_for(portal, ALICE, CAROL, DAN))
        reader.wait(lambda: reader.one("#key").is_displayed(), "the page")
        shots(reader, f"answer-start-{language}")
        narrow(reader)
        reader.one("#reply-all").click()
        reader.one("#answer-text").send_keys("Chère Alice,\n\nvoici le contrat signé.\n\nBob")
        attach(reader, *tmp_path.iterdir())
        shots(reader, f"answer-form-{language}")
        narrow(reader)
        reader.appearance(dark=True)
        reader.size(360, 900)
        reader.screenshot(f"answer-form-dark-{language}-360.png")
        reader.size(1280, 900)
        portal.states = [{"state": "refused", "reason": "rules", "text": "No card numbers."}, {"state": "sent"}]
        send(reader)
        error(reader)
        reader.appearance(dark=False)
        shots(reader, f"answer-refused-{language}")
        send(reader)
        pane(reader, "done")
        reader.one("#keep summary").click()
        reader.one("#key summary").click()
        shots(reader, f"answer-done-{language}")
        narrow(reader)
        # Keys whose text is missing show as themselves.
        assert not re.search(r"\b(answer|key|keep|leave|conversation)-[a-z]+", reader.one("main").text)
    finally:
        reader.quit()

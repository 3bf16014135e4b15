"""A recipient opens a letter behind a link in headless Chromium, as docs/links/first-link.md describes it."""
import json
import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("selenium", reason="selenium is missing") if os.environ.get("CI") != "true" else None

from kit.portal_browser import INSECURE_NAME, Browser  # noqa: E402
from kit.portal_letters import Letter, Message, Part, b64url  # noqa: E402
from shown import ATTACHED, ordinary, wrapped  # noqa: E402


def test_a_letter_opens_with_the_password(portal, browser):
    letter = portal.box.lock(ordinary())
    browser.visit(letter.path())
    browser.view("password")
    assert browser.driver.switch_to.active_element.get_attribute("id") == "password"
    browser.size(360, 740)
    browser.screenshot("portal-password-360.png")
    browser.type_password(letter.password.lower().replace("-", " "))
    browser.view("letter")
    assert browser.one("h1").text == "Figures for the third quarter"
    assert browser.one("#fields").text.split("\n")[:4] == [
        "From", "Alice Example <alice@example.org>", "To", "bob@elsewhere.example"]
    browser.in_frame()
    assert "the figures for the third quarter are attached" in " ".join(browser.one("#letter").text.split())
    assert browser.driver.execute_script("return document.querySelector('img').naturalWidth") == 10
    browser.out_of_frame()
    assert "One picture from the internet was not loaded" in browser.one("#remote").text
    assert "until" in browser.one("#expires").text
    browser.screenshot("portal-letter-360.png")
    assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= 360
    browser.size(1280, 900)
    browser.screenshot("portal-letter-1280.png")
    browser.appearance(dark=True)
    browser.screenshot("portal-letter-dark-1280.png")
    browser.appearance(dark=False)
    assert len(browser.all("h1")) == 1


def test_plain_text_is_a_switch_away(portal, browser):
    browser.open(portal.box.lock(ordinary()))
    browser.one("#as-text").click()
    assert "Grüße aus Köln, 1 000 €." in browser.one("#body .text").text
    assert browser.one("#body a").get_attribute("href") == "https://example.org/report"
    assert browser.one("#as-text").get_attribute("aria-pressed") == "true"
    browser.one("#as-html").click()
    browser.wait(lambda: browser.all("#body iframe"), "the frame")


def test_files_are_saved_as_they_were_sent(portal, browser):
    letter = portal.box.lock(ordinary())
    browser.open(letter)
    # No folder, no character that turns the name's direction around; the picture shown above is not listed again.
    assert [item.text for item in browser.all("#attachment-list .name")] == ["_Zürich_quarter 3fdp.exe"]
    name = browser.one("#attachment-list .name").text
    assert browser.one("#attachment-list .size").text == "1.3 MB"
    browser.one("#attachment-list button").click()
    assert browser.saved(name) == ATTACHED
    browser.one("#download").click()
    assert browser.saved("Figures for the third quarter.eml") == letter.message


def test_a_long_letter_comes_in_chunks(portal, browser):
    big = os.urandom(2_500_000)
    letter = portal.box.lock(Message("Large", [
        Part("text/plain", b"see attachment", "7bit", "us-ascii"),
        Part("application/octet-stream", wrapped(big), name="big.bin", attachment=True)], text=0))
    browser.open(letter)
    assert browser.one("#body .text").text == "see attachment"
    browser.one("#attachment-list button").click()
    assert browser.saved("big.bin") == big


def test_a_wrong_password_says_how_many_tries_are_left(portal, browser):
    letter = portal.box.lock(ordinary())
    browser.visit(letter.path())
    browser.view("password")
    browser.type_password("0000-0000-0000")
    said = browser.wait(lambda: browser.one("#password-error").text, "the error")
    assert said == "This password is not right. You have 4 more tries before a pause."
    assert browser.one("#password").get_attribute("aria-invalid") == "true"
    browser.size(360, 740)
    browser.screenshot("portal-wrong-360.png")
    browser.size(1280, 900)
    # What cannot be a password is said at once and costs nothing.
    browser.type_password("0000-0000-000")
    browser.wait(lambda: "you typed 11" in browser.one("#password-error").text, "the count")
    browser.type_password("1111-1111-1111")
    browser.wait(lambda: "You have 3 more tries" in browser.one("#password-error").text, "the second wrong one")
    browser.type_password(letter.password)
    browser.view("letter")


def test_after_five_wrong_ones_the_letter_rests(portal, browser):
    letter = portal.box.lock(ordinary())
    browser.visit(letter.path())
    browser.view("password")
    for left in (4, 3, 2, 1):
        browser.type_password(f"0000-0000-000{left}")
        words = "one more try" if left == 1 else f"{left} more tries"
        browser.wait(lambda: words in browser.one("#password-error").text, words)
    browser.type_password("0000-0000-0000")
    browser.view("resting")
    minutes, seconds = browser.one("#countdown").text.split(":")
    assert 0 < int(minutes) * 60 + int(seconds) <= 60
    browser.size(360, 740)
    browser.screenshot("portal-resting-360.png")
    browser.size(1280, 900)
    # While it rests, even the right one must wait; afterwards it opens.
    browser.visit(letter.path())
    browser.view("password")
    browser.type_password(letter.password)
    browser.view("resting")
    portal.box.end_rest(letter)
    browser.open(letter)


def test_a_stripped_fragment_asks_for_the_code(portal, browser):
    letter = portal.box.lock(ordinary())
    browser.visit(letter.path(fragment=False))
    browser.view("code")
    browser.size(360, 740)
    browser.screenshot("portal-code-360.png")
    browser.size(1280, 900)
    browser.one("#code").send_keys(letter.secret[:-1] + "\n")
    browser.wait(lambda: "22" in browser.one("#code-error").text, "the hint")
    # Another letter's code: said as such, and no try of this letter is gone.
    browser.one("#code").clear()
    browser.one("#code").send_keys(b64url(os.urandom(16)) + "\n")
    browser.view("password")
    browser.type_password(letter.password)
    browser.view("code")
    browser.wait(lambda: "does not belong to this letter" in browser.one("#code-error").text, "the error")
    assert tries(portal, letter) == 0
    browser.one("#code").clear()
    browser.one("#code").send_keys(f"  {letter.secret[:10]} {letter.secret[10:]}\n")
    browser.view("password")
    browser.type_password("0000-0000-0000")
    browser.wait(lambda: "4" in browser.one("#password-error").text, "the error")
    assert tries(portal, letter) == 1
    browser.type_password(letter.password)
    browser.view("letter")


def tries(portal, letter):
    return portal.box.database.execute(
        "SELECT wrong_total FROM attempts WHERE letter_id = ?", [letter.id]).fetchone()[0]


def test_a_link_with_another_letters_code_asks_for_the_code(portal, browser):
    letter = portal.box.lock(ordinary())
    browser.visit(letter.path(fragment=False) + "#" + b64url(os.urandom(16)))
    browser.view("password")
    browser.type_password(letter.password)
    browser.view("code")
    browser.wait(lambda: "does not belong to this letter" in browser.one("#code-error").text, "the error")
    assert tries(portal, letter) == 0
    browser.one("#code").send_keys(f"{letter.secret}\n")
    browser.view("password")
    browser.type_password(letter.password)
    browser.view("letter")


def test_the_whole_link_may_be_pasted_as_code(portal, browser):
    letter = portal.box.lock(ordinary())
    browser.visit(letter.path(fragment=False) + "#broken")
    browser.view("code")
    browser.one("#code").send_keys(f"https://letters.example.org{letter.path()}\n")
    browser.view("password")
    browser.type_password(letter.password)
    browser.view("letter")


def test_unknown_expired_and_pending_letters_look_alike(portal, browser):
    expired = portal.box.lock(ordinary(), lifetime=-1)
    pending = portal.box.lock(ordinary(), state="sending")
    unknown = Letter(b64url(os.urandom(16)), expired.secret, "", b"")
    seen = set()
    for letter in (expired, pending, unknown):
        browser.visit(letter.path())
        browser.view("gone")
        seen.add(browser.one("main").text)
        for step in ("", "/open", "/chunks/0"):
            answer = ask(
                portal, letter.id + step, b"{}" if step == "" else b'{"auth":"%s","link":"%s"}' % (b"A" * 43, b"A" * 43)
            )
            assert answer[0] == 404
            seen.add(answer)
    assert len(seen) == 2
    browser.size(360, 740)
    browser.screenshot("portal-gone-360.png")
    browser.size(1280, 900)


def ask(portal, path, body):
    request = urllib.request.Request(
        f"{portal.url}/api/letters/{path}", data=body, headers={"Content-Type": "application/json"}, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return (answer.status, answer.read(), str(sorted(answer.headers.items())))
    except urllib.error.HTTPError as answer:
        headers = sorted((name, value) for name, value in answer.headers.items() if name.lower() != "date")
        return (answer.code, answer.read(), str(headers))


def test_closing_wipes_the_letter(portal, browser):
    browser.open(portal.box.lock(ordinary()))
    browser.one("#close").click()
    browser.view("closed")
    page = browser.driver.page_source
    assert "alice@example.org" not in page and "Figures" not in page and "<iframe" not in page
    assert browser.one("#password").get_attribute("value") == ""


def test_the_keyboard_is_enough(portal, browser):
    from selenium.webdriver.common.keys import Keys

    letter = portal.box.lock(Message("By keyboard", [Part("text/plain", b"hello", "7bit")], text=0))
    browser.visit(letter.path())
    browser.view("password")
    assert browser.driver.switch_to.active_element.get_attribute("id") == "password"
    browser.driver.switch_to.active_element.send_keys(letter.password, Keys.TAB)
    assert browser.driver.switch_to.active_element.text == "Hide"
    browser.driver.switch_to.active_element.send_keys(Keys.SPACE)
    assert browser.one("#password").get_attribute("type") == "password"
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.view("letter")
    assert browser.driver.switch_to.active_element.get_attribute("id") == "heading"


def test_a_chosen_password_opens_however_it_is_typed(portal, browser):
    letter = portal.box.lock(ordinary(), password="  Ohne-Llama, \u00dc1! \u2019n \U0001f600 ", kind="chosen")
    browser.visit(letter.path())
    browser.view("password")
    assert browser.one("#password").get_attribute("type") == "password"
    assert "do not matter" in browser.one("#password-hint").text
    # Chromedriver's keys do not reach beyond the BMP.
    browser.driver.execute_script(
        "arguments[0].value = arguments[1]", browser.one("#password"),
        "ohne\u2011llama,\u00a0 u\u03081!\u200b 'N \U0001f600\ufe0f")
    browser.one("#password").send_keys("\n")
    browser.view("letter")


def test_the_page_folds_passwords_as_the_vectors_say(portal, browser):
    vectors = json.loads((Path(__file__).resolve().parents[2] / "Corpus/links/passwords.json").read_text())["passwords"]
    browser.visit(portal.box.lock(ordinary()).path())
    browser.view("password")
    made = browser.driver.execute_async_script(
        """const done = arguments[arguments.length - 1];
        import("/assets/protocol.js").then(({ normalisePassword }) =>
          done(arguments[0].map((one) => normalisePassword(one.typed, one.password) || "")), (failure) => done(String(failure)));""",
        vectors,
    )
    assert made == [one["normalised"] for one in vectors]


def test_an_altered_letter_is_not_shown(portal, browser):
    letter = portal.box.lock(ordinary())
    portal.box.database.execute(
        "UPDATE chunks SET sealed = CAST(zeroblob(1) || substr(sealed, 2) AS BLOB) WHERE number = 1 AND content_id ="
        " (SELECT content_id FROM letters WHERE id = ?)", [letter.id])
    browser.visit(letter.path())
    browser.view("password")
    browser.type_password(letter.password)
    browser.view("damaged")
    assert "Alice" not in browser.driver.page_source


def test_a_lost_connection_can_be_tried_again(portal, browser):
    letter = portal.box.lock(ordinary())
    browser.visit(letter.path())
    browser.view("password")
    offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    browser.type_password(letter.password)
    browser.view("trouble")
    assert "check your internet connection" in browser.one("#trouble-why").text
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {**offline, "offline": False})
    browser.one("#retry").click()
    browser.view("password")
    browser.type_password(letter.password)
    browser.view("letter")


def test_french(portal):
    letter = portal.box.lock(ordinary("Chiffres du troisième trimestre"))
    french = Browser(portal, language="fr")
    try:
        french.size(360, 740)
        french.visit(letter.path())
        french.view("password")
        assert french.one("html").get_attribute("lang") == "fr"
        assert french.one("h1").text == "Une lettre protégée pour vous"
        assert french.one("label[for=password]").text == "Mot de passe"
        french.screenshot("portal-password-fr-360.png")
        french.type_password(letter.password)
        french.view("letter")
        assert "novembre 2026" in french.one("#fields").text
        french.screenshot("portal-letter-fr-360.png")
        # The link to the other language keeps the code of the letter.
        french.one(".languages summary").click()
        french.one(".languages a[lang=en]").click()
        french.wait(lambda: french.one("html").get_attribute("lang") == "en", "English")
        french.view("password")
    finally:
        french.quit()


def test_without_script_the_page_says_what_is_needed(portal):
    plain = Browser(portal, script=False)
    try:
        plain.visit(portal.box.lock(ordinary()).path())
        assert "please allow JavaScript" in plain.one("noscript").text
        assert not plain.one("#password").is_displayed()
    finally:
        plain.quit()


def test_an_insecure_address_is_explained(portal, browser):
    letter = portal.box.lock(ordinary())
    browser.driver.get(f"http://{INSECURE_NAME}:{portal.port}{letter.path()}")
    browser.view("insecure")


def test_nothing_secret_is_logged(portal, browser):
    letter = portal.box.lock(ordinary())
    browser.open(letter)
    log = portal.written()
    assert "/api/letters/" in log
    for secret in (letter.id, letter.secret, letter.password, "Alice", "Figures", "127.0.0.1:5"):
        assert secret not in log

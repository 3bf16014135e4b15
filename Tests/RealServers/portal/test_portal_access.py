"""The page for people who see it differently or have no mouse: axe-core on every view, and the keyboard alone."""
import os

import pytest

pytest.importorskip("selenium", reason="selenium is missing") if os.environ.get("CI") != "true" else None

from kit.portal_browser import Browser  # noqa: E402
from kit.portal_letters import Letter, Part, b64url  # noqa: E402
from shown import axe_source, framed, ordinary, texted, violations  # noqa: E402


def at_password(portal, browser):
    browser.visit(portal.box.lock(ordinary()).path())
    browser.view("password")


def at_wrong_password(portal, browser):
    at_password(portal, browser)
    browser.type_password("0000")
    browser.wait(lambda: browser.one("#password-error").text, "the error")


def at_code(portal, browser):
    browser.visit(portal.box.lock(ordinary()).path(fragment=False))
    browser.view("code")


def at_resting(portal, browser):
    letter = portal.box.lock(ordinary())
    portal.box.database.execute(
        "UPDATE attempts SET rests_until = strftime('%s', 'now') + 300 WHERE letter_id = ?", [letter.id])
    browser.visit(letter.path())
    browser.view("password")
    browser.type_password(letter.password)
    browser.view("resting")


def at_gone(portal, browser):
    browser.visit(Letter(b64url(os.urandom(16)), b64url(os.urandom(16)), "", b"").path())
    browser.view("gone")


def at_html(portal, browser):
    message = ordinary()
    message.parts.append(Part("text/plain", b"second file", "7bit", name="notes.txt", attachment=True))
    browser.open(portal.box.lock(message))
    assert browser.one("#attachments").is_displayed() and browser.one("#all").is_displayed()


def at_text(portal, browser):
    browser.open(portal.box.lock(texted("Dear Bob,\n\nsee https://example.org/\n\n> quoted\n\nשלום\n")))


def at_dialog(portal, browser):
    browser.open(portal.box.lock(texted("see https://example.org/\n")))
    browser.one("#body a").click()
    browser.wait(lambda: browser.one("#link-dialog").is_displayed(), "the question")


def at_closed(portal, browser):
    at_text(portal, browser)
    browser.one("#close").click()
    browser.view("closed")


def at_help(portal, browser):
    browser.visit("/")


VIEWS = [at_password, at_wrong_password, at_code, at_resting, at_gone, at_html, at_text, at_dialog, at_closed, at_help]


@pytest.mark.parametrize("arrive", VIEWS, ids=lambda arrive: arrive.__name__[3:])
def test_axe_finds_nothing(portal, browser, arrive):
    axe_source()
    arrive(portal, browser)
    for width in (360, 1280):
        browser.size(width, 800)
        for dark in (False, True):
            browser.appearance(dark)
            found = violations(browser)
            browser.appearance(False)
            assert found == [], f"{width} px, {'dark' if dark else 'light'}"


def test_axe_can_find_something(portal, browser):
    """So that the test above can fail: a picture without words, words in too faint a colour."""
    axe_source()
    at_gone(portal, browser)
    browser.driver.execute_script(
        "const i = document.createElement('img'); i.src = '/assets/seal.svg'; const m = "
        "document.querySelector('main'); m.append(i);"
        "const p = document.querySelector('#view-gone p'); p.style.color = '#ccc'"
    )
    assert {"image-alt", "color-contrast"} <= {rule for rule, _ in violations(browser)}


def test_the_frame_has_language_and_title(portal, browser):
    browser.open(portal.box.lock(framed("<p>hello</p>")))
    assert browser.one("#body iframe").get_attribute("title") == "Text of the letter"
    browser.in_frame()
    assert browser.driver.execute_script("return [document.documentElement.lang, document.title]") == ["en", "Letter"]
    browser.out_of_frame()


def test_the_keyboard_opens_reads_saves_and_closes(portal, browser):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    def press(*keys):
        ActionChains(browser.driver).send_keys(*keys).perform()

    def focused():
        return browser.driver.execute_script("return document.activeElement.id || document.activeElement.textContent")

    def tab_to(wanted, most=12):
        passed = []
        for _ in range(most):
            press(Keys.TAB)
            passed.append(focused())
            if passed[-1] == wanted:
                return passed
        raise AssertionError(f"{wanted} is not reached: {passed}")

    message = texted("see https://example.org/ please")
    message.parts.append(Part("text/html", b"<p>see <a href='https://example.org/'>this</a></p>", "8bit", "utf-8"))
    message.html = 1
    message.parts.append(Part("text/plain", b"by keyboard", "7bit", name="keys.txt", attachment=True))
    browser.visit(portal.box.lock(message).path())
    browser.view("password")
    assert focused() == "password"
    press("7Q4M-X2RT-9KZ0", Keys.ENTER)
    browser.view("letter")
    assert focused() == "heading"
    tab_to("as-html", 2)
    tab_to("as-text", 1)
    press(Keys.ENTER)
    browser.wait(lambda: browser.one("#as-text").get_attribute("aria-pressed") == "true", "the text")
    press(Keys.TAB)
    assert focused() == "https://example.org/"
    assert browser.one("#link-preview").is_displayed()
    press(Keys.ENTER)
    browser.wait(lambda: browser.one("#link-dialog").is_displayed(), "the question")
    assert focused() == "link-stay"
    press(Keys.ENTER)
    browser.wait(lambda: not browser.one("#link-dialog").is_displayed(), "its end")
    assert focused() == "https://example.org/"  # back where one was
    press(Keys.TAB)
    assert browser.driver.switch_to.active_element.get_attribute("aria-label") == "Save keys.txt"
    press(Keys.SPACE)
    assert browser.saved("keys.txt") == b"by keyboard"
    browser.wait(lambda: "keys.txt" in browser.one("#announce").get_attribute("textContent"), "the word about it")
    assert [one for one in tab_to("close") if one in ("print", "download")] == ["print", "download"]
    press(Keys.ENTER)
    browser.view("closed")
    assert focused() == "heading"


def test_what_is_focused_can_be_seen(portal, browser):
    at_html(portal, browser)
    for selector in ("#as-text", "#save-all", "#print", "#close", "#language"):
        found = browser.driver.execute_script(
            "const e = document.querySelector(arguments[0]); if (!e) return '3px'; e.focus({focusVisible: true});"
            "return getComputedStyle(e).outlineWidth", selector)
        assert found == "3px", selector


def test_nothing_turns_where_motion_is_unwanted(portal, browser):
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-reduced-motion", "value": "reduce"}]})
    try:
        at_password(portal, browser)
        assert browser.driver.execute_script(
            "return getComputedStyle(document.querySelector('.spinner')).animationName") == "none"
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("feature,value", [("forced-colors", "active"), ("prefers-contrast", "more")])
def test_other_colours_show_what_is_pressed(portal, browser, feature, value):
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": feature, "value": value}]})
    try:
        at_html(portal, browser)
        pressed, other = (browser.driver.execute_script(
            "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor", one)
            for one in ("#as-html", "#as-text"))
        assert pressed != other
        browser.screenshot(f"portal-letter-{feature}.png")
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("language,words", [("en", "please allow JavaScript"), ("fr", "autoriser JavaScript")])
def test_without_script_the_page_says_what_to_do(portal, language, words):
    plain = Browser(portal, language=language, script=False)
    try:
        plain.size(360, 740)
        plain.visit(portal.box.lock(ordinary()).path())
        said = plain.one("noscript").text
        assert words in said and len(plain.all("noscript p")) == 3
        assert not plain.one("#password").is_displayed() and not plain.one("#link-preview").is_displayed()
        plain.screenshot(f"portal-noscript-{language}-360.png")
    finally:
        plain.quit()

"""The main way through the page in Firefox ESR: link, wrong password, right password, HTML, text, a file, the zip,
close."""

import io
import os
import zipfile

import pytest

from kit.portal_browser import artifact
from kit.portal_letters import Part
from portal_firefox import Firefox
from shown import ATTACHED, ordinary


@pytest.fixture(scope="module")
def firefox(portal):
    running = Firefox(portal)
    yield running
    running.quit()


def test_a_letter_is_read_in_firefox(portal, firefox):
    message = ordinary()
    message.parts.append(Part("text/plain", b"second file", "7bit", name="notes.txt", attachment=True))
    letter = portal.box.lock(message)
    firefox.visit(letter.path())
    firefox.view("password")
    firefox.type_password("0000-0000-0000")
    firefox.wait(lambda: "4 more tries" in firefox.text("#password-error"), "the number of tries")
    firefox.type_password(letter.password)
    firefox.view("letter")
    firefox.wait(lambda: firefox.text("h1") == "Figures for the third quarter", "the subject")
    firefox.client.switch_to_frame(firefox.one("#body iframe"))
    assert "the figures for the third quarter are attached" in " ".join(firefox.text("#letter").split())
    assert firefox.client.execute_script("return document.querySelector('img').naturalWidth") == 10
    # A link in the frame asks before it is followed.
    firefox.one("#letter a").send_keys(firefox.Keys.ENTER)
    firefox.client.switch_to_frame()
    firefox.wait(lambda: firefox.shown("#link-dialog"), "the question")
    assert firefox.text("#link-target") == "https://example.org/report"
    firefox.one("#link-stay").click()
    firefox.screenshot(artifact("portal-firefox-letter.png"))
    firefox.one("#as-text").click()
    firefox.wait(lambda: firefox.shown("#body .text"), "the text")
    assert "Grüße aus Köln, 1 000 €." in firefox.text("#body .text")
    firefox.one("#attachment-list li:first-child button").click()
    assert firefox.saved("_Zürich_quarter 3fdp.exe", len(ATTACHED)) == ATTACHED
    firefox.one("#save-all").click()
    zipped = firefox.downloads / "Figures for the third quarter.zip"
    firefox.wait(lambda: zipped.exists() and zipped.stat().st_size > len(ATTACHED), "the zip")
    with zipfile.ZipFile(io.BytesIO(zipped.read_bytes())) as archive:
        assert archive.testzip() is None and archive.read("notes.txt") == b"second file"
    firefox.one("#close").click()
    firefox.view("closed")
    assert "alice@example.org" not in firefox.client.page_source


def test_a_long_letter_is_read_in_firefox(portal, firefox):
    from test_portal_letters import wrapped
    from kit.portal_letters import Message

    data = os.urandom(4_000_000)
    letter = portal.box.lock(Message("Long", [
        Part("text/plain", b"see the file", "7bit"),
        Part("application/octet-stream", wrapped(data), name="long.bin", attachment=True)], text=0))
    firefox.visit(letter.path())
    firefox.view("password")
    firefox.type_password(letter.password)
    firefox.view("letter")
    firefox.one("#attachment-list button").click()
    assert firefox.saved("long.bin", len(data)) == data

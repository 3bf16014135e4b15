"""letterlock-portal preview: every view and every mail in every language, with the organisation of the settings;
nothing overflows on a telephone, the link to another language keeps the code, no other site is asked for anything."""

import re
import subprocess
import tempfile
import urllib.request
from html import unescape
from pathlib import Path

import pytest

from kit.portal_browser import Browser, program

LANGUAGES = ["en", "fr", "de", "es", "it", "pt", "nl"]
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 40" width="60" height="40"><rect width="60" height="40" '
    'rx="6" fill="#0b7a5b"/><path d="M26 8h8v8h8v8h-8v8h-8v-8h-8v-8h8z" fill="#fff"/></svg>'
)
SETTINGS = """links:
  url: https://lettres.clinique.example
  from: lettres@clinique.example
  organisation:
    name: Clinique Exemple
    logo: logo.svg
    colour: "#f0b400"
    phrase: Le lac est bleu le matin.
    phone: +33 1 23 45 67 89
"""


class Preview:
    """A running preview; `url` is the portal's address, as the browser wants it."""

    def __init__(self, folder):
        (Path(folder) / "logo.svg").write_text(SVG)
        (Path(folder) / "letterlock.yaml").write_text(SETTINGS)
        self.log = open(Path(folder) / "preview.log", "wb")
        self.process = subprocess.Popen(
            [program("letterlock-portal"), "preview", "--config", str(Path(folder) / "letterlock.yaml"), "--listen",
             "127.0.0.1:0", "--print-address"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, cwd=folder, text=True)
        menu = self.process.stdout.readline().strip()
        assert menu.endswith("/preview"), Path(self.log.name).read_text()
        self.url = menu.removesuffix("/preview")

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=20) as answer:
            return answer.read().decode()

    def menu(self):
        """The password, and the menu's links by language."""
        page = self.get("/preview")
        rows = re.findall(r"<dt>.*?</dt><dd>(.*?)</dd>", page)
        links = [[(unescape(href), name) for href, name in re.findall(r'<a href="([^"]+)">([^<]+)</a>', row)]
                 for row in rows]
        return re.search(r'id="sample-password">([^<]+)<', page).group(1), dict(zip(LANGUAGES, links))

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.process.stdout.close()
        self.log.close()


@pytest.fixture(scope="module")
def preview():
    with tempfile.TemporaryDirectory(prefix="ll-preview-") as folder:
        running = Preview(folder)
        yield running
        running.stop()


@pytest.fixture(scope="module")
def browser(preview):
    running = Browser(preview)
    yield running
    running.quit()


def fits(browser, width):
    inner = browser.driver.execute_script("return document.documentElement.scrollWidth")
    assert inner <= width, f"{inner} > {width} at {browser.driver.current_url}"


def test_every_link_of_the_menu_leads_somewhere(preview):
    _, links = preview.menu()
    assert set(links) == set(LANGUAGES)
    for language, row in links.items():
        names = [name for _, name in row]
        assert names[:6] == ["password", "code is missing", "resting", "gone", "front page", "unknown address"]
        assert "notification" in names and "HTML" in names and "password mail" in names
        for href, name in row:
            if name == "unknown address":
                continue
            assert preview.get(href.split("#")[0]), (language, name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_fits_a_telephone(preview, browser, language):
    _, links = preview.menu()
    paths = {name: href for href, name in links[language]}
    for width in (360, 768, 1280) if language in ("fr", "de") else (360,):
        browser.size(width, 740)
        browser.visit(paths["password"])
        browser.view("password")
        assert browser.one("html").get_attribute("lang") == language
        assert "Clinique Exemple" in browser.driver.title
        fits(browser, width)
        browser.screenshot(f"preview-password-{language}-{width}.png")
    browser.size(360, 740)
    for name, view in (("code is missing", "code"), ("gone", "gone"), ("resting", "resting")):
        browser.visit(paths[name])
        if view == "resting":
            browser.view("password")
            browser.type_password("0000-0000-0000")
        browser.view(view)
        fits(browser, 360)


def test_the_menu_of_languages_keeps_the_code(preview, browser):
    password, links = preview.menu()
    browser.size(360, 740)
    browser.visit({name: href for href, name in links["de"]}["password"])
    browser.view("password")
    browser.one(".languages summary").click()
    fits(browser, 360)
    browser.screenshot("preview-languages-360.png")
    browser.one(".languages a[lang=it]").click()
    browser.wait(lambda: browser.one("html").get_attribute("lang") == "it", "Italian")
    browser.view("password")
    browser.type_password("0000-0000-0000")
    browser.wait(lambda: browser.one("#password-error").text, "the complaint")
    browser.type_password(password)
    browser.view("letter")
    fits(browser, 360)
    assert browser.foreign_requests() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notification_fits_every_mail_program(preview, browser, language):
    """Three skins: as it is; as Gmail shows it (no head, no classes); as Word does (the conditional parts, no round
    corners, no largest width, no padding but that of cells)."""
    _, links = preview.menu()
    mails = [href for href, name in links[language] if name == "HTML"]
    assert len(mails) == 3, "the first letter, a later one, a key"
    for number, href in enumerate(mails):
        fits_every_mail_program(preview.get(href), browser, language, number)


def fits_every_mail_program(html, browser, language, number):
    body = re.sub(r"(?s)<head>.*?</head>", "", html)
    gmail = re.sub(r' class="[^"]*"', "", re.sub(r"<(/?)(html|body)[^>]*>", r"<\1div>", body))
    word = re.sub(r"(?s)<!--\[if mso\]>(.*?)<!\[endif\]-->", r"\1", html)
    word = re.sub(r"(?s)@media.*?\n}\n}|max-width:[^;\"]*;?|border-radius:[^;\"]*;?", "", word)
    with tempfile.TemporaryDirectory(prefix="ll-mail-") as folder:
        for skin, text in (("plain", html), ("gmail", gmail), ("word", word)):
            file = Path(folder) / f"{skin}.html"
            head = "" if skin == "plain" else (
                '<!DOCTYPE html><meta charset="utf-8"><meta name="viewport" content="width=device-width">')
            file.write_text(head + text)
            for dark in (False, True):
                for width in (640,) if skin == "word" else (360, 640):
                    browser.size(width, 900)
                    browser.appearance(dark)
                    browser.driver.get(file.as_uri())
                    fits(browser, width)
                    visible = browser.one("body").text
                    assert "https://lettres.clinique.example/" in visible and "Clinique Exemple" in visible
                    if language in ("en", "fr", "de"):
                        browser.screenshot(f"mail-{number}-{language}-{skin}-{'dark' if dark else 'light'}-{width}.png")
    browser.appearance(False)


def test_only_loopback_is_served():
    done = subprocess.run(
        [program("letterlock-portal"), "preview", "--listen", "0.0.0.0:0"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 69 and "loopback" in done.stderr

"""What a reader sees of a letter: all its texts in order, tables on a telephone, flowed text, links, rare charsets, its
own date; files that can be looked at; what stays of a letter that is withdrawn while it is open; the ways out."""
import base64
import os
import re
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("selenium", reason="selenium is missing") if os.environ.get("CI") != "true" else None

from kit.letter_site import TO, text_of  # noqa: E402
from kit.portal_browser import Browser, program  # noqa: E402
from kit.portal_letters import Message, Part  # noqa: E402
from shown import PNG, WIDER, framed, lines, script, texted, violations  # noqa: E402

LETTERS = Path(__file__).with_name("letters")
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////"
    "wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
WEBP = base64.b64decode("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")


def pdf(words="A page"):
    """A PDF of one page that readers take."""
    stream = f"BT /F1 24 Tf 40 100 Td ({words}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >>"
        b" >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number + 1, one)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(
        b"%010d 00000 n \n" % place for place in places
    )
    return bytes(out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))


def files(*named):
    return Message("Files", [Part("text/plain", b"see the files", "7bit")] + [
        Part(kind, lines(data), name=name, attachment=True) for kind, name, data in named], text=0)


def button(browser, label):
    return browser.driver.find_element("css selector", f"#attachment-list button[aria-label='{label}']")


# --- letters as mail programs write them, through the gateway ---

def read(gateway, sink, name, width=1280):
    """Sends a mail to somebody who has no key, and opens it as that reader does."""
    raw = (LETTERS / name).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    code, said = gateway.send("alice@example.org", [TO], raw)
    assert code == 250, f"{code} {said}\n{gateway.log()}"
    passwords, notification = sink.wait_for(2)[-2:]
    path = re.search(rf"http://127\.0\.0\.1:{gateway.portal}(/l/\S+)", text_of(notification.data))[1]
    password = re.search(r"\b[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}\b", text_of(passwords.data))[0]
    reader = Browser(SimpleNamespace(url=f"http://127.0.0.1:{gateway.portal}"))
    reader.size(width, 800)
    reader.visit(path)
    reader.view("password")
    reader.type_password(password)
    reader.view("letter")
    reader.wait(lambda: reader.all("#body > *"), "the body")
    return reader


def test_all_texts_of_a_letter_are_shown_in_order(linked, sink):
    reader = read(linked, sink, "apple_text.eml")
    try:
        assert [p.text for p in reader.all("#body p")] == [
            "Bonjour Carole, premier paragraphe avant le plan.", "[plan.pdf]",
            "SECOND PARAGRAPHE : le rendez-vous est avance au 3 decembre, merci de confirmer."]
        assert [one.text for one in reader.all("#attachment-list .name")] == ["plan.pdf"]
        assert "30" in reader.one("#fields").text and "November 30, 2026" in reader.one("#fields").text  # its own date
    finally:
        reader.quit()


def test_all_html_of_a_letter_is_shown_in_order(linked, sink):
    reader = read(linked, sink, "apple_html.eml")
    try:
        reader.in_frame()
        words = reader.one("#letter").text
        assert re.fullmatch(
            r"Bonjour, debut de la lettre\.\s+\[plan\.pdf\]\s+SUITE : le montant exact est de 4 200 EUR\.", words
        ), words
        reader.out_of_frame()
        assert [one.text for one in reader.all("#attachment-list .name")] == ["plan.pdf"]
        reader.one("#as-text").click()
        assert reader.one("#body").text == "Debut. [plan.pdf] SUITE DU TEXTE."
    finally:
        reader.quit()


def test_cells_stay_apart_in_the_text_of_a_table(linked, sink):
    reader = read(linked, sink, "price_table.eml")
    try:
        reader.one("#as-text").click()
        words = reader.one("#body").text.replace("\u00a0", " ").replace("\u202f", " ")
        assert "| 12 | 1 250,00 €" in words, words
        assert "121 250" not in words
    finally:
        reader.quit()


def test_flowed_text_is_joined(linked, sink):
    reader = read(linked, sink, "flowed.eml")
    try:
        first = reader.one("#body p")
        assert "telephone, je vous envoie les trois documents" in first.get_attribute("textContent")
        assert "\n" not in first.get_attribute("textContent").strip()
        assert "passe a l'etude jeudi matin vers dix heures." in reader.one("#body blockquote p").get_attribute(
            "textContent"
        )
        assert reader.all("#body > .text > p")[-1].get_attribute("textContent") == "-- \nAlice"
    finally:
        reader.quit()


def test_links_of_plain_text_end_where_they_should(linked, sink):
    reader = read(linked, sink, "links.eml")
    try:
        assert [(a.text, a.get_attribute("href")) for a in reader.all("#body a")] == [
            ("https://fr.wikipedia.org/wiki/Paris_(Texas)",) * 2,
            ("https://example.org/a",) * 2,
            ("https://example.org/a?x=1&y=[2]",) * 2,
            ("https://example.org/é", "https://example.org/%C3%A9"),
            ("https://example.org/b",) * 2,
            ("www.example.org", "https://www.example.org/"),
            ("https://example.org/fin",) * 2,
        ]
    finally:
        reader.quit()


def test_links_end_before_the_punctuation_of_east_asia(portal, browser):
    words = "（https://example.org/b）と「https://example.org/c」、https://example.org/d。 https://example.org/é،"
    letter = portal.box.lock(Message("Links", [Part("text/plain", words.encode(), "8bit", "utf-8")], text=0))
    browser.visit(letter.path())
    browser.type_password(letter.password)
    browser.view("letter")
    browser.wait(lambda: browser.all("#body a"), "the links")
    assert [a.text for a in browser.all("#body a")] == [
        "https://example.org/b", "https://example.org/c", "https://example.org/d", "https://example.org/é"]


def test_a_rule_drawn_out_of_one_pixel_stays_thin(portal, browser):
    html = '<p>above</p><img src="cid:mark@x" width="300" height="3"><img src="cid:mark@x" width="1200" height="12"><p>below</p>'
    letter = portal.box.lock(
        Message(
            "Rule",
            [
                Part("text/html", html.encode(), "7bit", "utf-8"),
                Part("image/png", lines(PNG), name="mark.png", cid="mark@x"),
            ],
            html=0,
        )
    )
    browser.visit(letter.path())
    browser.type_password(letter.password)
    browser.view("letter")
    browser.in_frame()
    browser.wait(lambda: len(browser.all("#letter img")) == 2, "the pictures")
    first, second = (img.size for img in browser.all("#letter img"))
    assert first == {"width": 300, "height": 3}
    assert second["width"] < 1200 and abs(second["height"] - second["width"] / 100) < 1
    browser.out_of_frame()


LINE_TEST = """
    const parted = [];
    for (const cell of document.querySelectorAll('#letter td, #letter th')) {
      const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (const found of node.data.matchAll(/[\\d ,.]*\\d(?: [€%])?|\\S+/g)) {
          const range = document.createRange();
          range.setStart(node, found.index); range.setEnd(node, found.index + found[0].length);
          if (new Set(Array.from(range.getClientRects(), (rect) => Math.round(rect.top))).size > 1) { parted.push(found[0]); }
        }
      }
    }
    return parted"""


@pytest.mark.parametrize("width", [320, 360, 768])
def test_tables_scroll_and_break_no_word(linked, sink, width):
    reader = read(linked, sink, "price_table.eml", width)
    try:
        reader.in_frame()
        assert script(reader, LINE_TEST) == []
        box = "const b = document.querySelector('.ll-wide'); return [b.scrollWidth > b.clientWidth, b.tabIndex, document.documentElement.scrollWidth - innerWidth]"
        scrolls, place, over = script(reader, box)
        assert over <= 0 and (not scrolls or place == 0)
        assert scrolls or width == 768
        assert "13 500,00 €" in reader.one("#letter table").text
        reader.out_of_frame()
        assert script(reader, "return document.documentElement.scrollWidth") <= width
        reader.screenshot(f"viewing-table-{width}.png")
    finally:
        reader.quit()


def test_a_long_address_in_a_cell_does_not_make_the_letter_wide(portal, browser):
    browser.size(360, 800)
    browser.open(
        portal.box.lock(
            framed(
                "<table><tr><td style='word-break:break-all'><p>"
                + "words of a letter " * 40
                + "</p><p>https://example.org/"
                + "a" * 300
                + "</p></td></tr></table>"
            )
        )
    )
    browser.in_frame()
    assert script(browser, "const b = document.querySelector('.ll-wide'); return b.scrollWidth <= b.clientWidth")
    assert script(browser, LINE_TEST.replace("\\S+", "[a-z]{1,9}(?= )")) == []
    browser.out_of_frame()
    browser.size(1280, 900)


# --- what the index says ---

def test_delsp_and_stuffed_lines(portal, browser):
    browser.open(portal.box.lock(texted("日本 \n語の \n文\n\n >no quotation\n From here\n> a \n> b\n>> deep \n>> er\n")))
    plain = [p.get_attribute("textContent") for p in browser.all("#body p")]
    assert plain[0] == "日本 \n語の \n文"  # not said to be flowed: as it stands
    joined = browser.driver.execute_async_script(
        "const done = arguments[2]; import('/assets/plain.js').then((m) => done([m.joinFlowed(arguments[0], true), "
        "m.joinFlowed(arguments[0], false)]))",
        "日本 \n語の \n文\n\n >no quotation\n From here\n> a \n> b\n>> deep \n>> er\n-- \nBob \n\nx",
        None,
    )
    assert joined[0] == "日本語の文\n\n >no quotation\nFrom here\n> ab\n>> deeper\n-- \nBob\n\nx"
    assert joined[1].startswith("日本 語の 文\n") and "> a b\n>> deep er\n-- \nBob \n\nx" in joined[1]


CHARSETS = [
    ("utf-7", "Gr+APwA3w-e"),
    ("cp850", "Gr\x81\xe1e"),
    ("utf-32be", None),
    ("utf-16", None),
    ("hp-roman8", "Gr\xcf\xdee"),
    ("ISO-2022-KR", None),
    ("koi8-r", None),
    ("windows-1251", None),
    ("x-mac-roman", None),
    ("Shift-JIS", None),
]


def test_every_charset_of_the_gateway_is_read(linked, sink):
    """In one letter, part by part: browsers know fewer charsets than mail has."""
    words = {"cp850": "Grüße", "utf-32be": "Grüße", "utf-16": "Grüße", "hp-roman8": "Grüße", "koi8-r": "Привет",
             "windows-1251": "Привет", "mac-roman": "Grüße", "shift_jis": "日本語", "iso-2022-kr": "한국어", "utf-7": "Grüße",
             "cp437": "Grüße", "iso-8859-15": "50 €", "ISO_8859-2:1987": "Łódź", "hz-gb-2312": "汉字", "big5": "漢字"}
    codecs = {"ISO_8859-2:1987": "iso-8859-2", "hz-gb-2312": "hz", "utf-16": "utf-16-be"}
    parts = []
    for charset, text in words.items():
        data = (b"\xfe\xff" if charset == "utf-16" else b"") + text.encode(codecs.get(charset, charset))
        parts.append(
            f"Content-Type: text/plain; charset=\"{charset}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
            + lines(data)
        )
    head = b"From: Alice <alice@example.org>\r\nTo: %s\r\nSubject: Charsets\r\nMIME-Version: 1.0\r\n" % TO.encode()
    mail = (
        head
        + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
        + b"--b--\r\n"
    )
    assert linked.send("alice@example.org", [TO], mail)[0] == 250
    passwords, notification = sink.wait_for(2)
    reader = Browser(SimpleNamespace(url=f"http://127.0.0.1:{linked.portal}"))
    try:
        reader.visit(re.search(rf"http://127\.0\.0\.1:{linked.portal}(/l/\S+)", text_of(notification.data))[1])
        reader.view("password")
        reader.type_password(re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", text_of(passwords.data))[0])
        reader.view("letter")
        assert [p.text for p in reader.all("#body p")] == list(words.values())
    finally:
        reader.quit()


def test_places_in_a_letter_and_addresses_without_a_scheme(portal, browser):
    browser.open(
        portal.box.lock(
            framed(
                "<p><a href='#Zwei%20B'>to chapter two</a> <a href='www.example.org/x'>site</a> <a "
                "href='//example.org/y'>other</a>"
                "<a href='#link-open'>ours</a><a href='#old'>to the old one</a></p><p id=unasked>x</p>"
                + "<p>filler</p>" * 80
                + "<h2 id='Zwei B'>Chapter two</h2><a name=old>old</a>"
            )
        )
    )
    browser.in_frame()
    assert [a.get_attribute("href") for a in browser.all("#letter a[target]")] == [
        "https://www.example.org/x", "https://example.org/y"]
    assert browser.one("#letter h2").get_attribute("id") == "at-Zwei B"
    assert browser.one("a:not([href])").get_attribute("id") == "at-old"
    assert [one.get_attribute("id") for one in browser.all("#letter [id]")] == ["at-Zwei B", "at-old"]
    browser.one("#letter a").click()
    browser.out_of_frame()
    browser.wait(lambda: script(browser, "return window.scrollY") > 500, "the chapter")
    assert not browser.one("#link-dialog").is_displayed()


def test_the_date_is_that_of_the_message(portal, browser):
    browser.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Europe/Paris"})
    try:
        letter = texted("hello")
        letter.extra = {"date": "Fri, 04 Sep 2026 23:30:00 -0400 (EDT)"}
        browser.open(portal.box.lock(letter))
        assert "September 5, 2026" in browser.one("#fields").text and "5:30" in browser.one("#fields").text
        letter.extra = {"date": "some day in 2026"}
        browser.open(portal.box.lock(letter))
        assert "November 2, 2026" in browser.one("#fields").text  # when the gateway took it
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


def test_dates_are_written_as_the_browser_does(portal):
    british = Browser(portal, language="en-GB")
    try:
        british.open(portal.box.lock(texted("hello")))
        assert "2 November 2026" in british.one("#fields").text and "08:30" in british.one("#fields").text
    finally:
        british.quit()


# --- files ---

VIEWED = [
    ("image/png", "a.png", PNG),
    ("text/html", "b.txt", JPEG),
    ("application/octet-stream", "c.gif", GIF),
    ("image/webp", "d", WEBP),
]


def test_pictures_are_shown_by_their_first_bytes(portal, browser):
    browser.driver.execute_cdp_cmd("Page.enable", {})
    made = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
        window.blobs = []; const make = URL.createObjectURL.bind(URL);
        URL.createObjectURL = (blob) => { window.blobs.push(blob.type); return make(blob); };"""})
    try:
        browser.open(portal.box.lock(files(*VIEWED)))
        assert script(browser, "return window.blobs") == []
        kinds = ["image/png", "image/jpeg", "image/gif", "image/webp"]
        for number, (_, name, _data) in enumerate(VIEWED):
            button(browser, f"View {name}").click()
            browser.wait(lambda: browser.one("#picture-dialog").is_displayed(), "the picture")
            assert browser.one("#picture-name").text == name and browser.one("#picture").get_attribute("alt") == name
            browser.wait(
                lambda: script(
                    browser, "const p = document.getElementById('picture'); return p.complete && p.naturalWidth > 0"
                ),
                name,
            )
            assert script(browser, "return window.blobs") == kinds[:number + 1]
            browser.one("#picture-close").click()
            assert not browser.one("#picture-dialog").is_displayed()
        button(browser, "Save a.png").click()
        assert browser.saved("a.png") == PNG
        assert script(browser, "return window.blobs.pop()") == "application/octet-stream"
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", made)


def test_what_is_no_picture_is_only_saved(portal, browser):
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    browser.open(
        portal.box.lock(
            files(
                ("image/svg+xml", "a.svg", svg),
                ("image/png", "b.png", svg),
                ("application/pdf", "c.pdf", b"\n%PDF-1.4"),
                ("text/html", "d.html", b"<html><script>alert(1)</script>"),
                ("image/bmp", "e.bmp", b"BM" + bytes(60)),
                ("image/png", "f.png", b""),
            )
        )
    )
    assert len(browser.all("#attachment-list button")) == 6  # each to save


def test_a_damaged_picture_is_said(portal, browser):
    browser.open(portal.box.lock(files(("image/png", "half.png", PNG[:20]))))
    button(browser, "View half.png").click()
    browser.wait(lambda: "cannot be shown" in browser.one("#picture-error").text, "the words")
    browser.one("#picture-close").click()


def test_a_pdf_is_shown_in_a_tab_after_a_word_about_it(portal, browser):
    browser.open(portal.box.lock(files(("application/octet-stream", "plan.bin", pdf()))))
    first = browser.driver.window_handles
    button(browser, "View plan.bin").click()
    browser.wait(lambda: browser.one("#pdf-dialog").is_displayed(), "the question")
    why = browser.one("#pdf-why").text
    assert "stays open" in why and "keep a copy" in why and why.count(".") == 1
    assert browser.driver.switch_to.active_element.get_attribute("id") == "pdf-stay"
    browser.one("#pdf-stay").click()
    time.sleep(0.3)
    assert browser.driver.window_handles == first
    button(browser, "View plan.bin").click()
    browser.one("#pdf-open").click()
    browser.wait(lambda: len(browser.driver.window_handles) == 2, "the tab")
    own = browser.driver.current_window_handle
    tab = [one for one in browser.driver.window_handles if one != own][0]
    browser.driver.switch_to.window(tab)
    try:
        browser.wait(lambda: script(browser, "return document.contentType") == "application/pdf", "the PDF")
        assert browser.driver.current_url.startswith(f"blob:{portal.url}/")
        browser.screenshot("viewing-pdf-tab.png")
    finally:
        browser.driver.close()
        browser.driver.switch_to.window(own)


def test_after_saving_the_way_out_of_an_app_is_told(portal, browser):
    browser.open(portal.box.lock(files(("text/plain", "a.txt", b"words"))))
    assert not browser.one("#save-note").is_displayed()
    browser.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "deny"})
    try:
        button(browser, "Save a.txt").click()
        browser.wait(lambda: "Open in browser" in browser.one("#attachments #save-note").text, "what to do")
    finally:
        browser.driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": browser.downloads}
        )
    browser.one("#close").click()
    browser.view("closed")
    assert "a.txt" not in browser.driver.page_source


# --- the letter goes while it is open ---

def test_an_open_letter_notices_that_it_is_withdrawn(portal, browser):
    letter = portal.box.lock(texted("the canary sings"))
    browser.open(letter)
    portal.box.database.execute("DELETE FROM letters WHERE id = ?", [letter.id])
    script(browser, "window.dispatchEvent(new Event('focus'))")
    browser.view("gone")
    assert "withdrawn" in browser.one("#gone-why").text and "canary" not in browser.driver.page_source
    browser.visit(letter.path())
    browser.view("gone")
    assert "There is no letter under this link" in browser.one("#gone-why").text


def test_it_is_noticed_without_a_hand(portal, browser):
    letter = portal.box.lock(texted("the canary sings"))
    browser.open(letter)
    portal.box.database.execute("DELETE FROM letters WHERE id = ?", [letter.id])
    browser.wait(lambda: browser.one("#view-gone").is_displayed(), "that it is gone", 40)


# --- the page itself ---

def test_the_menu_closes(portal, browser):
    from selenium.webdriver.common.keys import Keys

    browser.size(1280, 900)
    for path in (portal.box.lock(texted("x")).path(), "/", "/control", "/confirm", "/nowhere"):
        browser.visit(path)
        menu = browser.one("details.languages")
        for close in (lambda: browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE), browser.one("h1").click):
            browser.one(".languages summary").click()
            browser.wait(lambda: menu.get_attribute("open"), "the menu")
            close()
            browser.wait(lambda: not menu.get_attribute("open"), f"its end on {path}")


def test_the_safe_button_comes_first(portal, browser):
    browser.open(portal.box.lock(framed("<a href='https://real.example/'>https://bank.example/</a>")))
    firsts = script(
        browser, "return Array.from(document.querySelectorAll('dialog'), (d) => d.querySelector('button').id)"
    )
    assert firsts == ["link-stay", "picture-close", "pdf-stay", "leave-stay"]
    browser.in_frame()
    browser.one("#letter a").click()
    browser.out_of_frame()
    browser.wait(lambda: browser.one("#link-warning").is_displayed(), "the warning")
    assert "main" in browser.one("#link-stay").get_attribute("class") and "main" not in browser.one(
        "#link-open"
    ).get_attribute("class")


def test_files_of_the_page_are_kept_by_the_browser(portal, browser):
    from urllib.request import Request, urlopen

    letter = portal.box.lock(texted("hello"))
    browser.open(letter)
    asked = browser.requests()
    assets = [url for url in asked if "/assets/" in url]
    assert assets and all(re.search(r"\?v=[\w-]{16}$", url) for url in assets), assets
    for url in assets:
        kept = urlopen(url).headers["Cache-Control"]
        assert kept == "public, max-age=31536000, immutable, no-transform"
        assert urlopen(url.replace("?v=", "?v=x")).headers["Cache-Control"] == "no-store, no-transform"
    for path in (letter.path(False), "/frame", "/"):
        assert urlopen(Request(portal.url + path)).headers["Cache-Control"] == "no-store, no-transform"


# --- the organisation's telephone, narrow windows, large type ---

@pytest.fixture(scope="module")
def named(portal, tmp_path_factory):
    """A second portal over the same letters that knows whose it is."""
    folder = tmp_path_factory.mktemp("named")
    (folder / "s.yaml").write_text(
        f"state: {portal.box.folder.parent}\nlisten: {{portal: '127.0.0.1:0'}}\nlinks: {{url: 'http://127.0.0.1:1', "
        f"from: l@example.org, "
        "organisation: {name: 'Étude <Martin> & Associés', phone: '+33 1 23 45 67 89'}}\n"
    )
    process = subprocess.Popen(
        [program("letterlock-portal"), "--config", "s.yaml", "--print-address"], cwd=folder, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    yield SimpleNamespace(url=process.stdout.readline().strip(), box=portal.box)
    process.terminate()
    process.wait(timeout=20)


VIEWS = [
    "help",
    "missing",
    "gone",
    "resting",
    "noscript",
    "password",
    "wrong",
    "link-pasted",
    "code",
    "letter",
    "files",
    "picture",
    "pdf",
    "link",
    "withdrawn",
    "confirm",
]


def arrive(reader, named, view):
    rich = framed(
        (LETTERS / "price_table.eml").read_text().split("\n\n", 1)[1]
        + "<p><a href='https://real.example/x'>https://bank.example/</a></p>",
        Part("application/pdf", lines(pdf()), name="Contrat de location – version finale signée.pdf", attachment=True),
        Part("image/png", lines(PNG), name="Photo.png", attachment=True),
    )
    if view in ("help", "missing"):
        reader.visit("/" if view == "help" else "/nowhere")
    elif view == "gone":
        reader.visit("/l/AAAAAAAAAAAAAAAAAAAAAA")
        reader.view("gone")
    elif view in ("resting", "noscript"):
        reader.visit(named.box.lock(texted("hello")).path())
        if view == "resting":
            reader.view("password")
            said = ""
            for number in range(4):
                reader.type_password(f"0000-0000-000{number}")
                reader.wait(lambda: reader.one("#password-error").text not in ("", said), "the error")
                said = reader.one("#password-error").text
            reader.type_password("0000-0000-0004")
            reader.view("resting")
    elif view == "code":
        reader.visit(named.box.lock(texted("x")).path(False))
        reader.view("code")
    elif view in ("password", "wrong", "link-pasted"):
        letter = named.box.lock(texted("x"))
        reader.visit(letter.path())
        reader.view("password")
        if view == "wrong":
            reader.type_password("0000-0000-0000")
        if view == "link-pasted":
            script(
                reader, "document.getElementById('password').value = arguments[0]", "https://x.example" + letter.path()
            )
            reader.one("#open").click()
        if view != "password":
            reader.wait(lambda: reader.one("#password-error").text, "the error")
    elif view == "confirm":
        reader.visit("/confirm#AAAAAAAAAAAAAAAAAAAAAA.0123456789ABCDEF0123456789ABCDEF01234567")
        reader.view("ask")
        assert reader.one("#fingerprint").text.startswith("0123 4567 89AB")
    else:
        letter = named.box.lock(rich)
        reader.open(letter)
        if view in ("files", "picture", "pdf"):
            reader.all("#attachment-list button")[0].click()
            reader.wait(lambda: reader.one("#save-note").is_displayed(), "the note")
        if view in ("picture", "pdf"):
            reader.all("#attachment-list li")[0 if view == "pdf" else 1].find_elements("css selector", "button")[
                1
            ].click()
            reader.wait(lambda: reader.one(f"#{view}-dialog").is_displayed(), "the dialog")
        if view == "link":
            reader.in_frame()
            reader.one("#letter a").click()
            reader.out_of_frame()
        if view == "withdrawn":
            named.box.database.execute("DELETE FROM letters WHERE id = ?", [letter.id])
            script(reader, "window.dispatchEvent(new Event('focus'))")
            reader.view("gone")


@pytest.mark.parametrize("language", ["fr", "de"])
def test_every_view_at_every_width(named, language):
    """Pictures for people to look at; nothing leaves its card, also at 320 px and with type of twice the size."""
    reader, plain = Browser(named, language=language), Browser(named, language=language, script=False)
    problems = []
    try:
        for view in VIEWS:
            one = plain if view == "noscript" else reader
            arrive(one, named, view)
            if view in ("help", "missing", "gone", "resting", "noscript", "withdrawn"):
                phones = [a for a in one.all("a[href='tel:+33123456789']") if a.is_displayed()]
                assert len(phones) == 1 and "Étude <Martin> & Associés" in phones[0].find_element("xpath", "..").text, (
                    view
                )
            for width in (360, 768, 1280):
                one.size(width, 900)
                one.screenshot(f"view-{view}-{language}-{width}.png")
                problems += [(view, width, what) for what in script(one, WIDER)]
            if view != "noscript":
                problems += [(view, "axe", *what) for what in violations(one)]
            one.size(320, 800)
            for size in ("", "225%"):  # the sheet's own is 112.5 %
                script(one, "document.documentElement.style.fontSize = arguments[0]", size)
                time.sleep(0.1)
                problems += [(view, 320, size, what) for what in script(one, WIDER)]
                one.screenshot(f"view-{view}-{language}-320{'-large' if size else ''}.png")
            script(one, "document.documentElement.style.fontSize = ''")
            one.size(1280, 900)
        assert sorted(set(map(str, problems))) == []
    finally:
        reader.quit()
        plain.quit()

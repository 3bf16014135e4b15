"""What a reader does with an open letter: text of all directions, quotations, links, files one by one and as a zip,
paper, and loading that is slow, interrupted or cancelled."""
import base64
import io
import os
import re
import shutil
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("selenium", reason="selenium is missing") if os.environ.get("CI") != "true" else None

from kit.portal_browser import ELSEWHERE, Browser, artifact, need  # noqa: E402
from kit.portal_letters import Message, Part  # noqa: E402
from shown import PNG, framed, lines, script, texted, with_files  # noqa: E402

MIB = 1024 * 1024
MOST_LOADED = 120_000


# --- text ---

def test_paragraphs_have_a_direction_of_their_own(portal, browser):
    browser.open(portal.box.lock(texted("Dear Dana,\n\nשלום דנה, הקובץ מצורף.\n\nمرحبا، الملف مرفق.\n\nRegards\n")))
    found = script(browser, """return Array.from(document.querySelectorAll('#body .text p')).map((p) => {
        const range = document.createRange(); range.selectNodeContents(p);
        const words = range.getBoundingClientRect(), box = p.getBoundingClientRect();
        return [getComputedStyle(p).direction, words.left - box.left < 2, box.right - words.right < 2]; })""")
    assert found == [["ltr", True, False], ["rtl", False, True], ["rtl", False, True], ["ltr", True, False]]


def test_html_without_a_direction_gets_one(portal, browser):
    browser.open(portal.box.lock(framed("<p>שלום דנה, הקובץ מצורף.</p>")))
    browser.in_frame()
    assert script(browser, "return getComputedStyle(document.querySelector('#letter p')).direction") == "rtl"
    browser.out_of_frame()


def test_names_are_isolated_from_one_another(portal, browser):
    message = texted(
        "hello", sender='דנה כהן <dana@example.org>', to='"Doe, Jane" <jane@b.example>, عمر <omar@b.example>'
    )
    browser.open(portal.box.lock(message))
    names = [item.text for item in browser.all("#fields dd bdi")]
    assert names[:3] == ["דנה כהן <dana@example.org>", '"Doe, Jane" <jane@b.example>', "عمر <omar@b.example>"]


def test_what_is_quoted_can_be_folded(portal, browser):
    quoted = "".join(f"> line {number}\n" for number in range(20))
    browser.open(portal.box.lock(texted(f"I agree.\n\nAlice wrote:\n{quoted}> > older\n\n> short\n")))
    folds = browser.all("#body details.quoted")
    assert [fold.get_attribute("open") for fold in folds] == [None, "true"]
    assert browser.one("#body blockquote blockquote").get_attribute("textContent").strip() == "older"
    assert not browser.one("#body details blockquote").is_displayed()
    browser.one("#body details summary").click()
    assert "line 19" in browser.one("#body details blockquote").text and ">" not in browser.one("#body details").text


def test_quotations_in_html_fold_too(portal, browser):
    browser.open(portal.box.lock(framed(
        "<p>I agree with all of this, thank you.</p><blockquote><p>" + "long words " * 80 + "</p></blockquote>")))
    browser.in_frame()
    fold = browser.one("#letter details.quoted")
    assert fold.get_attribute("open") is None
    before = script(browser, "return window.innerHeight")
    browser.one("#letter details summary").click()
    browser.wait(lambda: script(browser, "return window.innerHeight") > before + 40, "a higher frame")
    browser.out_of_frame()


def test_a_very_long_text_shows_its_beginning(portal, browser):
    browser.open(portal.box.lock(texted("word " * 600_000)))
    assert browser.one("#cut").is_displayed() and "beginning" in browser.one("#cut").text
    browser.open(portal.box.lock(texted("word " * 1000)))
    assert not browser.one("#cut").is_displayed()


# --- html ---

def test_what_was_blocked_is_counted(portal, browser):
    away = f"https://{ELSEWHERE}"
    browser.open(portal.box.lock(framed(
        f'<style>@import "{away}/a.css"; p{{background:url({away}/b)}}</style><link rel=stylesheet href="{away}/c.css">'
        f'<p>text</p><img src="{away}/1.png"><img srcset="{away}/2.png 2x"><iframe src="{away}/f"></iframe>'
        f'<video poster="{away}/v.png"></video>')))
    assert browser.one("#remote").text == (
        "2 pictures from the internet were not loaded, so that nobody learns when you read this. "
        "5 other things from the internet were not loaded either (styles, fonts, films or frames).")
    assert browser.foreign_requests() == []


def test_a_picture_inside_a_picture_element_is_shown(portal, browser):
    picture = Part("image/png", lines(PNG), name="mark.png", cid="mark@x")
    browser.open(portal.box.lock(framed(
        f"<picture><source srcset='https://{ELSEWHERE}/big.webp'><img src='cid:mark@x' alt='mark'></picture>"
        f"<img src='data:image/png;base64,{base64.b64encode(PNG).decode()}' alt='same'>", picture)))
    browser.in_frame()
    browser.wait(lambda: script(
        browser, "return Array.from(document.images).map((i) => i.naturalWidth)") == [10, 10], "both pictures")
    browser.out_of_frame()


def test_dark_pages_give_letters_their_own_paper(portal, browser):
    browser.appearance(dark=True)
    try:
        paper = "return getComputedStyle(document.documentElement).backgroundColor"
        for html, colour in (
            ("<p>plain words</p>", "rgb(26, 34, 44)"),
            ("<p style='color:#222'>coloured</p>", "rgb(255, 255, 255)"),
        ):
            browser.open(portal.box.lock(framed(html)))
            browser.in_frame()
            assert script(browser, paper) == colour
            browser.out_of_frame()
    finally:
        browser.appearance(dark=False)


# --- links ---

@pytest.mark.parametrize("form", ["text", "html"])
def test_where_a_link_leads_is_shown_before_it_is_followed(portal, browser, form):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    target = f"https://{ELSEWHERE}/a?b=c"
    message = texted(f"See {target} please.") if form == "text" else framed(f"<p>See <a href='{target}'>this</a>.</p>")
    browser.open(portal.box.lock(message))
    enter, leave = (browser.in_frame, browser.out_of_frame) if form == "html" else (lambda: None, lambda: None)
    where = "#letter a" if form == "html" else "#body a"

    def shown():
        leave()
        return browser.one("#link-preview").is_displayed() and browser.one("#link-preview").text.split("\n")

    assert not shown()
    enter()
    ActionChains(browser.driver).move_to_element(browser.one(where)).perform()
    assert shown() == [f"This link leads to {ELSEWHERE}", target]
    enter()
    script(browser, "document.activeElement.blur(); arguments[0].focus()", browser.one(where))
    assert shown() == [f"This link leads to {ELSEWHERE}", target]
    enter()
    script(browser, "arguments[0].blur()", browser.one(where))
    assert not shown()
    # A finger that is held shows it as well.
    enter()
    script(browser, "arguments[0].dispatchEvent(new Event('touchstart', {bubbles: true}))", browser.one(where))
    assert shown()
    enter()
    browser.one(where).send_keys(Keys.ENTER)
    leave()
    browser.wait(lambda: browser.one("#link-dialog").is_displayed(), "the question")
    assert browser.one("#link-target").text == target and len(browser.driver.window_handles) == 1
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    browser.wait(lambda: not browser.one("#link-dialog").is_displayed(), "its end")


def test_where_the_frame_is_deaf_targets_stand_behind_the_links(portal, browser):
    # WebKit runs no listeners in a frame without script; here the probe for that is made to fail.
    made = browser.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument",
        {
            "source": """
        const real = EventTarget.prototype.dispatchEvent;
        EventTarget.prototype.dispatchEvent = function (event) { return event.type === 'letter-probe' || real.call(this, event); };"""
        },
    )
    try:
        browser.open(portal.box.lock(framed("<p><a href='https://real.example/x'>https://bank.example/</a></p>")))
        assert browser.one("#body iframe").get_attribute("sandbox") == (
            "allow-same-origin allow-popups allow-popups-to-escape-sandbox")
        browser.in_frame()
        assert browser.one("#letter p").text == "https://bank.example/ [real.example]"
        browser.out_of_frame()
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", made)


# --- files ---

NAMES = [
    "a.txt",
    "A.txt",
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "файл.txt",
    "ملف.pdf",
    "文件.docx",
    "ไฟล์",
    "CON",
    "aux.txt",
    "x\u202egpj.exe",
    "n" * 300 + ".tar",
    "",
    "🙂.txt",
    "-rf",
    "a/b:c*?.txt",
    "e\u0301.txt",
    ".hidden",
    "tab\there",
]


def test_all_files_as_one_zip(portal, browser):
    files = [(name, f"content {number}".encode() * number) for number, name in enumerate(NAMES)]
    files.append(("large.bin", os.urandom(3 * MIB)))
    browser.open(portal.box.lock(with_files(*files, subject="All / of: them")))
    shown = [item.get_attribute("textContent") for item in browser.all("#attachment-list .name")]
    assert len(shown) == len(files)
    assert browser.one("#all-size").text.startswith(f"{len(files)} files, 3.1")
    browser.one("#save-all").click()
    saved = browser.saved("All _ of_ them.zip")
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        assert archive.testzip() is None
        entries = archive.infolist()
        assert [archive.read(entry) for entry in entries] == [data for _, data in files]
        assert all(entry.flag_bits & 0x800 and entry.compress_type == zipfile.ZIP_STORED for entry in entries)
        names = [entry.filename for entry in entries]
        assert len({name.lower() for name in names}) == len(names)
        assert names[:2] == ["a.txt", "A (2).txt"] and "файл.txt" in names and "文件.docx" in names
        for name in names:
            assert not re.search(r'[\\/:*?"<>|\x00-\x1f\u202a-\u202e\u2066-\u2069]', name) and name.strip(". ") == name
            assert not re.match(r"(?i)(con|aux)(\.|$)", name) and 0 < len(name) <= 126
        assert entries[0].date_time[0] == 2026
    if unzip := shutil.which("unzip"):  # a second reader, where there is one
        path = Path(browser.downloads) / "All _ of_ them.zip"
        assert subprocess.run([unzip, "-tq", path], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("size", [0, 1, 25 * MIB])
def test_files_of_all_sizes_come_out_as_they_went_in(portal, browser, size):
    data = os.urandom(size)
    letter = portal.box.lock(with_files((f"{size}.bin", data)))
    browser.open(letter)
    assert browser.one("#attachment-list .size").text == {0: "0 B", 1: "1 B", 25 * MIB: "26.2 MB"}[size]
    browser.one("#attachment-list button").click()
    path = Path(browser.downloads) / f"{size}.bin"
    browser.wait(lambda: path.exists() and path.stat().st_size == size, "the file")
    assert path.read_bytes() == data
    assert not browser.one("#all").is_displayed()  # one file alone needs no zip
    # The whole letter, byte for byte.
    (Path(browser.downloads) / "Files.eml").unlink(missing_ok=True)
    browser.one("#download").click()
    eml = Path(browser.downloads) / "Files.eml"
    browser.wait(lambda: eml.exists() and eml.stat().st_size == len(letter.message), "the letter")
    assert eml.read_bytes() == letter.message


def test_transfer_encodings_hold_across_pieces(portal, browser):
    words = "".join(f"Zeile {number} mit = und é und Leerzeichen am Ende \n" for number in range(40_000))
    quoted = "".join(
        line.encode().replace(b"=", b"=3D").replace("é".encode(), b"=C3=A9")[:-2].decode() + "=20=\r\n=0A"
        for line in words.splitlines(True)).encode()
    encoded = base64.b64encode(os.urandom(3 * MIB))
    odd = b"\r\n".join(encoded[i:i + 61] for i in range(0, len(encoded), 61))
    message = Message("Pieces", [
        Part("text/plain", b"two files", "7bit"),
        Part("text/plain", quoted, "quoted-printable", name="quoted.txt", attachment=True),
        Part("application/octet-stream", odd, name="odd.bin", attachment=True)], text=0)
    browser.open(portal.box.lock(message))
    for button in browser.all("#attachment-list button"):
        button.click()
    assert browser.saved("odd.bin") == base64.b64decode(odd)
    assert browser.saved("quoted.txt").decode() == words


# --- paper ---

def test_paper_shows_the_letter_and_the_names_of_its_files(portal, browser, tmp_path):
    tool = need(shutil.which("pdftotext"), "pdftotext (package poppler-utils)")
    rows = "".join(f"<p>Paragraph number {number} of the letter.</p>" for number in range(120))
    message = framed(
        f"<div style='color:#222'>{rows}<blockquote>{'quoted words ' * 60} quoted end</blockquote><p>The very last "
        f"line</p></div>",
        Part("application/pdf", lines(b"x"), name="contract.pdf", attachment=True),
    )
    browser.open(portal.box.lock(message))
    browser.size(360, 740)
    made = browser.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})
    browser.size(1280, 900)
    path = Path(artifact("portal-print.pdf"))
    path.write_bytes(base64.b64decode(made["data"]))
    words = " ".join(subprocess.run([tool, str(path), "-"], capture_output=True, text=True, check=True).stdout.split())
    for there in (
        "Framed",
        "alice@example.org",
        "Paragraph number 0 of",
        "Paragraph number 119 of",
        "The very last line",
        "quoted end",
        "contract.pdf",
    ):
        assert there in words, there
    for not_there in ("Letterlock", "Save", "Close the letter", "You can open", "Formatted", "Print"):
        assert not_there not in words, not_there
    assert browser.one("#body iframe").get_attribute("class") == ""
    browser.in_frame()
    assert browser.one("#letter details").get_attribute("open") is None  # folded again
    browser.out_of_frame()


# --- size ---

def test_all_that_is_loaded_to_read_a_letter_is_small(portal, browser):
    """Bytes, uncompressed, of page, sheet, scripts, texts of one language, frame and icon; the letter itself is not
    counted."""
    picture = Part("image/png", lines(PNG), name="mark.png", cid="mark@x")
    browser.open(portal.box.lock(framed("<p>formatted <img src='cid:mark@x'></p>", picture)))
    loaded = script(browser, """
        return performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))
            .map((one) => [new URL(one.name).pathname, one.decodedBodySize])""")
    # What is for answers comes when the letter is on show already.
    later = re.compile("/assets/(answer|certificate|extras|following|seal|upload)[.]js")
    own = {
        path: size for path, size in loaded if not path.startswith(("/api/", "blob:", "http")) and not later.match(path)
    }
    assert {"/frame", "/assets/portal.js", "/assets/portal.css", "/assets/seal.svg", "/assets/sanitise.js"} <= set(own)
    Path(artifact("portal-size.txt")).write_text(
        "".join(f"{size:7} {path}\n" for path, size in sorted(own.items())) + f"{sum(own.values()):7} in all\n")
    assert "/assets/zip.js" not in own
    assert sum(own.values()) < MOST_LOADED, own


# --- loading ---

def slow(browser, bytes_per_second):
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
        "offline": bytes_per_second == 0, "latency": 0, "uploadThroughput": -1,
        "downloadThroughput": bytes_per_second if bytes_per_second else -1})


def begin(portal, browser, letter):
    browser.visit(letter.path())
    browser.view("password")
    browser.type_password(letter.password)


def test_loading_shows_how_far_it_is_and_can_be_cancelled(portal, browser):
    letter = portal.box.lock(with_files(("big.bin", os.urandom(9 * MIB))))
    slow(browser, 2 * MIB)
    try:
        begin(portal, browser, letter)
        browser.wait(
            lambda: re.fullmatch(r"Fetching the letter: \d+%", browser.one("#working-text").text), "a percentage"
        )
        assert 0 < float(browser.one("#progress").get_attribute("value")) < 100
        browser.size(360, 740)
        browser.screenshot("portal-loading-360.png")
        browser.size(1280, 900)
        browser.one("#cancel").click()
        browser.view("password")
        assert browser.one("#password").is_enabled() and not browser.one("#working").is_displayed()
        assert "Stopped" in browser.one("#announce").get_attribute("textContent")
        asked = [url for url in browser.requests() if f"{letter.id}/chunks/" in url]
        time.sleep(1.5)
        assert 0 < len(asked) < 12 and not [url for url in browser.requests() if "/chunks/" in url]
    finally:
        slow(browser, -1)
    browser.type_password(letter.password)
    browser.view("letter")


def test_a_break_in_the_middle_loses_nothing(portal, browser):
    data = os.urandom(6 * MIB)
    letter = portal.box.lock(with_files(("big.bin", data)))
    slow(browser, 2 * MIB)
    try:
        begin(portal, browser, letter)
        browser.wait(lambda: browser.one("#progress").is_displayed(), "some progress")
        browser.requests()
        slow(browser, 0)
        browser.wait(lambda: "interrupted" in browser.one("#working-text").text, "the words about the connection")
        assert browser.one("#go-on").is_displayed() and browser.one("#cancel").is_displayed()
    finally:
        slow(browser, -1)
    if browser.one("#go-on").is_displayed():
        browser.one("#go-on").click()
    browser.view("letter")
    chunks = [url.rsplit("/", 1)[1] for url in browser.requests() if "/chunks/" in url]
    assert "0" not in chunks  # what had come was kept
    (Path(browser.downloads) / "big.bin").unlink(missing_ok=True)
    browser.one("#attachment-list button").click()
    path = Path(browser.downloads) / "big.bin"
    browser.wait(lambda: path.exists() and path.stat().st_size == len(data), "the file")
    assert path.read_bytes() == data


@pytest.mark.alone
def test_a_hundred_mebibytes_lie_in_memory_once(portal):
    """Opening 100 MiB of message takes about its size in the page's process, saving hardly more."""
    data = os.urandom(73 * MIB)
    letter = portal.box.lock(with_files(("film.bin", data)))
    assert len(letter.message) > 98 * MIB
    alone = Browser(portal, watched=False)
    try:
        alone.visit(letter.path())
        alone.view("password")
        peak = Peak(alone)
        alone.type_password(letter.password)
        alone.wait(lambda: peak.look() and alone.one("#view-letter").is_displayed(), "the letter", 120)
        opening = peak.highest
        alone.one("#attachment-list button").click()
        path = Path(alone.downloads) / "film.bin"
        alone.wait(lambda: peak.look() and path.exists() and path.stat().st_size == len(data), "the file", 120)
        saving = peak.highest
        Path(artifact("portal-memory.txt")).write_text(
            f"message {len(letter.message) / MIB:.0f} MiB; more memory of the page while opening {opening:.0f} MiB, "
            f"while saving {saving:.0f} MiB\n")
        assert path.read_bytes() == data
        assert opening < 1.6 * 100 and saving < 2.2 * 100, (opening, saving)
        alone.one("#close").click()
        alone.view("closed")
    finally:
        alone.quit()


class Peak:
    """The highest memory (MiB, anonymous) of the page's process above where it began."""

    def __init__(self, browser):
        parents = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parents[folder.name] = (folder / "stat").read_text().rsplit(")", 1)[1].split()[1]
            except (FileNotFoundError, ProcessLookupError):
                continue
        self.pids = [pid for pid in parents if self.belongs(pid, parents, str(browser.driver.service.process.pid))]
        assert self.pids, "no renderer of this browser"
        self.first = {pid: self.anonymous(pid) for pid in self.pids}
        self.highest = 0

    @staticmethod
    def belongs(pid, parents, driver):
        """True for a renderer among what the driver started."""
        try:
            if b"--type=renderer" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                return False
        except (FileNotFoundError, ProcessLookupError):
            return False
        while pid in parents and pid != driver:
            pid = parents[pid]
        return pid == driver

    @staticmethod
    def anonymous(pid):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return 0
        return int(re.search(r"RssAnon:\s+(\d+) kB", status).group(1)) / 1024

    def look(self):
        self.highest = max([self.highest] + [self.anonymous(pid) - self.first[pid] for pid in self.pids])
        return True


@pytest.mark.parametrize("language", ["en", "fr"])
def test_pictures_of_the_page_for_people_to_look_at(portal, language):
    """At three widths, light and dark, in two languages; none is wider than its window."""
    picture = Part("image/png", lines(PNG), name="mark.png", cid="mark@x")
    message = framed(
        "<h2>Bonjour</h2><p>Voici les documents.</p><p><img src='cid:mark@x' alt='mark' width=40 height=40></p>"
        "<blockquote>" + "quoted words " * 60 + "</blockquote>",
        picture,
        Part(
            "application/pdf",
            lines(b"x" * 90_000),
            name="Contrat de location – version finale signée.pdf",
            attachment=True,
        ),
        Part("image/jpeg", lines(b"y" * 2_000_000), name="תמונה.jpg", attachment=True),
    )
    letters = {
        "html": portal.box.lock(message),
        "text": portal.box.lock(
            texted(
                "Dear Bob,\n\nthe report is at https://example.org/report.\n\nשלום, הקובץ מצורף.\n\nAlice wrote:\n"
                + "> a quoted line\n" * 9
            )
        ),
    }
    reader = Browser(portal, language=language)
    try:
        for name, letter in letters.items():
            reader.open(letter)
            for width in (360, 768, 1280):
                reader.size(width, 900)
                for dark in (False, True):
                    reader.appearance(dark)
                    reader.screenshot(f"portal-{name}-{language}-{width}{'-dark' if dark else ''}.png")
                    assert script(reader, "return document.documentElement.scrollWidth") <= width
    finally:
        reader.quit()

"""Starts letterlock-portal and headless Chromium for the browser tests, and says what is missing where it cannot.

LETTERLOCK_BIN names the folder of the built programs, LETTERLOCK_ARTIFACTS where screenshots go.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from kit.portal_letters import LetterBox

ROOT = Path(__file__).resolve().parents[3]

# The name of another site: it must never be asked for. Chromium resolves nothing but what is listed here.
ELSEWHERE = "tracker.example.net"
INSECURE_NAME = "letters.example.org"


def need(found, name):
    """Stops the test with the missing program's name: skipped on a developer's machine, failed in CI."""
    if found:
        return found
    reason = f"{name} is missing"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def program(name):
    places = [os.environ.get("LETTERLOCK_BIN"), ROOT / ".build/release", ROOT / ".build/debug"]
    found = [Path(place) / name for place in places if place and (Path(place) / name).exists()]
    return need(str(found[0]) if found else None, name)


def artifact(name):
    folder = Path(os.environ.get("LETTERLOCK_ARTIFACTS", ROOT / ".build/artifacts"))
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder / name)


class Portal:
    """A running letterlock-portal over a letter box of its own."""

    def __init__(self, folder):
        self.box = LetterBox(Path(folder) / "letters")
        self.log = open(Path(folder) / "portal.log", "wb")
        self.process = subprocess.Popen(
            [program("letterlock-portal"), "--letters", str(self.box.folder), "--listen", "127.0.0.1:0",
             "--print-address"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, cwd=folder, text=True)
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://127.0.0.1:"), Path(self.log.name).read_text()

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def written(self):
        return Path(self.log.name).read_text()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        self.log.close()
        return code


class Browser:
    """Headless Chromium with the words the tests use."""

    def __init__(self, portal, language="en", script=True, watched=True):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        self.portal = portal
        self.downloads = tempfile.mkdtemp(prefix="ll-dl-")
        options = webdriver.ChromeOptions()
        options.binary_location = need(shutil.which("chromium") or shutil.which("chromium-browser"), "chromium")
        for argument in (
            "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--lang={language}",
            "--force-device-scale-factor=1",
            f"--host-resolver-rules=MAP {INSECURE_NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ) + (("--no-sandbox",) if os.geteuid() == 0 else ()):
            options.add_argument(argument)
        preferences = {
            "intl.accept_languages": language, "download.default_directory": self.downloads,
            "download.prompt_for_download": False, "profile.default_content_setting_values.automatic_downloads": 1}
        if not script:
            preferences["profile.managed_default_content_settings.javascript"] = 2
        options.add_experimental_option("prefs", preferences)
        if watched:  # keeps every answer's body in the page's process
            options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        service = Service(need(shutil.which("chromedriver"), "chromedriver (package chromium-driver)"))
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": self.downloads})
        self.size(1280, 900)

    def size(self, width, height):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def appearance(self, dark):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def visit(self, path):
        # From a blank page, so that a changed fragment alone is a visit too.
        self.driver.get("about:blank")
        self.driver.get(self.portal.url + path)

    def one(self, selector):
        from selenium.webdriver.common.by import By

        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        from selenium.webdriver.common.by import By

        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def wait(self, condition, what, seconds=120):
        from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                found = condition()
            except (NoSuchElementException, StaleElementReferenceException):  # the next page is on its way
                found = None
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"waited for {what}; the page says:\n{self.one('body').text}")

    def view(self, name):
        self.wait(lambda: self.one(f"#view-{name}").is_displayed(), f"the view {name}")

    def type_password(self, password):
        field = self.one("#password")
        self.wait(field.is_enabled, "the password field")
        field.clear()
        field.send_keys(password + "\n")

    def open(self, letter, password=None):
        self.visit(letter.path())
        self.view("password")
        before = self.one("#heading").text
        self.type_password(password or letter.password)
        self.view("letter")
        # The view comes first, because a frame can only be measured where it is shown; the subject comes when all is
        # there.
        self.wait(lambda: self.one("#heading").text != before, "the subject")

    def saved(self, name):
        path = Path(self.downloads) / name
        self.wait(path.exists, f"the file {name} in {os.listdir(self.downloads)}")
        return path.read_bytes()

    def in_frame(self):
        self.driver.switch_to.frame(self.one("#body iframe"))

    def out_of_frame(self):
        self.driver.switch_to.default_content()

    def requests(self):
        """Every address that any page, frame or worker asked for since the last call."""
        found = []
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                found.append(event["params"]["request"]["url"])
        return found

    def foreign_requests(self):
        own = (self.portal.url + "/", f"blob:{self.portal.url}/", "data:", "about:", "chrome:")
        return [url for url in self.requests() if not url.startswith(own)]

    def screenshot(self, name):
        """The whole page, as long as it is."""
        import base64

        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True})
        Path(artifact(name)).write_bytes(base64.b64decode(shot["data"]))

    def quit(self):
        self.driver.quit()
        shutil.rmtree(self.downloads, ignore_errors=True)


@pytest.fixture(scope="module")
def portal():
    with tempfile.TemporaryDirectory(prefix="ll-portal-") as folder:
        running = Portal(folder)
        yield running
        if running.process.poll() is None:
            assert running.stop() == 0, running.written()


@pytest.fixture(scope="module")
def browser(portal):
    running = Browser(portal)
    yield running
    running.quit()

"""Firefox, driven through its own Marionette protocol by marionette_driver (there need be no geckodriver)."""

import shutil
import socket
import tempfile
import time
from pathlib import Path

import pytest

from kit.portal_browser import need


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Firefox:
    """Headless Firefox ESR with the words the tests use."""

    def __init__(self, portal, language="en"):
        marionette_driver = pytest.importorskip("marionette_driver", reason="marionette_driver is missing")
        self.By, self.Keys = marionette_driver.By, marionette_driver.keys.Keys
        self.portal = portal
        self.folder = tempfile.mkdtemp(prefix="ll-firefox-")
        self.downloads = Path(self.folder) / "downloads"
        self.downloads.mkdir()
        self.client = marionette_driver.marionette.Marionette(
            bin=need(shutil.which("firefox-esr") or shutil.which("firefox"), "firefox-esr"), headless=True,
            host="127.0.0.1", port=free_port(), startup_timeout=120, workspace=self.folder,
            gecko_log=str(Path(self.folder) / "gecko.log"),
            prefs={
                "browser.download.folderList": 2, "browser.download.dir": str(self.downloads),
                "browser.download.useDownloadDir": True, "browser.download.always_ask_before_handling_new_types": False,
                "browser.download.manager.showWhenStarting": False, "intl.accept_languages": language,
                "network.proxy.type": 0, "network.dns.disabled": False, "network.captive-portal-service.enabled": False,
                "network.connectivity-service.enabled": False, "browser.safebrowsing.downloads.enabled": False,
            })
        self.client.start_session()
        self.client.timeout.page_load = 60

    def visit(self, path):
        self.client.navigate("about:blank")
        self.client.navigate(self.portal.url + path)

    def one(self, selector):
        return self.client.find_element(self.By.CSS_SELECTOR, selector)

    def shown(self, selector):
        return bool(self.client.execute_script(
            "const found = document.querySelector(arguments[0]); return found && found.getClientRects().length > 0",
            script_args=[selector]))

    def text(self, selector):
        return self.one(selector).text

    def wait(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"waited for {what}; the page says:\n{self.text('body')}")

    def view(self, name):
        self.wait(lambda: self.shown(f"#view-{name}"), f"the view {name}")

    def type_password(self, password):
        field = self.one("#password")
        field.clear()
        field.send_keys(password + self.Keys.ENTER)

    def saved(self, name, size):
        path = self.downloads / name
        self.wait(lambda: path.exists() and path.stat().st_size == size, f"the file {name}")
        return path.read_bytes()

    def screenshot(self, path):
        import base64

        Path(path).write_bytes(base64.b64decode(self.client.screenshot(full=True)))

    def quit(self):
        self.client.quit(in_app=False)
        self.client.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

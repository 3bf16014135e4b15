"""Letters for the browser's tests, and what they ask of a page."""
import base64
import importlib.util
import json
from pathlib import Path

from kit.portal_browser import need
from kit.portal_letters import Message, Part


def lines(data):
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def texted(text, **more):
    return Message("Text", [Part("text/plain", text.encode(), "8bit", "utf-8")], text=0, **more)


def framed(html, *parts):
    return Message("Framed", [Part("text/html", html.encode(), "8bit", "utf-8"), *parts], html=0)


def with_files(*files, subject="Files"):
    return Message(subject, [Part("text/plain", b"see the files", "7bit")] + [
        Part("application/octet-stream", lines(data), name=name, attachment=True) for name, data in files], text=0)


def script(browser, source, *arguments):
    return browser.driver.execute_script(source, *arguments)


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAAAElFTkSuQmCC")
ATTACHED = bytes(range(256)) * 5000
TEXT = "Dear Bob,\n\nthe figures for the third quarter are attached. Grüße aus Köln, 1 000 €.\nhttps://example.org/report.\n\nAlice\n"
HTML = """<html><head><style>.sum{font-weight:bold;color:#14598a} h2{font-size:20px}</style></head>
<body><h2>Third quarter</h2><p>Dear Bob,</p><p>the figures for the <span class=sum>third quarter</span> are attached.
Gr&uuml;&szlig;e aus K&ouml;ln.</p><table border=1 cellpadding=6 style="border-collapse:collapse">
<tr><th>Month</th><th>Sum</th></tr><tr><td>July</td><td>1 204</td></tr><tr><td>August</td><td>1 377</td></tr></table>
<p><img src="cid:logo@example.org" alt="our mark" width=40 height=40> See <a href="https://example.org/report">the report</a>.</p>
<img src="https://tracker.example.net/pixel.gif?bob" width=1 height=1></body></html>"""


def wrapped(data):
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def ordinary(subject="Figures for the third quarter"):
    return Message(subject, [
        Part("text/plain", wrapped(TEXT.replace("\n", "\r\n").encode("iso-8859-15")), charset="ISO-8859-15"),
        Part("text/html", HTML.replace("=", "=3D").replace("\n", "\r\n").encode(), "quoted-printable", "utf-8"),
        Part("image/png", wrapped(PNG), name="mark.png", cid="<logo@example.org>"),
        Part("application/pdf", wrapped(ATTACHED), name="../Zürich/quarter 3\u202efdp.exe", attachment=True),
    ], text=0, html=1)


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def axe_source():
    """axe.min.js out of the installed package; axe-playwright-python has a newer one, where it is there."""
    for package in ("axe_playwright_python", "axe_core_python"):
        found = importlib.util.find_spec(package)
        if found and (path := Path(found.origin).parent / "axe.min.js").exists():
            return path.read_text()
    return need(None, "axe-core (PyPI package axe-core-python)")


def violations(browser):
    """What axe-core finds, as rule and places; it runs in a world of its own, which the page's CSP does not concern."""
    tree = browser.driver.execute_cdp_cmd("Page.getFrameTree", {})
    world = browser.driver.execute_cdp_cmd(
        "Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"], "worldName": "axe"})
    where = {"contextId": world["executionContextId"]}
    # Its own content in the frame is the sender's; the frame is looked at by a test of its own.
    run = f"""axe.run(document, {{runOnly: {json.dumps(RULES)}, iframes: false}}).then((found) => JSON.stringify(
        found.violations.map((one) => [one.id, one.nodes.map((node) => node.target.join(' ') + ' ' + node.failureSummary)])))"""
    for source in (axe_source() + "; ''", run):
        told = browser.driver.execute_cdp_cmd("Runtime.evaluate", {
            **where, "expression": source, "awaitPromise": True, "returnByValue": True})
        assert "exceptionDetails" not in told, told
    return json.loads(told["result"]["value"])


WIDER = """
    const width = document.documentElement.clientWidth, wide = [];
    for (const one of document.querySelectorAll('body *:not(.unseen)')) {
      const box = one.getBoundingClientRect(), card = one.closest('.card, dialog');
      if (box.width === 0 || one.closest('[hidden]') || one.closest('.unseen')) { continue; }
      if (one.closest('details:not([open])') && !one.closest('summary')) { continue; }
      if (box.right > width + 1 || box.left < -1) { wide.push(one.id || one.className || one.localName); continue; }
      if (card && card !== one) {
        const inside = card.getBoundingClientRect();
        if (box.right > inside.right + 1 || box.left < inside.left - 1) { wide.push('card: ' + (one.id || one.localName)); }
      }
    }
    return wide"""

"""What people bring to the page: links that mail systems have written anew, and whole mails, links and labels pasted
into the fields for the code and the password."""
import base64
import os
import urllib.parse

import pytest

pytest.importorskip("selenium", reason="selenium is missing") if os.environ.get("CI") != "true" else None

from kit.portal_letters import b64url  # noqa: E402
from shown import texted  # noqa: E402

ID, CODE = "AAECAwQFBgcICQoLDA0ODw", "EBES-xQVFhcYGRob_B0eHw"
LINK = f"https://letters.example.org/l/{ID}#{CODE}"
OTHER = f"https://letters.example.org/l/BBECAwQFBgcICQoLDA0ODw#FFESExQVFhcYGRobHB0eHw"


def quoted(text):
    return urllib.parse.quote(text, safe="")


def proofpoint2(link):
    escaped = "".join(c if c.isalnum() or c in ".?=" else "_" if c == "/" else f"-{ord(c):02X}" for c in link)
    return f"https://urldefense.proofpoint.com/v2/url?u={escaped}&d=DwMFaQ&c=euGZstcaTDllvimEN8b7jXrwqOf-v5A_CdpgnVfiiMM&r=x&m=y&e="


def proofpoint3(link):
    return f"https://urldefense.com/v3/__{link.replace('#', '*')}__;Iw!!Dhb6QA-4SpUsmkBX!abcdefghijklmnopqrstuv$"


def safelinks(link):
    return (
        "https://eur02.safelinks.protection.outlook.com/?url="
        + quoted(link)
        + "&data=05%7C02%7Cbob%40elsewhere.example%7C"
        + "0123456789abcdef0123456789abcdef" * 5
        + "%7C0%7C0%7C638700000000000000%7CUnknown%7CTWFpbGZsb3d8eyJ&sdata="
        + quoted(base64.b64encode(b"s" * 32).decode())
        + "&reserved=0"
    )


MAIL = f"""Bonjour,

Alice Martin vous a envoyé un message confidentiel. Ouvrez-le avec ce lien :

{{link}}

Si la page demande un code, c’est : {CODE}

Rechtsschutzversicherung, anticonstitutionnellement, Donaudampfschifffahrtsg
"""

PASTED = {
    "the code": CODE,
    "the code in groups": f"{CODE[:7]} {CODE[7:14]}\n{CODE[14:]}",
    "the link": LINK,
    "the link and a point": f"({LINK}).",
    "with a mark behind it": f"{LINK}&utm_source=news",
    "escaped": quoted(LINK),
    "escaped twice": quoted(quoted(LINK)),
    "as HTML writes it": LINK.replace("#", "&#35;"),
    "SafeLinks": safelinks(LINK),
    "SafeLinks twice": safelinks(safelinks(LINK)),
    "Proofpoint 1": f"https://urldefense.proofpoint.com/v1/url?u={quoted(LINK)}&k=abc%0A&r=def",
    "Proofpoint 2": proofpoint2(LINK),
    "Proofpoint 3": proofpoint3(LINK),
    "Barracuda": f"https://linkprotect.cudasvc.com/url?a={quoted(LINK).lower().replace(quoted(LINK).lower(), quoted(LINK))}&c=E,1,AbC-dEf_123,&typo=1",
    "Barracuda, small escapes": f"https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fletters.example.org%2fl%2f{ID}%23{CODE}&c=E,1,x",
    "Sophos": "https://eu-central-1.protection.sophos.com?d=example.org&u="
    + base64.b64encode(LINK.encode()).decode()
    + "&i=x",
    "Cisco": f"https://secure-web.cisco.com/1aBcDeFgHiJkLmNoPqRsTuVwXyZ/{quoted(LINK)}",
    "a whole mail": MAIL.format(link=LINK),
    "a mail whose link is broken": MAIL.format(link=LINK[:-8] + "\n" + LINK[-8:]),
    "a mail whose link is opaque": MAIL.format(link="https://url.uk.m.mimecastprotect.com/s/AbCdCvZ12345"),
    "a mail with another link too": f"{OTHER}\n\n{LINK}",
    "a quoted mail": "\n".join("> " + line for line in MAIL.format(link=LINK).split("\n")),
    "the link over two lines": f"{LINK[:60]}\n> {LINK[60:]}",
    "quoted-printable": f"{LINK[:50]}=\r\n{LINK[50:]}",
    "with hidden characters": f"\u200b{CODE[:9]}\u200b{CODE[9:]}\ufeff",
    "with a typographic dash": CODE.replace("-", "\u2011"),
}
NOTHING = ["", "Rechtsschutzversicherung", "https://www.example.org/", CODE[:-1], ID, "anticonstitutionnell-E-Mail",
           f"{CODE} FFESExQVFhcYGRobHB0eHw", "A" * 100_000, "-" * 100_000, "%25" * 50_000, "aHR0c" * 20_000]


def module(browser, portal, name, call, *arguments):
    """What a function of the page's own script gives."""
    if not browser.driver.current_url.startswith(portal.url):
        browser.visit("/l/" + ID)
    return browser.driver.execute_async_script(
        f"const done = arguments[arguments.length - 1]; import('/assets/{name}')"
        f".then((m) => m.{call}(...arguments)).then(done, (e) => done(String(e)))",
        *arguments)


@pytest.mark.parametrize("form", PASTED)
def test_the_code_is_found_in_whatever_is_pasted(portal, browser, form):
    assert module(browser, portal, "code.js", "findRun", PASTED[form], 22, ID) == CODE


@pytest.mark.parametrize("number", range(len(NOTHING)))
def test_no_code_is_found_where_there_is_none(portal, browser, number):
    assert module(browser, portal, "code.js", "findRun", NOTHING[number], 22, ID) is None


# --- the address ---

ADDRESSES = [
    "/l/{id}%23{code}",
    "/l/{id}%2523{code}",
    "/l/{id}/#{code}",
    "//l//{id}#{code}",
    "/l/{id}%20#{code}",
    "/l/{id}.#{code}",
    "/l/{id}>#{code}",
    "/l/{id}&utm_source=x#{code}",
    "/l/{id}?utm_source=x&utm_medium=mail#{code}",
    "/l/{id}#{code}.",
    "/l/{id}#{code}%20",
    "/l/{id}#{code}>",
    "/l/{id}#{code}&utm_source=x",
    "/l/{id}#{code}/",
    "/l/{id}/%23{code}",
    "/l/{id}#/{code}",
    "/l/{id}%23{code}&utm_source=x",
    "/l/{id}#%23{code}",
    "/l/{id}%3F#{code}",
    "/l%2F{id}%23{code}",
]


@pytest.mark.parametrize("form", ADDRESSES)
def test_links_that_were_written_anew_open(portal, browser, form):
    letter = portal.box.lock(texted("hello"))
    browser.visit(form.format(id=letter.id, code=letter.secret))
    browser.view("password")
    assert browser.driver.current_url == portal.url + letter.path()  # as the mail held it
    assert (
        browser.one(".languages a[lang=fr]").get_attribute("href").endswith(f"/l/{letter.id}?lang=fr#{letter.secret}")
    )
    if form == ADDRESSES[0]:
        browser.type_password(letter.password)
        browser.view("letter")


@pytest.mark.parametrize("form", ["/l/{id}", "/l/{id}/", "//l/{id}.", "/l/{id}%20", "/l/{id}&utm_source=x", "/l/{id}>"])
def test_without_a_code_it_is_asked_for(portal, browser, form):
    letter = portal.box.lock(texted("hello"))
    browser.visit(form.format(id=letter.id))
    browser.view("code")
    assert browser.driver.switch_to.active_element.get_attribute("id") == "code"


@pytest.mark.parametrize("path, name", [("/control", "control"), ("/confirm", "confirm")])
def test_the_other_links_are_read_alike(portal, browser, path, name):
    """43 characters for the sender's page, 22 for the key's."""
    length = 43 if name == "control" else 22
    run = b64url(os.urandom(32 if name == "control" else 16))
    for form in ("#{run}", "%23{run}", "/#{run}", "%2523{run}", "#{run}.", "#{run}&utm_source=x", "/%23{run}>"):
        found = module(browser, portal, "code.js", "readPlace", {
            "pathname": path, "search": "", "hash": form.format(run=run)}, length)
        assert found["run"] == run, form
        browser.visit(path + form.format(run=run))
        browser.wait(lambda: [v for v in browser.all(".view") if v.is_displayed()], "a view")
        assert not browser.one("#code").is_displayed(), form


# --- pasting into the fields ---

def paste(browser, field, text):
    browser.driver.execute_script("""
        const field = document.getElementById(arguments[0]), data = new DataTransfer();
        data.setData('text/plain', arguments[1]);
        const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
        if (field.dispatchEvent(event)) { field.value = arguments[1]; }""", field, text)


def test_a_whole_mail_may_be_pasted_as_code(portal, browser):
    letter = portal.box.lock(texted("hello"))
    browser.visit(letter.path(fragment=False))
    browser.view("code")
    mail = MAIL.replace(CODE, letter.secret).format(link=safelinks(f"https://x.example{letter.path()}"))
    paste(browser, "code", mail)
    assert browser.one("#code").get_attribute("value") == letter.secret
    browser.driver.execute_script(
        "document.getElementById('code').value = arguments[0]", safelinks(f"https://x.example{letter.path()}")
    )
    browser.one("#code-form button").click()
    browser.view("password")
    browser.type_password(letter.password)
    browser.view("letter")


def at_password(portal, browser, **more):
    letter = portal.box.lock(texted("hello"), **more)
    browser.visit(letter.path())
    browser.view("password")
    return letter


@pytest.mark.parametrize("form", ["{url}", "{code}", "{id}", "{safe}", "Voici le lien : {url}"])
def test_a_link_or_a_code_is_no_password(portal, browser, form):
    letter = at_password(portal, browser)
    url = f"https://letters.example.org{letter.path()}"
    typed = form.format(url=url, code=letter.secret, id=letter.id, safe=safelinks(url))
    words = "the code of the letter" if form in ("{code}", "{id}") else "the link of the letter"
    paste(browser, "password", typed)
    assert words in browser.one("#password-error").text and browser.one("#password").get_attribute("value") == ""
    browser.driver.execute_script("document.getElementById('password').value = arguments[0]", typed)
    browser.one("#open").click()
    browser.wait(lambda: words in browser.one("#password-error").text, words)
    wrong = portal.box.database.execute("SELECT wrong_total FROM attempts WHERE letter_id = ?", [letter.id]).fetchone()
    assert wrong == (0,)
    browser.type_password(letter.password)
    browser.view("letter")


LABELLED = [
    "Mot de passe : {}",
    "Le mot de passe est : {}.",
    "Passwort: {}",
    "Password for bob@elsewhere.example: {}",
    "« {} »",
    "Hallo Bob,\n\ndas Passwort lautet {}\n\nAlice",
    "Contraseña: {}",
    "Wachtwoord = {}",
    "Senha: {}",
]


@pytest.mark.parametrize("form", LABELLED)
def test_a_password_is_taken_out_of_its_label(portal, browser, form):
    letter = at_password(portal, browser)
    paste(browser, "password", form.format(letter.password))
    assert browser.one("#password").get_attribute("value") == letter.password
    assert "Only the password" in browser.one("#password-taken").text
    browser.driver.execute_script(
        "document.getElementById('password').value = arguments[0]",
        form.format(letter.password.lower()).replace("\n", " "),
    )
    browser.one("#open").click()
    browser.view("letter")


@pytest.mark.parametrize("form", ["\u200e{}", "{}\u2060", "\u202a{}\u202c", "\u2068{}\u2069", "mdp : {}"])
def test_what_does_not_show_is_no_part_of_a_made_password(portal, browser, form):
    letter = at_password(portal, browser)
    browser.driver.execute_script(
        "document.getElementById('password').value = arguments[0]", form.format(letter.password)
    )
    browser.one("#open").click()
    browser.view("letter")


@pytest.mark.parametrize(
    "form, taken", [("Mot de passe : {}", True), ("Mot de passe : « {} »", True), ("Passwort:{}", True), ("{}", False)]
)
def test_a_chosen_password_too(portal, browser, form, taken):
    letter = at_password(portal, browser, password="Tulpen und 42 Rosen", kind="chosen")
    paste(browser, "password", form.format(letter.password))
    assert browser.one("#password-taken").is_displayed() == taken
    browser.one("#open").click()
    browser.view("letter")


def test_a_chosen_password_that_looks_like_a_code_is_one(portal, browser):
    letter = at_password(portal, browser, password="FFESExQVFhcYGRobHB0eHw", kind="chosen")
    paste(browser, "password", letter.password)
    browser.one("#open").click()
    browser.view("letter")

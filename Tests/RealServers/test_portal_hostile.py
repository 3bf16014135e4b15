"""Letters that try to run script, to leave their frame or to call home: nothing runs, nobody else is asked."""

import os

import pytest

pytest.importorskip("selenium", reason="selenium is missing") if os.environ.get("CI") != "true" else None

from portal_browser import ELSEWHERE, browser, portal  # noqa: E402,F401
from portal_letters import Message, Part  # noqa: E402

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
    "<link rel=stylesheet href=\"https://{elsewhere}/sheet.css\"><link rel=preload as=image href=\"https://{elsewhere}/p\">",
    "<link rel=dns-prefetch href=\"//{elsewhere}\"><link rel=prefetch href=\"https://{elsewhere}/prefetch\">",
    "<style>@import 'https://{elsewhere}/import.css'; p{{background:url(https://{elsewhere}/css)}}</style><p>styled</p>",
    "<style>p{{}}</style><script>{run}</script></style>",
    "<style>@font-face{{font-family:x;src:url(https://{elsewhere}/font)}} *{{font-family:x}}</style>",
    "<style>a[href*=\"</style><img src=x onerror='{run}'>\"]{{color:red}}</style>",
    "<p style=\"background-image:url('https://{elsewhere}/inline')\">inline</p>",
    "<p style=\"width:expression({run});behavior:url(#x)\">old</p>",
    "<p style=\"position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:99999\">over everything</p>",
    "<img src=\"https://{elsewhere}/remote.png\" srcset=\"https://{elsewhere}/remote2.png 2x\">",
    "<picture><source srcset=\"https://{elsewhere}/source.png\"><img src=\"https://{elsewhere}/picture.png\"></picture>",
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

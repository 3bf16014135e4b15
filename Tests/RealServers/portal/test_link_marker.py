"""What stands behind a link where the browser cannot be asked: no style of the letter hides, moves or covers it."""
import pytest

from shown import framed

LINK = "<a href='https://real.example/x'>https://bank.example/</a>"

HOSTILE = {
    "display": "<style>*{display:none!important} p,a,#letter,body,html,div{display:block!important}</style><p>LINK</p>",
    "by-name": "<style>letterlock-leads,small,.leads{display:none!important;font-size:0!important}</style><p>LINK</p>",
    "by-place": "<style>a *,a+*,a>:last-child{visibility:hidden!important;color:transparent!important}</style><p>"
                "LINK</p>",
    "font-size": "<style>p{font-size:0!important} a{line-height:0;font-size:0} a::first-line{font-size:20px}</style>"
                 "<p>LINK</p>",
    "colour": "<style>*{color:#fff!important;background-color:#fff!important}</style><p>LINK</p>",
    "visibility": "<p style='visibility:hidden'><span style='visibility:visible'>LINK</span></p>",
    "visibility-of-all": "<style>*{visibility:hidden!important} a{visibility:visible!important}</style><p>LINK</p>",
    "opacity": "<style>*{opacity:.01!important} a{opacity:1!important}</style><p>LINK</p>",
    "covered": "<p>LINK</p><div style='margin-top:-60px;height:60px;background-color:#fff;opacity:.999'>&nbsp;</div>",
    "covered-by-calc": "<p>LINK</p><div style='margin-top:calc(1px - 60px);height:60px;background-color:#fff;"
                       "opacity:.99'>x</div>",
    "covered-by-a-block": "<p>LINK</p><div style='margin-top:-60px'><div style='display:inline-block;width:600px;"
                          "height:60px;background-color:#fff'></div></div>",
    "pushed-out": "<p style='margin-left:-3000px'><a style='margin-left:3000px' href='https://real.example/x'>"
                  "https://bank.example/</a></p>",
    "narrow": "<style>a{display:inline-block;width:1px;height:1px}</style><p>LINK</p>",
    "short-at-the-end": "<div style='height:20px'><a style='display:block' href='https://real.example/x'>"
                        "https://bank.example/</a></div>",
    "letter-spacing": "<style>*{letter-spacing:-30px!important;word-spacing:-300px!important}</style><p>LINK</p>",
    "upside-down": "<style>*{direction:rtl!important;unicode-bidi:bidi-override!important;"
                   "text-transform:uppercase!important}</style><p>LINK</p>",
    "indent": "<style>*{text-indent:-500px!important} a{display:inline-block;text-indent:0!important}</style><p>"
              "LINK</p>",
    "first-letter": "<style>a::first-letter,p::first-line{color:transparent;font-size:0}</style><p>LINK</p>",
    "pre": "<style>*{white-space:nowrap!important;overflow-wrap:normal!important}</style><p>LINK</p>",
    "our-classes": "<div class='blocked ll-wide leads' style='height:10px'>LINK</div>",
}

SEEN = """
  const [marker] = document.querySelectorAll('#letter a letterlock-leads');
  if (!marker) { return 'no marker'; }
  marker.scrollIntoView({block: 'center', inline: 'center'});
  const style = getComputedStyle(marker), box = marker.getBoundingClientRect();
  const range = document.createRange();
  range.selectNodeContents(marker);
  const words = range.getBoundingClientRect();
  const told = [];
  if (style.display === 'none' || style.visibility !== 'visible') { told.push('hidden'); }
  if (parseFloat(style.fontSize) < 12) { told.push('font of ' + style.fontSize); }
  if (style.color === style.backgroundColor || /, 0\\)/.test(style.color)) { told.push('colour ' + style.color); }
  if (box.height < 10 || box.width < 60 || words.width < 60) { told.push('box of ' + box.width + 'x' + box.height); }
  if (box.top < 0 || box.left < 0 || box.bottom > innerHeight + 1 || box.right > innerWidth + 1) {
    told.push('outside: ' + JSON.stringify(box) + ' of ' + innerWidth + 'x' + innerHeight);
  }
  for (let up = marker; up; up = up.parentElement) {
    if (Number(getComputedStyle(up).opacity) < 1) { told.push('opacity of ' + up.localName); }
  }
  for (const x of [.05, .5, .95]) {
    const found = document.elementFromPoint(box.left + x * box.width, box.top + box.height / 2);
    if (found !== marker) { told.push('covered at ' + x + ' by ' + (found && found.localName)); }
  }
  if (marker.textContent !== '[real.example]') { told.push(marker.textContent); }
  return told.join('; ');
"""


@pytest.fixture
def deaf(browser):  # noqa: F811
    """A frame whose listeners are not heard, as in WebKit: then the place is written behind the link."""
    made = browser.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument",
        {
            "source": """
        const real = EventTarget.prototype.dispatchEvent;
        EventTarget.prototype.dispatchEvent = function (event) { return event.type === 'letter-probe' || real.call(this, event); };"""
        },
    )
    yield browser
    browser.out_of_frame()
    browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", made)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_style_hides_where_a_link_leads(portal, deaf, name):  # noqa: F811
    deaf.open(portal.box.lock(framed(HOSTILE[name].replace("LINK", LINK))))
    deaf.in_frame()
    assert deaf.driver.execute_script(SEEN) == ""

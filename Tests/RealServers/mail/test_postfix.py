"""The recipes of docs/install/postfix.md, run by a real Postfix with the very lines of that page."""
import contextlib
import shutil
import smtplib
import subprocess

import pytest

from kit.mailsite import Site
from kit.messages import CANARY, body_of, message
from kit.pgp import ciphertext, need
from kit.sink import Sink, free_port
from kit.snippets import replaced, snippets
from kit.throwaway import gateways, postfixes, short_folder

RECIPES = snippets("install/postfix.md")
# A Unix user that every Debian has; its .forward lies in the test's own folder.
USER = "games"


@pytest.fixture(scope="module")
def make_site(keys):
    """Makes sites of the two recipes; all are ended with this file's tests."""
    with contextlib.ExitStack() as stack:

        def make(recipe, **options) -> Site:
            folder = short_folder()
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            world = Sink()
            stack.callback(world.close)
            make_gateway = stack.enter_context(gateways(folder, keys))
            make_postfix = stack.enter_context(postfixes(folder))
            return recipe(make_postfix, make_gateway, world, **options)

        yield make


def relayhost_site(make_postfix, make_gateway, world) -> Site:
    """The recommended recipe: the front's relayhost is the gateway, a second instance stands behind it."""
    port, back = free_port(), free_port()
    gateway = make_gateway(back)
    front = make_postfix("front", "mail.example.org")
    front.configure(
        replaced(RECIPES["only-way-out/front/main.cf"], {"[127.0.0.1]:10025": f"[127.0.0.1]:{gateway.port}"}),
        f"127.0.0.1:{port} inet n - n - - smtpd")
    front.alias("sales: bob@keyed.example\n")
    front.configure("virtual_alias_maps = inline:{ {info@example.org = bob@keyed.example} }")
    front.forward(USER, "bob@keyed.example")
    behind = make_postfix("exit", "out.example.org")
    behind.configure(
        RECIPES["only-way-out/exit/main.cf"],
        replaced(RECIPES["only-way-out/exit/master.cf"], {"127.0.0.1:10026": f"127.0.0.1:{back}"}))
    behind.configure(f"relayhost = [127.0.0.1]:{world.port}")
    front.start()
    behind.start()
    return Site(front, gateway, world, port, behind)


def filter_site(make_postfix, make_gateway, world, *, overrides: str = "", alias: str = "") -> Site:
    """The content_filter recipe on one instance."""
    port, back = free_port(), free_port()
    gateway = make_gateway(back)
    front = make_postfix("front", "mail.example.org")
    virtual = front.folder / "config" / "virtual"
    virtual.write_text("info@example.org bob@keyed.example\nsales bob@keyed.example\n")
    front.configure(
        replaced(
            RECIPES["content-filter/main.cf"],
            {"[127.0.0.1]:10025": f"[127.0.0.1]:{gateway.port}", "/etc/postfix/virtual": str(virtual)}),
        f"127.0.0.1:{port} inet n - n - - smtpd\n"
        + replaced(RECIPES["content-filter/master.cf"], {"127.0.0.1:10026": f"127.0.0.1:{back}"}))
    front.configure(f"relayhost = [127.0.0.1]:{world.port}\n{overrides}")
    front.forward(USER, "bob@keyed.example")
    if alias:
        front.alias(alias)
    front.start()
    return Site(front, gateway, world, port)


def lmtp_site(make_postfix, make_gateway, world) -> Site:
    """The content_filter recipe by LMTP."""
    port, back, lmtp = free_port(), free_port(), free_port()
    assert 'lmtp: ["127.0.0.1:10024"]' in RECIPES["lmtp/letterlock.yaml"]
    gateway = make_gateway(back, entries=f"lmtp: ['127.0.0.1:{lmtp}']")
    front = make_postfix("front", "mail.example.org")
    front.configure(
        replaced(RECIPES["content-filter/main.cf"], {"/etc/postfix/virtual": "/dev/null"}),
        replaced(RECIPES["content-filter/master.cf"], {"127.0.0.1:10026": f"127.0.0.1:{back}"}))
    front.configure(
        replaced(RECIPES["lmtp/main.cf"], {"[127.0.0.1]:10024": f"[127.0.0.1]:{lmtp}"}),
        f"127.0.0.1:{port} inet n - n - - smtpd\n" + RECIPES["lmtp/master.cf"])
    front.configure(f"virtual_alias_maps =\nrelayhost = [127.0.0.1]:{world.port}")
    front.start()
    return Site(front, gateway, world, port)


def proxy_site(make_postfix, make_gateway, world, *, overrides: str = "") -> Site:
    """The recipe before the queue."""
    port, back = free_port(), free_port()
    assert "reply: 90s" in RECIPES["proxy/letterlock.yaml"]
    gateway = make_gateway(back)
    front = make_postfix("front", "mail.example.org")
    front.master = "".join(line for line in front.master.splitlines(True) if not line.startswith("pickup"))
    front.configure(
        RECIPES["proxy/main.cf"],
        replaced(RECIPES["proxy/master.cf"], {
            "smtp inet n": f"127.0.0.1:{port} inet n", "=127.0.0.1:10025": f"=127.0.0.1:{gateway.port}",
            "[127.0.0.1]:10025": f"[127.0.0.1]:{gateway.port}", "127.0.0.1:10026": f"127.0.0.1:{back}"}))
    front.configure(f"relayhost = [127.0.0.1]:{world.port}\n{overrides}")
    front.start()
    return Site(front, gateway, world, port)


@pytest.fixture(scope="module")
def proxy_once(make_site):
    return make_site(proxy_site)


@pytest.fixture
def proxy(proxy_once):
    proxy_once.reset()
    return proxy_once


@pytest.fixture(scope="module")
def lmtp_once(make_site):
    return make_site(lmtp_site)


@pytest.fixture
def lmtp(lmtp_once):
    lmtp_once.reset()
    return lmtp_once


@pytest.fixture(scope="module")
def relayhost_once(make_site):
    return make_site(relayhost_site)


@pytest.fixture(scope="module")
def filter_once(make_site):
    return make_site(filter_site)


@pytest.fixture
def only_way_out(relayhost_once):
    relayhost_once.reset()
    return relayhost_once


@pytest.fixture
def content_filter(filter_once):
    filter_once.reset()
    return filter_once


@pytest.fixture(params=["only_way_out", "content_filter"])
def site(request):
    """Each recipe in turn."""
    return request.getfixturevalue(request.param)


def the_sealed_one(site: Site, keys, original: bytes) -> None:
    """Exactly one message came out, sealed for Bob, and opens to what was sent."""
    (received,) = site.received()
    assert received.recipients == ["bob@keyed.example"]
    assert CANARY.encode() not in received.data
    opened = keys.run("--decrypt", given=ciphertext(received.data))
    assert body_of(opened) == body_of(original)


def test_a_message_to_someone_with_a_key_leaves_sealed(site, keys):
    the_sealed_one(site, keys, site.send("bob@keyed.example"))


def test_upper_case_addresses_are_sealed_too(site, keys):
    original = site.send("Bob@KEYED.Example")
    (received,) = site.received()
    assert CANARY.encode() not in received.data
    assert body_of(keys.run("--decrypt", given=ciphertext(received.data))) == body_of(original)


@pytest.mark.parametrize("name", ["sales@example.org", "info@example.org"])
def test_an_alias_that_leads_outside_is_sealed(site, keys, name):
    """`sales` is an alias(5) in the first recipe; in the second it is a virtual alias, as the page says it must be."""
    the_sealed_one(site, keys, site.send(name))


def test_a_forward_file_that_leads_outside_is_sealed(only_way_out, keys):
    the_sealed_one(only_way_out, keys, only_way_out.send(f"{USER}@example.org"))


def test_a_forward_file_is_not_followed_behind_a_content_filter(content_filter):
    content_filter.send(f"{USER}@example.org")
    content_filter.front.wait_for_log("status=sent (delivered to maildir)")
    assert content_filter.world.messages == []
    (kept,) = content_filter.front.mailbox(USER)
    assert CANARY.encode() in kept


def test_the_trap_of_the_page_is_a_real_one(make_site):
    """Without the page's lines, local(8) sends on in clear what the filter saw going inside."""
    site = make_site(filter_site, overrides="virtual_alias_maps =", alias="sales: bob@keyed.example\n")
    site.send("sales@example.org")
    (received,) = site.received()
    assert CANARY.encode() in received.data, "the trap is gone: the page may say so"


def test_clear_mail_passes_and_inside_mail_stays_inside(site):
    original = site.send("carol@open.example")
    (received,) = site.received()
    assert received.data.endswith(original)
    site.send("list@example.org")
    site.front.wait_for_log("status=sent (delivered to maildir)")
    assert len(site.world.messages) == 1


def test_the_bounce_of_a_refused_message_does_not_hold_its_text(site):
    """The sender is outside, as with forwarded mail: the bounce itself leaves, in clear, and must not carry the
    body."""
    site.send("nokey@elsewhere.example", sender="someone@open.example")
    (bounce,) = site.received()
    assert (bounce.sender, bounce.recipients) == ("", ["someone@open.example"])
    assert b"nokey@elsewhere.example" in bounce.data
    for one in site.world.messages:
        assert CANARY.encode() not in one.data, "the bounce carries the plaintext"
    assert "status=bounced" in site.front.log()


def test_mail_waits_in_the_queue_while_gpg_is_missing(site, keys):
    site.gateway.gpg.unlink()
    original = site.send("bob@keyed.example")
    site.front.wait_for_log("status=deferred")
    assert site.world.messages == [] and len(site.front.queued()) == 1
    site.gateway.mend_gpg()
    site.front.flush()
    the_sealed_one(site, keys, original)
    for one in site.instances():
        one.wait_until_empty()


def test_mail_waits_in_the_queue_while_the_gateway_is_down(site, keys):
    site.gateway.stop()
    original = site.send("bob@keyed.example")
    site.front.wait_for_log("status=deferred")
    assert site.world.messages == [] and len(site.front.queued()) == 1
    site.gateway.start()
    site.front.flush()
    the_sealed_one(site, keys, original)


def test_mail_waits_in_the_front_queue_while_what_stands_behind_is_down(only_way_out, keys):
    only_way_out.exit.close()
    original = only_way_out.send("bob@keyed.example")
    only_way_out.front.wait_for_log("status=deferred")
    assert only_way_out.world.messages == [] and len(only_way_out.front.queued()) == 1
    only_way_out.exit.start()
    only_way_out.front.flush()
    the_sealed_one(only_way_out, keys, original)


# The other recipes


@pytest.mark.parametrize("name", ["proxy", "lmtp"])
def test_sealed_clear_and_inside(name, request, keys):
    site = request.getfixturevalue(name)
    the_sealed_one(site, keys, site.send("bob@keyed.example"))
    site.world.messages.clear()
    original = site.send("carol@open.example")
    (received,) = site.received()
    assert received.data.endswith(original)
    site.send("list@example.org")
    site.front.wait_for_log("status=sent (delivered to maildir)")
    assert len(site.world.messages) == 1


@pytest.mark.parametrize("name", ["proxy", "lmtp"])
def test_sendmail_is_filtered_too(name, request, keys):
    site = request.getfixturevalue(name)
    original = message("bob@keyed.example")
    subprocess.run(
        [
            need("sendmail"),
            "-C",
            str(site.front.folder / "config"),
            "-i",
            "-f",
            "alice@example.org",
            "bob@keyed.example",
        ],
        input=original.replace(b"\r\n", b"\n"),
        check=True,
        timeout=60,
    )
    the_sealed_one(site, keys, original)


def test_before_the_queue_the_client_hears_the_refusal(proxy):
    with smtplib.SMTP("127.0.0.1", proxy.port, timeout=60) as client:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            client.sendmail(
                "alice@example.org", ["nokey@elsewhere.example"], message("nokey@elsewhere.example"), ["BODY=8BITMIME"]
            )
        assert caught.value.smtp_code == 550 and b"nokey@elsewhere.example" in caught.value.smtp_error
        proxy.gateway.gpg.unlink()
        with pytest.raises(smtplib.SMTPDataError) as caught:
            client.sendmail("alice@example.org", ["bob@keyed.example"], message("bob@keyed.example"), ["BODY=8BITMIME"])
        assert caught.value.smtp_code == 451
    proxy.front.wait_until_empty()
    assert proxy.world.messages == []


def test_before_the_queue_nothing_passes_while_the_gateway_is_down(proxy):
    proxy.gateway.stop()
    with smtplib.SMTP("127.0.0.1", proxy.port, timeout=60) as client:
        with pytest.raises(smtplib.SMTPException) as caught:
            client.sendmail("alice@example.org", ["bob@keyed.example"], message("bob@keyed.example"), ["BODY=8BITMIME"])
        assert "451" in str(caught.value)
    assert proxy.world.messages == []


def test_before_the_queue_an_alias_that_leads_outside_leaves_in_clear(make_site):
    """The trap of the page is a real one."""
    site = make_site(proxy_site, overrides="alias_maps = inline:{ {sales = bob@keyed.example} }")
    site.send("sales@example.org")
    (received,) = site.received()
    assert CANARY.encode() in received.data, "the trap is gone: the page may say so"


def test_by_lmtp_one_refused_recipient_does_not_hold_up_the_others(lmtp, keys):
    original = message("bob@keyed.example")
    with smtplib.SMTP("127.0.0.1", lmtp.port, timeout=30) as client:
        client.sendmail(
            "someone@open.example", ["bob@keyed.example", "nokey@elsewhere.example"], original, ["BODY=8BITMIME"])
    messages = {tuple(one.recipients): one for one in lmtp.received(2)}
    sealed = messages[("bob@keyed.example",)]
    assert body_of(keys.run("--decrypt", given=ciphertext(sealed.data))) == body_of(original)
    bounce = messages[("someone@open.example",)]
    assert bounce.sender == "" and b"nokey@elsewhere.example" in bounce.data
    assert CANARY.encode() not in bounce.data and b"<bob@keyed.example>:" not in bounce.data


def test_by_lmtp_mail_waits_while_gpg_is_missing(lmtp, keys):
    lmtp.gateway.gpg.unlink()
    original = lmtp.send("bob@keyed.example")
    lmtp.front.wait_for_log("status=deferred")
    assert lmtp.world.messages == [] and len(lmtp.front.queued()) == 1
    lmtp.gateway.mend_gpg()
    lmtp.front.flush()
    the_sealed_one(lmtp, keys, original)

"""The recipe of docs/install/milter.md, run by a real Postfix with the lines of that page, and miltertest's scripts."""
import contextlib
import email
import email.policy
import shutil
import smtplib
import subprocess
import time
from pathlib import Path

import pytest

from kit.gateway import binary, environment
from kit.mailsite import Site, milter_site
from kit.messages import CANARY, body_of, message
from milter_tap import Tap
from kit.pgp import ciphertext, need, recipients_of
from kit.sink import Received, Sink
from kit.snippets import replaced
from kit.throwaway import gateways, postfixes, short_folder

LINKS = "links: {url: 'http://127.0.0.1:PORTAL', from: letters@example.org}\n"
SCRIPTS = sorted(path.name for path in (Path(__file__).parent / "milter").glob("*.lua"))


@pytest.fixture(scope="module")
def make_site(keys):
    """Makes sites; all are ended with this file's tests."""
    with contextlib.ExitStack() as stack:

        def make(**options) -> Site:
            folder = short_folder()
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            world = Sink()
            stack.callback(world.close)
            make_gateway = stack.enter_context(gateways(folder, keys))
            make_postfix = stack.enter_context(postfixes(folder))
            return milter_site(make_postfix, make_gateway, world, **options)

        yield make


@pytest.fixture(scope="module")
def splitting_once(make_site):
    return make_site(methods="pgp, link", settings=LINKS)


@pytest.fixture(scope="module")
def strict_once(make_site):
    return make_site(split=False)


@pytest.fixture
def site(splitting_once):
    """`split: yes`, links are allowed."""
    splitting_once.reset()
    return splitting_once


@pytest.fixture
def strict(strict_once):
    """`split: no`, no links."""
    strict_once.reset()
    return strict_once


def refusal(site: Site, recipients: list[str], original: bytes) -> tuple[int, str]:
    """The reply to DATA."""
    with smtplib.SMTP("127.0.0.1", site.port, timeout=60) as client:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            client.sendmail("alice@example.org", recipients, original, ["BODY=8BITMIME"])
    return caught.value.smtp_code, caught.value.smtp_error.decode()


def send(site: Site, recipients: list[str], original: bytes, options: list[str] | None = None) -> None:
    with smtplib.SMTP("127.0.0.1", site.port, timeout=60) as client:
        client.sendmail("alice@example.org", recipients, original, options or ["BODY=8BITMIME"])


def opened(received: Received, keys) -> bytes:
    """What `letterlock decrypt` makes of it."""
    assert CANARY.encode() not in received.data
    done = subprocess.run(
        [binary(), "decrypt", "--homedir", str(keys.home)], input=received.data, capture_output=True, timeout=60,
        env=environment(), check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def fields(data: bytes) -> list[bytes]:
    """Header fields as they stand, without trace fields of Postfix, in any order."""
    head = data.split(b"\r\n\r\n")[0].replace(b"\r\n\t", b"\0\t").replace(b"\r\n ", b"\0 ")
    return sorted(line for line in head.split(b"\r\n") if not line.startswith(b"Received:"))


def test_a_message_to_someone_with_a_key_leaves_sealed(site, keys):
    original = site.send("bob@keyed.example")
    (received,) = site.received()
    assert received.recipients == ["bob@keyed.example"]
    assert body_of(keys.run("--decrypt", given=ciphertext(received.data))) == body_of(original)
    parsed = email.message_from_bytes(received.data, policy=email.policy.SMTP)
    for name in ("Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID"):
        assert len(parsed.get_all(name)) == 1, name
    assert parsed.get("Content-Transfer-Encoding") is None
    assert b"(Letterlock)" not in received.data, "Postfix writes the Received field"
    again = opened(received, keys)
    assert fields(again) == fields(original) and body_of(again) == body_of(original)
    site.front.wait_until_empty()


def test_clear_mail_passes_byte_for_byte(site):
    original = site.send("carol@open.example", extra="X-Odd:   spaces\there\n folded\nX-Tight:none\nX-Empty:\n")
    (received,) = site.received()
    assert received.data.endswith(original)
    site.send("list@example.org")
    site.front.wait_for_log("status=sent (delivered to maildir)")
    assert len(site.world.messages) == 1


def test_long_folded_headers_and_eight_bit_bodies(site, keys):
    words = "\n\t".join(f"word-{number}-{'x' * 60}" for number in range(300))
    extra = f"X-Long: {words}\nx-odd:tight\nX-Empty:\nX-Spaces:   three   \nX-Odd: again\n"
    original = message("bob@keyed.example", extra=extra, body=f"{CANARY} Grüße, ça va?\n{'ü' * 450}\n\n.\n..")
    send(site, ["bob@keyed.example"], original)
    (received,) = site.received()
    again = opened(received, keys)
    assert fields(again) == fields(original) and body_of(again) == body_of(original)


def test_large_mail(site, keys):
    original = message("bob@keyed.example", body=CANARY + ("\n" + "0123456789" * 7) * 60_000)
    send(site, ["bob@keyed.example"], original)
    (received,) = site.received()
    assert body_of(opened(received, keys)) == body_of(original)


def test_utf8_addresses(site, keys):
    original = message("bob@keyed.example", subject="Grüße", extra="X-To: jürgen@open.example\n")
    send(site, ["jürgen@open.example"], original, ["BODY=8BITMIME", "SMTPUTF8"])
    (received,) = site.received()
    assert received.recipients == ["jürgen@open.example"] and received.data.endswith(original)


def test_a_refusal_reaches_the_client(strict):
    code, text = refusal(strict, ["bob@keyed.example", "nokey@elsewhere.example"], message("bob@keyed.example"))
    assert code == 550 and "5.7.1" in text and "nokey@elsewhere.example" in text
    strict.front.wait_until_empty()
    assert strict.world.messages == []


@pytest.mark.parametrize("recipients", [
    ["bob@keyed.example", "carol@open.example"], ["bob@keyed.example", "eve@keyed.example"],
    ["bob@keyed.example", "list@example.org"]])
def test_what_needs_several_bodies_is_put_off_without_split(strict, recipients):
    code, text = refusal(strict, recipients, message("bob@keyed.example"))
    assert code == 451 and "4.7.1" in text and "separately" in text
    strict.front.wait_until_empty()
    assert strict.world.messages == []


def test_mixed_recipients_are_split(site, keys):
    original = message("bob@keyed.example, carol@open.example")
    send(site, ["bob@keyed.example", "carol@open.example", "dave@open.example"], original)
    messages = site.received(2)
    clear = [one for one in messages if "carol@open.example" in one.recipients]
    assert len(clear) == 1 and clear[0].recipients == ["carol@open.example", "dave@open.example"]
    assert clear[0].data.endswith(original)
    (sealed,) = [one for one in messages if one.recipients == ["bob@keyed.example"]]
    assert b"(Letterlock)" in sealed.data
    assert body_of(opened(sealed, keys)) == body_of(original)
    site.front.wait_until_empty()
    assert len(site.world.messages) == 2


def test_blind_recipients_get_a_ciphertext_of_their_own(site, keys):
    original = message("bob@keyed.example")
    send(site, ["bob@keyed.example", "eve@keyed.example"], original)
    messages = site.received(2)
    assert sorted(one.recipients for one in messages) == [["bob@keyed.example"], ["eve@keyed.example"]]
    for one in messages:
        assert len(recipients_of(keys, ciphertext(one.data))) == 1
        assert body_of(opened(one, keys)) == body_of(original)


def test_a_link_leaves_nothing_but_the_notification(site):
    send(site, ["nokey@elsewhere.example"], message("nokey@elsewhere.example"))
    (notice,) = site.received()
    assert notice.recipients == ["nokey@elsewhere.example"] and b"/l/" in notice.data
    assert CANARY.encode() not in notice.data
    site.front.wait_for_log("milter-discard")
    site.front.wait_until_empty()
    # The password mail goes to the sender, inside.
    site.front.wait_for_log("to=<alice@example.org>")
    assert len(site.world.messages) == 1


def test_sendmail_with_blind_recipients(site, keys):
    """`sendmail -t` takes recipients and Bcc from the header; non_smtpd_milters has it judged too."""
    original = message("bob@keyed.example", extra="Bcc: eve@keyed.example\n")
    config = str(site.front.folder / "config")
    subprocess.run(
        [need("sendmail"), "-C", config, "-t", "-i", "-f", "alice@example.org"],
        input=original.replace(b"\r\n", b"\n"), check=True, timeout=60)
    messages = site.received(2)
    assert sorted(one.recipients for one in messages) == [["bob@keyed.example"], ["eve@keyed.example"]]
    for one in messages:
        # Postfix's own Received field names the one recipient of a message.
        assert b"\nBcc:" not in one.data and (b"eve@" in one.data) == (one.recipients == ["eve@keyed.example"])
        assert body_of(opened(one, keys)) == body_of(original)


def test_a_refusal_of_sendmail_bounces_without_the_text(strict):
    config = str(strict.front.folder / "config")
    subprocess.run(
        [need("sendmail"), "-C", config, "-i", "-f", "someone@open.example", "nokey@elsewhere.example"],
        input=message("nokey@elsewhere.example").replace(b"\r\n", b"\n"), check=True, timeout=60)
    (bounce,) = strict.received()
    assert (bounce.sender, bounce.recipients) == ("", ["someone@open.example"])
    assert CANARY.encode() not in bounce.data
    strict.front.wait_until_empty()


def test_gpg_failing_is_temporary(site, keys):
    site.gateway.gpg.unlink()
    code, text = refusal(site, ["bob@keyed.example"], message("bob@keyed.example"))
    assert code == 451, text
    assert site.world.messages == []
    site.gateway.mend_gpg()
    original = site.send("bob@keyed.example")
    (received,) = site.received()
    assert body_of(opened(received, keys)) == body_of(original)


def test_mail_waits_at_the_client_while_the_gateway_is_down(site):
    site.gateway.stop()
    with smtplib.SMTP("127.0.0.1", site.port, timeout=60) as client:
        client.ehlo("client.example.org")
        code, text = client.mail("alice@example.org")
        assert code == 451 and b"4.7.1" in text
    assert site.world.messages == []


def test_many_messages_on_one_connection(site, keys):
    with smtplib.SMTP("127.0.0.1", site.port, timeout=60) as client:
        for number in range(20):
            to = "bob@keyed.example" if number % 2 else "carol@open.example"
            client.sendmail("alice@example.org", [to], message(to, subject=f"number {number}"), ["BODY=8BITMIME"])
            client.ehlo_or_helo_if_needed()
            client.mail("alice@example.org")
            client.rcpt("bob@keyed.example")
            client.rset()
    messages = site.received(20)
    assert sum(CANARY.encode() in one.data for one in messages) == 10
    for one in messages:
        if one.recipients == ["bob@keyed.example"]:
            opened(one, keys)


def reconfigure_back(site: Site, old: str, new: str, wanted: int) -> None:
    """Changes the port for what Letterlock sends itself, and waits until it answers RCPT so."""
    config = site.front.folder / "config"
    master = (config / "master.cf").read_text()
    (config / "master.cf").write_text(replaced(master, {old: new}))
    subprocess.run([need("postfix"), "-c", str(config), "reload"], check=True, capture_output=True)
    port = int(site.gateway.config.read_text().split("next-hop: {address: '127.0.0.1:")[1].split("'")[0])
    deadline = time.monotonic() + 120
    while reply_to_rcpt(port) // 100 != wanted:
        assert time.monotonic() < deadline, site.front.log()
        time.sleep(0.1)
    # Its connections are kept, and lead to processes with the former configuration.
    site.gateway.stop()
    site.gateway.start()


def reply_to_rcpt(port: int) -> int:
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.ehlo("probe.example.org")
            client.mail("probe@example.org")
            return client.rcpt("bob@keyed.example")[0]
    except (OSError, smtplib.SMTPException):
        return 0


def test_a_failed_hand_over_changes_nothing(site):
    """The port behind says no: the client is told, nothing has left, and the retry sends everybody one copy."""
    usual, deferring = (
        "-o smtpd_recipient_restrictions=permit_mynetworks,reject",
        "-o smtpd_recipient_restrictions=defer",
    )
    recipients = ["bob@keyed.example", "carol@open.example", "dave@open.example"]
    original = message("bob@keyed.example, carol@open.example")
    reconfigure_back(site, usual, deferring, 4)
    code, text = refusal(site, recipients, original)
    assert 400 <= code < 500, text
    assert site.world.messages == []
    reconfigure_back(site, deferring, usual, 2)
    send(site, recipients, original)
    messages = site.received(2)
    assert sorted(one.recipients for one in messages) == [
        ["bob@keyed.example"], ["carol@open.example", "dave@open.example"]]


@pytest.mark.parametrize("factor, passes", [(1.1, False), (2.0, True)])
def test_a_size_limit_of_twice_the_message_is_enough(make_site, factor, passes):
    original = message("bob@keyed.example", body=CANARY + ("\n" + "0123456789" * 7) * 24_000)
    site = make_site(overrides=f"message_size_limit = {int(len(original) * factor)}")
    if passes:
        send(site, ["bob@keyed.example"], original)
        assert len(site.received()) == 1
    else:
        assert refusal(site, ["bob@keyed.example"], original)[0] == 552
        assert site.world.messages == []


def test_default_action_accept_lets_mail_out_in_clear(make_site):
    """The trap of the page is a real one."""
    site = make_site(overrides="milter_default_action = accept")
    site.gateway.stop()
    site.send("bob@keyed.example")
    (received,) = site.received()
    assert CANARY.encode() in received.data, "the trap is gone: the page may say so"


def test_a_virtual_alias_that_leads_outside_leaves_in_clear(make_site):
    """The trap of the page is a real one."""
    site = make_site(overrides="virtual_alias_maps = inline:{ {info@example.org = bob@keyed.example} }")
    site.send("info@example.org")
    (received,) = site.received()
    assert CANARY.encode() in received.data, "the trap is gone: the page may say so"


def test_a_signer_behind_sees_what_leaves_and_may_still_refuse(make_site, keys):
    """The order of the page: the second milter is shown the sealed message. And the residual risk of `split: yes`."""
    tap = Tap()
    try:
        site = make_site(overrides=f"smtpd_milters = inet:127.0.0.1:MILTER, inet:127.0.0.1:{tap.port}")
        site.send("bob@keyed.example", extra="DKIM-Signature: v=1; d=example.org; b=abc\n")
        (received,) = site.received()
        (shown,) = tap.messages
        assert received.data.endswith(shown), "what is signed is what leaves"
        assert b"DKIM-Signature" not in shown
        opened(received, keys)
        site.world.messages.clear()
        tap.refusal = "550 5.7.0 not like this"
        code, _ = refusal(
            site, ["bob@keyed.example", "carol@open.example", "dave@open.example"], message("bob@keyed.example")
        )
        assert code == 550
        (handed,) = site.received()
        assert handed.recipients == ["bob@keyed.example"], "handed on before the refusal: the page says so"
    finally:
        tap.close()


@pytest.mark.parametrize("script", SCRIPTS)
def test_miltertest(script, strict):
    program = need("miltertest")
    doors = strict.gateway.config.read_text()
    port = doors.split("milter: [{address: '127.0.0.1:")[1].split("'")[0]
    done = subprocess.run(
        [program, "-D", f"socket=inet:{port}@127.0.0.1", "-s", str(Path(__file__).parent / "milter" / script)],
        capture_output=True, timeout=60, check=False)
    output = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0 and "done" in output, output + strict.gateway.log()

"""Letterlock among other people's programs: a second mail server in front and behind, and what attackers send."""
import contextlib
import shutil
import smtplib
import socket
import time

import pytest

from exim import Exim
from kit.messages import CANARY, body_of, message
from kit.pgp import ciphertext
from kit.sink import free_port
from kit.throwaway import gateways, postfixes, short_folder

# Exim


class Chain:
    """A second mail server on one side of a gateway, a sink at the end."""

    def __init__(self, exim: Exim, gateway, port: int, sink) -> None:
        self.exim, self.gateway, self.port, self.sink = exim, gateway, port, sink

    def send(self, to: list[str], original: bytes, sender: str = "alice@example.org") -> None:
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
            client.sendmail(sender, to, original, ["BODY=8BITMIME"])

    def received(self, count: int):
        try:
            return self.sink.wait_for(count)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.exim.log()}\n{self.gateway.log()}") from None


@pytest.fixture
def exim_in_front(make_gateway, sink, folder):
    gateway = make_gateway(sink.port)
    exim = Exim(folder / "exim", "mail.example.org", free_port(), gateway.port)
    exim.start()
    yield Chain(exim, gateway, exim.port, sink)
    exim.close()


@pytest.fixture
def exim_behind(make_gateway, sink, folder):
    exim = Exim(folder / "exim", "out.example.org", free_port(), sink.port)
    exim.start()
    gateway = make_gateway(exim.port)
    yield Chain(exim, gateway, gateway.port, sink)
    exim.close()


@pytest.fixture
def exim_by_lmtp(make_gateway, sink, folder):
    gateway = make_gateway(sink.port, doors=True)
    exim = Exim(folder / "exim", "mail.example.org", free_port(), gateway.lmtp, protocol="lmtp")
    exim.start()
    yield Chain(exim, gateway, exim.port, sink)
    exim.close()


@pytest.fixture(params=["exim_in_front", "exim_by_lmtp", "exim_behind"])
def chain(request):
    return request.getfixturevalue(request.param)


def test_exim_mail_is_sealed_and_opens(chain, keys):
    original = message("bob@keyed.example")
    chain.send(["bob@keyed.example"], original)
    (received,) = chain.received(1)
    assert CANARY.encode() not in received.data
    assert body_of(keys.run("--decrypt", given=ciphertext(received.data))) == body_of(original)


def test_exim_clear_mail_keeps_its_body(chain):
    original = message("carol@open.example")
    chain.send(["carol@open.example"], original)
    (received,) = chain.received(1)
    assert body_of(received.data) == body_of(original)


def test_exim_many_messages_on_one_connection(chain):
    with smtplib.SMTP("127.0.0.1", chain.port, timeout=30) as client:
        for number in range(20):
            to = "bob@keyed.example" if number % 2 else "carol@open.example"
            client.sendmail("alice@example.org", [to], message(to, subject=f"number {number}"), ["BODY=8BITMIME"])
    received = chain.received(20)
    assert len(received) == 20
    for one in received:
        assert one.recipients == ["carol@open.example"] or CANARY.encode() not in one.data


def test_exim_keeps_in_its_queue_what_is_answered_4xx(exim_in_front, keys):
    exim_in_front.gateway.gpg.unlink()
    original = message("bob@keyed.example")
    exim_in_front.send(["bob@keyed.example"], original)
    exim_in_front.exim.wait_for_log("451")
    assert exim_in_front.sink.messages == [] and len(exim_in_front.exim.queued()) == 1
    exim_in_front.gateway.mend_gpg()
    (received,) = exim_in_front.received(1)
    assert body_of(keys.run("--decrypt", given=ciphertext(received.data))) == body_of(original)


def test_exim_returns_what_is_answered_5xx(exim_in_front):
    exim_in_front.send(["nokey@elsewhere.example"], message("nokey@elsewhere.example"), "someone@open.example")
    exim_in_front.exim.wait_for_log("550")
    exim_in_front.exim.wait_for_log("R=")
    for one in exim_in_front.sink.messages:
        assert one.recipients != ["nokey@elsewhere.example"]


def test_exim_by_lmtp_hears_of_every_recipient(exim_by_lmtp):
    """One recipient has no key: the others get their copies, and Exim returns only that one."""
    to = ["carol@open.example", "bob@keyed.example", "nokey@elsewhere.example"]
    exim_by_lmtp.send(to, message(", ".join(to)))
    exim_by_lmtp.exim.wait_for_log("** nokey@elsewhere.example")
    exim_by_lmtp.received(2)
    copies = sorted(one.recipients for one in exim_by_lmtp.sink.messages if one.sender)
    assert copies == [["bob@keyed.example"], ["carol@open.example"]]


def test_exim_behind_that_is_down_is_451(exim_behind):
    exim_behind.exim.close()
    code, text = exim_behind.gateway.send("alice@example.org", ["carol@open.example"], message("carol@open.example"))
    assert code == 451, text
    exim_behind.exim.start()
    code, text = exim_behind.gateway.send("alice@example.org", ["carol@open.example"], message("carol@open.example"))
    assert code == 250, text
    assert len(exim_behind.received(1)) == 1


# SMTP smuggling: CVE-2023-51764 (Postfix), -51765 (Sendmail), -51766 (Exim), and the forms that the published tools
# try.

# (CR CR LF . CR LF is not among them: it holds the real end.)
ENDINGS = {
    "LF.LF": b"\n.\n",
    "LF.CRLF": b"\n.\r\n",
    "CRLF.LF": b"\r\n.\n",
    "CR.CR": b"\r.\r",
    "CR.CRLF": b"\r.\r\n",
    "CRLF.CR": b"\r\n.\r",
    "CR.LF": b"\r.\n",
    "LF.CR": b"\n.\r",
    "CRLF.CRCRLF": b"\r\n.\r\r\n",
    "CRCRLF.CRCRLF": b"\r\r\n.\r\r\n",
    "LFLF.LF": b"\n\n.\n",
    "CRLF-NUL.CRLF": b"\r\n\0.\r\n",
    "CRLF.NUL-CRLF": b"\r\n.\0\r\n",
    "CR-NUL-LF.CRLF": b"\r\0\n.\r\n",
    "CRLF.CR-NUL-LF": b"\r\n.\r\0\n",
    "NUL-LF.LF": b"\0\n.\n",
    "LF.NUL-LF": b"\n.\0\n",
    "CRLF..CRLF": b"\r\n..\r\n",
    "LF..LF": b"\n..\n",
    "CRLF-SP.CRLF": b"\r\n .\r\n",
    "CRLF.SP-CRLF": b"\r\n. \r\n",
    "VT.VT": b"\x0b.\x0b",
    "FF.FF": b"\x0c.\x0c",
    "NEL.NEL": b"\xc2\x85.\xc2\x85",
    "LS.LS": b"\xe2\x80\xa8.\xe2\x80\xa8",
}
TO = "carol@open.example"
SMUGGLED = (
    b"MAIL FROM:<admin@example.org>\r\nRCPT TO:<carol@open.example>\r\nDATA\r\n"
    b"From: admin@example.org\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n")


class Wire:
    """A client that writes what it likes."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.file = self.socket.makefile("rb")
        self.reply()

    def reply(self) -> bytes:
        """One reply; empty where the line is closed."""
        text = b""
        while line := self.file.readline():
            text += line
            if line[3:4] != b"-":
                break
        return text

    def say(self, octets: bytes) -> bytes:
        self.socket.sendall(octets)
        return self.reply()

    def close(self) -> None:
        """Reads what there is left to be said, so that nothing is still under way."""
        with contextlib.suppress(OSError):
            self.socket.sendall(b"QUIT\r\n")
            while self.file.readline():
                pass
        self.socket.close()


def offers(port: int, word: bytes) -> bool:
    wire = Wire(port)
    try:
        return word in wire.say(b"EHLO client.example.org\r\n")
    finally:
        wire.close()


def smuggle(port: int, ending: bytes) -> None:
    wire = Wire(port)
    for command in (
        b"EHLO client.example.org\r\n",
        b"MAIL FROM:<alice@example.org>\r\n",
        b"RCPT TO:<" + TO.encode() + b">\r\n",
    ):
        assert wire.say(command).startswith(b"250")
    assert wire.say(b"DATA\r\n").startswith(b"354")
    wire.say(b"From: alice@example.org\r\nSubject: outer\r\n\r\nouter" + ending + SMUGGLED)
    wire.close()


def chunk(port: int, ending: bytes) -> bytes:
    """The same as one chunk, where a dot is a byte like any other."""
    wire = Wire(port)
    commands = (b"EHLO client.example.org", b"MAIL FROM:<alice@example.org>", b"RCPT TO:<" + TO.encode() + b">")
    for command in (command + b"\r\n" for command in commands):
        assert wire.say(command).startswith(b"250")
    content = b"From: alice@example.org\r\nSubject: outer\r\n\r\nouter" + ending + SMUGGLED
    answer = wire.say(b"BDAT %d LAST\r\n" % len(content) + content)
    wire.close()
    return answer


def nothing_smuggled(messages) -> None:
    assert len(messages) <= 1, [one.data for one in messages]
    for one in messages:
        assert one.sender == "alice@example.org" and b"Subject: outer" in one.data, one


@pytest.fixture(scope="module")
def listener(keys):
    """A gateway with a sink behind it."""
    with contextlib.ExitStack() as stack:
        yield smuggling_site(stack, keys, postfix=False)


@pytest.fixture(scope="module")
def before_postfix(keys):
    """A gateway with a Postfix behind it, as credulous as Postfix was before the attack was known."""
    with contextlib.ExitStack() as stack:
        yield smuggling_site(stack, keys, postfix=True)


def smuggling_site(stack, keys, postfix: bool):
    from kit.sink import Sink

    folder = short_folder()
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    world = Sink()
    stack.callback(world.close)
    port, behind = world.port, None
    if postfix:
        port = free_port()
        behind = stack.enter_context(postfixes(folder))("behind", "out.example.org")
        behind.configure(
            f"relayhost = [127.0.0.1]:{world.port}\nsmtpd_forbid_bare_newline = no\nsmtpd_recipient_restrictions = "
            f"permit_mynetworks, reject",
            f"127.0.0.1:{port} inet n - n - - smtpd",
        )
        behind.start()
    gateway = stack.enter_context(gateways(folder, keys))(port)
    return gateway, world, behind


def settled(site) -> list:
    """What came out at the end, once nothing is under way."""
    _, world, behind = site
    if behind is not None:
        behind.wait_until_empty()
        time.sleep(0.05)
    messages = list(world.messages)
    world.messages.clear()
    return messages


@pytest.mark.parametrize("name", ENDINGS)
def test_nothing_is_smuggled_past_the_listener(name, listener):
    smuggle(listener[0].port, ENDINGS[name])
    nothing_smuggled(settled(listener))


@pytest.mark.parametrize("name", ENDINGS)
def test_nothing_is_smuggled_into_a_postfix_behind(name, before_postfix):
    smuggle(before_postfix[0].port, ENDINGS[name])
    nothing_smuggled(settled(before_postfix))


@pytest.mark.parametrize("name", [*ENDINGS, "CRLF.CRLF"])
@pytest.mark.parametrize("place", ["listener", "before_postfix"])
def test_nothing_is_smuggled_in_a_chunk(name, place, request):
    site = request.getfixturevalue(place)
    if not offers(site[0].port, b"CHUNKING"):
        pytest.skip("this listener offers no CHUNKING")
    answer = chunk(site[0].port, {**ENDINGS, "CRLF.CRLF": b"\r\n.\r\n"}[name])
    messages = settled(site)
    nothing_smuggled(messages)
    assert answer[:1] in b"245" and bool(messages) == answer.startswith(b"250"), answer
    if name == "CRLF.CRLF":
        # In a chunk this is no end: all of it is one message, and stays one.
        assert answer.startswith(b"250") and b"Subject: smuggled" in messages[0].data, answer


def test_a_dot_that_ends_the_message_at_once_ends_only_that(listener):
    """The control: a real end of data begins a second message, which this client may send as well as any other."""
    smuggle(listener[0].port, b"\r\n.\r\n")
    listener[1].wait_for(2)
    assert len(settled(listener)) == 2

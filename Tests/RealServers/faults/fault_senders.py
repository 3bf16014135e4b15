"""The senders of the fault suite: mail servers that keep trying over SMTP, LMTP or with a milter, and what they
send."""

import base64
import contextlib
import itertools
import re
import smtplib
import time
from dataclasses import dataclass, field

from kit.milter_client import MilterBroken, MilterClient
from kit.sink import Sink

SENDER = "alice@example.org"
# One message, four treatments: who gets it, and how.
CLEAR, SEALED, HIDDEN, LINK = "carol@open.example", "bob@keyed.example", "eve@keyed.example", "nokey@elsewhere.example"
RECIPIENTS = (CLEAR, SEALED, HIDDEN, LINK)
# In `Fault.twice`: the non-delivery report may come twice.
REPORT = "report"
NAMES = {CLEAR: "clear", SEALED: "sealed", HIDDEN: "Bcc", LINK: "link"}

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Letter:
    """What one trial sends. The canary is like no other's."""

    canary: str
    data: bytes
    recipients: tuple[str, ...]

    @staticmethod
    def new(recipients: tuple[str, ...] = RECIPIENTS, lines: int = 1) -> "Letter":
        canary = f"canary-{next(_numbers):05}-must-not-travel-in-clear"
        shown = ", ".join(one for one in recipients if one != HIDDEN)
        head = (
            f"From: Alice <{SENDER}>\nTo: {shown}\nSubject: figures\nDate: Fri, 02 Oct 2026 10:00:00 +0200\n"
            f"Message-ID: <{canary}@example.org>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
            f"Content-Transfer-Encoding: 8bit\n\n")
        body = f"secret {canary}\nà bientôt\n.a line with a dot\n" * lines
        return Letter(f"secret {canary}", (head + body).replace("\n", "\r\n").encode(), recipients)

    def shows_in(self, octets: bytes) -> bool:
        """True where the canary can be read, as it is or in base64 at whatever offset."""
        flat = octets.replace(b"\r", b"").replace(b"\n", b"")
        forms = [self.canary.encode()]
        for shift in range(3):
            # Without the groups at either end, which hold bits of the neighbours.
            forms.append(base64.b64encode(bytes(shift) + self.canary.encode())[4:-4])
        return any(form in flat for form in forms)


# The sender

NO_CONNECTION, LINE_LOST, NO_ANSWER = "no connection", "line lost", "no answer"


def code_of(code: int, text: bytes) -> str:
    """`451 4.4.1`, or `250`: the words are no part of the page."""
    enhanced = re.match(rb"[245]\.\d{1,3}\.\d{1,3}\b", text)
    return f"{code} {enhanced[0].decode()}" if enhanced and code != 250 else str(code)


@dataclass
class MTA:
    """A mail server that hands one message in, over SMTP or LMTP, as often as it has to."""

    port: int
    letter: Letter
    lmtp: bool = False
    timeout: float = 60
    # What each recipient was told at last; 4xx and lost lines leave the message for it in the queue.
    final: dict[str, str] = field(default_factory=dict)
    saw: list[str] = field(default_factory=list)
    # Lines lost after the message was handed over and before its answer.
    handed_in_lost: int = 0

    def waiting(self) -> list[str]:
        return [one for one in self.letter.recipients if one not in self.final]

    def attempt(self) -> str:
        """One try for whom it still has; what it saw."""
        recipients = self.waiting()
        try:
            answers = self.hand_in(recipients)
        except smtplib.SMTPServerDisconnected as error:
            answers = dict.fromkeys(recipients, NO_ANSWER if "timed out" in str(error) else LINE_LOST)
        except smtplib.SMTPConnectError as error:
            answers = dict.fromkeys(recipients, code_of(error.smtp_code, error.smtp_error))
        except ConnectionRefusedError:
            answers = dict.fromkeys(recipients, NO_CONNECTION)
        except TimeoutError:
            answers = dict.fromkeys(recipients, NO_ANSWER)
        except OSError:
            answers = dict.fromkeys(recipients, LINE_LOST)
        for recipient, answer in answers.items():
            if answer[0] in "25":
                self.final[recipient] = answer
        shown = set(answers.values())
        saw = shown.pop() if len(shown) == 1 else ", ".join(f"{NAMES[who]} {what}" for who, what in answers.items())
        self.saw.append(saw)
        return saw

    def hand_in(self, recipients: list[str]) -> dict[str, str]:
        kind = smtplib.LMTP if self.lmtp else smtplib.SMTP
        # Without a host in the constructor, so that the timeout holds for the greeting too.
        with contextlib.closing(
            kind("127.0.0.1", self.port, local_hostname="mail.example.org", timeout=self.timeout)
        ) as client:
            client.ehlo("mail.example.org")
            code, text = client.mail(SENDER, ["BODY=8BITMIME"])
            if code != 250:
                return dict.fromkeys(recipients, code_of(code, text))
            answers: dict[str, str] = {}
            for recipient in recipients:
                code, text = client.rcpt(recipient)
                if code not in (250, 251):
                    answers[recipient] = code_of(code, text)
            taken = [one for one in recipients if one not in answers]
            if not taken:
                return answers
            code, text = client.docmd("DATA")
            if code != 354:
                return answers | dict.fromkeys(taken, code_of(code, text))
            client.send(smtplib._quote_periods(self.letter.data) + b".\r\n")
            self.handed_in_lost += 1
            for index, recipient in enumerate(taken):
                if self.lmtp or index == 0:
                    code, text = client.getreply()
                answers[recipient] = code_of(code, text)
            self.handed_in_lost -= 1
            # Whatever becomes of the goodbye: the answer has been given.
            with contextlib.suppress(OSError, smtplib.SMTPException):
                client.quit()
            return {one: answers[one] for one in recipients}

    def keep_trying(self, tries: int = 6) -> None:
        while self.waiting() and len(self.saw) < tries:
            self.attempt()


@dataclass
class MilterMTA(MTA):
    """A mail server that asks a milter, and then delivers the message itself, to the same sink."""

    sink: Sink | None = None
    # What goes wrong at the server after the filter's last word, once: `lost` or a refusal.
    afterwards: str = ""

    def hand_in(self, recipients: list[str]) -> dict[str, str]:
        try:
            with MilterClient(self.port, self.timeout) as client:
                verdict = client.hand_in(SENDER, recipients, self.letter.data)
        except MilterBroken as error:
            raise smtplib.SMTPServerDisconnected(str(error)) from error
        answer = code_of(verdict.code, verdict.text.encode())
        afterwards, self.afterwards = self.afterwards, ""
        if answer == "250" and afterwards:
            # A client that tries again comes later than this; until then the gateway has forgotten the message.
            time.sleep(1)
            answer = LINE_LOST if afterwards == "lost" else afterwards
        elif verdict.delivered is not None:
            self.sink.keep(verdict.delivered)
        return dict.fromkeys(recipients, answer)

"""The parts of the fault suite: a sender that keeps trying as a mail server does, one trial of one fault, and the count
of every recipient afterwards, at the sink and in the sender's hands."""
import base64
import contextlib
import email
import email.policy
import itertools
import re
import smtplib
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway import Gateway
from messages import body_of
from milter_client import MilterBroken, MilterClient
from pgp import Keys, ciphertext
from sink import Received, Sink

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
    # What each recipient was told at last; 4xx and lost lines leave him where he is, in the queue.
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
        with contextlib.closing(kind("127.0.0.1", self.port, local_hostname="mail.example.org", timeout=self.timeout)) as client:
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
            answer = LINE_LOST if afterwards == "lost" else afterwards
        elif verdict.delivered is not None:
            self.sink.keep(verdict.delivered)
        return dict.fromkeys(recipients, answer)


# The count

REPORTED = re.compile(rb"^Final-Recipient:\s*(?:rfc822|utf-8)\s*;\s*(\S+)", re.IGNORECASE | re.MULTILINE)
LETTER_LINK = re.compile(rb"/l/([A-Za-z0-9_-]{16,})#")


@dataclass
class Count:
    """What became of one message."""

    arrived: dict[str, int]
    told: dict[str, str]
    passwords: int = 0
    problems: list[str] = field(default_factory=list)

    def cell(self, recipient: str) -> str:
        """How often he got it; where he did not, what the sender was told."""
        if recipient not in self.arrived:
            return ""
        times = self.arrived[recipient]
        told = self.told.get(recipient, "")
        return str(times) if times and not told else f"{times}, {told}" if told else "0"


def count(letter: Letter, mta_final: dict[str, str], received: list[Received], keys: Keys | None, state) -> Count:
    """Counts every recipient, and looks at every byte that left."""
    result = Count(dict.fromkeys(letter.recipients, 0), {})
    links: list[str] = []
    for message in received:
        is_report = b"multipart/report" in message.data[:4000].lower()
        if message.recipients != [CLEAR] and letter.shows_in(message.data):
            result.problems.append(f"in clear to {', '.join(message.recipients)}")
        if message.sender == "" and message.recipients == [SENDER]:
            if is_report:
                for address in REPORTED.findall(message.data):
                    who = address.decode().strip("<>")
                    result.told[who] = "report twice" if who in result.told else "report"
            elif letter.canary.split()[1].encode() in message.data or b"password" in message.data.lower():
                result.passwords += 1
            else:
                result.problems.append("an unknown mail to the sender")
            continue
        for recipient in message.recipients:
            if recipient not in result.arrived:
                result.problems.append(f"a copy to {recipient}, who was not asked for")
                continue
            result.arrived[recipient] += 1
            if recipient == CLEAR and not message.data.endswith(letter.data):
                result.problems.append("the clear copy is not what was sent")
            if recipient in (SEALED, HIDDEN) and keys is not None:
                result.problems += opened(letter, message, keys)
            if recipient == LINK:
                links += [found.decode() for found in LETTER_LINK.findall(message.data.replace(b"=\r\n", b""))][:1]
    for recipient, answer in mta_final.items():
        if answer.startswith("5"):
            result.told[recipient] = "told"
    if state is not None and links:
        result.problems += dead_links(links, state)
    return result


def opened(letter: Letter, message: Received, keys: Keys) -> list[str]:
    """What is wrong with a sealed copy: it has to open, and hold what was sent."""
    try:
        plain = keys.run("--decrypt", given=ciphertext(message.data))
    except (AssertionError, ValueError, AttributeError) as error:
        return [f"a sealed copy does not open: {str(error)[:300]}"]
    return [] if body_of(plain) == body_of(letter.data) else ["a sealed copy does not hold what was sent"]


def dead_links(links: list[str], state) -> list[str]:
    """The last notification's letter must be there; one at `notifying` becomes readable with the next housekeeping."""
    path = state / "letters" / "letters.db"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as database:
        states = dict(database.execute("SELECT id, state FROM letters"))
    if states.get(links[-1]) not in ("readable", "notifying"):
        return [f"the letter behind the last link is {states.get(links[-1], 'gone')}"]
    return []


# One trial


@dataclass
class Station:
    """A running gateway with a next hop of its own."""

    gateway: Gateway
    sink: Sink
    keys: Keys
    stack: contextlib.ExitStack

    def mend(self) -> None:
        self.gateway.mend_gpg()
        self.sink.script()


@dataclass
class Trial:
    """One message at one station."""

    station: Station
    letter: Letter
    mta: MTA
    # What ends the fault; closed before the second try.
    undo: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def gateway(self) -> Gateway:
        return self.station.gateway

    @property
    def sink(self) -> Sink:
        return self.station.sink


@dataclass(frozen=True)
class Fault:
    """One row of the page.

    `inject` makes the fault, `mend` ends it (before the second try; scripts and gpg are mended anyway). `station` names
    the kind of gateway it needs; `unavoidable` says why something may come twice, and is said on the page. `races` is
    for faults that race with the gateway: what the sender may see, each as right as the other.
    """

    chapter: str
    name: str
    inject: Callable[[Trial], None]
    mend: Callable[[Trial], None] = lambda trial: None
    station: str = "shared"
    recipients: tuple[str, ...] = RECIPIENTS
    lines: int = 1
    unavoidable: str = ""
    # Who may get it twice.
    twice: tuple[str, ...] = ()
    # The sender may be told of a failure although somebody has it: after the filter's last word only.
    may_mislead: bool = False
    door: str = "smtp"
    races: tuple[str, ...] = ()
    # Something else than one message, one fault and one mending.
    instead: Callable[[Station], "Outcome"] | None = None
    # The client's patience in seconds; small where silence is the fault.
    patience: float = 60

    @property
    def id(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", f"{self.door} {self.chapter} {self.name}".lower()).strip("-")


@dataclass
class Outcome:
    """What the page says of one fault, and whether the promises held."""

    saw: str
    cells: list[str]
    verdict: str
    problems: list[str]
    log: str = ""


def judge(fault: Fault, counted: Count, mta: MTA) -> Outcome:
    problems = list(counted.problems)
    doubled = []
    for recipient in fault.recipients:
        times, told = counted.arrived[recipient], counted.told.get(recipient)
        if times == 0 and told is None:
            problems.append(f"lost: {NAMES[recipient]}")
        if times and told is not None and not fault.may_mislead:
            problems.append(f"delivered to {NAMES[recipient]}, and the sender was told that it was not")
        if told == "report twice":
            doubled.append(f"report of {NAMES[recipient]}")
            if REPORT not in fault.twice:
                problems.append(f"two reports of {NAMES[recipient]}")
        if times > 1:
            doubled.append(NAMES[recipient])
            if times > 2 or recipient not in fault.twice:
                problems.append(f"{times} times: {NAMES[recipient]}")
    if fault.may_mislead and any(counted.arrived.values()):
        verdict = f"told, and yet delivered: {fault.unavoidable}"
    elif doubled:
        verdict = f"twice ({', '.join(doubled)}): {fault.unavoidable}"
    elif all(counted.told.get(one) == "told" for one in fault.recipients):
        verdict = "nothing sent, the sender is told"
    elif counted.told:
        verdict = "each once, or reported" if REPORT in counted.told.values() else "each once, or told"
    else:
        verdict = "each once"
    if problems:
        verdict = "BROKEN"
    cells = [counted.cell(one) for one in RECIPIENTS] + [str(counted.passwords) if LINK in fault.recipients else ""]
    saw = ", then ".join(f"{answer}{f' ({times} times)' if times > 1 else ''}" for answer, times in runs(mta.saw))
    if fault.races:
        # Which of them it was is chance; the page names all.
        if saw not in fault.races:
            problems.append(f"the sender saw {saw}, none of {fault.races}")
        saw = "; or ".join(fault.races)
    return Outcome(saw, cells, verdict, problems)


def runs(answers: list[str]) -> list[tuple[str, int]]:
    return [(answer, len(list(group))) for answer, group in itertools.groupby(answers)]


def sender_at(fault: Fault, station: Station, letter: Letter) -> MTA:
    """The mail server in front, as the door asks for."""
    gateway = station.gateway
    if fault.door == "milter":
        return MilterMTA(gateway.milter, letter, timeout=fault.patience, sink=station.sink)
    if fault.door == "lmtp":
        return MTA(gateway.lmtp, letter, lmtp=True, timeout=fault.patience)
    return MTA(gateway.port, letter, timeout=fault.patience)


def run(fault: Fault, station: Station) -> Outcome:
    """Sends under the fault, mends it, sends again until every recipient has his answer; counts."""
    if fault.instead is not None:
        return fault.instead(station)
    station.sink.forget()
    station.gateway.mend_gpg()
    letter = Letter.new(fault.recipients, fault.lines)
    mta = sender_at(fault, station, letter)
    trial = Trial(station, letter, mta)
    started = len(station.gateway.log())
    try:
        with trial.undo:
            fault.inject(trial)
            mta.attempt()
    finally:
        mta.timeout = 60
        fault.mend(trial)
        station.mend()
    mta.keep_trying()
    outcome = judge(fault, count(letter, mta.final, station.sink.messages, station.keys, station.gateway.state), mta)
    outcome.log = station.gateway.log()[started:][-6000:]
    return outcome


def wait_port(port: int) -> bool:
    """True where something listens."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0

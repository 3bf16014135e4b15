"""The parts of the fault suite: one trial of one fault, and the count of every recipient afterwards, at the sink and in
the sender's hands."""
import contextlib
import itertools
import re
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

from fault_senders import CLEAR, HIDDEN, LINK, MTA, NAMES, RECIPIENTS, REPORT, SEALED, SENDER, Letter, MilterMTA
from kit.gateway import Gateway
from kit.messages import body_of
from kit.pgp import Keys, ciphertext
from kit.sink import Received, Sink

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
        """How many copies the recipient got; where none, what the sender was told."""
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
    """The last notification's letter must be there; one at notifying becomes readable with the next housekeeping."""
    path = state / "letters" / "letters.db"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as database:
        letters = {row[0]: row[1:] for row in database.execute("SELECT id, state, notifying FROM letters")}
    stands, notifying = letters.get(links[-1], ("gone", 0))
    if stands != "waiting" and not notifying:
        return [f"the letter behind the last link is {stands}"]
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
    """Sends under the fault, mends it, sends again until every recipient has a reply; counts."""
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

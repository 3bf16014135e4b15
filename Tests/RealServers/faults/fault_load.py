"""Faults while many messages are under way: the end of the process, asked for or not."""
import random
import signal
import subprocess
import threading
import time
from collections import Counter

from fault_senders import CLEAR, HIDDEN, LINE_LOST, LINK, MTA, NAMES, NO_ANSWER, SEALED, Letter
from faults import Outcome, Station, count, wait_port
from kit.sink import Received

# Links cost a tenth of a second of a processor each; every fourth letter has one.
MIXES = ((CLEAR, SEALED), (SEALED, HIDDEN), (CLEAR, HIDDEN), (CLEAR, SEALED, HIDDEN, LINK))


class Load:
    """Senders that hand in letters, each until all of it is answered."""

    def __init__(self, station: Station, letters: int, senders: int) -> None:
        self.station = station
        self.mtas = [MTA(station.gateway.port, Letter.new(MIXES[number % len(MIXES)])) for number in range(letters)]
        self.threads = [
            threading.Thread(target=self.work, args=(self.mtas[number::senders],)) for number in range(senders)
        ]
        self.stopped = threading.Event()

    def work(self, mine: list[MTA]) -> None:
        for mta in mine:
            while mta.waiting() and not self.stopped.is_set():
                mta.attempt()
                if mta.waiting():
                    time.sleep(0.1)

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def answered(self) -> int:
        return sum(1 for mta in self.mtas if not mta.waiting())

    def wait_until(self, answered: int, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.answered() < answered and time.monotonic() < deadline:
            time.sleep(0.01)

    def finish(self, seconds: float = 120) -> None:
        self.wait_until(len(self.mtas), seconds)
        self.stopped.set()
        for thread in self.threads:
            thread.join(timeout=70)

    def judge(self, may_double: bool) -> list[str]:
        """What is wrong: letters lost, doubled, told wrongly, or in clear."""
        problems = []
        for mta in self.mtas:
            # A mail to the sender has no canary: only the copies are looked at here.
            mark = mta.letter.canary.split()[1].encode()
            mine = [one for one in self.station.sink.messages if one.sender and belongs(one, mark)]
            counted = count(mta.letter, mta.final, mine, None, None)
            problems += counted.problems
            interrupted = any(LINE_LOST in saw or NO_ANSWER in saw for saw in mta.saw)
            for recipient, times in counted.arrived.items():
                if recipient == LINK:
                    continue  # Notifications show nothing of their letter; they are counted together.
                answer = mta.final.get(recipient)
                if answer != "250":
                    problems.append(f"{NAMES[recipient]} was answered {answer} ({mta.saw})")
                if times == 0:
                    problems.append(f"lost: {NAMES[recipient]} ({mta.saw})")
                if times > 1 and not (may_double and interrupted):
                    problems.append(f"{times} times: {NAMES[recipient]} ({mta.saw})")
        linked = sum(1 for mta in self.mtas if LINK in mta.letter.recipients)
        notified = Counter(who for one in self.station.sink.messages for who in one.recipients)[LINK]
        if notified < linked or (notified > linked and not may_double):
            problems.append(f"{notified} notifications for {linked} letters")
        return problems


def belongs(message: Received, mark: bytes) -> bool:
    """True for a copy of this letter; the Message-ID stands outside the seal."""
    return b"Message-ID: <" + mark in message.data[:4000]


def sigterm(station: Station) -> Outcome:
    """It stops accepting, finishes what it has, and ends with 0 within the time that a message may take."""
    station.sink.forget()
    station.sink.replies = {"END": lambda: time.sleep(0.05)}
    load = Load(station, letters=48, senders=12)
    load.start()
    load.wait_until(answered=12, seconds=60)
    process = station.gateway.process
    process.send_signal(signal.SIGTERM)
    problems = []
    try:
        code = process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        code = "nothing: it still runs after 30 s"
    if code != 0:
        problems.append(f"it ended with {code}")
    if wait_port(station.gateway.port):
        problems.append("something still listens")
    station.gateway.process = None
    station.gateway.start()
    load.finish()
    problems += load.judge(may_double=False)
    if any(mta.handed_in_lost for mta in load.mtas):
        problems.append("a message under way was not answered")
    saw = "250 for what was under way, no connection until it ran again, then 250"
    return Outcome(
        saw, [""] * 5, "BROKEN" if problems else "each once; it ended with 0", problems, station.gateway.log()[-3000:]
    )


def sigkill(station: Station) -> Outcome:
    """Killed at random moments, again and again. What was under way may come twice, and nothing else."""
    chance = random.Random(7)
    station.sink.forget()
    station.sink.replies = {"END": lambda: time.sleep(0.02)}
    load = Load(station, letters=48, senders=8)
    load.start()
    for _ in range(6):
        time.sleep(chance.uniform(0.15, 0.9))
        station.gateway.kill()
        station.gateway.process = None
        station.gateway.start()
    load.finish()
    problems = load.judge(may_double=True)
    return Outcome(
        "line lost or no connection, then 250",
        [""] * 5,
        "BROKEN" if problems else "each at least once; twice only what was under way at a kill",
        problems,
        station.gateway.log()[-3000:],
    )

"""SIGKILL where the two databases, the next hop and a reader move apart on the way back, and where a text message is
out. Needs the build whose failpoints can be armed: `make faults` makes it and names this file; `make test` passes it
over."""

import re
import threading

import pytest

from kit.letter_site import client
from kit.links_client import Session
from kit.messages import CANARY, message
from kit.password_station import ALICE, NUMBER, by_role, link_in, sms_settings
from kit.reader import POLICY, READER, comes_sealed, confirm, key_sent, opened, wait_for
from stations import FAULTS_PROGRAM


@pytest.fixture
def station_that_dies(make_station):
    def make(point: str, links: str = "password: [standing, to-sender]", rules: str = POLICY):
        return make_station(
            links, rules=rules, program=str(FAULTS_PROGRAM), variables={"LETTERLOCK_FAILPOINTS": f"{point}=kill"})

    return make


def beside(work):
    """Runs it in a thread; gives what waits for its result."""
    results: list = []

    def run() -> None:
        try:
            results.append((work(), None))
        except Exception as failure:  # given to who waits
            results.append((None, failure))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def result():
        thread.join(90)
        assert results, "it does not end"
        value, failure = results[0]
        if failure:
            raise failure
        return value

    return result


def dead_and_risen(gateway) -> None:
    """Waits until the gateway has killed itself, and starts it once more, unarmed."""
    assert gateway.process.wait(timeout=60) == -9, gateway.log()
    gateway.variables = {}
    gateway.start()


@pytest.mark.parametrize("point", ["answer.taken", "answer.delivered", "answer.settled", "answer.told"])
def test_an_answer_is_sent_once(station_that_dies, point):
    station = station_that_dies(point)
    session = opened(station)
    index, _ = session.letter()
    before = len(station.sink.messages)
    head = {"kind": "answer", "to": [ALICE], "subject": "Re: Results", "text": "once and for all", "files": []}
    state = beside(lambda: session.send(index, head, []))
    dead_and_risen(station.gateway)
    assert state()["state"] == "sent"
    assert len(wait_for(station, before + 1)) == before + 1
    # The way goes on, and what has been sent stays sent.
    assert session.send(index, head | {"text": "another"}, [])["state"] == "sent"
    answers = wait_for(station, before + 2)[before:]
    assert len(answers) == 2
    assert [b"once and for all" in one.data for one in answers] == [True, False]


def test_a_confirmed_key_is_used_after_all(station_that_dies, own):
    station = station_that_dies("learned-keys.written")
    token = key_sent(station, own)
    told = beside(lambda: confirm(station, token))
    dead_and_risen(station.gateway)
    assert told() == "done"
    assert comes_sealed(station, own)


def test_a_retry_after_the_text_message_sends_another(station_that_dies, hook):
    station = station_that_dies("relay.texted", sms_settings(hook))
    mail = message(READER, subject=f"[sms: {NUMBER}] figures")
    with pytest.raises(OSError):
        station.send(mail, READER)
    assert station.sink.messages == []
    dead_and_risen(station.gateway)
    assert station.send(mail, READER)[0] == 250
    first, second = (one["text"] for one in hook.texts())
    assert "replaces" in second and "replaces" not in first
    _, notifications = by_role(wait_for(station, 2))
    (notification,) = notifications
    passwords = [re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text)[0] for text in (first, second)]
    assert client(link_in(notification.data), passwords[0]).returncode == 1
    assert CANARY.encode() in Session(link_in(notification.data), passwords[1]).letter()[1]

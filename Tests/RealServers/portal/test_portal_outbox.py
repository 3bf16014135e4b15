"""Answers from the browser, and from the second client, through the portal into the outbox of letters.db; the gateway's
part is played here: links_client.open_item opens the items, and the states are written into the table."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

pytest.importorskip("selenium", reason="selenium is missing") if os.environ.get("CI") != "true" else None

from kit import links_client as client  # noqa: E402
from kit.portal_letters import Message, Part  # noqa: E402

MIB = 1024 * 1024
GATEWAY = ec.generate_private_key(ec.SECP256R1())
ALICE = {"address": "alice@example.org", "name": "Alice Example", "sender": True}


def lock(portal, count=5, size=10 * MIB, files=3):
    letter = portal.box.lock(Message("Your contract", [Part("text/plain", b"Please sign.", "7bit")], text=0, extra={
        "gateway": client.encode(client.point_of(GATEWAY)), "participants": [ALICE]}))
    portal.box.database.execute("INSERT INTO answer_limits VALUES (?, ?, ?, ?)", [letter.id, count, size, files])
    return letter


def rows(portal, letter, state="complete"):
    return portal.box.database.execute(
        "SELECT id, items FROM answers WHERE letter_id = ? AND state = ?", [letter.id, state]).fetchall()


def opened(portal, letter, answer_id, items):
    ask = portal.box.database.execute
    point = bytes(ask("SELECT conversation_key FROM letters WHERE id = ?", [letter.id]).fetchone()[0])
    plain = []
    for number in range(items):
        pieces = ask(
            "SELECT bytes FROM answer_pieces WHERE letter_id = ? AND answer_id = ? AND item = ? ORDER BY start",
            [letter.id, answer_id, number],
        ).fetchall()
        item = b"".join(bytes(piece[0]) for piece in pieces)
        plain.append(client.open_item(item, GATEWAY, point, letter.id, answer_id, number))
    return json.loads(plain[0]), plain[1:]


def settle(portal, letter, state, reason=None, said=None):
    portal.box.database.execute(
        "UPDATE answers SET state = ?, reason = ?, said = ? WHERE letter_id = ? AND state = 'complete'",
        [state, reason, said, letter.id])


def write(browser, letter, text, *paths):
    browser.open(letter)
    browser.wait(lambda: browser.one("#reply").is_displayed(), "the button")
    browser.one("#reply").click()
    browser.one("#answer-text").send_keys(text)
    if paths:
        browser.one("#answer-pick").send_keys("\n".join(map(str, paths)))
    browser.one("#answer-form button.main").click()


def test_an_answer_lies_in_the_outbox_until_it_is_sent(portal, browser, tmp_path):
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "Vertrag.pdf").write_bytes(os.urandom(3 * MIB + 5))
    letter = lock(portal)
    write(browser, letter, "Signed. Grüße", tmp_path / "empty.txt", tmp_path / "Vertrag.pdf")
    (answer_id, items), = browser.wait(lambda: rows(portal, letter), "the answer in the outbox")
    head, files = opened(portal, letter, answer_id, items)
    assert (head["text"], head["to"]) == ("Signed. Grüße", ["alice@example.org"])
    assert files == [b"", (tmp_path / "Vertrag.pdf").read_bytes()]
    browser.wait(lambda: "on its way" in browser.one("#answer-phase").text, "the state")
    settle(portal, letter, "sent")
    browser.wait(lambda: browser.one("#answer-done").is_displayed(), "the confirmation")
    assert browser.one("#answer-more").text == "You can answer 4 more times."
    # What the portal told and logged names none of it.
    assert letter.secret not in portal.written() and answer_id not in portal.written()


def test_a_refusal_is_told_and_can_be_mended(portal, browser):
    letter = lock(portal, count=1)
    write(browser, letter, "card 4111 1111 1111 1111")
    browser.wait(lambda: rows(portal, letter), "the answer in the outbox")
    settle(portal, letter, "refused", "rules", "No card numbers, please.")
    said = browser.wait(lambda: browser.one("#answer-error").text, "the refusal")
    assert "No card numbers, please." in said
    # It does not count while it is refused as the gateway writes it: not counted.
    portal.box.database.execute("UPDATE answers SET counted = 0 WHERE letter_id = ?", [letter.id])
    browser.one("#answer-text").clear()
    browser.one("#answer-text").send_keys("by phone")
    browser.one("#answer-form button.main").click()
    browser.wait(lambda: rows(portal, letter), "the second answer")
    settle(portal, letter, "sent")
    browser.wait(lambda: browser.one("#answer-done").is_displayed(), "the confirmation")
    browser.open(letter)
    said = browser.wait(lambda: browser.one("#answer-closed").text, "that it was the last one")
    assert "as many answers as it may" in said


def test_a_cancelled_answer_leaves_nothing(portal, browser, tmp_path):
    (tmp_path / "big.bin").write_bytes(os.urandom(6 * MIB))
    letter = lock(portal)
    browser.driver.execute_cdp_cmd("Network.enable", {})
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
    browser.open(letter)
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", slow)
    try:
        browser.wait(lambda: browser.one("#reply").is_displayed(), "the button")
        browser.one("#reply").click()
        browser.one("#answer-pick").send_keys(str(tmp_path / "big.bin"))
        browser.one("#answer-form button.main").click()
        browser.wait(lambda: rows(portal, letter, "uploading"), "the upload")
        browser.one("#answer-cancel").click()
        browser.wait(lambda: browser.one("#answer-form").is_displayed(), "the form")
        browser.wait(lambda: not rows(portal, letter, "uploading"), "the outbox to be empty")
    finally:
        browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    assert portal.box.database.execute(
        "SELECT count(*) FROM answer_pieces WHERE letter_id = ?", [letter.id]).fetchone() == (0,)


def test_the_second_client_answers(portal, tmp_path):
    (tmp_path / "note.txt").write_bytes(b"hello")
    letter = lock(portal)
    running = subprocess.Popen(
        [sys.executable, str(Path(client.__file__)), "--answer", portal.url + letter.path(), letter.password, "Merci",
         str(tmp_path / "note.txt")], stdout=subprocess.PIPE)
    for _ in range(300):
        if rows(portal, letter):
            break
        try:
            running.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    (answer_id, items), = rows(portal, letter)
    head, files = opened(portal, letter, answer_id, items)
    assert head["text"] == "Merci" and files == [b"hello"]
    settle(portal, letter, "sent")
    assert running.communicate(timeout=20)[0] == b"sent\n" and running.returncode == 0

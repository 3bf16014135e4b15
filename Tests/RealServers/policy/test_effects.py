"""Effects of rules with real programs around: Postfix as the MTA of a milter, gpg as the reader of signatures."""
import contextlib
import datetime
import re
import shutil
import subprocess

import pytest

from kit.gateway import binary, environment
from kit.mailsite import milter_site
from kit.messages import CANARY
from kit.pgp import ciphertext
from kit.sink import Sink
from kit.throwaway import gateways, postfixes, short_folder

RULES = """version: 1
rules:
  - id: effects
    when: { recipient: { in: open.example } }
    then:
      redirect: box@open.example
      footer: Für Sie
      add-header: { X-Classification: internal }
      remove-header: [X-Internal-Ticket]
  - id: signed
    when: { recipient: { in: [bob@keyed.example, dora@signed.example] } }
    then: { protect: preferred, with: [pgp], sign: true, copy-to: bob@keyed.example }
"""
SIGNER = "bob@keyed.example"


@pytest.fixture(scope="module")
def site(keys):
    """Postfix with the gateway as its milter."""
    with contextlib.ExitStack() as stack:
        folder = short_folder()
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        world = Sink()
        stack.callback(world.close)
        made = milter_site(
            stack.enter_context(postfixes(folder)), stack.enter_context(gateways(folder, keys)), world, rules=RULES,
            settings=f"sign: {{key: {SIGNER}, homedir: {keys.home}}}\n")
        yield made


@pytest.fixture(autouse=True)
def fresh(site):
    site.reset()


def test_postfix_carries_out_the_edits(site):
    site.send("carol@open.example", extra="X-Internal-Ticket: 7\n")
    (received,) = site.received()
    assert received.recipients == ["box@open.example"]
    assert b"X-Classification: internal\r\n" in received.data and b"X-Internal-Ticket" not in received.data
    head, body = received.data.split(b"\r\n\r\n", 1)
    assert CANARY.encode() in body and "Für Sie".encode() in body or b"F=C3=BCr Sie" in body
    site.front.wait_until_empty()


def test_a_signature_in_clear_is_good(site, keys, tmp_path):
    site.send("dora@signed.example")
    # The copy goes by a way of its own: either may come out first.
    (copy,) = [one for one in site.received(2) if one.recipients == ["bob@keyed.example"]]
    (received,) = [one for one in site.received(2) if one.recipients == ["dora@signed.example"]]
    assert CANARY.encode() not in copy.data
    boundary = re.search(rb'boundary="(=_letterlock_[^"]+)"', received.data)[1]
    _, entity, signature, _ = re.split(rb"(?:\r\n)?--" + re.escape(boundary) + rb"(?:--)?\r\n", received.data)
    (tmp_path / "entity").write_bytes(entity)
    (tmp_path / "sig.asc").write_bytes(signature.split(b"\r\n\r\n", 1)[1])
    said = keys.run("--status-fd", "1", "--verify", str(tmp_path / "sig.asc"), str(tmp_path / "entity"))
    assert b"GOODSIG" in said


def test_a_signature_is_inside_of_the_seal(site, keys):
    site.send("bob@keyed.example")
    for received in site.received(2):
        assert CANARY.encode() not in received.data
    # Both are for bob, in whichever order they came out: the message, which is signed, and the copy, which is not.
    said = [
        keys.run("--status-fd", "1", "--output", "/dev/null", "--yes", "--decrypt", given=ciphertext(one.data))
        for one in site.received(2)]
    assert all(b"DECRYPTION_OKAY" in one for one in said)
    assert sorted(b"GOODSIG" in one for one in said) == [False, True]


def test_check_warns_of_a_date_that_is_near(tmp_path):
    for days, says in [(3, "watches until"), (-3, "acts since"), (30, None)]:
        until = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=days)
        (tmp_path / "rules.yaml").write_text(
            f"version: 1\nrules:\n  - id: w\n    mode: watch\n    until: {until}\n    then: {{ refuse: no }}\n")
        done = subprocess.run(
            [binary(), "policy", "check", str(tmp_path)], capture_output=True, text=True, timeout=60, env=environment(),
            check=False)
        assert done.returncode == 0, done.stderr
        assert (says is None and "warning" not in done.stdout) or (says and says in done.stdout), done.stdout


def test_doctor_tries_the_key(site, tmp_path):
    def said(settings: str) -> str:
        config = tmp_path / "letterlock.yaml"
        config.write_text(settings)
        return subprocess.run(
            [binary(), "doctor", "--config", str(config)], capture_output=True, text=True, timeout=120,
            env=environment(), check=False).stdout

    settings = site.gateway.config.read_text()
    assert f'the key "{SIGNER}" signs' in said(settings)
    assert 'the key "nobody@example.org" does not sign' in said(settings.replace(SIGNER, "nobody@example.org"))

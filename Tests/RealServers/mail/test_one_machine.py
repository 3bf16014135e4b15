"""The recipe "only way out" on one machine, with its commands and lines as they are written: two real Postfix instances
on their usual ports, made by postmulti, and the mail with a link's password comes home through them."""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kit.gateway import binary
from kit.pgp import missing, need
from kit.throwaway import short_folder


def one_machine(*drop: str) -> dict:
    """What became of the message, on a machine of its own as far as files, processes and network go."""
    need("postmulti")
    need("unshare")
    binary()
    if os.geteuid() != 0:
        missing("a Postfix instance can only be started by root")
    folder = short_folder()
    try:
        done = subprocess.run(
            ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable,
             str(Path(__file__).with_name("one_machine.py")), str(folder), *drop],
            capture_output=True, text=True, timeout=240, check=False, stdin=subprocess.DEVNULL)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if done.returncode != 0 and ("Operation not permitted" in done.stderr or "unknown filesystem" in done.stderr):
        pytest.skip(f"namespaces cannot be made here: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def of_postfix(findings: list[dict], state: str) -> list[str]:
    return [one["what"] for one in findings if one["area"].startswith("postfix") and one["state"] == state]


def test_the_password_mail_comes_home():
    seen = one_machine()
    assert seen["outside"]["to"] == ["carol@open.example"] and "/l/" in seen["outside"]["data"]
    assert "hello" not in seen["outside"]["data"].split("\n\n")[-1]
    assert "Password for your message" in seen["home"], seen["exit-log"]
    assert not of_postfix(seen["doctor"], "fail"), seen["doctor"]
    areas = {one["area"]: one["state"] for one in seen["doctor"]}
    assert areas["postfix /etc/postfix-out"] == "ok", "the second instance is found by itself"
    assert areas["way home"] == "ok" and areas["gateway"] == "ok"


def test_without_loopback_only_it_is_lost_and_doctor_says_so():
    """The trap that the line of the page closes is a real one."""
    seen = one_machine("inet_interfaces")
    assert not seen["home"] and "loops back to myself" in seen["exit-log"], "the trap is gone: the page may say so"
    assert any("inet_interfaces" in what for what in of_postfix(seen["doctor"], "fail")), seen["doctor"]


def test_with_the_same_name_it_is_lost_and_doctor_says_so():
    seen = one_machine("myhostname")
    assert not seen["home"] and "loops back to myself" in seen["exit-log"], "the trap is gone: the page may say so"
    assert any("myhostname" in what for what in of_postfix(seen["doctor"], "fail")), seen["doctor"]

"""letterlock-portal as a program: arguments, settings, exit codes (sysexits(3)), and a clean end."""
import json
import re
import signal
import socket
import subprocess
import urllib.request

import pytest

from kit.portal_browser import program


def run(folder, *words, **more):
    return subprocess.run(
        [program("letterlock-portal"), *words], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=60, **more)


@pytest.mark.parametrize("words, code, said", [
    (["--nonsense"], 64, 'unknown argument "--nonsense"'),
    (["--listen"], 64, "--listen needs a value"),
    (["--listen", "nowhere"], 64, '--listen "nowhere" is not HOST:PORT'),
    (["--listen=127.0.0.1:99999"], 64, "is not HOST:PORT"),
    (["--letters="], 64, "--letters needs a value"),
    (["--config", "missing.yaml"], 66, 'reading "missing.yaml": no such file'),
    (["--config", "bad.yaml"], 78, "settings cannot be used"),
    (["--letters", "none", "--listen", "127.0.0.1:0"], 69, "start letterlock first"),
])
def test_what_cannot_be_done_is_said(tmp_path, words, code, said):
    (tmp_path / "bad.yaml").write_text("listn: {portal: 127.0.0.1:1}\n")
    ended = run(tmp_path, *words)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr.startswith("letterlock-portal: ") and said in ended.stderr


def test_help_is_no_error(tmp_path):
    ended = run(tmp_path, "--help")
    assert ended.returncode == 0 and "--listen ADDRESS" in ended.stdout and ended.stderr == ""


def test_the_settings_say_where(tmp_path, portal):
    state = portal.box.folder.parent
    (tmp_path / "letterlock.yaml").write_text(f"state: {state}\nlisten:\n  portal: 127.0.0.1:0\n")
    process = subprocess.Popen(
        [program("letterlock-portal"), "--config", "letterlock.yaml", "--print-address"], cwd=tmp_path,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    url = process.stdout.readline().strip()
    assert url.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(f"{url}/healthz") as answer:
        assert answer.read() == b"ok\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(said.splitlines()[0])["message"] == f"listening on {url}"


@pytest.mark.parametrize("form, level", [("json", "info"), ("text", "info"), ("json", "warning")])
def test_the_log_is_as_the_settings_say(tmp_path, portal, form, level):
    state = portal.box.folder.parent
    (tmp_path / "letterlock.yaml").write_text(
        f"state: {state}\nlisten: {{portal: '127.0.0.1:0'}}\nlog: {{format: {form}, level: {level}}}\n")
    process = subprocess.Popen(
        [program("letterlock-portal"), "--config", "letterlock.yaml", "--print-address"], cwd=tmp_path,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    url = process.stdout.readline().strip()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    if level == "warning":
        assert said == "", said
    elif form == "json":
        # Every line, also those of the libraries underneath.
        lines = [json.loads(line) for line in said.splitlines()]
        assert lines[0]["message"] == f"listening on {url}" and lines[0]["level"] == "info"
        assert all({"time", "level", "message"} <= set(line) for line in lines)
    else:
        assert re.match(rf"\d{{4}}-\d\d-\d\dT[\d:.]+Z info listening on {url}\n", said), said


def test_a_taken_port_is_said(tmp_path, portal):
    ended = run(tmp_path, "--letters", str(portal.box.folder), "--listen", f"127.0.0.1:{portal.port}")
    assert ended.returncode == 69 and "letterlock-portal: listening on" in ended.stderr


def test_an_open_connection_does_not_hold_up_the_end(tmp_path, portal):
    process = subprocess.Popen(
        [program("letterlock-portal"), "--letters", str(portal.box.folder), "--listen", "127.0.0.1:0",
         "--print-address"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    port = int(process.stdout.readline().strip().rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as idle, socket.create_connection(("127.0.0.1", port)) as half:
        half.sendall(b"POST /api/letters/AAAAAAAAAAAAAAAAAAAAAA HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(20).startswith(b"HTTP/1.1 200")
        process.terminate()
        assert process.wait(timeout=40) == 0
    process.stdout.close()

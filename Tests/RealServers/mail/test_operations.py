"""A gateway in daily use: health, metrics, the log, SIGHUP, SIGTERM, what systemd is told."""
import os
import signal
import smtplib
import socket
import subprocess
import threading
import time

import pytest

from kit.gateway import binary, environment
from kit.operations import admin_port, ask, log_lines, metrics, ready, wait_for_line, wait_until
from kit.sink import free_port

CANARY = "Nachtschwalbe-4471"
MESSAGE = f"From: alice@example.org\r\nSubject: {CANARY}\r\n\r\n{CANARY}\r\n".encode()


def hang_up(gateway, expected: str) -> dict:
    """SIGHUP; gives the line that says how it went."""
    before = len(log_lines(gateway))
    gateway.process.send_signal(signal.SIGHUP)
    return wait_until(
        lambda: next((line for line in log_lines(gateway)[before:] if expected in line["message"]), None),
        f"no {expected!r} after SIGHUP:\n{gateway.log()}")


# Health and metrics

def test_a_sound_gateway_is_ready(gateway):
    assert ask(gateway, "/healthz") == (200, "ok\n")
    is_ready, checks = ready(gateway)
    assert is_ready and checks["gpg"] == (
        "degraded", "gpg encrypts without all of its walls: gpg.program is a script"), checks
    gateway.put_real_gpg()
    wait_until(lambda: ready(gateway)[1]["gpg"][0] == "ok", "gpg is no script any more, and that is not seen")
    is_ready, checks = ready(gateway)
    assert is_ready, checks
    assert set(checks) == {
        "service", "settings", "gpg", "gateway-database", "letters-database", "letters-room", "state-folder", "keys",
        "next-hop"}
    assert all(state == "ok" for state, _ in checks.values())
    for method in ("POST", "DELETE"):
        assert ask(gateway, "/healthz", method)[0] == 405


def test_what_does_not_work_is_named(gateway, sink):
    sink.close()
    gateway.put_gpg("exit 2")
    is_ready, checks = ready(gateway)
    assert not is_ready
    assert checks["gpg"][0] == "failed" and "status 2" in checks["gpg"][1]
    assert checks["next-hop"][0] == "failed"
    assert checks["gateway-database"][0] == "ok"
    assert ask(gateway, "/healthz") == (200, "ok\n")
    gateway.put_real_gpg()
    wait_until(lambda: ready(gateway)[1]["gpg"][0] == "ok", "gpg was mended, and is not seen")


def test_a_hanging_gpg_does_not_hang_the_answer(gateway):
    gateway.put_gpg("exec sleep 600")
    began = time.monotonic()
    is_ready, checks = ready(gateway)
    assert not is_ready and "did not answer within" in checks["gpg"][1]
    assert time.monotonic() - began < 15


def test_messages_are_counted(gateway, sink):
    assert gateway.send("alice@example.org", ["bob@keyed.example"], MESSAGE)[0] == 250
    assert gateway.send("alice@example.org", ["carol@open.example"], MESSAGE)[0] == 250
    assert gateway.send("alice@example.org", ["carol@nokey.example"], MESSAGE)[0] == 550
    numbers = metrics(gateway)
    assert numbers['letterlock_messages_total{method="pgp",verdict="seal"}'] == 1
    assert numbers['letterlock_messages_total{method="none",verdict="pass"}'] == 1
    assert numbers['letterlock_messages_total{method="none",verdict="refuse"}'] == 1
    assert numbers['letterlock_messages_total{method="link",verdict="seal"}'] == 0
    assert numbers['letterlock_link_attempts_total{result="wrong"}'] == 0
    assert numbers['letterlock_letters{state="readable"}'] == 0
    assert numbers['letterlock_message_seconds_count{door="smtp"}'] == 3
    assert numbers["process_resident_memory_bytes"] > 1_000_000
    body = ask(gateway, "/metrics")[1]
    for secret in (CANARY, "alice", "keyed.example"):
        assert secret not in body


# The log

def test_one_json_line_per_message_without_content(gateway, sink):
    assert gateway.send("alice@example.org", ["bob@keyed.example"], MESSAGE)[0] == 250
    line = wait_for_line(gateway, "message delivered")
    assert line["from"] == "alice@example.org"
    assert line["to"][0]["address"] == "bob@keyed.example"
    assert line["to"][0]["method"] == "pgp" and len(line["to"][0]["keys"][0]) == 40
    assert line["to"][0]["rules"] == ["sealed-outside"]
    assert line["verdict"] == "seal" and line["reply"].startswith("250")
    assert line["ms.total"] >= line["ms.decide"] >= 0
    assert CANARY not in gateway.log()


def test_a_client_cannot_write_log_lines(gateway, sink):
    sender = r'"x\",\"level\":\"error"@example.org'
    with smtplib.SMTP("127.0.0.1", gateway.port, timeout=20) as client:
        client.docmd('EHLO x"},{"level":"error')
        client.ehlo("client.example.org")
        assert client.docmd(f"MAIL FROM:<{sender}>")[0] == 250
        assert client.rcpt("carol@open.example")[0] == 250
        assert client.data(MESSAGE)[0] == 250
    assert wait_for_line(gateway, "message delivered")["from"] == sender
    assert not [line for line in log_lines(gateway) if line["level"] == "error"]


def test_addresses_as_hashes(make_gateway, sink):
    gateway = make_gateway(sink.port, settings="log: {addresses: hashed}\n")
    assert gateway.send("alice@example.org", ["bob@keyed.example"], MESSAGE)[0] == 250
    assert gateway.send("alice@example.org", ["carol@nokey.example"], MESSAGE)[0] == 550
    first, second = [line for line in log_lines(gateway) if line["message"].startswith("message ")]
    assert first["from"] == second["from"] and first["from"].startswith("h:")
    for name in ("alice", "bob@", "carol", CANARY):
        assert name not in gateway.log()
    assert (gateway.state / "gateway" / "log.key").stat().st_mode & 0o777 == 0o600


# SIGHUP

def test_a_new_policy_and_new_settings_count_at_sighup(gateway, sink):
    assert gateway.send("alice@example.org", ["carol@open.example"], MESSAGE)[0] == 250
    policy = gateway.folder / "policy" / "policy.yaml"
    policy.write_text(policy.read_text().replace("open: [open.example, .open.example]", "open: [other.example]"))
    assert gateway.send("alice@example.org", ["carol@open.example"], MESSAGE)[0] == 250
    hang_up(gateway, "are in force")
    assert gateway.send("alice@example.org", ["carol@open.example"], MESSAGE)[0] == 550
    gateway.config.write_text(gateway.config.read_text().replace("inside: [", "inside: [open.example, "))
    hang_up(gateway, "are in force")
    assert gateway.send("alice@example.org", ["carol@open.example"], MESSAGE)[0] == 250
    assert metrics(gateway)["letterlock_reloads_total"] == 2


@pytest.mark.parametrize("broken", ["policy", "settings", "no policy"])
def test_a_broken_reload_keeps_the_old_and_says_so(gateway, sink, broken):
    policy = gateway.folder / "policy" / "policy.yaml"
    good = {path: path.read_text() for path in (policy, gateway.config)}
    if broken == "policy":
        policy.write_text(good[policy].replace("open: [open.example, .open.example]", "open: [x]") + "\nrulez: x\n")
    elif broken == "no policy":
        policy.unlink()
    else:
        policy.write_text(good[policy].replace("open: [open.example, .open.example]", "open: [x]"))
        gateway.config.write_text(good[gateway.config] + "lisen: x\n")
    line = hang_up(gateway, "reload failed")
    assert line["level"] == "error"
    assert gateway.send("alice@example.org", ["carol@open.example"], MESSAGE)[0] == 250
    assert gateway.send("alice@example.org", ["carol@nokey.example"], MESSAGE)[0] == 550
    is_ready, checks = ready(gateway)
    assert is_ready and checks["settings"][0] == "degraded" and "reload failed: " in checks["settings"][1]
    assert metrics(gateway)["letterlock_reload_failures_total"] == 1
    for path, text in good.items():
        path.write_text(text)
    hang_up(gateway, "are in force")
    wait_until(lambda: ready(gateway)[1]["settings"][0] == "ok", "mended, and still degraded")


def test_what_needs_a_restart_is_named(gateway):
    text = gateway.config.read_text()
    text = text.replace(f"127.0.0.1:{gateway.port}", f"127.0.0.1:{free_port()}").replace("workers: 2", "workers: 3")
    gateway.config.write_text(text + "log: {format: json, level: warning}\n")
    line = hang_up(gateway, "need a restart")
    assert line["keys"] == ["listen.smtp", "gpg"]
    assert gateway.answers()


def test_reloads_under_load_lose_nothing(gateway, sink):
    codes: list[int] = []

    def send() -> None:
        for _ in range(25):
            codes.append(gateway.send("alice@example.org", ["carol@open.example"], MESSAGE)[0])

    senders = [threading.Thread(target=send) for _ in range(3)]
    for sender in senders:
        sender.start()
    while any(sender.is_alive() for sender in senders):
        gateway.process.send_signal(signal.SIGHUP)
        time.sleep(0.02)
    assert codes == [250] * 75
    assert len(sink.wait_for(75)) == 75


# SIGTERM

def test_sigterm_finishes_what_is_in_hand_and_ends_with_0(gateway, sink):
    running = gateway.folder / "gpg-runs"
    gateway.put_gpg(f'touch {running}; sleep 1; exec gpg "$@"')
    taken: list[bool] = []

    def send() -> None:
        client = smtplib.SMTP("127.0.0.1", gateway.port, timeout=20)
        client.sendmail("alice@example.org", ["bob@keyed.example"], MESSAGE)
        taken.append(True)
        client.close()

    sender = threading.Thread(target=send)
    sender.start()
    wait_until(running.exists, "gpg does not run")
    gateway.process.send_signal(signal.SIGTERM)
    assert gateway.process.wait(timeout=20) == 0, gateway.log()
    sender.join(timeout=10)
    assert taken, gateway.log()
    assert len(sink.messages) == 1


@pytest.mark.alone
def test_sigterm_ends_within_the_grace_time(make_gateway, sink):
    sink.replies["END"] = "silent"
    gateway = make_gateway(sink.port, settings="limits: {shutdown: 2s}\n")
    failed: list[Exception] = []

    def send() -> None:
        try:
            assert gateway.send("alice@example.org", ["carol@open.example"], MESSAGE)[0] != 250
        except (smtplib.SMTPException, OSError) as error:
            failed.append(error)

    sender = threading.Thread(target=send)
    sender.start()
    wait_until(lambda: "DATA" in sink.commands, "no DATA at the next hop")
    idle = socket.create_connection(("127.0.0.1", gateway.port), timeout=20)
    idle.recv(512)
    began = time.monotonic()
    gateway.process.send_signal(signal.SIGTERM)
    assert idle.recv(512).startswith(b"421")
    assert gateway.process.wait(timeout=20) == 0, gateway.log()
    assert 1 < time.monotonic() - began < 8
    sender.join(timeout=10)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", gateway.port), timeout=5)


def test_no_admin_listener_where_none_is_wanted(make_gateway, sink):
    gateway = make_gateway(sink.port)
    gateway.stop()
    port = admin_port(gateway)
    gateway.config.write_text(gateway.config.read_text().replace(f"admin: '127.0.0.1:{port}'", "admin: none"))
    gateway.start()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


# systemd

def test_the_service_manager_is_told(make_gateway, sink, folder):
    gateway = make_gateway(sink.port)
    gateway.stop()
    path = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(20)
        with open(folder / "systemd.log", "ab") as log:
            gateway.process = subprocess.Popen(
                [binary(), "serve", "--config", str(gateway.config)], cwd=folder, stderr=log,
                env={**environment(), "NOTIFY_SOCKET": str(path)})
        assert manager.recv(4096).startswith(b"READY=1\n")
        assert gateway.answers()
        gateway.process.send_signal(signal.SIGHUP)
        assert manager.recv(4096).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        assert manager.recv(4096).startswith(b"READY=1\n")
        gateway.process.send_signal(signal.SIGTERM)
        assert manager.recv(4096).startswith(b"STOPPING=1\n")
        assert gateway.process.wait(timeout=20) == 0
        os.unlink(path)


def test_a_damaged_key_file_is_named_and_stops_only_whom_it_names(gateway, keys):
    (gateway.keys / "junk.asc").write_bytes(b"\xff" * 90)
    wait_until(lambda: ready(gateway)[1]["keys"][0] == "degraded", "a junk file among the keys is not seen")
    is_ready, checks = ready(gateway)
    assert is_ready and '"junk.asc" gives nothing' in checks["keys"][1]
    assert gateway.send("alice@example.org", ["carol@open.example"], MESSAGE)[0] == 250
    assert gateway.send("alice@example.org", ["carol@nokey.example"], MESSAGE)[0] == 550
    # Carol's key may be in it: a link, a refusal or clear text would be a guess.
    (gateway.keys / "carol@nokey.example.asc").write_bytes(b"\x99")
    assert gateway.send("alice@example.org", ["carol@nokey.example"], MESSAGE)[0] == 451
    assert gateway.send("alice@example.org", ["bob@keyed.example"], MESSAGE)[0] == 250


def test_the_start_says_what_runs(make_gateway, sink):
    gateway = make_gateway(sink.port, doors=True)
    line = wait_for_line(gateway, "started")
    version = subprocess.run([binary(), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    assert line["version"] == version and line["level"] == "info"
    assert line["rules"] == 1 and line["keyFiles"] == len(list(gateway.keys.iterdir()))
    assert sorted(line["listening"]) == sorted(
        f"127.0.0.1:{port}" for port in (gateway.port, gateway.lmtp, gateway.milter)
    )
    assert line["admin"] == f"127.0.0.1:{admin_port(gateway)}" and line["nextHop"] == f"127.0.0.1:{sink.port}"
    assert line["keys"] == str(gateway.keys) and line["policy"] == f"{gateway.folder}/policy"
    assert len([one for one in log_lines(gateway) if one["message"] == "started"]) == 1


def test_room_for_letters_follows_a_reload(make_gateway, sink):
    gateway = make_gateway(sink.port, settings="storage: {letters: 1GiB}\n")
    assert metrics(gateway)["letterlock_letters_bytes_limit"] == 1 << 30
    gateway.config.write_text(gateway.config.read_text().replace("1GiB", "2GB"))
    hang_up(gateway, "are in force")
    assert metrics(gateway)["letterlock_letters_bytes_limit"] == 2_000_000_000

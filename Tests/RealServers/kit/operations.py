"""Asking a gateway's admin listener, and reading its log."""
import json
import re
import time
import urllib.error
import urllib.request

from kit.gateway import Gateway


def admin_port(gateway: Gateway) -> int:
    """The port of listen.admin, as the settings name it."""
    return int(re.search(r"admin: '127\.0\.0\.1:(\d+)'", gateway.config.read_text()).group(1))


def ask(gateway: Gateway, path: str, method: str = "GET") -> tuple[int, str]:
    """Status and body. The doors for mail open a moment before this one."""
    request = urllib.request.Request(f"http://127.0.0.1:{admin_port(gateway)}{path}", method=method)
    deadline = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def ready(gateway: Gateway) -> tuple[bool, dict[str, tuple[str, str]]]:
    """Whether it is ready, and state and detail by check."""
    status, body = ask(gateway, "/readyz")
    report = json.loads(body)
    assert report["ready"] == (status == 200), (status, body)
    return report["ready"], {line["name"]: (line["state"], line.get("detail", "")) for line in report["checks"]}


def metrics(gateway: Gateway) -> dict[str, float]:
    """Every sample by name and labels."""
    status, body = ask(gateway, "/metrics")
    assert status == 200
    samples = {}
    for line in body.splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP|TYPE) [a-z_]+ .+", line), line
            continue
        match = re.fullmatch(r'([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*\})?) (\S+)', line)
        assert match, line
        samples[match.group(1)] = float(match.group(2))
    return samples


def log_lines(gateway: Gateway) -> list[dict]:
    """The log, each line of it as JSON."""
    return [json.loads(line) for line in gateway.log().splitlines()]


def wait_for_line(gateway: Gateway, message: str, seconds: float = 120) -> dict:
    """The last log line with the message, once there is one."""
    deadline = time.monotonic() + seconds
    while True:
        found = [line for line in log_lines(gateway) if message in line["message"]]
        if found:
            return found[-1]
        assert time.monotonic() < deadline, f"no {message!r} in the log:\n{gateway.log()}"
        time.sleep(0.05)


def wait_until(condition, what: str, seconds: float = 120):
    """What the condition gives, once it is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return value

"""What commands say to programs and to people: JSON of one style of names and times, and numbers with the right
noun."""

import json
import re
import subprocess

import pytest

from kit.gateway import binary, environment
from kit.letter_site import TO
from kit.messages import message


def run(gateway, *words: str, given: str | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(
        [binary(), *words, "--config", str(gateway.config)], cwd=gateway.folder, env=environment(), capture_output=True,
        text=True, timeout=120, check=False, input=given)


def names(value, path: str = "") -> list[tuple[str, str, object]]:
    """Every key with its path and its value."""
    found = []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += [(path, key, inner), *names(inner, f"{path}/{key}")]
    elif isinstance(value, list):
        for inner in value:
            found += names(inner, path)
    return found


def one_style(value) -> None:
    for path, key, inner in names(value):
        # `passed` may be a map by names of others, such as rules.
        assert re.fullmatch(r"[a-z][A-Za-z0-9]*", key), f"{path}/{key}"
        if isinstance(inner, str):
            assert not re.match(r"\d{4}-\d\d-\d\d", inner), f"{path}/{key} is a date: {inner}"
        if re.search(r"(^|[a-z])(At|Until|Since)$|^(expires|created|received|until|since)$", key):
            assert not isinstance(inner, int), f"{path}/{key} is a time whose unit is not in its name"


@pytest.mark.parametrize("words", [
    ("links", "list"), ("links", "status"), ("keys", "list"), ("keys", "check"), ("keys", "find", "bob@keyed.example"),
    ("contacts", "list"), ("quarantine", "list"), ("vault", "check"), ("doctor",), ("mails",),
    ("policy", "explain", "one.eml", "--from", "alice@example.org", "--to", TO),
], ids=" ".join)
def test_json_has_one_style(linked, sink, words):  # noqa: F811
    assert linked.send("alice@example.org", [TO], message(TO))[0] == 250
    set_ = run(
        linked, "contacts", "set", TO, "--password", "--phone", "+33612345678", given="korrekt Pferd 14 Batterie\n"
    )
    assert set_.returncode == 0, set_.stderr
    (linked.folder / "one.eml").write_bytes(message(TO))
    done = run(linked, *words, "--json")
    assert done.stdout, done.stderr
    value = json.loads(done.stdout)
    one_style(value)


def test_numbers_have_the_right_noun(linked):  # noqa: F811
    assert run(linked, "links", "list").stderr.endswith("0 letters\n")
    assert linked.send("alice@example.org", [TO], message(TO))[0] == 250
    assert run(linked, "links", "list").stderr.endswith("1 letter\n")
    for path in list(linked.keys.iterdir()):
        if not path.name.startswith("bob"):
            path.unlink()
    assert run(linked, "keys", "list").stderr.endswith("1 usable certificate, 0 not usable\n")
    assert run(linked, "keys", "check").stderr.endswith("1 certificate, nothing to name\n")
    done = subprocess.run(
        [binary(), "policy", "check", str(linked.folder / "policy")], env=environment(), capture_output=True, text=True,
        timeout=60, check=False)
    assert "1 rule, 0 cases" in done.stderr + done.stdout, done.stderr

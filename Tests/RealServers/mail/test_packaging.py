"""What tools/install puts where, and the units: they parse, name real paths and users, and run tightly."""
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kit.gateway import binary, environment

TOP = Path(__file__).resolve().parents[3]
UNITS = sorted((TOP / "packaging" / "systemd").glob("*.service"))


def settings(unit: Path) -> dict[str, list[str]]:
    """Every setting by name; a line that is none fails the test."""
    found: dict[str, list[str]] = {}
    section = None
    for line in unit.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if match := re.fullmatch(r"\[(Unit|Service|Install)\]", line):
            section = match.group(1)
            continue
        assert section and (match := re.fullmatch(r"([A-Z][A-Za-z]+)=(.*)", line)), f"{unit.name}: {line}"
        found.setdefault(match.group(1), []).append(match.group(2))
    return found


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """An installation in a folder."""
    if not shutil.which("ldd"):
        pytest.skip("there is no ldd")
    binary(), binary("letterlock-portal"), binary("letterlock-extract"), binary("letterlock-seal")
    path = tmp_path_factory.mktemp("root")
    subprocess.run([TOP / "tools" / "install", path], check=True, timeout=120)
    # What the units need of the system itself.
    (path / "bin").mkdir()
    (path / "bin" / "kill").write_text("#!/bin/sh\n")
    (path / "bin" / "kill").chmod(0o755)
    return path


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_name_what_is_there(unit, root):
    lines = settings(unit)
    program, *arguments = lines["ExecStart"][0].split()
    assert (root / program[1:]).resolve().is_file()
    assert (root / arguments[-1][1:]).is_file()
    users = (root / "usr/lib/sysusers.d/letterlock.conf").read_text()
    assert re.search(rf"^u {lines['User'][0]} ", users, re.M)
    assert re.search(rf"^g {lines['SupplementaryGroups'][0]} ", users, re.M)
    folders = (root / "usr/lib/tmpfiles.d/letterlock.conf").read_text()
    for path in lines["ReadWritePaths"] + lines.get("InaccessiblePaths", []):
        assert re.search(rf"^d {path} ", folders, re.M), path
    for name, value in {
        "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
        "MemorySwapMax": "0", "LimitCORE": "0", "CapabilityBoundingSet": "", "MemoryDenyWriteExecute": "yes",
    }.items():
        assert lines[name] == [value], name
    for page in lines["Documentation"]:
        assert (root / page.removeprefix("file:///")).is_file()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_the_units(unit, root):
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze")
    installed = f"/usr/lib/systemd/system/{unit.name}"
    done = subprocess.run(
        ["systemd-analyze", "verify", f"--root={root}", installed],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    about_ours = [line for line in done.stderr.splitlines() if unit.name in line and "not found" not in line]
    assert not about_ours, done.stderr
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(unit)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if match := re.search(r"exposure level for \S+ (\d+\.\d+)", done.stdout):
        assert float(match.group(1)) <= 2.0, done.stdout


def test_what_was_installed_runs(root):
    for program in ("letterlock", "letterlock-portal"):
        done = subprocess.run(
            [root / "usr/bin" / program, "--help"],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    for program in ("letterlock-extract", "letterlock-seal"):
        done = subprocess.run(
            [root / "usr/lib/letterlock" / program, "--self-test"],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(
        [root / "usr/bin/letterlock", "policy", "check", root / "etc/letterlock/policy"], env=environment(),
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_settings_that_are_there_stay(root):
    path = root / "etc/letterlock/letterlock.yaml"
    path.write_text("hostname: mine.example\n")
    subprocess.run([TOP / "tools" / "install", root], check=True, timeout=120)
    assert path.read_text() == "hostname: mine.example\n"


def test_programs_look_beside_themselves_only_and_are_stripped(root):
    if not shutil.which("readelf"):
        pytest.skip("there is no readelf")
    for program in ("letterlock", "letterlock-portal", "letterlock-extract", "letterlock-seal"):
        path = root / "usr/lib/letterlock" / program
        dynamic = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout
        assert re.findall(r"\(R(?:UN)?PATH\).*\[(.*)\]", dynamic) == ["$ORIGIN"]
        sections = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True, check=True).stdout
        assert " .symtab " not in sections and " .debug_" not in sections
        # Not by its text only: this is where the loader looks.
        libraries = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
        assert "/swift/" not in libraries and "libswiftCore.so => " + str(path.parent) in libraries, libraries


def test_the_policy_comes_with_its_tests(root):
    done = subprocess.run(
        [root / "usr/bin/letterlock", "policy", "test", root / "etc/letterlock/policy"], env=environment(),
        capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"[1-9]\d* passed, 0 failed", done.stdout), done.stdout


def test_the_portal_outlives_the_gateway():
    lines = settings(TOP / "packaging" / "systemd" / "letterlock-portal.service")
    assert lines["Wants"] == ["letterlock.service"] and "Requires" not in lines and "BindsTo" not in lines

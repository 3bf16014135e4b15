"""Others that seal: gpg alone, and python3-gpg in the way in which Zeyple uses it."""
import statistics
import subprocess
from pathlib import Path

# Zeyple keeps one process and asks GPGME for each message; the interpreter is that of Debian, for which python3-gpg is.
PYTHON = "/usr/bin/python3"
ZEYPLE = """
import sys
import gpg
home, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
content = open(path, "rb").read()
with gpg.Context(armor=True, home_dir=home) as context:
    key = list(context.keylist("bob@keyed.example"))[0]
    for _ in range(count):
        context.encrypt(content, recipients=[key], sign=False, always_trust=True, compress=False)
"""


def home(all_) -> Path:
    """A GnuPG home into which bob's key was imported: it has no secret key, and no agent is asked."""
    folder = all_.folder / "imported"
    if not folder.exists():
        folder.mkdir(mode=0o700)
        (folder / "bob.pgp").write_bytes(all_.key)
        subprocess.run(
            ["gpg", "--homedir", folder, "--batch", "--no-tty", "--quiet", "--import", folder / "bob.pgp"], check=True,
            capture_output=True)
    return folder


def raw_gpg(all_, content: bytes, count: int) -> float:
    """Milliseconds of CPU of `gpg -z0 -e -a` for a message, from a file to nowhere."""
    plain = all_.folder / "plain"
    plain.write_bytes(content)
    command = [
        "gpg", "--homedir", str(home(all_)), "--batch", "--no-tty", "--quiet", "--yes", "--trust-model", "always", "-z0", "-e",
        "-a", "-r", "bob@keyed.example", "-o", "/dev/null", str(plain)]
    # The first one keeps what it found about the key.
    figures = [all_.reaper.wait(all_.reaper.start(command)) for _ in range(count + 1)][1:]
    return 1000 * statistics.median(figures)


def zeyple(all_, content: bytes, count: int) -> float | None:
    """Milliseconds of CPU of python3-gpg and its gpg for a message; None where it is not installed."""
    if subprocess.run([PYTHON, "-c", "import gpg"], check=False, capture_output=True).returncode != 0:
        return None
    plain = all_.folder / "plain"
    plain.write_bytes(content)

    def run(messages: int) -> float:
        before = all_.reaper.orphan_cpu()
        own = all_.reaper.wait(all_.reaper.start([PYTHON, "-c", ZEYPLE, str(home(all_)), str(plain), str(messages)]))
        return own + all_.reaper.orphan_cpu() - before

    # The start of the interpreter is no part of a message.
    return 1000 * (run(count + 1) - run(1)) / count

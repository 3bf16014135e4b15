"""Looks for words in everything a program could leave behind: files, and what its processes have open, named or not."""
import base64
import os
import stat
from collections.abc import Iterator
from pathlib import Path

PIECE = 1 << 20


def forms(word: str) -> list[bytes]:
    """A word as it is, in base64 (at each of the three places it can have in a group), and in quoted-printable."""
    raw = word.encode()
    found = [raw]
    for before in range(3):
        # The characters at the ends depend on what stands around; those between do not.
        encoded = base64.b64encode(b"\0" * before + raw + b"\0\0")
        found.append(encoded[4 if before else 0 : len(encoded) - 8])
    quoted = b"".join(b"=%02X" % octet if octet > 126 else bytes([octet]) for octet in raw)
    return list(dict.fromkeys([*found, quoted, raw.hex().encode()]))


def holds(file, needles: list[bytes]) -> bytes | None:
    """The first of the needles that an open file holds."""
    overlap = max(len(needle) for needle in needles) - 1
    tail = b""
    while piece := file.read(PIECE):
        window = tail + piece
        for needle in needles:
            if needle in window:
                return needle
        tail = window[-overlap:]
    return None


def processes(mark: Path) -> list[int]:
    """Every process with a path below `mark` on its command line: the gateway, and the gpg processes it starts."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                if str(mark).encode() in Path(f"/proc/{name}/cmdline").read_bytes():
                    found.append(int(name))
            except OSError:
                continue
    return found


def open_files(pid: int) -> Iterator[tuple[str, str]]:
    """Regular files that a process has open, deleted and nameless ones too: a path to open, and what it is."""
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return
    for name in names:
        path = f"/proc/{pid}/fd/{name}"
        try:
            if stat.S_ISREG(os.stat(path).st_mode):
                yield path, os.readlink(path)
        except OSError:
            continue


class Search:
    """What was looked through, and where a word was found."""

    def __init__(self, word: str) -> None:
        self.needles = forms(word)
        self.found: list[str] = []
        self.files = 0
        # Open files without a name: how large the largest one was, so that a test can see that it saw something.
        self.largest_nameless = 0

    def folder(self, folder: Path) -> None:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                self.file(str(path), str(path))

    def process(self, pid: int) -> None:
        for path, target in open_files(pid):
            if "(deleted)" in target or target.startswith("/memfd:"):
                try:
                    self.largest_nameless = max(self.largest_nameless, os.stat(path).st_size)
                except OSError:
                    continue
            self.file(path, f"process {pid}: {target}")

    def file(self, path: str, name: str) -> None:
        try:
            with open(path, "rb", buffering=0) as file:
                needle = holds(file, self.needles)
        except OSError:
            return
        self.files += 1
        if needle is not None:
            self.found.append(f"{name}: {needle!r}")

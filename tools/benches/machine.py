"""Processes and what they cost: for tools/bench and what compares with it."""
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PR_SET_CHILD_SUBREAPER = 36


class Reaper:
    """Waits for every descendant, ours and orphaned ones, and keeps their CPU time."""

    def __init__(self) -> None:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.done: dict[int, tuple[int, float]] = {}
        self.ours: set[int] = set()
        self.orphans = 0.0
        self.changed = threading.Condition()
        threading.Thread(target=self.loop, daemon=True).start()

    def loop(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, 0)
            except ChildProcessError:
                time.sleep(0.005)
                continue
            seconds = usage.ru_utime + usage.ru_stime
            with self.changed:
                self.done[pid] = (status, seconds)
                self.changed.notify_all()

    def start(self, command: list[str], output=subprocess.DEVNULL, **options) -> int:
        """Starts a program; its end is seen by `wait`."""
        with self.changed:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **options)
            # The loop waits for it, not this object.
            process.returncode = 0
            self.ours.add(process.pid)
            return process.pid

    def wait(self, pid: int, seconds: float = 300) -> float:
        """CPU seconds of a program of ours, once it has ended well."""
        with self.changed:
            if not self.changed.wait_for(lambda: pid in self.done, timeout=seconds):
                raise SystemExit(f"bench: process {pid} did not end within {seconds:.0f} s")
            status, cpu = self.done[pid]
        if status != 0:
            raise SystemExit(f"bench: process {pid} ended with status {os.waitstatus_to_exitcode(status)}")
        return cpu

    def orphan_cpu(self) -> float:
        """CPU seconds of all ended descendants that we did not start ourselves."""
        with self.changed:
            return sum(cpu for pid, (_, cpu) in self.done.items() if pid not in self.ours)

    def end(self, pid: int) -> None:
        os.kill(pid, signal.SIGTERM)
        with self.changed:
            if not self.changed.wait_for(lambda: pid in self.done, timeout=20):
                os.kill(pid, signal.SIGKILL)


def program(name: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/lib/postfix/sbin")
    if path is None:
        raise SystemExit(f"bench: there is no {name}; `tools/setup bench` installs it (Debian package postfix, gnupg)")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int, seconds: float = 30, ended=lambda: None) -> None:
    """Waits for a greeting. `ended` gives the last words of the server once it has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                if connection.recv(64).startswith(b"220"):
                    return
        except OSError:
            pass
        if last := ended():
            raise SystemExit(f"bench: the gateway has ended: {last}")
        time.sleep(0.05)
    raise SystemExit(f"bench: nothing answers on port {port}")


def cpu_of(pid: int) -> float:
    """CPU seconds of a living process, exact, and of the children it has waited for, in ticks."""
    # The clock id of another process's CPU time, as clock_getcpuclockid(3) makes it.
    own = time.clock_gettime((~pid << 3) | 2)
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return own + sum(int(number) for number in fields[13:15]) / TICKS


def family_cpu(pid: int) -> float:
    """CPU seconds of a living process and of its living children, with the children that these have waited for."""
    total = cpu_of(pid)
    for entry in os.listdir("/proc"):
        try:
            fields = Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split() if entry.isdigit() else []
            total += cpu_of(int(entry)) if len(fields) > 1 and int(fields[1]) == pid else 0
        except OSError:
            continue
    return total


def group_cpu(leader: int) -> float:
    """CPU seconds of a process group, and of the children that its processes have waited for."""
    total = 0
    for entry in os.listdir("/proc"):
        try:
            fields = Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split() if entry.isdigit() else []
        except OSError:
            continue
        if len(fields) > 14 and int(fields[2]) == leader:
            total += sum(int(number) for number in fields[11:15])
    return total / TICKS


def peak_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def resident_mib(pid: int) -> float:
    """What of a process lies in memory, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0

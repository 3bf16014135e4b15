"""Gateways for the fault suite: several that are shared by rows which leave them sound, and fresh ones for the
others."""

import contextlib
import os
import queue
import shutil
import subprocess
from pathlib import Path

from faults import Fault, Outcome, Station, run
from kit.pgp import Keys, missing
from kit.sink import Sink
from kit.throwaway import gateways, short_folder

# A build whose failpoints can be armed; `make faults` makes it.
FAULTS_PROGRAM = Path(__file__).resolve().parents[3] / ".build-faults" / "release" / "letterlock"
LINKS = "links: {url: 'http://127.0.0.1:PORTAL', from: letters@example.org}\n"
# Short waits, so that silence is found out soon; long enough for a busy machine.
LIMITS = "limits: {{next-hop-reply: 3s, next-hop-connect: 3s, reply: 20s, next-hop-idle-connections: {idle}}}\n"


class Stations:
    """Lends stations to the threads that run the rows."""

    def __init__(self, keys: Keys, shared: int) -> None:
        self.keys = keys
        self.stack = contextlib.ExitStack()
        self.free: queue.Queue[Station | None] = queue.Queue()
        for _ in range(shared):
            self.free.put(None)

    def run(self, fault: Fault) -> Outcome:
        if fault.station == "shared":
            return self.run_shared(fault)
        with contextlib.ExitStack() as stack:
            return run(fault, self.make(stack, fault.station))

    def run_shared(self, fault: Fault) -> Outcome:
        """A station is made when it is first needed, and thrown away after a row that failed."""
        station = self.free.get()
        try:
            if station is None:
                with contextlib.ExitStack() as stack:
                    station = self.make(stack, "shared")
                    station.stack = stack.pop_all()
            outcome = run(fault, station)
            if outcome.problems:
                station.stack.close()
                station = None
            return outcome
        except BaseException:
            if station is not None:
                station.stack.close()
                station = None
            raise
        finally:
            self.free.put(station)

    def make(self, stack: contextlib.ExitStack, kind: str) -> Station:
        folder = short_folder()
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        sink = Sink()
        stack.callback(sink.close)
        options: dict = {
            "settings": LINKS + LIMITS.format(idle=16 if kind == "idle" else 0),
            "methods": "pgp, link",
            "doors": True,
        }
        if kind.startswith("failpoint "):
            options |= {
                "program": str(FAULTS_PROGRAM),
                "variables": {"LETTERLOCK_FAILPOINTS": kind.removeprefix("failpoint ")},
            }
        if kind == "disk":
            disk = small_disk(stack, folder)
            (disk / "tmp").mkdir()
            options |= {"state": disk / "var", "variables": {"TMPDIR": str(disk / "tmp")}}
            # What is large goes to the disk.
            options["settings"] = options["settings"].replace("limits: {", "limits: {memory-budget: 0, ", 1)
        make = stack.enter_context(gateways(folder, self.keys))
        return Station(make(sink.port, **options), sink, self.keys, stack)

    def close(self) -> None:
        while not self.free.empty():
            station = self.free.get()
            if station is not None:
                station.stack.close()


def small_disk(stack: contextlib.ExitStack, folder):
    """A file system of sixteen megabytes."""
    if os.geteuid() != 0:
        missing("a small file system can only be mounted by root")
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], check=False).returncode != 0:
        missing("no tmpfs can be mounted here")
    stack.callback(subprocess.run, ["umount", "-l", str(disk)], check=False)
    return disk

"""What makes a fault and what ends it: each is given the trial that it happens to."""
import contextlib
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

from fault_senders import CLEAR, RECIPIENTS
from faults import Trial
from kit.throwaway import STRANGER

# What the next hop says on which occasion: see `Sink.replies`.
Hook = dict[str, object]


def says(replies: Hook):
    """The next hop says this, until it is mended."""
    return lambda trial: trial.sink.script(**replies)


def closed_meanwhile(trial: Trial) -> None:
    """One message leaves a connection behind, which the next hop then closes."""
    code, _ = trial.gateway.send("alice@example.org", [CLEAR], b"Subject: before\r\n\r\nbefore\r\n")
    assert code == 250
    trial.sink.hang_up()
    trial.sink.forget()


def goes_away(trial: Trial) -> None:
    def close() -> str:
        # From a thread of the sink: its sessions are threads of their own, so that closing does not wait for this one.
        trial.sink.close()
        return "drop"

    trial.sink.script(**{"DATA#3": close})


# gpg

ENCRYPTING = 'case " $* " in *" --encrypt "*) {} ;; esac; exec gpg "$@"'


def breaks_gpg(script: str | None):
    def inject(trial: Trial) -> None:
        if script is None:
            trial.gateway.gpg.unlink()
        else:
            trial.gateway.put_gpg(ENCRYPTING.format(script))

    return inject


def seals_to_another(trial: Trial) -> None:
    """The files with the recipients' certificates are exchanged for that of a key nobody planned."""
    other = trial.gateway.folder / "other.asc"
    other.write_bytes(trial.station.keys.public(STRANGER))
    trial.gateway.put_gpg(
        'n=$#; i=0; while [ $i -lt $n ]; do o=$1; a=$1; shift; i=$((i+1)); '
        f'case "$p" in --recipient|--recipient-file|-f) a={other} ;; esac; '
        '[ "$o" = --recipient ] && a=--recipient-file; p=$o; set -- "$@" "$a"; done; exec gpg "$@"'
    )


def fails_second_time(trial: Trial) -> None:
    mark = trial.gateway.folder / "mark"
    mark.unlink(missing_ok=True)
    trial.gateway.put_gpg(ENCRYPTING.format(f'[ -e {mark} ] && kill -9 $$; touch {mark}'))


# letterlock-seal


def helpers(trial: Trial) -> list[int]:
    """The processes of letterlock-seal that the gateway has started."""
    parent = trial.gateway.process.pid
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = path.read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        if name == "letterlock-seal" and rest.split()[1] == str(parent):
            found.append(int(path.parent.name))
    return found


def signals_helper(number: signal.Signals):
    def inject(trial: Trial) -> None:
        (process,) = helpers(trial)
        os.kill(process, number)

    return inject


def takes_memory_from_helper(trial: Trial) -> None:
    """It has no room to start anything."""
    (process,) = helpers(trial)
    resource.prlimit(process, resource.RLIMIT_AS, (1 << 20, 1 << 20))


def kills_each_helper(trial: Trial) -> None:
    """As soon as one is there."""
    over = threading.Event()

    def kill() -> None:
        while not over.is_set():
            for process in helpers(trial):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    trial.undo.callback(thread.join)
    trial.undo.callback(over.set)


def disarms_helper(trial: Trial) -> None:
    """Not the gateway has killed itself, but each letterlock-seal: the administrator starts everything anew."""
    assert trial.gateway.process.poll() is None
    trial.gateway.kill()
    trial.gateway.variables = {}
    trial.gateway.start()


def fill(folder: Path) -> None:
    with open(folder / "filler", "ab", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass


def fills_disk(trial: Trial) -> None:
    fill(trial.gateway.state.parent)


def frees_disk(trial: Trial) -> None:
    (trial.gateway.state.parent / "filler").unlink(missing_ok=True)


def fills_disk_later(trial: Trial) -> None:
    trial.sink.script(**{"DATA#3": lambda: fills_disk(trial)})


def fills_disk_and_refuses(trial: Trial) -> None:
    def full() -> str:
        fills_disk(trial)
        return "451 4.3.0 no"

    trial.sink.script(**{"END#3": full})


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def read_only_at_start(trial: Trial) -> None:
    trial.gateway.stop()
    mount("--bind", str(trial.gateway.state), str(trial.gateway.state))
    mount("-o", "remount,bind,ro", str(trial.gateway.state))
    does_not_start(trial)


def does_not_start(trial: Trial) -> None:
    """`serve` says why and ends; nothing listens."""
    before = len(trial.gateway.log())
    code = trial.gateway.start_and_wait()
    said = trial.gateway.log()[before:]
    assert code not in (0, None) and code > 0 and said.strip(), f"serve ended with {code} and said {said!r}"
    assert "Fatal error" not in said and "crash" not in said.lower(), said


def writable_again(trial: Trial) -> None:
    subprocess.run(["umount", "-l", str(trial.gateway.state)], check=True)
    trial.gateway.start()


def becomes_read_only(trial: Trial) -> None:
    """What is open stays as it is; nothing new can be made."""
    mount("--bind", str(trial.gateway.state), str(trial.gateway.state))
    mount("-o", "remount,bind,ro", str(trial.gateway.state))


def becomes_writable(trial: Trial) -> None:
    subprocess.run(["umount", "-l", str(trial.gateway.state)], check=True)


def lock(trial: Trial, name: str) -> None:
    database = sqlite3.connect(trial.gateway.state / name, isolation_level=None, check_same_thread=False)
    trial.undo.callback(database.close)
    database.execute("BEGIN EXCLUSIVE")


def locks(name: str):
    return lambda trial: lock(trial, name)


def locks_later(name: str):
    return lambda trial: trial.sink.script(**{"DATA#3": lambda: lock(trial, name)})


def damaged_at_start(name: str):
    def inject(trial: Trial) -> None:
        trial.gateway.stop()
        # What is in the log beside the file would heal it.
        database = sqlite3.connect(trial.gateway.state / name, isolation_level=None)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        damage(trial, name)
        does_not_start(trial)

    return inject


def damage(trial: Trial, name: str) -> None:
    path = trial.gateway.state / name
    shutil.copy(path, path.with_suffix(".sound"))
    octets = path.read_bytes()
    with open(path, "r+b") as file:
        file.write(b"\xa5" * len(octets))


def damaged(name: str):
    """Checkpointed and overwritten from the first byte to the last, beneath the running process."""
    def inject(trial: Trial) -> None:
        path = trial.gateway.state / name
        # The housekeeping of its start, in between, would fill the gateway's memory with sound pages again.
        time.sleep(1)
        database = sqlite3.connect(path, isolation_level=None)
        # A change by another process: what the gateway remembers of the file is void.
        database.executescript("BEGIN IMMEDIATE; CREATE TABLE touched (x); DROP TABLE touched; COMMIT;")
        # Busy while the gateway reads; what stays in the log would heal the file.
        while database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            time.sleep(0.05)
        # The last connection would take the files of the log with it; the gateway's is another one.
        database.close()
        damage(trial, name)

    return inject


def repaired(name: str):
    """The administrator puts the file back and starts it again."""
    def mend(trial: Trial) -> None:
        trial.gateway.kill()
        path = trial.gateway.state / name
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        shutil.move(path.with_suffix(".sound"), path)
        trial.gateway.start()

    return mend


# The letters' database, which the portal's user can write

LETTERS = "letters/letters.db"
UNUSABLE, USABLE = "letters.db cannot be used", "letters.db can be used again"


def truncated(path: Path, sound: Path) -> None:
    path.write_bytes(sound.read_bytes()[:sound.stat().st_size // 2])


def emptied(path: Path, sound: Path) -> None:
    del sound
    path.touch()


def linked_elsewhere(path: Path, sound: Path) -> None:
    path.symlink_to(sound)


def fifo(path: Path, sound: Path) -> None:
    del sound
    # To be read only: to open it so waits for a writer.
    os.mkfifo(path, 0o440)


def gone(path: Path, sound: Path) -> None:
    del path, sound


def scrambled(path: Path, sound: Path) -> None:
    path.write_bytes(b"\xa5" * sound.stat().st_size)


def replace_letters(trial: Trial, how) -> None:
    path = trial.gateway.state / LETTERS
    sound = path.with_suffix(".sound")
    path.rename(sound)
    how(path, sound)


def letters_replaced(how):
    """While it runs; the gateway finds out by itself, also where no mail needs a link."""
    def inject(trial: Trial) -> None:
        before = len(trial.gateway.log())
        replace_letters(trial, how)
        wait_for_log(trial, before, UNUSABLE)

    return inject


def letters_replaced_at_start(how):
    """It starts all the same."""
    def inject(trial: Trial) -> None:
        trial.gateway.stop()
        replace_letters(trial, how)
        trial.gateway.start()

    return inject


def letters_put_back(trial: Trial) -> None:
    """The administrator puts the file back and restarts nothing."""
    path = trial.gateway.state / LETTERS
    before = len(trial.gateway.log())
    path.unlink(missing_ok=True)
    path.with_suffix(".sound").rename(path)
    wait_for_log(trial, before, USABLE)


def letters_cut_open(trial: Trial) -> None:
    """Cut short in place, beneath the open file: a process that had mapped it would end by SIGBUS. So is what lies
    beside it."""
    path = trial.gateway.state / LETTERS
    shutil.copy(path, path.with_suffix(".sound"))
    for end in ("-shm", "-wal"):
        path.with_name(path.name + end).touch()
        os.truncate(path.with_name(path.name + end), 0)
    before = len(trial.gateway.log())
    os.truncate(path, path.stat().st_size // 2)
    wait_for_log(trial, before, UNUSABLE)


def locked_at_start(trial: Trial) -> None:
    trial.gateway.stop()
    lock(trial, LETTERS)
    trial.gateway.start()


def unlocked(trial: Trial) -> None:
    """It waits for nobody: nothing has to be done, but it may take a moment until that is noticed."""
    wait_for_log(trial, 0, USABLE)


def wait_for_log(trial: Trial, start: int, words: str) -> None:
    end = time.monotonic() + 120
    while words not in trial.gateway.log()[start:]:
        assert time.monotonic() < end, trial.gateway.log()[start:]
        time.sleep(0.05)


def answers_in_octets(trial: Trial) -> None:
    """An answer in pieces of one octet, put there as the portal's user."""
    code, text = trial.gateway.send("alice@example.org", list(RECIPIENTS), b"Subject: before\r\n\r\nbefore\r\n")
    assert code == 250, text
    trial.sink.forget()
    database = sqlite3.connect(trial.gateway.state / LETTERS, isolation_level=None, timeout=30)
    trial.undo.callback(database.close)
    (letter,) = database.execute("SELECT id FROM letters").fetchone()
    now = int(time.time())
    database.execute("BEGIN IMMEDIATE")
    for number in range(50):
        answer = f"{number:022}"
        database.execute(
            "INSERT INTO answers (letter_id, id, state, items, changed_at) VALUES (?, ?, 'complete', 1, ?)",
            (letter, answer, now),
        )
        database.execute("INSERT INTO answer_items VALUES (?, ?, 0, 1, 4000, 1)", (letter, answer))
        database.executemany(
            "INSERT INTO answer_pieces VALUES (?, ?, 0, ?, ?)", ((letter, answer, start, b"x") for start in range(4000))
        )
    database.execute("COMMIT")
    time.sleep(3)  # two rounds of the outbox


def nothing(trial: Trial) -> None:
    del trial


def no_files(spare: int):
    """Lowers the limit of open files of the running process to what is open, and `spare` more."""
    def inject(trial: Trial) -> None:
        # What it opens once and for all is open after a message.
        code, text = trial.gateway.send("alice@example.org", list(RECIPIENTS), b"Subject: before\r\n\r\nbefore\r\n")
        assert code == 250, text
        time.sleep(0.5)
        trial.sink.forget()
        pid = trial.gateway.process.pid
        numbers = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
        # The kernel gives out the lowest free number below the limit.
        limit = next(
            top
            for top in range(max(numbers) + spare + 2)
            if top - len([n for n in numbers if n < top]) >= spare and (spare or top not in numbers)
        )
        subprocess.run(["prlimit", "--pid", str(pid), f"--nofile={limit}:4096"], check=True)

    return inject


def more_files(trial: Trial) -> None:
    subprocess.run(["prlimit", "--pid", str(trial.gateway.process.pid), "--nofile=4096:4096"], check=True)


def kills(occasion: str, reply: str):
    def inject(trial: Trial) -> None:
        def kill() -> str:
            trial.gateway.kill()
            return reply

        trial.sink.script(**{occasion: kill})

    return inject


def ends(occasion: str):
    """SIGTERM in the middle of a message: it is finished, and the process ends well."""
    def inject(trial: Trial) -> None:
        trial.sink.script(**{occasion: lambda: trial.gateway.process.send_signal(signal.SIGTERM)})

    return inject


def restarts(trial: Trial) -> None:
    process = trial.gateway.process
    if process is not None:
        code = process.wait(timeout=30)
        assert code in (0, -signal.SIGKILL), f"it ended with {code}"
    trial.gateway.process = None
    trial.gateway.start()


def afterwards(what: str):
    return lambda trial: setattr(trial.mta, "afterwards", what)


def disarms(trial: Trial) -> None:
    """It was killed by itself, and is started as it would be after a crash."""
    process = trial.gateway.process
    code = process.wait(timeout=30)
    assert code == -signal.SIGKILL, f"the failpoint was not reached: it ended with {code}"
    trial.gateway.variables = {}
    trial.gateway.process = None
    trial.gateway.start()

"""The faults: what fails, and how it ends. One row of docs/operate/faults.md each, in this order."""
import signal
from dataclasses import replace

import fault_load
from fault_makers import (
    afterwards,
    answers_in_octets,
    becomes_read_only,
    becomes_writable,
    breaks_gpg,
    closed_meanwhile,
    damaged,
    damaged_at_start,
    disarms,
    disarms_helper,
    emptied,
    ends,
    fails_second_time,
    fifo,
    fills_disk,
    fills_disk_and_refuses,
    fills_disk_later,
    frees_disk,
    goes_away,
    gone,
    Hook,
    kills,
    kills_each_helper,
    letters_cut_open,
    letters_put_back,
    letters_replaced,
    letters_replaced_at_start,
    linked_elsewhere,
    locked_at_start,
    locks,
    locks_later,
    more_files,
    no_files,
    nothing,
    read_only_at_start,
    repaired,
    restarts,
    says,
    scrambled,
    seals_to_another,
    signals_helper,
    takes_memory_from_helper,
    truncated,
    unlocked,
    writable_again,
)
from fault_senders import CLEAR, HIDDEN, LINK, NAMES, RECIPIENTS, REPORT, SEALED
from faults import Fault

# The message makes five transmissions, in this order: clear, sealed, Bcc, the mail with the password, the link. Before
# the first of them the next hop is asked about all recipients; so the sixth MAIL and RCPT begin the sending.
FIRST_SENT = 6
REPLY_LOST = "the reply was lost"


# Next hop

VERBS = {
    "GREETING": "the connection",
    "EHLO": "EHLO",
    "MAIL": "MAIL",
    "RCPT": "RCPT",
    "DATA": "DATA",
    "END": "the final dot",
}


def refusals() -> list[Fault]:
    rows = []
    for digit, words in (("4", "for now"), ("5", "for good")):
        for verb, name in VERBS.items():
            code = {"GREETING": {"4": "421", "5": "554"}, "EHLO": {"4": "421", "5": "502"}}.get(
                verb, {"4": "451", "5": "550"}
            )
            line = f"{code[digit]} {'' if verb in ('GREETING', 'EHLO') else digit + '.3.0 '}no"
            replies: Hook = {verb: line}
            if verb == "EHLO":
                replies["HELO"] = line
            rows.append(Fault("refusals", f"refuses {name} {words}", says(replies)))
        line = f"{digit}50 {digit}.1.1 not this one"
        rows.append(Fault("refusals", f"refuses one recipient (Bcc) {words}", says({f"RCPT {HIDDEN}": line})))
        for verb, time, name in (
            ("MAIL", FIRST_SENT + 2, "MAIL"),
            ("RCPT", FIRST_SENT + 2, "RCPT"),
            ("DATA", 3, "DATA"),
            ("END", 3, "the final dot"),
        ):
            line = f"{digit}52 {digit}.3.0 no"
            rows.append(
                Fault(
                    "refusals",
                    f"refuses {name} of the third copy {words}, two are accepted",
                    says({f"{verb}#{time}": line}),
                )
            )
        rows.append(
            Fault(
                "refusals",
                f"refuses the mail with the password {words}, three copies are accepted",
                says({"END#4": f"{digit}52 {digit}.3.0 no"}),
            )
        )
        rows.append(
            Fault(
                "refusals",
                f"refuses the mail with the link {words}, all else is accepted",
                says({"END#5": f"{digit}52 {digit}.3.0 no"}),
            )
        )
    rows.append(Fault("refusals", "takes no 8-bit content", says({"EHLO": "250-sink.example\r\n250 PIPELINING"})))
    rows.append(
        Fault("refusals", "takes only 200 bytes", says({"EHLO": "250-sink.example\r\n250-8BITMIME\r\n250 SIZE 200"}))
    )
    return rows


def broken_lines() -> list[Fault]:
    rows = []
    for verb, name in {**VERBS, "RSET": "RSET"}.items():
        rows.append(Fault("line", f"drops the line before its reply to {name}", says({verb: "drop"})))
        # Whether the line was seen to be gone before the next command was written is chance.
        races = () if verb in ("END", "RSET", "DATA") else ("451 4.4.1, then 250", "250")
        rows.append(
            Fault(
                "line", f"drops the line after its first reply to {name}", says({f"{verb}#1": "then-drop"}), races=races
            )
        )
    for verb, time in (("MAIL", FIRST_SENT + 2), ("RCPT", FIRST_SENT + 2), ("DATA", 3), ("END", 3)):
        rows.append(
            Fault(
                "line",
                f"drops the line before its reply to {VERBS[verb]} of the third copy",
                says({f"{verb}#{time}": "drop"}),
            )
        )
        rows.append(
            Fault(
                "line",
                f"drops the line after its reply to {VERBS[verb]} of the third copy",
                says({f"{verb}#{time}": "then-drop"}),
            )
        )
    for time, who in ((1, CLEAR), (3, HIDDEN), (5, LINK)):
        rows.append(Fault(
            "line", f"accepts the copy for {NAMES[who]}, and the reply is lost", says({f"END#{time}": "kept-drop"}),
            twice=(who,), unavoidable=REPLY_LOST))
    rows.append(
        Fault("line", "accepts the mail with the password, and the reply is lost", says({"END#4": "kept-drop"}))
    )
    rows.append(
        Fault("line", "closed a connection that was kept for the next message", closed_meanwhile, station="idle")
    )
    return rows


def silences() -> list[Fault]:
    rows = [Fault("slow", f"is silent at {name}", says({verb: "silent"})) for verb, name in VERBS.items()]
    rows.append(Fault("slow", "is silent at the final dot of the third copy", says({"END#3": "silent"})))
    rows.append(
        Fault(
            "slow",
            "accepts the third copy and is silent",
            says({"END#3": "kept-silent"}),
            twice=(HIDDEN,),
            unavoidable=REPLY_LOST,
        )
    )
    rows.append(Fault("slow", "answers byte by byte", lambda trial: setattr(trial.sink, "drip_seconds", 0.005)))
    rows.append(
        Fault(
            "slow",
            "answers byte by byte, too slow for the deadline",
            lambda trial: setattr(trial.sink, "drip_seconds", 0.12),
        )
    )
    rows.append(Fault("slow", "talks nonsense", says({"MAIL": "hello there"})))
    rows.append(Fault("slow", "talks nonsense after the final dot", says({"END": "hello there"})))
    rows.append(Fault("slow", "writes a reply without an end", says({"MAIL": "250-" + "x" * 9000})))
    return rows


def absences() -> list[Fault]:
    return [
        Fault(
            "absent",
            "is not there, and comes back later",
            lambda trial: trial.sink.close(),
            lambda trial: trial.sink.open(),
        ),
        Fault("absent", "goes away after two copies, and comes back later", goes_away, lambda trial: trial.sink.open()),
    ]

GPG = {
    "is missing": None,
    "fails": "exit 2",
    "says nothing": "cat >/dev/null; exit 0",
    "hangs": "sleep 100000; exit 0",
    "is killed at its start": "kill -9 $$",
    "is killed in the middle of its output": 'gpg "$@" | head -c 400; kill -9 $$',
    "writes random bytes": "cat >/dev/null; head -c 2000 /dev/urandom; exit 0",
    "writes text": "cat >/dev/null; echo this is not a message; exit 0",
    "writes half of its output and says all is well": 'gpg "$@" | head -c 300; exit 0',
    "writes more behind its output": 'gpg "$@"; echo and more; exit 0',
    "gives back what it was given": "cat; exit 0",
    "takes its time": 'sleep 1; exec gpg "$@"',
}


def gpg_faults() -> list[Fault]:
    rows = [Fault("gpg", name, breaks_gpg(script)) for name, script in GPG.items()]
    rows.append(Fault("gpg", "seals to another key than the planned one", seals_to_another))
    rows.append(Fault("gpg", "is killed when one copy has been sealed", fails_second_time))
    rows.append(Fault("gpg", "`letterlock-seal` has been killed", signals_helper(signal.SIGKILL)))
    rows.append(Fault("gpg", "`letterlock-seal` hangs", signals_helper(signal.SIGSTOP)))
    rows.append(Fault("gpg", "`letterlock-seal` is out of memory", takes_memory_from_helper))
    rows.append(
        Fault(
            "gpg",
            "`letterlock-seal` is killed again and again",
            kills_each_helper,
            races=("451 4.3.0, then 250", "250"),
        )
    )
    return rows


# Disk and databases

DATABASES = {"gateway/gateway.db": "the gateway's database", "letters/letters.db": "the letters' database"}


def disk_faults() -> list[Fault]:
    rows = [
        Fault("disk", "the disk with state and temporary files is full", fills_disk, frees_disk, "disk"),
        Fault("disk", "the disk is full, a message that is only passed", fills_disk, frees_disk, "disk", (CLEAR,)),
        # The first message that a worker of gpg seals needs room for its home; later ones need none.
        Fault(
            "disk",
            "the disk is full, a message that is only sealed for one",
            fills_disk,
            frees_disk,
            "disk",
            (SEALED,),
            races=("451 4.3.0, then 250", "250"),
        ),
        Fault("disk", "the disk is full, a large message", fills_disk, frees_disk, "disk", lines=20_000),
        Fault("disk", "the disk fills up after two copies were accepted", fills_disk_later, frees_disk, "disk"),
        Fault(
            "disk",
            "the disk fills up after two copies were accepted, then the third is refused",
            fills_disk_and_refuses,
            frees_disk,
            "disk",
        ),
        Fault(
            "disk",
            "the state folder is read-only at start",
            read_only_at_start,
            lambda trial: writable_again(trial),
            "own",
        ),
        Fault("disk", "the state folder becomes read-only", becomes_read_only, becomes_writable, "own"),
    ]
    for name, words in DATABASES.items():
        rows.append(Fault("disk", f"{words} is locked by another process", locks(name), station="own"))
    for name, words in DATABASES.items():
        rows.append(
            Fault("disk", f"{words} is locked after two copies were accepted", locks_later(name), station="own")
        )
    name, words = next(iter(DATABASES.items()))
    rows.append(Fault("disk", f"{words} is damaged, at start", damaged_at_start(name), repaired(name), "own"))
    rows.append(Fault("disk", f"{words} is damaged while it runs", damaged(name), repaired(name), "own"))
    return rows + letters_faults()


BREAKAGES = {
    "is damaged": scrambled, "is cut to half": truncated, "is a symbolic link": linked_elsewhere, "is a FIFO": fifo,
}


def letters_faults() -> list[Fault]:
    """What the portal's user can do to the letters' database: mail that needs no link must not wait for it."""
    what, no_link, quick = "the letters' database", (CLEAR, SEALED), 4.0
    rows = []
    for words, how in BREAKAGES.items():
        rows += [
            Fault("disk", f"{what} {words}, at start", letters_replaced_at_start(how), letters_put_back, "own"),
            Fault("disk", f"{what} {words} while it runs", letters_replaced(how), letters_put_back, "own"),
            Fault(
                "disk", f"{what} {words}, a message that needs no link", letters_replaced(how), letters_put_back,
                "own", no_link, patience=quick),
        ]
    for words, how in {"is emptied": emptied, "is deleted": gone}.items():
        rows.append(Fault("disk", f"{what} {words} while it runs", letters_replaced(how), letters_put_back, "own"))
    rows += [
        Fault("disk", f"{what} is cut short in place while it runs", letters_cut_open, letters_put_back, "own"),
        Fault("disk", f"{what} is locked for ever, from the start on", locked_at_start, unlocked, "own"),
        Fault(
            "disk",
            f"{what} is locked for ever, a message that needs no link",
            locked_at_start,
            unlocked,
            "own",
            no_link,
            patience=quick,
        ),
        Fault("disk", f"{what} holds answers in pieces of one octet", answers_in_octets, station="own"),
    ]
    return rows


# Files and processes

def process_faults() -> list[Fault]:
    rows = [
        Fault("process", "no file can be opened any more", no_files(0), more_files, "own", patience=8),
        Fault(
            "process",
            "no file can be opened but for the sender's connection",
            no_files(1),
            more_files,
            "own",
            patience=8,
        ),
        Fault("process", "no file can be opened but for two connections", no_files(2), more_files, "own"),
        Fault("process", "few files can be opened", no_files(5), more_files, "own"),
    ]
    for verb, time, name in (
        ("MAIL", 1, "while the next hop is asked"), ("DATA", 1, "before the first copy is sent"),
        ("END", 3, "while the third copy is sent"),
    ):
        rows.append(Fault("process", f"SIGKILL {name}", kills(f"{verb}#{time}", "drop"), restarts, "own"))
    rows.append(
        Fault(
            "process",
            "SIGKILL when the next hop has the first copy and has not said so",
            kills("END#1", "kept-drop"),
            restarts,
            "own",
            twice=(CLEAR,),
            unavoidable="the gateway was killed between the next hop's 250 and the ledger's commit",
        )
    )
    rows.append(
        Fault(
            "process",
            "SIGKILL when the next hop has the link and has not said so",
            kills("END#5", "kept-drop"),
            restarts,
            "own",
            twice=(LINK,),
            unavoidable="the gateway was killed between the next hop's 250 and the ledger's commit",
        )
    )
    rows.append(Fault("process", "SIGTERM before the first copy is sent", ends("DATA#1"), restarts, "own"))
    rows.append(Fault("process", "SIGTERM while the third copy is sent", ends("END#3"), restarts, "own"))
    rows.append(
        Fault("process", "SIGTERM while twelve senders are at work", nothing, station="own", instead=fault_load.sigterm)
    )
    rows.append(
        Fault(
            "process",
            "SIGKILL six times at random while eight senders are at work",
            nothing,
            station="own",
            instead=fault_load.sigkill,
        )
    )
    return rows


# Other doors

def over_lmtp() -> list[Fault]:
    """Every recipient has a reply of its own, and nobody is asked about before."""
    rows = []
    for digit, words in (("4", "for now"), ("5", "for good")):
        code = f"{digit}50 {digit}.3.0 no"
        for verb in ("MAIL", "RCPT", "DATA", "END"):
            rows.append(Fault("lmtp", f"the next hop refuses {VERBS[verb]} {words}", says({verb: code})))
        rows.append(
            Fault(
                "lmtp",
                f"the next hop refuses one recipient (Bcc) {words}",
                says({f"RCPT {HIDDEN}": f"{digit}50 {digit}.1.1 no"}),
            )
        )
        rows.append(
            Fault("lmtp", f"the next hop refuses the final dot of the first copy {words}", says({"END#1": code}))
        )
        rows.append(
            Fault("lmtp", f"the next hop refuses the final dot of the third copy {words}", says({"END#3": code}))
        )
        rows.append(Fault("lmtp", f"the next hop refuses the mail with the password {words}", says({"END#4": code})))
        rows.append(Fault("lmtp", f"the next hop refuses the mail with the link {words}", says({"END#5": code})))
    rows += [
        Fault(
            "lmtp",
            "the next hop drops the line before its reply to the final dot of the third copy",
            says({"END#3": "drop"}),
        ),
        Fault(
            "lmtp",
            "the next hop accepts the copy for Bcc, and the reply is lost",
            says({"END#3": "kept-drop"}),
            twice=(HIDDEN,),
            unavoidable=REPLY_LOST,
        ),
        Fault("lmtp", "the next hop is silent at DATA of the third copy", says({"DATA#3": "silent"})),
        Fault("lmtp", "the next hop is not there", lambda trial: trial.sink.close(), lambda trial: trial.sink.open()),
        Fault("lmtp", "gpg is missing", breaks_gpg(None)),
        Fault(
            "lmtp",
            "gpg writes half of its output and says all is well",
            breaks_gpg(GPG["writes half of its output and says all is well"]),
        ),
        Fault("lmtp", "gpg is killed when one copy has been sealed", fails_second_time),
        Fault("lmtp", "the letters' database is locked by another process", locks("letters/letters.db"), station="own"),
        Fault(
            "lmtp",
            "the letters' database is a symbolic link",
            letters_replaced(linked_elsewhere),
            letters_put_back,
            "own",
        ),
        Fault("lmtp", "the disk is full", fills_disk, frees_disk, "disk"),
        Fault("lmtp", "SIGKILL while the third copy is sent", kills("END#3", "drop"), restarts, "own"),
        Fault("lmtp", "SIGTERM while the third copy is sent", ends("END#3"), restarts, "own"),
    ]
    return [replace(row, door="lmtp") for row in rows]


def over_milter() -> list[Fault]:
    """With `split: yes`: the clear copy stays with the mail server, the others are handed to the next hop before it is
    told."""
    rows = []
    for digit, words in (("4", "for now"), ("5", "for good")):
        code = f"{digit}50 {digit}.3.0 no"
        for verb in ("MAIL", "RCPT", "DATA", "END"):
            rows.append(Fault("milter", f"the next hop refuses {VERBS[verb]} {words}", says({verb: code})))
        rows.append(
            Fault(
                "milter",
                f"the next hop refuses one recipient (Bcc) {words}",
                says({f"RCPT {HIDDEN}": f"{digit}50 {digit}.1.1 no"}),
            )
        )
        rows.append(
            Fault("milter", f"the next hop refuses the final dot of the second copy {words}", says({"END#2": code}))
        )
        rows.append(Fault("milter", f"the next hop refuses the mail with the link {words}", says({"END#4": code})))
    rows += [
        Fault(
            "milter",
            "the next hop drops the line before its reply to the final dot of the second copy",
            says({"END#2": "drop"}),
        ),
        Fault(
            "milter",
            "the next hop accepts the copy for Bcc, and the reply is lost",
            says({"END#2": "kept-drop"}),
            twice=(HIDDEN,),
            unavoidable=REPLY_LOST,
        ),
        Fault("milter", "the next hop is silent at DATA of the second copy", says({"DATA#2": "silent"})),
        Fault("milter", "the next hop is not there", lambda trial: trial.sink.close(), lambda trial: trial.sink.open()),
        Fault(
            "milter",
            "the next hop is not there, a message that stays whole",
            lambda trial: trial.sink.close(),
            lambda trial: trial.sink.open(),
            recipients=(SEALED,),
        ),
        Fault("milter", "gpg is missing", breaks_gpg(None)),
        Fault(
            "milter",
            "gpg writes half of its output and says all is well",
            breaks_gpg(GPG["writes half of its output and says all is well"]),
        ),
        Fault("milter", "gpg gives back what it was given", breaks_gpg(GPG["gives back what it was given"])),
        Fault(
            "milter", "the letters' database is locked by another process", locks("letters/letters.db"), station="own"
        ),
        Fault(
            "milter",
            "the letters' database is a symbolic link",
            letters_replaced(linked_elsewhere),
            letters_put_back,
            "own",
        ),
        Fault("milter", "the disk is full", fills_disk, frees_disk, "disk"),
        Fault("milter", "SIGKILL while the second copy is sent", kills("END#2", "drop"), restarts, "own"),
        Fault("milter", "SIGTERM while the second copy is sent", ends("END#2"), restarts, "own"),
        Fault(
            "milter",
            "the mail server fails after the last word, and its client tries again",
            afterwards("lost"),
            twice=(SEALED, HIDDEN, LINK),
            unavoidable="the milter's residual risk",
        ),
        Fault(
            "milter",
            "a later milter of the server refuses the message",
            afterwards("550 5.7.1"),
            may_mislead=True,
            unavoidable="the milter's residual risk",
        ),
    ]
    return [replace(row, door="milter") for row in rows]


# Failpoints: where what is on disk, what the next hop has and what the sender was told move apart.

COMMIT = "the gateway was killed between the next hop's 250 and the ledger's commit"

FAILPOINTS = {
    "path.decided": ("the plan is made, nothing has been done", (), ""),
    "path.sealed": ("all is sealed, nothing has been kept or sent", (), ""),
    "vault.kept": ("the letter is in the store, nothing has been sent", (), ""),
    "relay.asked": ("the next hop has been asked about everybody", (), ""),
    "relay.accepted@1": ("the next hop has the clear copy, the ledger does not know", (CLEAR,), ""),
    "relay.committed@1": ("the ledger knows of the clear copy", (), ""),
    "relay.accepted@3": ("the next hop has the Bcc copy, the ledger does not know", (HIDDEN,), ""),
    "relay.committed@3": ("the ledger knows of the Bcc copy", (), ""),
    "relay.password-mailed": ("the sender has been mailed the password, the ledger does not know", (), ""),
    "relay.notifying": ("the letter is marked, the link has not been sent", (), ""),
    "relay.accepted@4": ("the next hop has the link, the ledger does not know", (LINK,), ""),
    "relay.committed@4": ("the ledger knows of the link, the letter is not readable yet", (), ""),
    "relay.readable": ("the letter can be opened, the sender has not been told", (), ""),
    "report.accepted": ("the next hop has the non-delivery report, the ledger does not know", (REPORT,), "END#3"),
    "report.committed": ("the ledger knows of the report, the sender has not been told", (), "END#3"),
    "gateway.before-reply": ("all is done, the sender has not been told", (), ""),
    "gateway.after-reply": ("the sender has been told, the ledger still remembers", (), ""),
    "gateway.forgotten": ("the sender has been told, the ledger has forgotten", (), ""),
}


def failpoints() -> list[Fault]:
    rows = []
    for point, (words, twice, refused) in FAILPOINTS.items():
        rows.append(Fault(
            "failpoint", f"`{point}`: {words}", says({refused: "552 5.3.0 no"} if refused else {}), disarms,
            f"failpoint {point}=kill", twice=twice, unavoidable=COMMIT if twice else ""))
    for point, words in {
        "seal.asked": "each `letterlock-seal` dies when it is asked",
        "seal.started": "each `letterlock-seal` dies when it has started gpg",
    }.items():
        rows.append(
            Fault("failpoint", f"`{point}`: {words}", nothing, disarms_helper, f"failpoint {point}=kill"))
    return rows


CHAPTERS = {
    "refusals": "The next hop refuses",
    "line": "The next hop drops the line",
    "slow": "The next hop is silent, slow or mad",
    "absent": "The next hop is not there",
    "gpg": "gpg",
    "disk": "Disk and databases",
    "process": "Files, and the end of the process",
    "lmtp": "Over LMTP",
    "milter": "As a milter, with `split: yes`",
    "failpoint": "SIGKILL at each commit point",
}


def table() -> list[Fault]:
    """All rows that any build can run."""
    over_smtp = refusals() + broken_lines() + silences() + absences() + gpg_faults() + disk_faults() + process_faults()
    return over_smtp + over_lmtp() + over_milter()


assert set(RECIPIENTS) == {CLEAR, SEALED, HIDDEN, LINK}

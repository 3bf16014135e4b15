"""Writes docs/operate/faults.md out of what the fault suite has seen, or compares it."""
import difflib
import os
from pathlib import Path

from fault_table import CHAPTERS
from fault_senders import NAMES
from faults import Fault, Outcome

PAGE = Path(__file__).resolve().parents[3] / "docs" / "operate" / "faults.md"

HEAD = """# Faults

What becomes of a message when something around Letterlock fails. This page is written by the fault suite
(`Tests/RealServers/faults/test_faults.py`) from what it saw with the real program, by `make faults RECORD=1`;
`make test` runs the suite again and fails where the page says something else.

## How to read it

Each row is one trial. A sender hands in one message for four recipients, each treated in another way: *clear* (passes as
it is), *sealed* (has a key and is named in To), *Bcc* (has a key and is named nowhere), *link* (has no key and gets a
password-unlock link). It behaves as a mail server does: what is answered 4xx or not at all stays in its queue and is
tried again; 250 and 5xx are final. The fault lasts for the first try, then it is mended. *The sender saw* the answers,
try by try. The next four columns say how many copies each recipient got in the end: *told* means that the sender's
answer was 5xx, *report* that a non-delivery report was sent. *Passwords* counts the mails with the password of the
link; a later one says that it replaces the former. Each sealed copy was opened and compared, each link's letter looked
for, and every byte that left towards a protected recipient searched for the plaintext.

## What cannot be avoided

Nothing is ever lost or sent in clear. Two things can make a copy come twice, and no mail system can rule them out,
because two machines cannot agree on one fact over a line that may break:

1. **A reply that is lost**, on either side. The next hop has accepted a copy, and the line breaks before its 250 is read
   here: for all that is known the copy may not have arrived, so it is sent again. The same holds for our own 250 and the
   sender (RFC 1047 describes it). A copy that may have come twice is better than one that may have come never.
2. **A kill between the next hop's 250 and the commit of the ledger.** What was accepted is written down at once, in the
   same breath, but not in the same instant: a process killed (or a machine without power) in between does not know it
   after its restart.

Rows in which this happened say so in their verdict. All others show each copy once.

A third one belongs to the **milter** alone: there the mail server in front delivers the message, not Letterlock. What was
taken out of the message and sent by Letterlock itself (`split: yes`) has gone when a later milter of the same server
refuses the message, or when the server loses the client's line after that. The sender is then told of a failure, or
tries again, although some recipients have their copy. Put Letterlock last among the milters that can refuse; without
`split: yes` such a message is answered 4xx and nothing of it leaves.
"""

COLUMNS = ["fault", "the sender saw", *NAMES.values(), "passwords", "verdict"]


def cells(values: list[str]) -> str:
    return "| " + " | ".join(value.replace("|", "\\|") for value in values) + " |"


def chapter(title: str, rows: dict[Fault, Outcome]) -> str:
    lines = [f"## {title}", "", cells(COLUMNS), cells(["---"] * len(COLUMNS)).replace(" ", "")]
    lines += [cells([fault.name, outcome.saw, *outcome.cells, outcome.verdict]) for fault, outcome in rows.items()]
    return "\n".join(lines) + "\n"


def page(outcomes: dict[Fault, Outcome]) -> str:
    parts = [HEAD]
    for key, title in CHAPTERS.items():
        rows = {fault: outcome for fault, outcome in outcomes.items() if fault.chapter == key}
        # What was not run stands as it was recorded.
        parts.append(chapter(title, rows) if rows else recorded(title))
    return "\n".join(part for part in parts if part)


def recorded(title: str) -> str:
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    start = text.find(f"## {title}\n")
    if start < 0:
        return ""
    end = text.find("\n## ", start)
    return text[start:] if end < 0 else text[start:end]


def check(outcomes: dict[Fault, Outcome]) -> None:
    made = page(outcomes)
    if os.environ.get("RECORD"):
        PAGE.write_text(made, encoding="utf-8")
        return
    kept = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    lines = difflib.unified_diff(
        kept.splitlines(), made.splitlines(), "docs/operate/faults.md", "seen", "", "", 0, "")
    differences = "\n".join(lines)
    assert not differences, f"`make faults RECORD=1` writes the page:\n{differences}"

"""Writes docs/faults.md out of what the fault suite has seen, or compares it."""
import os
from pathlib import Path

from fault_table import CHAPTERS
from faults import NAMES, Fault, Outcome

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"

HEAD = """# Faults

What happens to a message when something around Letterlock fails. This page is written by the fault suite
(`Tests/RealServers/test_faults.py`, `make faults RECORD=1`) from what it saw with the real program, and `make test`
compares it.
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
        if rows:
            parts.append(chapter(title, rows))
    return "\n".join(parts)


def check(outcomes: dict[Fault, Outcome]) -> None:
    made = page(outcomes)
    if os.environ.get("RECORD"):
        PAGE.write_text(made, encoding="utf-8")
        return
    assert PAGE.exists() and made == PAGE.read_text(encoding="utf-8"), "docs/faults.md differs; `make faults RECORD=1` writes it"

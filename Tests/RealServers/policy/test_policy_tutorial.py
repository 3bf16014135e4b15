"""docs/policy/policy.md, section 1, followed to the letter: files are written, commands typed, output compared.

RECORD=1 writes the output that came into the page instead.
"""
import os
import re
import subprocess
from pathlib import Path

from kit.gateway import binary, environment

PAGE = Path(__file__).resolve().parents[3] / "docs" / "policy" / "policy.md"
BLOCK = re.compile(r"<!-- (file|append|run)(?:: (\S+))? -->\n```[a-z]*\n(.*?)```\n", re.DOTALL)


def stable(text: str) -> str:
    """The text without what is different each time: times, message ids, boundaries, sizes that come of them."""
    text = re.sub(r"(Date: |; )\w{3}, .*", r"\1…", text)
    text = re.sub(r"(Message-ID: |boundary=).*", r"\1…", text)
    return re.sub(r"\d+ bytes$", "… bytes", text, flags=re.MULTILINE)


def run(lines: str, code: int, folder: Path) -> tuple[str, Path]:
    """Types the `$` lines of a block; gives the block as it should stand in the page, and the folder one is in then."""
    programs = os.path.dirname(binary())
    variables = {**environment(), "PATH": f"{programs}:{os.environ['PATH']}", "COLUMNS": "80"}
    seen = ""
    commands = [line[2:] for line in lines.splitlines() if line.startswith("$ ")]
    for number, command in enumerate(commands):
        done = subprocess.run(
            ["sh", "-c", f"{command}\ncode=$?; pwd > .where; exit $code"], cwd=folder, env=variables,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
            check=False)
        wanted = code if number == len(commands) - 1 else 0
        before = folder
        for place in (p for p in (folder, *folder.glob("*")) if (p / ".where").exists()):
            folder = Path((place / ".where").read_text().strip())
            (place / ".where").unlink()
        assert done.returncode == wanted, f"in {before}: {command}\nended with {done.returncode}:\n{done.stdout}"
        seen += f"$ {command}\n{done.stdout}"
    return seen, folder


def test_the_tutorial_works_as_written(folder):
    text = PAGE.read_text(encoding="utf-8")
    where, new, last, different = folder, "", 0, []
    for block in BLOCK.finditer(text):
        kind, argument, body = block.groups()
        if kind == "run":
            seen, where = run(body, int(argument or 0), where)
            if stable(seen) == stable(body):
                seen = body
            if seen != body:
                different.append(f"the page says:\n{body}\nand this came:\n{seen}")
        else:
            seen = body
            with open(where / argument, "a" if kind == "append" else "w", encoding="utf-8") as file:
                file.write(body)
        new += text[last:block.start(3)] + seen
        last = block.end(3)
    assert last, "the page has no block to follow"
    if os.environ.get("RECORD"):
        PAGE.write_text(new + text[last:], encoding="utf-8")
    else:
        assert not different, "\n\n".join(different)

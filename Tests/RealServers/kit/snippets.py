"""Takes the configuration out of the docs, so that the tests run the very lines that people copy."""
import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[3] / "docs"
SNIPPET = re.compile(r"<!-- snippet: (\S+) -->\n```[a-z]*\n(.*?)```\n", re.DOTALL)


def snippets(page: str) -> dict[str, str]:
    """Name to text of the marked code blocks of a page, which is named from docs/ on."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = SNIPPET.findall(text)
    assert len(found) == text.count("<!-- snippet:"), f"{page}: a snippet mark without a code block below it"
    return dict(found)


def replaced(text: str, values: dict[str, str]) -> str:
    """The snippet with ports and paths of the test in place of the documented ones; each must occur."""
    for old, new in values.items():
        assert old in text, f"the documentation no longer says {old!r}"
        text = text.replace(old, new)
    return text

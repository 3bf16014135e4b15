"""The documentation holds together: its index, its links, and the pages that code and texts name."""
import re
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
DOCS = TOP / "docs"
# These stay beside the index; every other page is in the folder of its reader.
BESIDE = {"README.md", "architecture.md", "threat-model.md", "specifications.md", "dependencies.md", "letterlock.yaml"}
FOLDERS = {"install", "policy", "links", "operate", "inside"}
LINK = re.compile(r"\]\(([^)#\s]*)(#[^)]*)?\)")
MENTION = re.compile(r"(?<![\w./-])docs/[\w./-]*[\w-]+\.(?:md|yaml)\b")
PLACES = ["Sources", "Tests", "Fuzz", "tools", "packaging", "policy", "docs", ".ci"]
FILES = ["README.md", "Package.swift", "Makefile"]


def pages() -> list[Path]:
    return sorted(DOCS.rglob("*.md"))


def anchor(heading: str) -> str:
    """The name that a heading has in an address."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def texts():
    """Every text file that may name a page, with what is in it."""
    files = [TOP / name for name in FILES]
    for place in PLACES:
        files += [path for path in (TOP / place).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    for path in files:
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


class Docs(unittest.TestCase):
    def test_pages_are_in_the_folders_of_their_readers(self):
        self.assertEqual({path.name for path in DOCS.iterdir() if path.is_file()}, BESIDE)
        self.assertEqual({path.name for path in DOCS.iterdir() if path.is_dir()}, FOLDERS)

    def test_the_index_names_every_page(self):
        named = {DOCS / found[1] for found in LINK.finditer((DOCS / "README.md").read_text(encoding="utf-8"))}
        self.assertEqual(named, {*pages(), DOCS / "letterlock.yaml"} - {DOCS / "README.md"})

    def test_names_of_pages_are_unique(self):
        names = [path.name for path in pages() if path.parent != DOCS]
        self.assertEqual(len(names), len(set(names)))

    def test_links_lead_somewhere(self):
        broken = []
        for page in [*pages(), TOP / "README.md"]:
            for found in LINK.finditer(page.read_text(encoding="utf-8")):
                target, place = found[1], (found[2] or "")[1:]
                if "://" in target or target.startswith("mailto:"):
                    continue
                path = (page.parent / target).resolve() if target else page
                if not path.exists():
                    broken.append(f"{page.relative_to(TOP)}: {target}")
                elif place and path.suffix == ".md":
                    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
                    if place not in map(anchor, headings):
                        broken.append(f"{page.relative_to(TOP)}: {target}#{place}")
        self.assertEqual(broken, [])

    def test_pages_that_are_named_exist(self):
        missing = [
            f"{path.relative_to(TOP)}: {mention}" for path, text in texts() for mention in MENTION.findall(text)
            if not (TOP / mention).exists() and path.name != Path(__file__).name]
        self.assertEqual(sorted(set(missing)), [])


if __name__ == "__main__":
    unittest.main()

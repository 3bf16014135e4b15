"""Measures of the Swift sources: files in folders, lengths, parameters, fields, names. For tools/sizes and its test.

The sources are read without a compiler: comments and texts are blanked first, then declarations are found by their
words and braces. That is exact enough for code that is formatted as .swift-format says.
"""
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
FOLDERS = ("Sources", "Tests")
# What may be there at most, without an exception in tools/tests/exceptions.txt.
MOST = {"files": 20, "columns": 0, "parameters": 6, "fields": 12, "optionals": 2, "function": 61, "name": 0}
WIDTH = 120
# Types that have as many fields as what they stand for: arguments of commands, rows and messages on a wire.
FREE_BY_CONFORMANCE = re.compile(
    r"\b(\w*Parsable\w*|\w*Command|Codable|Decodable|Encodable|FetchableRecord|\w*PersistableRecord|DecodedValue)\b")
# Modules whose types are values of settings, or machines of a protocol.
FREE_BY_MODULE = {"Settings", "SettingValues", "SMTP", "Milter"}

TYPE = re.compile(r"\b(struct|class|actor|enum|protocol|extension)\s+([A-Za-z_][\w.]*)((?:[^{}=;]|==)*?)\{")
FUNCTION = re.compile(r"(?<![.\w])(func\s+(?:[\w`]+|[^\s\w(]+)|init[?!]?|subscript|deinit)\s*(?=[<({])")
# Where a line of a type's body begins something new, so that the property above it has ended.
NEXT = re.compile(
    r"\n(?=\s*(?:@|\}|let\b|var\b|func\b|init\b|static\b|(?:[\w()]+\s+)+(?:let|var|func|init)\b))")
FIELD = re.compile(r"^\s*((?:@\w+(?:\([^)]*\))?\s+|[\w()]+\s+)*?)(let|var)\s+(\w[^\n]*)", re.MULTILINE)
MODIFIERS = {
    "private", "fileprivate", "internal", "package", "public", "open", "final", "lazy", "weak", "unowned",
    "nonisolated", "private(set)", "package(set)", "fileprivate(set)", "nonisolated(unsafe)", "unowned(unsafe)",
    "override", "required",
}


@dataclass
class Type:
    """A type with the lines of its declaration, or an extension. `fields` are name and whether it is optional."""

    kind: str
    name: str
    conformances: str
    start: int
    end: int
    fields: list[tuple[str, bool]] = field(default_factory=list)


@dataclass
class Function:
    """A function, initialiser or subscript: its labels as one writes it, and its length in lines."""

    name: str
    parameters: int
    line: int
    lines: int


@dataclass
class Source:
    """What was found in one file."""

    path: str
    lines: int
    wide: int
    types: list[Type]
    functions: list[Function]

    @property
    def module(self) -> str:
        return "/".join(self.path.split("/")[:2])


def blanked(text: str) -> str:
    """The text with comments and the insides of strings replaced by spaces; line ends stay where they are."""
    out = list(text)

    def blank(start: int, end: int) -> None:
        for index in range(start, end):
            if out[index] != "\n":
                out[index] = " "

    def string(start: int) -> int:
        """Blanks the string at `start`; gives the place behind it."""
        opening = re.compile(r'(#*)("""|")').match(text, start)
        hashes, quotes = opening[1], opening[2]
        at = opening.end()
        begun = at
        while at < len(text):
            if text.startswith(quotes + hashes, at):
                blank(begun, at)
                return at + len(quotes) + len(hashes)
            if text.startswith("\\" + hashes, at):
                at += 1 + len(hashes)
                if text.startswith("(", at):
                    at = inside(at)
                else:
                    at += 1
            elif text[at] == "\n" and quotes == '"':
                break
            else:
                at += 1
        blank(begun, at)
        return at

    def inside(start: int) -> int:
        """Passes over the code of an interpolation; gives the place behind its parenthesis."""
        depth, at = 0, start
        while at < len(text):
            if text[at] == '"' or text[at] == "#" and re.compile(r'#+"').match(text, at):
                at = string(at)
                continue
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
            if depth == 0:
                break
        return at

    at = 0
    while at < len(text):
        if text.startswith("//", at):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            blank(at, end)
            at = end
        elif text.startswith("/*", at):
            depth, end = 1, at + 2
            while depth and end < len(text):
                depth += {"/*": 1, "*/": -1}.get(text[end:end + 2], 0)
                end += 2 if text[end:end + 2] in ("/*", "*/") else 1
            blank(at, end)
            at = end
        elif text[at] == '"' or text[at] == "#" and re.compile(r'#+"').match(text, at):
            at = string(at)
        else:
            at += 1
    return "".join(out)


def closing(text: str, start: int) -> int:
    """The place of the bracket that closes the one at `start`."""
    pairs = {"(": ")", "[": "]", "{": "}"}
    opening, end = text[start], pairs[text[start]]
    depth = 0
    for at in range(start, len(text)):
        if text[at] == opening:
            depth += 1
        elif text[at] == end:
            depth -= 1
            if depth == 0:
                return at
    return len(text) - 1


def pieces(text: str) -> list[str]:
    """The text cut at commas outside of all brackets."""
    found, depth, begun = [], 0, 0
    for at, character in enumerate(text):
        if character in "([{" or character == "<" and text[at + 1:at + 2].isalnum():
            depth += 1
        elif character in ")]}" or character == ">" and text[at - 1:at] != "-" and depth:
            depth -= 1
        elif character == "," and depth == 0:
            found.append(text[begun:at])
            begun = at + 1
    found.append(text[begun:])
    return [piece for piece in found if piece.strip()]


def line_of(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def fields_of(body: str) -> list[tuple[str, bool]]:
    """Stored properties in the body of a type, at its own level."""
    flat, depth = [], 0
    for character in body:
        depth -= character == "}"
        flat.append(character if depth <= 0 or character in "{}\n" and depth <= 1 else " ")
        depth += character == "{"
    own = "".join(flat)
    found: list[tuple[str, bool]] = []
    for match in FIELD.finditer(own):
        words = re.sub(r"@\w+(\([^)]*\))?", "", match[1]).split()
        if any(word not in MODIFIERS for word in words):
            continue
        begun = match.start(3)
        rest = own[begun:begun + 2000]
        head = NEXT.split(rest)[0]
        stops = [at for at in (head.find("{"), head.find("=")) if at >= 0]
        if stops and head[min(stops)] == "{" and not observed(body, begun, own):
            continue
        for piece in pieces(head.split("{")[0]):
            name = re.match(r"\s*(\w+)", piece)
            if name:
                before, _, after = piece.partition("=")
                optional = before.rstrip().endswith("?") or after.strip() == "nil" or "Optional<" in before
                found.append((name[1], optional))
    return found


def observed(body: str, begun: int, own: str) -> bool:
    """True where the braces behind a property hold observers: it is stored then."""
    brace = own.find("{", begun)
    return re.match(r"\s*(didSet|willSet)\b", body[brace + 1:brace + 200]) is not None


def types_of(code: str) -> list[Type]:
    """Every type and extension, outer before inner."""
    found = []
    for match in TYPE.finditer(code):
        before = code[code.rfind("\n", 0, match.start()) + 1:match.start()]
        if match[1] == "class" and re.search(r"\bclass\s+(func|var|let)\b", match[0]) or before.rstrip().endswith(":"):
            continue
        brace = match.end() - 1
        end = closing(code, brace)
        made = Type(match[1], match[2], match[3], match.start(), end)
        if made.kind in ("struct", "class", "actor"):
            made.fields = fields_of(code[brace + 1:end])
        found.append(made)
    return found


def functions_of(code: str, types: list[Type]) -> Iterator[Function]:
    """Every function with a body, named by the types that it stands in."""
    for match in FUNCTION.finditer(code):
        before = code[code.rfind("\n", 0, match.start()) + 1:match.start()]
        if before.strip() and not all(
                word in MODIFIERS or word in ("static", "class", "mutating", "nonmutating", "convenience", "prefix",
                                              "postfix", "infix", "indirect", "dynamic", "consuming", "borrowing")
                or word.startswith("@") for word in re.sub(r"\([^)]*\)", "", before).split()):
            continue
        at = match.end()
        if code[at] == "<":
            at = code.find("(", at)
        labels = []
        if at >= 0 and code[at] == "(":
            end = closing(code, at)
            for piece in pieces(code[at + 1:end]):
                label = re.match(r"\s*(?:@\w+\s+)*(\w+)", piece)
                labels.append(label[1] if label else "_")
            at = end
        owners = [made.name for made in types if made.start < match.start() < made.end]
        word = match[1].split()[-1].rstrip("?!")
        name = ".".join([*owners, word + "(" + "".join(f"{label}:" for label in labels) + ")"])
        start = line_of(code, match.start())
        # A requirement of a protocol has no body; its line ends without a brace.
        body = re.compile(r"[^{}]*?\{").match(code, at + 1) if code[at] == ")" else re.compile(r"\{").match(code, at)
        owner = next((made for made in reversed(types) if made.start < match.start() < made.end), None)
        length = 1
        if body and not (owner and owner.kind == "protocol"):
            length = line_of(code, closing(code, body.end() - 1)) - start + 1
        yield Function(name, len(labels), start, length)


def read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    code = blanked(text)
    types = types_of(code)
    lines = text.split("\n")
    return Source(
        str(path.relative_to(TOP)), len(lines) - (lines[-1] == ""), sum(len(line) > WIDTH for line in lines), types,
        list(functions_of(code, types)))


def sources(folders: tuple[str, ...] = FOLDERS) -> list[Source]:
    return [read(path) for folder in folders for path in sorted((TOP / folder).rglob("*.swift"))]


def files_in_folders(found: list[Source]) -> dict[str, int]:
    """Swift files directly in each folder."""
    counts: dict[str, int] = {}
    for source in found:
        folder = source.path.rpartition("/")[0]
        counts[folder] = counts.get(folder, 0) + 1
    return counts


def is_free(source: Source, made: Type) -> bool:
    """True for types that the measures of fields do not bind."""
    return (
        source.module.removeprefix("Sources/") in FREE_BY_MODULE or bool(FREE_BY_CONFORMANCE.search(made.conformances))
        or made.name.endswith("Machine"))


def misnamed(source: Source) -> bool:
    """True where a file is not named after a type or an extension in it. A file of free functions has no type."""
    stem = source.path.rpartition("/")[2].removesuffix(".swift")
    names = {made.name.rpartition(".")[2] for made in source.types}
    return bool(names) and stem.split("+")[0] not in names and stem != "main"


def over(found: list[Source]) -> dict[tuple[str, str], int]:
    """What is more than MOST allows: measure and subject, to the figure. Types and functions are named with their module,
    not with their file, so that they can be moved."""
    figures: dict[tuple[str, str], int] = {}

    def note(measure: str, subject: str, figure: int) -> None:
        if figure > MOST[measure]:
            figures[measure, subject] = max(figure, figures.get((measure, subject), 0))

    for folder, count in files_in_folders(found).items():
        note("files", folder, count)
    for source in found:
        note("columns", source.path, source.wide)
        if source.path.startswith("Sources/"):
            note("name", source.path, int(misnamed(source)))
        for function in source.functions:
            note("parameters", f"{source.module} {function.name}", function.parameters)
            if source.path.startswith("Sources/"):
                note("function", f"{source.module} {function.name}", function.lines)
        for made in source.types if source.path.startswith("Sources/") else []:
            if not is_free(source, made):
                note("fields", f"{source.module} {made.name}", len(made.fields))
                note("optionals", f"{source.module} {made.name}", sum(optional for _, optional in made.fields))
    return figures

"""Messages of several kinds, the same in every run."""
import base64
import random

HEADER = (
    "From: Alice Example <alice@example.org>\r\nTo: Carol Example <carol@plain.example>\r\nSubject: Figures of May\r\n"
    "Message-ID: <bench@example.org>\r\nDate: Mon, 4 May 2026 10:00:00 +0200\r\nMIME-Version: 1.0\r\n")
TEXT = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
WORDS = """the of and to in that was for with letter order please meeting tomorrow project team budget report would about
delivery contract customer question answer address number office week month agreement attached regards thank sincerely""".split()
EMOJI = ["😀", "🎉", "✅", "👍", "🚀", "😂", "🙏", "❤️"]


def lines(size: int, piece, separator: str = " ") -> str:
    """Text of about so many bytes in lines of about 70, made of pieces."""
    made, length = [], 0
    while length < size:
        line: list[str] = []
        width = 0
        while width < 70:
            line.append(piece())
            width += len(line[-1].encode()) + len(separator)
        made.append(separator.join(line) + "\r\n")
        length += len(made[-1].encode())
    return "".join(made)


def prose(size: int, seed: int = 1) -> str:
    dice = random.Random(seed)
    return lines(size, lambda: dice.choice(WORDS))


def digits(size: int, seed: int = 2) -> str:
    """Numbers of one to six digits."""
    dice = random.Random(seed)
    return lines(size, lambda: str(dice.randrange(10 ** dice.randint(1, 6))))


def emoji(size: int, seed: int = 3) -> str:
    dice = random.Random(seed)
    return lines(size, lambda: dice.choice(EMOJI), "")


def plain(body: str) -> bytes:
    return (HEADER + TEXT + body).encode()


def with_attachment(name: str, kind: str, content: bytes) -> bytes:
    """A short text and one file."""
    boundary = "=_bench"
    head = (
        f"{HEADER}Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n{TEXT}{prose(400)}\r\n"
        f"--{boundary}\r\nContent-Type: {kind}; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n")
    return head.encode() + base64.encodebytes(content).replace(b"\n", b"\r\n") + f"--{boundary}--\r\n".encode()

"""Messages that the tests send."""

CANARY = "canary-7f3a-the-plaintext-must-not-travel"


def message(to: str, *, subject: str = "quarterly figures", body: str = CANARY, extra: str = "") -> bytes:
    """A plain message with CRLF lines; `extra` is further header lines."""
    text = (
        f"From: Alice <alice@example.org>\nTo: {to}\nSubject: {subject}\nDate: Fri, 02 Oct 2026 10:00:00 +0200\n"
        f"Message-ID: <1@example.org>\n{extra}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        f"Content-Transfer-Encoding: 8bit\n\n{body}\nà bientôt\n.a line with a dot\n"
    )
    return text.replace("\n", "\r\n").encode()


def body_of(entity: bytes) -> bytes:
    """What follows the first empty line, whichever line ends are used."""
    normal = entity.replace(b"\r\n", b"\n")
    return normal.split(b"\n\n", 1)[1]

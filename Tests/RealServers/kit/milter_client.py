"""A mail server's side of the milter protocol (version 6), for the fault suite: hands a message in, and makes the
edits."""

import socket
import struct
from dataclasses import dataclass, field

from kit.sink import Received

# SMFIF_*: all edits; SMFIP_*: all steps may be left out or go without a reply, and header values keep their first
# space.
ACTIONS, STEPS = 0x1FF, 0x1FFFFF
NO_REPLY = {"L": 0x80, "C": 0x1000, "H": 0x2000, "M": 0x4000, "R": 0x8000, "T": 0x10000, "N": 0x40000, "B": 0x80000}
LEFT_OUT = {"C": 0x1, "H": 0x2, "M": 0x4, "R": 0x8, "B": 0x10, "L": 0x20, "N": 0x40, "T": 0x200}
LEADING_SPACE = 0x100000
CHUNK = 65_535


class MilterBroken(ConnectionError):
    """The filter closed the line."""


@dataclass
class Verdict:
    """What the filter said at the end: `250`, or its refusal."""

    code: int
    text: str
    delivered: Received | None = None


@dataclass
class MilterClient:
    """One connection."""

    port: int
    timeout: float = 60
    steps: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    recipients: list[str] = field(default_factory=list)
    replaced: bytes | None = None

    def __enter__(self) -> "MilterClient":
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=self.timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.write("O", struct.pack(">III", 6, ACTIONS, STEPS))
        command, data = self.read()
        if command != "O":
            raise MilterBroken(f"negotiation: {command}")
        self.steps = struct.unpack(">III", data[:12])[2]
        return self

    def __exit__(self, *_) -> None:
        try:
            self.write("Q", b"")
        except OSError:
            pass
        self.socket.close()

    def write(self, command: str, data: bytes) -> None:
        self.socket.sendall(struct.pack(">I", len(data) + 1) + command.encode() + data)

    def exactly(self, count: int) -> bytes:
        octets = b""
        while len(octets) < count:
            piece = self.socket.recv(count - len(octets))
            if not piece:
                raise MilterBroken("the filter closed the line")
            octets += piece
        return octets

    def read(self) -> tuple[str, bytes]:
        length = struct.unpack(">I", self.exactly(4))[0]
        frame = self.exactly(length)
        return chr(frame[0]), frame[1:]

    def step(self, command: str, data: bytes) -> Verdict | None:
        """One step; a verdict where the filter will not hear more."""
        if self.steps & LEFT_OUT.get(command, 0):
            return None
        self.write(command, data)
        if self.steps & NO_REPLY.get(command, 0):
            return None
        answer, text = self.read()
        return None if answer in "cs" else self.final(answer, text)

    def hand_in(self, sender: str, recipients: list[str], message: bytes) -> Verdict:
        """The whole message, and what becomes of it."""
        head, self.body = message.split(b"\r\n\r\n", 1)
        self.recipients = list(recipients)
        self.write("D", b"Cj\0mail.example.org\0")
        steps = [
            ("C", b"client.example.org\x004" + struct.pack(">H", 1234) + b"192.0.2.7\0"),
            ("H", b"client.example.org\0"),
        ]
        steps.append(("M", f"<{sender}>\0BODY=8BITMIME\0".encode()))
        steps += [("R", f"<{one}>\0".encode()) for one in recipients]
        steps.append(("T", b""))
        keeps_space = self.steps & LEADING_SPACE
        for field_ in split_fields(head):
            name, value = field_.split(b":", 1)
            self.headers.append((name, value))
            shown = value if keeps_space else value.removeprefix(b" ")
            steps.append(("L", name + b"\0" + shown.replace(b"\r\n", b"\n") + b"\0"))
        steps.append(("N", b""))
        steps += [("B", self.body[start : start + CHUNK]) for start in range(0, len(self.body), CHUNK)]
        for command, data in steps:
            if verdict := self.step(command, data):
                return verdict
        self.write("E", b"")
        while True:
            answer, data = self.read()
            if answer == "p" or self.edit(answer, data):
                continue
            verdict = self.final(answer, data)
            if verdict.code == 250 and answer != "d" and self.recipients:
                verdict.delivered = Received(sender, self.recipients, self.message())
            return verdict

    @staticmethod
    def final(answer: str, data: bytes) -> Verdict:
        if answer == "y":
            text = data.rstrip(b"\0").decode()
            return Verdict(int(text[:3]), text[4:])
        return Verdict({"a": 250, "c": 250, "d": 250, "t": 451, "r": 550}[answer], "")

    def edit(self, answer: str, data: bytes) -> bool:
        """Makes one edit; false where it is none."""
        if answer == "b":
            self.replaced = (self.replaced or b"") + data
        elif answer == "-":
            self.recipients.remove(data.rstrip(b"\0").decode().strip("<>"))
        elif answer == "+":
            self.recipients.append(data.rstrip(b"\0").decode().strip("<>"))
        elif answer == "h":
            self.headers.append(self.named(data))
        elif answer == "i":
            self.headers.insert(min(struct.unpack(">I", data[:4])[0], len(self.headers)), self.named(data[4:]))
        elif answer == "m":
            self.change(struct.unpack(">I", data[:4])[0], *self.named(data[4:]))
        else:
            return False
        return True

    def named(self, data: bytes) -> tuple[bytes, bytes]:
        name, value = data.split(b"\0")[:2]
        value = value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return name, value if self.steps & LEADING_SPACE or not value else b" " + value

    def change(self, number: int, name: bytes, value: bytes) -> None:
        places = [place for place, (one, _) in enumerate(self.headers) if one.lower() == name.lower()]
        if number > len(places):
            self.headers.append((name, value))
        elif value:
            self.headers[places[number - 1]] = (name, value)
        else:
            del self.headers[places[number - 1]]

    def message(self) -> bytes:
        head = b"".join(name + b":" + value + b"\r\n" for name, value in self.headers)
        return head + b"\r\n" + (self.body if self.replaced is None else self.replaced)


def split_fields(head: bytes) -> list[bytes]:
    """Header fields with their folds."""
    fields: list[bytes] = []
    for line in head.split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += b"\r\n" + line
        else:
            fields.append(line)
    return fields

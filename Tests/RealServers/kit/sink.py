"""A mail server that keeps what it is given and can be told to refuse, to drop the line, or to say nothing."""
import collections
import itertools
import os
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Received:
    """One message as it came: dots unstuffed, without the final dot."""

    sender: str
    recipients: list[str]
    data: bytes
    parameters: str = ""


@dataclass
class Sink:
    """Listens on loopback from the start; `close` ends it.

    `replies` maps an occasion to what is said instead of the usual reply. Occasions are a verb (`MAIL`, `RCPT`,
    `DATA`), `GREETING`, or `END` for the final dot; with `#3` behind it only its third time is meant (counted since
    `script`), with an address (`RCPT someone@x`) only that one. What is said is a reply line, or one of
    `drop` (closes the line), `then-drop` (the usual reply, then closes it), `silent` (says nothing),
    and at `END`, where the message is kept all the same: `kept-drop`, `kept-silent`, `kept-` and a reply line.
    A callable is called first, and what it returns counts (None: the usual reply).
    """

    replies: dict[str, "str | Callable[[], str | None]"] = field(default_factory=dict)
    messages: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    # Pause before each byte of a reply.
    drip_seconds: float = 0
    # Where it listens; port 0 takes a free one.
    host: str = "127.0.0.1"
    port: int = 0

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._counts: collections.Counter[str] = collections.Counter()
        self._silence = threading.Event()
        self._sessions: set[socket.socket] = set()
        self.open()

    def open(self) -> None:
        """Listens, on the same port as before where there was one."""
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with sink._changed:
                    sink._sessions.add(self.connection)
                try:
                    Session(sink, self.rfile, self.wfile).run()
                except (ConnectionError, ValueError, OSError):
                    pass
                finally:
                    with sink._changed:
                        sink._sessions.discard(self.connection)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request, client_address) -> None:
                del request, client_address

        self._server = Server((self.host, self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """Listens no more; what was silent ends."""
        self._silence.set()
        self._server.shutdown()
        self._server.server_close()

    def hang_up(self) -> None:
        """Closes every connection."""
        with self._changed:
            sessions = list(self._sessions)
        for session in sessions:
            try:
                session.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def script(self, **replies) -> None:
        """Forgets what was scripted and counted, ends silences, and scripts anew (`#` and addresses by `**{...}`)."""
        with self._changed:
            self._silence.set()
            self._silence = threading.Event()
            self._counts.clear()
            self.replies = dict(replies)
            self.drip_seconds = 0

    def forget(self) -> None:
        """As new: nothing scripted, nothing received."""
        self.script()
        with self._changed:
            self.messages.clear()
            self.commands.clear()

    def occasion(self, verb: str, address: str) -> str | None:
        """What the test wants said instead of the usual reply."""
        with self._changed:
            self._counts[verb] += 1
            keys = (f"{verb} {address}", f"{verb}#{self._counts[verb]}", verb)
            found = next((self.replies[key] for key in keys if key in self.replies), None)
        return found() if callable(found) else found

    def keep(self, message: Received) -> None:
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def wait_for(self, count: int, seconds: float = 120) -> list[Received]:
        """The messages, once there are at least `count`; fails the test if they do not come."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self.messages) >= count, timeout=seconds)
            assert arrived, f"{len(self.messages)} of {count} messages came; commands: {self.commands[-20:]}"
            return list(self.messages)

    def wait_until(
            self, condition: Callable[[list[Received]], bool], what: str, seconds: float = 120) -> list[Received]:
        """The messages, once they are what the test waits for; fails the test if they do not come."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: condition(list(self.messages)), timeout=seconds)
            assert arrived, f"{what} did not come; commands: {self.commands[-20:]}"
            return list(self.messages)

    def be_silent(self) -> None:
        """Blocks the calling session until the next `script`, or until the sink is closed."""
        self._silence.wait()


class Session:
    """One connection."""

    EHLO = (
        "250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
        "250-ENHANCEDSTATUSCODES\r\n250 SIZE 0")

    def __init__(self, sink: Sink, rfile, wfile) -> None:
        self.sink, self.rfile, self.wfile = sink, rfile, wfile
        self.sender: str | None = None
        self.parameters = ""
        self.recipients: list[str] = []

    def run(self) -> None:
        if not self.reply("GREETING", "220 sink.example ESMTP"):
            return
        while line := self.rfile.readline(4096):
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            self.sink.commands.append(text)
            if not self.answer(text):
                return

    def say(self, text: str) -> None:
        octets = text.encode() + b"\r\n"
        for piece in (
            [octets[index : index + 1] for index in range(len(octets))] if self.sink.drip_seconds else [octets]
        ):
            time.sleep(self.sink.drip_seconds)
            self.wfile.write(piece)
            self.wfile.flush()

    def reply(self, verb: str, usual: str, address: str = "", act: Callable[[], None] | None = None) -> bool:
        """Says what is scripted, or acts and says the usual. False ends the connection."""
        scripted = self.sink.occasion(verb, address)
        if scripted is not None and scripted.startswith("kept-"):
            scripted = scripted.removeprefix("kept-")
            if act:
                act()
        elif (scripted is None or scripted == "then-drop") and act:
            act()
        if scripted == "silent":
            self.sink.be_silent()
            return False
        if scripted == "drop":
            return False
        self.say(usual if scripted in (None, "then-drop") else scripted)
        return scripted != "then-drop"

    def answer(self, text: str) -> bool:
        """False ends the connection."""
        verb = text[:4].upper()
        address = text[text.find("<") + 1 : text.find(">")] if "<" in text else ""
        if verb == "EHLO":
            return self.reply(verb, self.EHLO)
        if verb == "MAIL":
            return self.reply(verb, "250 2.1.0 ok", address, lambda: self.begin(address, text))
        if verb == "RCPT":
            return self.reply(verb, "250 2.1.5 ok", address, lambda: self.recipients.append(address))
        if verb == "DATA":
            return self.take_data()
        if verb == "QUIT":
            self.reply(verb, "221 2.0.0 bye")
            return False
        if verb == "RSET":
            self.sender, self.recipients = None, []
        return self.reply(verb, "250 2.0.0 ok")

    def begin(self, address: str, text: str) -> None:
        self.sender, self.recipients = address, []
        self.parameters = text[text.find(">") + 1 :].strip()

    def take_data(self) -> bool:
        if not self.recipients:
            self.say("503 5.5.1 no recipients")
            return True
        going_on: list[bool] = []
        if not self.reply("DATA", "354 go on", act=lambda: going_on.append(True)):
            return False
        if not going_on:
            return True
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line[1:] if line.startswith(b".") else line)
        message = Received(self.sender or "", list(self.recipients), b"".join(lines), self.parameters)
        return self.reply("END", "250 2.0.0 kept", act=lambda: self.sink.keep(message))


# Below the range that the kernel takes for outgoing connections, and each given out once: of two ports that are only
# asked for and not yet taken, one must not be the other, nor be gone when its server starts. Tests that run side by
# side (xdist) have ranges of their own.
_side_by_side = 8
_port_count = 12_000 // _side_by_side
_first_port = 20_000 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % _side_by_side * _port_count
_ports = itertools.cycle(range(_first_port, _first_port + _port_count))
for _ in range(os.getpid() * 37 % _port_count):
    next(_ports)


def free_port() -> int:
    """A loopback port that was free a moment ago, and that no other call gets."""
    for port in itertools.islice(_ports, _port_count):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"none of {_port_count} ports from {_first_port} on is free")

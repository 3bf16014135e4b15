"""A mail server that keeps what it is given and can be told to refuse, to drop the line, or to say nothing."""
import socket
import socketserver
import threading
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

    `replies` maps a verb (`MAIL`, `RCPT`, `DATA`, `END` for the final dot, or `RCPT someone@x`) to what is said
    instead of the usual reply: a reply line, `drop` to close the line, or `silent` to say nothing.
    """

    replies: dict[str, str] = field(default_factory=dict)
    messages: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._stop = threading.Event()
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                try:
                    Session(sink, self.rfile, self.wfile).run()
                except (ConnectionError, ValueError, OSError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 64

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()

    def keep(self, message: Received) -> None:
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def wait_for(self, count: int, seconds: float = 20) -> list[Received]:
        """The messages, once there are at least `count`; fails the test if they do not come."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self.messages) >= count, timeout=seconds)
            assert arrived, f"{len(self.messages)} of {count} messages came; commands: {self.commands[-20:]}"
            return list(self.messages)

    def be_silent(self) -> None:
        """Blocks the calling session until the sink is closed."""
        self._stop.wait()


class Session:
    """One connection."""

    def __init__(self, sink: Sink, rfile, wfile) -> None:
        self.sink, self.rfile, self.wfile = sink, rfile, wfile
        self.sender: str | None = None
        self.parameters = ""
        self.recipients: list[str] = []

    def run(self) -> None:
        self.say("220 sink.example ESMTP")
        while line := self.rfile.readline(4096):
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            self.sink.commands.append(text)
            if not self.answer(text):
                return

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
        self.wfile.flush()

    def scripted(self, *keys: str) -> str | None:
        """What the test wants said instead; a session that is silenced ends when the sink is closed."""
        for key in keys:
            if key in self.sink.replies:
                reply = self.sink.replies[key]
                if reply == "silent":
                    self.sink.be_silent()
                    return "drop"
                return reply
        return None

    def answer(self, text: str) -> bool:
        """False ends the connection."""
        verb = text[:4].upper()
        address = text[text.find("<") + 1 : text.find(">")] if "<" in text else ""
        reply = self.scripted(f"{verb} {address}", verb)
        if reply == "drop":
            return False
        if reply is not None:
            self.say(reply)
            return True
        if verb == "EHLO":
            self.say("250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 0")
        elif verb == "MAIL":
            self.sender, self.recipients = address, []
            self.parameters = text[text.find(">") + 1 :].strip()
            self.say("250 2.1.0 ok")
        elif verb == "RCPT":
            self.recipients.append(address)
            self.say("250 2.1.5 ok")
        elif verb == "DATA":
            return self.take_data()
        elif verb == "QUIT":
            self.say("221 2.0.0 bye")
            return False
        else:
            if verb == "RSET":
                self.sender, self.recipients = None, []
            self.say("250 2.0.0 ok")
        return True

    def take_data(self) -> bool:
        if not self.recipients:
            self.say("503 5.5.1 no recipients")
            return True
        self.say("354 go on")
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line[1:] if line.startswith(b".") else line)
        reply = self.scripted("END")
        if reply == "drop":
            return False
        if reply is not None:
            self.say(reply)
            return True
        message = Received(self.sender or "", list(self.recipients), b"".join(lines), self.parameters)
        self.sink.keep(message)
        self.say("250 2.0.0 kept")
        return True


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

"""One running gateway with a policy and keys of its own, and a client that hands messages in."""
import os
import shutil
import socket
import statistics
import subprocess
from pathlib import Path

from benches.machine import Reaper, family_cpu, free_port, resident_mib, wait_for_port

TOP = Path(__file__).resolve().parent.parent.parent
PROGRAMS = Path(os.environ.get("LETTERLOCK_BIN", TOP / ".build" / "release"))
LINKS = "links: {url: 'https://letters.example.org', from: letters@example.org}\n"


class Client:
    """One SMTP connection that hands in message after message, commands together (RFC 2920)."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=600)
        self.file = self.socket.makefile("rb")
        self.reply()
        self.say(b"EHLO bench.example.org\r\n")

    def reply(self) -> str:
        while True:
            line = self.file.readline(4096)
            if not line:
                raise SystemExit("bench: the gateway broke off")
            if line[3:4] == b" ":
                return line.decode().strip()

    def say(self, command: bytes) -> str:
        self.socket.sendall(command)
        return self.reply()

    def hand_in(self, to: list[str], content: bytes) -> str:
        """One message; gives the reply to it. Content has CRLF at its end and no line that begins with a dot."""
        commands = ["MAIL FROM:<alice@example.org>", *(f"RCPT TO:<{address}>" for address in to), "DATA"]
        self.socket.sendall("".join(f"{command}\r\n" for command in commands).encode())
        for command in commands:
            answer = self.reply()
            if answer[0] not in "23":
                raise SystemExit(f"bench: the gateway said {answer} to {command}")
        return self.say(content + b".\r\n")

    def close(self) -> None:
        self.say(b"QUIT\r\n")
        self.file.close()
        self.socket.close()


class Gateway:
    """Runs until it is closed. `keys` and `policy` are folders to write in before `start`."""

    def __init__(self, reaper: Reaper, folder: Path, next_hop: int) -> None:
        self.reaper, self.folder, self.next_hop = reaper, folder, next_hop
        self.keys, self.policy = folder / "keys", folder / "policy"
        for part in (folder, self.keys, self.policy):
            part.mkdir()
        self.port = self.pid = 0

    def shipped_policy(self) -> None:
        """The rules of policy/."""
        shutil.copy(TOP / "policy" / "rules.yaml", self.policy)

    def start(self, settings: str = LINKS, seconds: float = 120) -> None:
        self.port = free_port()
        (self.folder / "letterlock.yaml").write_text(
            f"hostname: gate.example.org\ninside: [example.org]\n"
            f"listen: {{smtp: ['127.0.0.1:{self.port}'], admin: '127.0.0.1:{free_port()}', portal: '127.0.0.1:{free_port()}'}}\n"
            f"next-hop: {{address: '127.0.0.1:{self.next_hop}'}}\n{settings}")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LETTERLOCK_")}
        with open(self.folder / "log", "wb") as log:
            self.pid = self.reaper.start(
                [str(PROGRAMS / "letterlock"), "serve", "--config", str(self.folder / "letterlock.yaml")], output=log, env=environment)
        wait_for_port(self.port, seconds, lambda: self.pid in self.reaper.done and self.last_lines())

    def cpu(self) -> float:
        """CPU seconds of the gateway and of all that it started and that has ended."""
        return family_cpu(self.pid) + self.reaper.orphan_cpu()

    def measure(self, to: list[str], content: bytes, count: int, rounds: int = 3, code: str = "250") -> tuple[float, float, float]:
        """Milliseconds of CPU for each message: median, least and most of the rounds. Some messages go before."""
        client = Client(self.port)
        figures = []
        for number in range(rounds + 1):
            before = self.cpu()
            amount = count if number else max(1, count // 5)
            for _ in range(amount):
                answer = client.hand_in(to, content)
                if not answer.startswith(code):
                    raise SystemExit(f"bench: the gateway said {answer}, and {code} was expected; its log: {self.last_lines()}")
            if number:
                figures.append(1000 * (self.cpu() - before) / amount)
        client.close()
        return statistics.median(figures), min(figures), max(figures)

    def last_lines(self) -> str:
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-5:])

    def resident(self) -> float:
        return resident_mib(self.pid)

    def close(self) -> None:
        if self.pid and self.pid not in self.reaper.done:
            self.reaper.end(self.pid)
        for home in self.folder.rglob("gpg.conf"):
            subprocess.run(["gpgconf", "--homedir", str(home.parent), "--kill", "all"], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

"""The world around the machine of test_one_machine.py, in a network of its own: a DNS server for our domain and theirs,
and the mail server of the others. Waits for a line on stdin (its network is there), then says "ready"; for each message
that comes in it writes a line of JSON."""
import json
import socketserver
import struct
import sys
import threading
import time
from pathlib import Path

# Started by its path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kit.sink import Sink  # noqa: E402

OURS, WORLD = "192.0.2.10", "192.0.2.20"
A, MX = 1, 15
RECORDS = {
    ("example.org", MX): "mail.example.org", ("mail.example.org", A): OURS, ("out.example.org", A): OURS,
    ("open.example", MX): "mx.open.example", ("mx.open.example", A): WORLD,
}


def name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


class Resolver(socketserver.BaseRequestHandler):
    """One question, one answer (RFC 1035)."""

    def handle(self) -> None:
        query, answer_to = self.request
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += 1 + query[at]
        asked = ".".join(labels).lower()
        kind, _ = struct.unpack(">HH", query[at + 1 : at + 5])
        question = query[12 : at + 5]
        answer = b""
        if (value := RECORDS.get((asked, kind))) is not None:
            data = bytes(map(int, value.split("."))) if kind == A else struct.pack(">H", 10) + name(value)
            answer = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data
        # An existing name without such a record is no error; another one does not exist.
        code = 0 if any(known == asked for known, _ in RECORDS) else 3
        header = query[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, int(bool(answer)), 0, 0)
        answer_to.sendto(header + question + answer, self.client_address)


def main() -> None:
    sys.stdin.readline()
    server = socketserver.UDPServer((WORLD, 53), Resolver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sink = Sink(host=WORLD, port=25)
    print("ready", flush=True)
    seen = 0
    while True:
        for message in sink.messages[seen:]:
            print(json.dumps({"to": message.recipients, "data": message.data.decode(errors="replace")}), flush=True)
            seen += 1
        time.sleep(0.05)


main()

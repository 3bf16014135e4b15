"""A portal that takes answers and keeps later messages, as docs/inside/links-protocol.md sections 8 and 9 say, for the
tests of the page: everything else is handed on to a real letterlock-portal behind it. The gateway's side is
links_client.open_item, so that what the browser sealed is opened by code that shares nothing with it.
"""

import hashlib
import http.client
import json
import re
import socket
import sqlite3
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from kit import links_client as client
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MIB = 1024 * 1024


class Answer:
    """What has been uploaded of one answer, and the states it will be in, one for each question."""

    def __init__(self):
        self.items, self.sent, self.cancelled = {}, None, False


class AnswerPortal:
    """Reached at `url`. `states` are told one after the other once an answer is handed over; the last one stays."""

    def __init__(self, portal):
        self.behind = portal
        self.gateway = ec.generate_private_key(ec.SECP256R1())
        self.reset()
        answering = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                answering.hand_on(self, b"")

            def do_POST(self):
                answering.post(self)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a browser that went away in the middle

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self):
        self.limits = {"left": 5, "bytes": 30 * MIB, "files": 5}
        self.keep = None
        self.states = [{"state": "waiting"}, {"state": "sent"}]
        self.answers, self.later, self.failures, self.refuse = {}, {}, [], {}
        self.slow_bytes = None  # bytes of an item after which reading pauses
        self.cut = False  # whether the connection is lost then
        self.paused = threading.Event()
        self.go = threading.Event()
        self.incomplete = False  # whether the items are gone when they are handed over
        self.requests = []

    @property
    def box(self):
        return self.behind.box

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    # --- what a letter needs to be answered ---

    def index(self, *participants):
        """Keys for a Message's `extra`."""
        people = participants or ({"address": "alice@example.org", "name": "Alice Example", "sender": True},)
        return {"gateway": client.encode(client.point_of(self.gateway)), "participants": list(people)}

    def conversation(self, letter_id):
        return self.stored("conversation_key", letter_id)

    def stored(self, column, letter_id):
        # A connection of its own: the server's threads ask too.
        database = sqlite3.connect(self.box.folder / "letters.db")
        row = database.execute(f"SELECT {column} FROM letters WHERE id = ?", [letter_id]).fetchone()
        database.close()
        return bytes(row[0]) if row else b""

    def add_later(self, letter, message, gateway=None):
        """A later message under the letter's link; made by another than the gateway where one is given."""
        raw, index = message.assemble()
        described = json.dumps(index).encode()
        plain = len(described).to_bytes(4, "big") + described + raw
        pieces, key = client.pieces_of(plain), AESGCM.generate_key(256)
        chunks = [AESGCM(key).encrypt(client.nonce(n, n == len(pieces) - 1), p, None) for n, p in enumerate(pieces)]
        known = self.later.setdefault(letter.id, [])
        number = len(known) + 1
        wrapped = client.wrap_following(
            key, self.conversation(letter.id), gateway or self.gateway, letter.id, number)
        known.append({"told": {"number": number, "wrapped": client.encode(wrapped), "bytes": len(plain),
                               "chunks": len(chunks)}, "chunks": chunks})

    # --- what came ---

    def opened(self, answer_id=None):
        """Head and files of an answer, as the gateway opens them."""
        answer_id = answer_id or list(self.answers)[-1]
        answer = self.answers[answer_id]
        point = self.conversation(answer.letter)
        plain = [
            client.open_item(answer.items[number], self.gateway, point, answer.letter, answer_id, number)
            for number in range(answer.sent or len(answer.items))]
        return json.loads(plain[0]), plain[1:]

    # --- HTTP ---

    def hand_on(self, handler, body):
        behind = http.client.HTTPConnection("127.0.0.1", self.behind.port, timeout=60)
        skip = {"host", "connection", "accept-encoding"}
        behind.request(handler.command, handler.path, body or None, {
            name: value for name, value in handler.headers.items() if name.lower() not in skip})
        answer = behind.getresponse()
        content = answer.read()
        if handler.path.endswith("/open") and answer.status == 200:
            content = self.extend(json.loads(content), handler.path.split("/")[3])
        handler.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                handler.send_header(name, value)
        self.finish(handler, content)
        behind.close()

    def extend(self, told, letter_id):
        if self.limits:
            told["answers"] = self.limits
        if self.keep is not None:
            told["keep"] = self.keep
        if self.later.get(letter_id):
            told["following"] = [one["told"] for one in self.later[letter_id]]
        return json.dumps(told).encode()

    @staticmethod
    def finish(handler, content):
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(content)

    def say(self, handler, status, told=None):
        handler.send_response(status)
        content = json.dumps(told).encode() if told is not None else b""
        if content:
            handler.send_header("Content-Type", "application/json")
        self.finish(handler, content)

    def read(self, handler, item):
        left, parts = int(handler.headers.get("Content-Length", 0)), []
        while left > 0:
            part = handler.rfile.read(min(left, 65536))
            if not part:
                raise ConnectionError("cut off")
            parts.append(part)
            left -= len(part)
            if item and self.slow_bytes is not None and sum(map(len, parts)) > self.slow_bytes:
                self.slow_bytes = None
                self.paused.set()
                self.go.wait(30)
                if self.cut:
                    handler.connection.shutdown(socket.SHUT_RDWR)
                    raise ConnectionError("cut off")
        return b"".join(parts)

    def post(self, handler):
        found = re.fullmatch(
            r"/api/letters/([\w-]{22})/(?:answers/([\w-]{22})(?:/items/(\d+)|/(send|cancel))?|following/(\d+)/chunks/(\d+))",
            handler.path,
        )
        body = self.read(handler, bool(found and found[3]))
        self.requests.append((handler.path, body if found else b""))
        if not found:
            return self.hand_on(handler, body)
        if self.failures:
            status, told = self.failures.pop(0)
            return self.say(handler, status, told)
        letter_id, answer_id, number, verb, later, chunk = found.groups()
        shown = {"auth": handler.headers.get("Letterlock-Proof"), "link": handler.headers.get("Letterlock-Link")}
        shown = shown if number else json.loads(body)
        if not self.is_right(letter_id, shown["link"], "link_verifier"):
            return self.say(handler, 403, {"error": "code"})
        if not self.is_right(letter_id, shown["auth"], "verifier"):
            return self.say(handler, 404, {"error": "gone"})
        if later:
            return self.send_chunk(handler, self.later[letter_id][int(later) - 1]["chunks"][int(chunk)])
        return self.take(handler, letter_id, answer_id, number, verb, body)

    def is_right(self, letter_id, proof, column):
        return hashlib.sha256(client.decode(proof or "")).digest() == self.stored(column, letter_id)

    def send_chunk(self, handler, sealed):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/octet-stream")
        self.finish(handler, sealed)

    def take(self, handler, letter_id, answer_id, number, verb, body):
        answer = self.answers.setdefault(answer_id, Answer())
        answer.letter = letter_id
        if number is not None:
            if handler.headers["Content-Type"] != "application/octet-stream":
                return self.say(handler, 400, {"error": "bad-request"})
            answer.items[int(number)] = body
            return self.say(handler, 204)
        if verb == "send" and self.incomplete:
            self.incomplete, answer.items = False, {}
            return self.say(handler, 409, {"error": "incomplete"})
        if verb == "send":
            answer.sent = json.loads(body)["items"]
            return self.say(handler, 202, {"state": "waiting"})
        if verb == "cancel":
            answer.cancelled = True
            answer.items = answer.items if answer.sent else {}
            return self.say(handler, 204)
        if answer.sent is None:
            return self.say(handler, 200, {"state": "uploading"})
        state = self.states[0]
        if len(self.states) > 1:
            self.states.pop(0)
        return self.say(handler, 200, state)

    def wait_for(self, condition, seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError("it did not come")

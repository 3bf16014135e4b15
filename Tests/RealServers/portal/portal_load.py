"""Readers who all open a letter at once, from one address: each asks for the page and its files, the parameters, opens
and fetches every chunk. The letters are stretched beforehand: that is the browsers' work. Prints what the portal did.

    portal_load.py [--readers 200] [--bytes 1048576]
"""

import argparse
import hashlib
import http.client
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Started by its path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kit import portal_letters  # noqa: E402
from kit.links_client import link_proof  # noqa: E402
from kit.portal_browser import Portal  # noqa: E402
from kit.portal_letters import Message, Part, b64url  # noqa: E402


class Reader(threading.Thread):
    """One person with a browser, as the server sees it: one connection that stays."""

    def __init__(self, portal, letter, auth, link, start):
        super().__init__()
        self.portal, self.letter, self.auth, self.link, self.gate = portal, letter, auth, link, start
        self.times, self.problem = [], None

    def ask(self, method, path, body=None):
        begin = time.perf_counter()
        self.line.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = self.line.getresponse()
        data = answer.read()
        self.times.append(time.perf_counter() - begin)
        if answer.status != 200:
            raise RuntimeError(f"{method} {path.split('/')[1]}: {answer.status} {data[:60]}")
        return data

    def run(self):
        try:
            self.line = http.client.HTTPConnection("127.0.0.1", self.portal.port, timeout=120)
            self.gate.wait()
            proof, base = (
                json.dumps({"auth": b64url(self.auth), "link": b64url(self.link)}),
                f"/api/letters/{self.letter.id}",
            )
            self.ask("GET", f"/l/{self.letter.id}")
            for name in (
                "portal.css",
                "portal.js",
                "protocol.js",
                "letter.js",
                "message.js",
                "sanitise.js",
                "texts.js",
                "seal.svg",
            ):
                self.ask("GET", f"/assets/{name}")
            self.ask("POST", base, "{}")
            opened = json.loads(self.ask("POST", f"{base}/open", proof))
            for number in range(opened["chunks"]):
                self.ask("POST", f"{base}/chunks/{number}", proof)
        except Exception as problem:  # noqa: BLE001 - told by the caller
            self.problem = problem


def resident(pid):
    with open(f"/proc/{pid}/status") as lines:
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS:"))


def run(portal, readers, size):
    """Numbers of one rush."""
    portal_letters.ROUNDS, usual = 1, portal_letters.ROUNDS
    crowd, gate = [], threading.Event()
    try:
        for _ in range(readers):
            letter = portal.box.lock(
                Message("Subject", [Part("text/plain", os.urandom(size // 2).hex().encode(), "7bit")], text=0)
            )
            row = portal.box.database.execute("SELECT salt FROM letters WHERE id = ?", [letter.id]).fetchone()
            stretched = hashlib.pbkdf2_hmac("sha256", letter.password.replace("-", "").encode(), row[0], 1, 32)
            secret = portal_letters.base64.urlsafe_b64decode(letter.secret + "==")
            auth = HKDF(hashes.SHA256(), 32, secret, b"letterlock/1 auth").derive(stretched)
            crowd.append(Reader(portal, letter, auth, link_proof(secret), gate))
    finally:
        portal_letters.ROUNDS = usual
    for reader in crowd:
        reader.start()
    before, most, begin = resident(portal.process.pid), 0, time.perf_counter()
    gate.set()
    while any(reader.is_alive() for reader in crowd):
        most = max(most, resident(portal.process.pid))
        time.sleep(0.02)
    seconds = time.perf_counter() - begin
    times = sorted(taken for reader in crowd for taken in reader.times)
    problems = [str(reader.problem) for reader in crowd if reader.problem]
    return {
        "readers": readers, "letter-bytes": size, "seconds": round(seconds, 2), "requests": len(times),
        "requests-per-second": round(len(times) / seconds), "p50-ms": round(statistics.median(times) * 1000, 1),
        "p99-ms": round(times[int(len(times) * 0.99)] * 1000, 1), "rss-before-mib": before, "rss-most-mib": most,
        "problems": problems[:5], "failed": len(problems)}


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--readers", type=int, default=200)
    words.add_argument("--bytes", type=int, default=1 << 20)
    given = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="ll-load-") as folder:
        portal = Portal(folder)
        try:
            numbers = run(portal, given.readers, given.bytes)
        finally:
            portal.stop()
    for name, value in numbers.items():
        print(f"{name:20} {value}")
    raise SystemExit(1 if numbers["failed"] else 0)


if __name__ == "__main__":
    main()

"""The rows that have a gateway of their own: what grows, what is large, what is unusual.

Each scene gives its figures; `SCENES` names them. A small run (`quick`) has fewer of everything, and says so in the row.
"""
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benches import messages, openpgp, peers
from benches.gateway import LINKS, PROGRAMS, Gateway
from benches.machine import Reaper
from benches.sink import Sink
from benches.table import Figure

KIB, MIB = 1 << 10, 1 << 20
DETECTORS = """payment-card iban bic fr-nir fr-siren fr-siret es-dni es-nie it-codice-fiscale de-steuer-id nl-bsn be-nn uk-nhs uk-nino
us-ssn passport-mrz private-key api-token credentials medical-code""".split()
SEALED = """version: 1
defaults: { protect: none, with: [pgp] }
rules:
  - id: sealed
    when: { recipient: { in: [keyed.example] } }
    then: { protect: required }
"""


@dataclass
class Surroundings:
    """What the scenes of one run share."""

    reaper: Reaper
    folder: Path
    # Takes everything and keeps nothing.
    sink_port: int
    # bob@keyed.example, binary.
    key: bytes
    quick: bool

    def gateway(self, policy: str | None = SEALED) -> Gateway:
        """One with bob's key and a policy, or the shipped one; not started."""
        gateway = Gateway(self.reaper, Path(tempfile.mkdtemp(dir=self.folder)) / "gateway", self.sink_port)
        (gateway.keys / "bob.pgp").write_bytes(self.key)
        if policy is None:
            gateway.shipped_policy()
        else:
            (gateway.policy / "rules.yaml").write_text(policy)
        return gateway

    def figure(
        self, name: str, gateway: Gateway, to: list[str], content: bytes, count: int, *, target: float | None = None, note: str = "",
        rounds: int = 3, code: str = "250",
    ) -> Figure:
        rounds = 1 if self.quick else rounds
        reached, least, most = gateway.measure(to, content, max(1, count // 2 if self.quick else count), rounds, code)
        return Figure(name, reached, target, note, *((least, most) if rounds > 1 else (None, None)))


PLAIN, KEYED = ["carol@plain.example"], ["bob@keyed.example"]


def within(figure: Figure, beside: Figure, factor: float, note: str) -> Figure:
    """The same with an aim that comes from another row."""
    figure.target, figure.note = beside.reached * factor, note
    return figure


def plain(all_: Surroundings) -> list[Figure]:
    """The shipped policy, and the same with a list of 10,000 addresses: two gateways in one run."""
    content = messages.plain(messages.prose(10 * KIB))
    listed = 10_000
    one, other = all_.gateway(None), all_.gateway(None)
    rules = (other.policy / "rules.yaml").read_text()
    addresses = ", ".join(f"person{number}@listed{number % 500}.example" for number in range(listed))
    rule = f"\n  - id: listed\n    when: {{ recipient: {{ in: [{addresses}] }} }}\n    then: {{ protect: required }}\n"
    (other.policy / "rules.yaml").write_text(rules.rstrip() + "\n" + rule)
    try:
        for gateway in (one, other):
            gateway.start()
        for gateway in (one, other):
            # What comes first in a process costs more.
            gateway.measure(PLAIN, content, 200, 1)
        base = all_.figure("plain 10 KiB, shipped policy", one, PLAIN, content, 400, target=0.45)
        many = all_.figure(f"plain 10 KiB, shipped policy and a list of {listed:,}", other, PLAIN, content, 400)
        return [base, within(many, base, 1.1, "1.1 times the row above")]
    finally:
        for gateway in (one, other):
            gateway.close()


def keys(all_: Surroundings) -> list[Figure]:
    """Plain and sealed mail with one key and with 10,000 in the folder."""
    count = 1000 if all_.quick else 10_000
    content = messages.plain(messages.prose(10 * KIB))
    one, other = all_.gateway(), all_.gateway()
    openpgp.write(other.keys, [f"user{number}@many{number % 100}.example" for number in range(count)])
    try:
        for gateway in (one, other):
            gateway.start(seconds=600)
        # Files that were written in the last seconds are looked at each time: a later change may have the same time.
        time.sleep(5)
        figures = []
        for what, to in (("plain", PLAIN), ("sealed", KEYED)):
            base = all_.figure(f"{what} 10 KiB, 1 key", one, to, content, 60)
            many = all_.figure(f"{what} 10 KiB, {count:,} keys", other, to, content, 60)
            figures += [base, within(many, base, 1.1, "1.1 times the row above")]
        return figures
    finally:
        for gateway in (one, other):
            gateway.close()


def resident(all_: Surroundings) -> list[Figure]:
    """Sealed mail by a gateway that holds much: detectors with so many long words that about 500 MB are resident.

    The memory is the gateway's own and in use: each text is looked up in all the words. A gateway with the same policy and
    101 words for each detector (with fewer there is no table) stands beside it.
    """
    content = messages.plain(messages.prose(10 * KIB))
    figures: list[Figure] = []
    files = 1 if all_.quick else 4
    for words in (101, 200_000):
        policy = SEALED.replace("rules:", "detectors:\n" + "".join(
            f"  held{number}: {{ words-file: held{number}.txt }}\n" for number in range(files)) + "rules:") + "".join(
            f"  - {{ id: held{number}, when: {{ content: {{ detector: held{number} }} }}, then: {{ protect: required }} }}\n"
            for number in range(files))
        gateway = all_.gateway(policy)
        for number in range(files):
            (gateway.policy / f"held{number}.txt").write_text(
                "".join(f"nightjar{number}x{word:06} of the long names that nobody writes in a letter\n" for word in range(words)))
        try:
            gateway.start(seconds=600)
            figure = all_.figure("", gateway, KEYED, content, 60)
            figure.name = f"sealed 10 KiB, {gateway.resident():.0f} MiB resident"
            figures.append(within(figure, figures[0], 1.05, "1.05 times the row above") if figures else figure)
        finally:
            gateway.close()
    return figures


def sealed(all_: Surroundings) -> list[Figure]:
    """Sealed mail beside raw gpg with an imported key, and beside python3-gpg as Zeyple uses it."""
    figures: list[Figure] = []
    gateway = all_.gateway()
    try:
        gateway.start()
        for name, size, count, factor in (("10 KiB", 10 * KIB, 60, 1.3), ("25 MiB attachment", 25 * MIB, 3, 0.75)):
            content = messages.with_attachment("data.bin", "application/octet-stream", os.urandom(size * 3 // 4))
            # What gpg seals alone is what the gateway seals: the whole message.
            raw = peers.raw_gpg(all_, content, 3 if all_.quick else min(count, 20))
            figures.append(Figure(f"{name}: raw gpg -z0 -e -a, imported key", raw))
            figures.append(all_.figure(
                f"{name}: sealed", gateway, KEYED, content, count, target=factor * raw, note=f"{factor} times raw gpg"))
            zeyple = peers.zeyple(all_, content, max(1, count // (8 if all_.quick else 2)))
            if zeyple is not None:
                figures.append(Figure(f"{name}: python3-gpg in Zeyple's way", zeyple))
    finally:
        gateway.close()
    return figures


def rules(all_: Surroundings) -> list[Figure]:
    """1,000 rules and 100 recipients; half of the rules ask for recipients, half for content."""
    recipients = [f"person{number}@domain{number}.example" for number in range(100)]
    made = "".join(
        f"  - {{ id: r{number}, when: {{ recipient: {{ in: [other{number}.example, person@domain{number}.example] }} }},"
        " then: { protect: required } }\n"
        if number % 2 else
        f"  - {{ id: r{number}, when: {{ content: {{ words: [nightjar{number}] }} }}, then: {{ protect: required }} }}\n"
        for number in range(1000))
    content = messages.plain(messages.prose(2 * KIB))
    figures = []
    for name, policy in (("1 rule", SEALED), ("1,000 rules", "version: 1\nrules:\n" + made)):
        gateway = all_.gateway(policy)
        try:
            gateway.start()
            figures.append(all_.figure(f"2 KiB to 100 recipients, {name}", gateway, recipients, content, 40))
        finally:
            gateway.close()
    figures[1].target, figures[1].note = 8, "with taking and handing on the recipients"
    return figures


def bcc(all_: Surroundings) -> list[Figure]:
    """100 Bcc recipients: each gets a ciphertext of their own."""
    count = 20 if all_.quick else 100
    hidden = [f"hidden{number}@keyed.example" for number in range(count)]
    gateway = all_.gateway()
    openpgp.write(gateway.keys, hidden)
    try:
        gateway.start()
        content = messages.plain(messages.prose(10 * KIB))
        figure = all_.figure(f"10 KiB to {count} Bcc, sealed", gateway, hidden, content, 4)
        figure.note = f"{figure.reached / count:.2f} for each"
        return [figure]
    finally:
        gateway.close()


def letters(all_: Surroundings) -> list[Figure]:
    """80 recipients behind links: a password is stretched for each."""
    count = 8 if all_.quick else 80
    to = [f"reader{number}@linked.example" for number in range(count)]
    gateway = all_.gateway(SEALED.replace("[pgp]", "[link]").replace("keyed.example", "linked.example"))
    try:
        gateway.start()
        figure = all_.figure(f"10 KiB to {count} link recipients", gateway, to, messages.plain(messages.prose(10 * KIB)), 1, rounds=1)
        figure.note = f"{figure.reached / count:.1f} for each"
        return [figure]
    finally:
        gateway.close()


def detectors(all_: Surroundings) -> list[Figure]:
    """A MiB of text, judged with all detectors: normalised, scanned for their signs, read by the detectors."""
    figures = []
    folder = Path(tempfile.mkdtemp(dir=all_.folder))
    policy = folder / "policy"
    policy.mkdir()
    (policy / "rules.yaml").write_text("version: 1\nrules:\n" + "".join(
        f"  - {{ id: {name}, when: {{ content: {{ detector: {name} }} }}, then: {{ protect: required }} }}\n" for name in DETECTORS))
    (folder / "letterlock.yaml").write_text("hostname: gate.example.org\ninside: [example.org]\n")
    for name, body in (("prose", messages.prose(MIB)), ("digits", messages.digits(MIB)), ("emoji", messages.emoji(MIB))):
        file = folder / f"{name}.eml"
        file.write_bytes(messages.plain(body))
        output = subprocess.run(
            [PROGRAMS / "letterlock", "policy", "speed", policy, file, "--seconds", "0.5" if all_.quick else "3",
             "--config", folder / "letterlock.yaml"], check=True, stdout=subprocess.PIPE, text=True).stdout
        milliseconds = json.loads(output)["decideMicroseconds"] / 1000
        target = None if name == "prose" else 30.0
        figures.append(Figure(
            f"1 MiB of {name}, all detectors, to decide", milliseconds, target, "of one thread, with the scan for their signs"))
    return figures


def ledger(all_: Surroundings) -> list[Figure]:
    """Plain mail while the ledger holds messages of which a part is out."""
    waiting = 100 if all_.quick else 1000
    content = messages.plain(messages.prose(10 * KIB))
    figures: list[Figure] = []
    with Sink(refuses="later@") as sink:
        gateway = Gateway(all_.reaper, Path(tempfile.mkdtemp(dir=all_.folder)) / "gateway", sink.port)
        (gateway.policy / "rules.yaml").write_text(SEALED)
        try:
            gateway.start()
            figures.append(all_.figure("plain 10 KiB, empty ledger", gateway, PLAIN, content, 200))
            kept = 0
            for number in range(waiting):
                half = content.replace(b"<bench@", f"<half{number}@".encode())
                # Refused by the next hop for one recipient, taken for the other: the next try must know.
                kept += sink.hand_in(gateway.port, ["carol@plain.example", "later@plain.example"], half)
            full = all_.figure(f"plain 10 KiB, ledger with {kept:,} messages", gateway, PLAIN, content, 200)
            figures.append(within(full, figures[0], 1.1, "1.1 times the row above"))
        finally:
            gateway.close()
    return figures


def large(all_: Surroundings) -> list[Figure]:
    """25 MiB of each kind; what is sealed stands in the scene `sealed`."""
    size = (4 if all_.quick else 25) * MIB
    text = messages.plain(messages.prose(size))
    data = messages.with_attachment("data.bin", "application/octet-stream", os.urandom(size * 3 // 4))
    looked = messages.with_attachment("table.csv", "text/csv", messages.digits(size * 3 // 4).encode())
    inside = """version: 1
rules:
  - id: looked-into
    when: { content: { words: [nightjar] } }
    then: { protect: required }
"""
    linked = SEALED.replace("[pgp]", "[link]")
    name = f"{size // MIB} MiB"
    figures = []
    for what, policy, to, content in (
        ("text, shipped policy", None, PLAIN, text), ("attachment, a rule on recipients, passed", SEALED, PLAIN, data),
        ("attachment, behind a link", linked, KEYED, data), ("attachment looked into (CSV)", inside, PLAIN, looked),
    ):
        gateway = all_.gateway(policy)
        try:
            gateway.start()
            figures.append(all_.figure(f"{name}: {what}", gateway, to, content, 4, rounds=2))
        finally:
            gateway.close()
    return figures


SCENES: dict[str, Callable[[Surroundings], list[Figure]]] = {
    "plain": plain, "sealed": sealed, "keys": keys, "resident": resident, "rules": rules, "bcc": bcc, "links": letters,
    "detectors": detectors, "ledger": ledger, "large": large,
}

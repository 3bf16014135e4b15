"""Folders, gateways and Postfix instances that are gone when the block that made them ends."""
import contextlib
import tempfile
from pathlib import Path

from kit.gateway import Gateway
from kit.pgp import Keys
from kit.postfix import Postfix

KEYED = ["bob@keyed.example", "eve@keyed.example"]
EXPIRED = "dora@keyed.example"
# Has a key that no gateway knows.
STRANGER = "mallory@keyed.example"


def short_folder() -> Path:
    """A folder with a short path: sockets of gpg-agent and Postfix allow about a hundred bytes."""
    folder = Path(tempfile.mkdtemp(prefix="ll-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


@contextlib.contextmanager
def gateways(folder: Path, keys: Keys):
    """Makes gateways that know the test keys; all are ended at the end."""
    made: list[Gateway] = []

    def make(next_hop: int, name: str = "gate", start: bool = True, **options) -> Gateway:
        gateway = Gateway(folder / name, next_hop, **options)
        for address in [*KEYED, EXPIRED]:
            (gateway.keys / f"{address.split('@')[0]}.asc").write_bytes(keys.public(address))
        made.append(gateway)
        if start:
            gateway.start()
        return gateway

    try:
        yield make
    finally:
        for gateway in made:
            gateway.stop()


@contextlib.contextmanager
def postfixes(folder: Path):
    """Makes Postfix instances; all are ended at the end."""
    made: list[Postfix] = []

    def make(name: str, hostname: str) -> Postfix:
        instance = Postfix(folder / name, hostname)
        made.append(instance)
        return instance

    try:
        yield make
    finally:
        for instance in made:
            instance.close()

"""Fixtures of the tests with real servers. Everything runs on loopback with throw-away folders and keys."""
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from kit.letter_site import linked  # noqa: E402,F401
from kit.password_station import hook, make_station  # noqa: E402,F401
from kit.pgp import Keys  # noqa: E402
from kit.portal_browser import browser, portal  # noqa: E402,F401
from kit.reader import own  # noqa: E402,F401
from kit.sink import Sink  # noqa: E402
from kit.throwaway import EXPIRED, KEYED, STRANGER, gateways, short_folder  # noqa: E402


# Side by side, a file is run in pieces of about so many tests, so that a long file does not end long after the others.
PIECE = 15
# These share what is made once for all tests of the file, and take long over it.
WHOLE = {"test_faults.py"}


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "alone: not beside other tests; it measures time or memory, or looks at the machine")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Files in pieces: the tests of a piece are run one after the other in one process."""
    from xdist.scheduler import LoadScopeScheduling

    class Pieces(LoadScopeScheduling):
        pieces: dict[str, str] = {}

        def _split_scope(self, nodeid: str) -> str:
            if nodeid not in self.pieces:
                self.pieces = pieces(self.collection)
            return self.pieces[nodeid]

    return Pieces(config, log)


def pieces(tests: list[str]) -> dict[str, str]:
    """The piece that each test belongs to: neighbours of one file, in pieces of about the same size."""
    files: dict[str, list[str]] = {}
    for test in tests:
        files.setdefault(test.split("::")[0], []).append(test)
    found = {}
    for file, own in files.items():
        count = 1 if Path(file).name in WHOLE else -(-len(own) // PIECE)
        found |= {test: f"{file}-{number * count // len(own)}" for number, test in enumerate(own)}
    return found


@pytest.fixture
def folder():
    path = short_folder()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def keys():
    """Keys of two people, the expired one of a third, and one that no gateway knows."""
    path = short_folder()
    made = Keys(path / "gnupg")
    for address in [*KEYED, STRANGER]:
        made.make(address)
    made.make(EXPIRED, expired=True)
    yield made
    made.close()
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def sink():
    """The world behind the gateway."""
    server = Sink()
    yield server
    server.close()


@pytest.fixture
def make_gateway(folder, keys):
    with gateways(folder, keys) as make:
        yield make


@pytest.fixture
def gateway(make_gateway, sink):
    """A running gateway with the sink as its next hop."""
    return make_gateway(sink.port)

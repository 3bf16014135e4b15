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


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: not beside other tests; it measures time or memory, or looks at the machine")


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

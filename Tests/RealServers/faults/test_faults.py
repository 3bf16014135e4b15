"""Faults of everything around the gateway. After each, every recipient is counted at the sink and in the sender's
hands: nothing lost, nothing in clear, nothing twice but where that cannot be avoided. What was seen is
docs/operate/faults.md: the last test compares it (RECORD=1 writes it)."""
import concurrent.futures
import os

import pytest

import fault_page
from fault_table import failpoints, table
from faults import Fault
from stations import Stations

# The failpoints need a build of their own (FAULTS=1): `make faults` makes it and says so, `make test` leaves them out.
FAULTS = table() + (failpoints() if os.environ.get("LETTERLOCK_FAULTS") else [])
THREADS = 8

assert len({fault.id for fault in FAULTS}) == len(FAULTS)


@pytest.fixture(scope="module")
def outcomes(request, keys):
    """Every row that is asked for, running in the background."""
    if os.geteuid() != 0:
        pytest.skip("mounting and limiting needs root")
    wanted = [
        item.callspec.params["fault"]
        for item in request.session.items
        if item.module is request.module
        and hasattr(item, "callspec")
        and isinstance(item.callspec.params.get("fault"), Fault)
    ]
    stations = Stations(keys, shared=THREADS)
    pool = concurrent.futures.ThreadPoolExecutor(THREADS)
    # Those with a gateway of their own take longest.
    for_pool = sorted(wanted, key=lambda fault: fault.station == "shared")
    yield {fault.id: pool.submit(stations.run, fault) for fault in for_pool}
    pool.shutdown(cancel_futures=True)
    stations.close()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_fault(fault, outcomes):
    outcome = outcomes[fault.id].result(timeout=240)
    shown = f"sender saw {outcome.saw}; arrived {outcome.cells}; {outcome.verdict}\n{outcome.log}"
    assert not outcome.problems, f"{outcome.problems}\n{shown}"


def test_the_page_says_what_was_seen(outcomes):
    if any(fault.id not in outcomes for fault in FAULTS):
        pytest.skip("only a part of the table was run")
    fault_page.check({fault: outcomes[fault.id].result(timeout=240) for fault in FAULTS})

"""The fixture `desktop`: one desktop for the run, as good as new for each test."""

from collections.abc import Generator, Iterator

import pytest

from tests.desktop.bench import Desktop
from tests.desktop.waiting import BenchError

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        # The session counts a failure only once it is known whether the test is run again.
        item.stash[_FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def running_desktop() -> Iterator[Desktop]:
    """Start the desktop once; tests that carry the marker `desktop` are skipped where it cannot run."""
    desktop = Desktop()
    yield desktop
    desktop.close()


@pytest.fixture
def desktop(running_desktop: Desktop, request: pytest.FixtureRequest) -> Iterator[Desktop]:
    """Give the test an empty desktop: no programs, new home, empty keyring, no notifications."""
    yield running_desktop
    crashed = ""
    if request.node.stash.get(_FAILED, False):
        running_desktop.screenshot(f"failed-{request.node.name}")
        crashed = running_desktop.crashed()
    running_desktop.reset()
    if crashed:
        # What the test waited for in vain is no lost input then: it must not be run again.
        raise BenchError(crashed)

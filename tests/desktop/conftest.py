"""The fixture `desktop`: one desktop for the run, as good as new for each test."""

from collections.abc import Iterator

import pytest

from tests.desktop.bench import Desktop


@pytest.fixture(scope="session")
def running_desktop() -> Iterator[Desktop]:
    """Start the desktop once; tests that carry the marker `desktop` are skipped where it cannot run."""
    desktop = Desktop()
    yield desktop
    desktop.close()


@pytest.fixture
def desktop(running_desktop: Desktop, request: pytest.FixtureRequest) -> Iterator[Desktop]:
    """Give the test an empty desktop: no programs, new home, empty keyring, no notifications."""
    failed_before = request.session.testsfailed
    yield running_desktop
    if request.session.testsfailed > failed_before:
        running_desktop.screenshot(f"failed-{request.node.name}")
    running_desktop.reset()

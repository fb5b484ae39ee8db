"""What the tests of adapters share."""

from collections.abc import Iterator

import pytest

from tests.support.session_bus import DAEMON, MISSING, session_bus


@pytest.fixture
def bus() -> Iterator[str]:
    if DAEMON is None:
        pytest.skip(MISSING)
    with session_bus() as address:
        yield address

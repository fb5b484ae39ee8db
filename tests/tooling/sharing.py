"""How the tests are shared out among several pytest processes."""

from typing import Final

import pytest
from xdist.remote import Producer  # pyright: ignore[reportMissingTypeStubs] - it ships none
from xdist.scheduler import LoadScopeScheduling  # pyright: ignore[reportMissingTypeStubs] - it ships none

ONE_AT_A_TIME: Final = (
    # Each of them uses the whole desktop or the two ports of the real login.
    "tests/desktop/",
    "tests/command/test_login.py",
    "tests/scenarios/test_adapters.py",
)


class Sharing(LoadScopeScheduling):
    """Any test goes to any process, but all that need the desktop or the real ports go to the same one.

    WORKAROUND pytest-xdist 3.8.0 with pytest 9.2: its own groups are lost on the way
    (https://github.com/pytest-dev/pytest-xdist/issues/1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return "one at a time" if nodeid.startswith(ONE_AT_A_TIME) else nodeid


class SharingPlugin:
    """Registered where pytest-xdist is."""

    @pytest.hookimpl
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Producer) -> Sharing:
        """Replace the scheduler that the command line names."""
        return Sharing(config, log)

"""How the tests are shared out among several pytest processes."""

from typing import Final

import pytest
from xdist.remote import Producer  # pyright: ignore[reportMissingTypeStubs] - it ships none
from xdist.scheduler import LoadScopeScheduling  # pyright: ignore[reportMissingTypeStubs] - it ships none

ONE_AT_A_TIME: Final = (
    # Each of them opens the ports of the real login, of which a computer has two.
    "tests/command/test_login.py",
    "tests/desktop/test_bad_input.py",
    "tests/desktop/test_bundle.py",
    "tests/desktop/test_deb.py",
    "tests/desktop/test_login_ways.py",
    "tests/desktop/test_manners.py",
    "tests/desktop/test_pictures.py",
    "tests/desktop/test_real_addresses.py",
    "tests/desktop/test_walk.py",
    "tests/desktop/test_wayland.py",
    "tests/scenarios/test_adapters.py",
    "tests/unit/test_app.py::test_with_none_running_the_program_starts_and_does_it",
)
DATABASE: Final = "tests/database/"
"""They share one PostgreSQL, which the process that runs the first of them starts."""


class Sharing(LoadScopeScheduling):
    """Any test goes to any process, but all that share real ports or a database go to the same one.

    WORKAROUND pytest-xdist 3.8.0 with pytest 9.2: its own groups are lost on the way
    (https://github.com/pytest-dev/pytest-xdist/issues/1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(DATABASE):
            return "database"
        return "one at a time" if nodeid.startswith(ONE_AT_A_TIME) else nodeid


class SharingPlugin:
    """Registered where pytest-xdist is."""

    @pytest.hookimpl
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Producer) -> Sharing:
        """Replace the scheduler that the command line names."""
        return Sharing(config, log)

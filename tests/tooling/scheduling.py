"""How the tests are shared out among several pytest processes."""

from typing import Final

import pytest
from xdist.remote import Producer  # pyright: ignore[reportMissingTypeStubs] - it ships none
from xdist.scheduler import LoadScopeScheduling  # pyright: ignore[reportMissingTypeStubs] - it ships none

ONE_AT_A_TIME: Final = (
    # Each of them opens the ports of the real login, of which a computer has two.
    "tests/command/test_login.py",
    "tests/desktop/test_bad_input.py::test_a_folder_for_logins_that_cannot_be_written",
    "tests/desktop/test_bad_input.py::test_when_",
    "tests/desktop/test_bad_input.py::test_whoever_answers",
    "tests/desktop/test_bad_input.py::test_without_a_keyring",
    "tests/desktop/test_bundle.py",
    "tests/desktop/test_deb.py",
    "tests/desktop/test_login_ways.py",
    "tests/desktop/test_manners.py::test_the_running_app_does_what_a_later_start_asks",
    "tests/desktop/test_manners.py::test_with_none_running_a_login_begins",
    "tests/desktop/test_pictures.py",
    "tests/desktop/test_real_addresses.py::test_login_and_polling",
    "tests/desktop/test_walk.py::test_a_login_through_menu_and_browser",
    "tests/desktop/test_walk.py::test_log_in_again",
    "tests/desktop/test_walk.py::test_where_the_settings_say_folder",
    "tests/desktop/test_wayland.py::test_everything",
    "tests/desktop/test_windows_walk.py::test_windows",
    "tests/scenarios/test_adapters.py",
    "tests/unit/test_app.py::test_with_none_running_the_program_starts_and_does_it",
)
SOURCE: Final = "tests/test_tooling.py::TestLayers"
"""They look at the whole source, which one process parses for all of them."""
DATABASE: Final = "tests/database/"
"""They share one PostgreSQL, which the process that runs the first of them starts."""


class Sharing(LoadScopeScheduling):
    """Any test goes to any process, but all that share real ports, a database or what was read go to the same one.

    WORKAROUND pytest-xdist 3.8.0 with pytest 9.2: its own groups are lost on the way
    (https://github.com/pytest-dev/pytest-xdist/issues/1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(DATABASE):
            return "database"
        if nodeid.startswith(SOURCE):
            return "source"
        return "one at a time" if nodeid.startswith(ONE_AT_A_TIME) else nodeid


class SharingPlugin:
    """Registered where pytest-xdist is."""

    @pytest.hookimpl
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Producer) -> Sharing:
        """Replace the scheduler that the command line names."""
        return Sharing(config, log)

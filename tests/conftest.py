"""What holds for every test: a home of its own, no way out, and nothing unexpected in the log."""

import itertools
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

from probe_tray.adapters.systems.current import this_system
from tests.desktop import needs
from tests.desktop.waiting import TimedOutError
from tests.support import postgres
from tests.tooling.isolation import FIXED, REMOVED, folders, keep_bytecode
from tests.tooling.logs import Unexpected
from tests.tooling.scheduling import SharingPlugin
from tests.tooling.without_qt import needs_qt

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

# Every test's home lies below this folder, whose path is short, since a Unix socket's ends at 104 characters on a Mac
# and at 108 on Linux, and has no link in it. The Mac's own folder for temporary files is long, and below a link.
HOMES: Final = Path(
    tempfile.mkdtemp(prefix="probe-tray-", dir="/tmp" if sys.platform == "darwin" else None)  # noqa: S108 - a name of its own
).resolve()

settings.register_profile("checks", deadline=None, derandomize=True, database=None, print_blob=False)
settings.load_profile("checks")
set_hypothesis_home_dir(HOMES / "hypothesis")


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    parser.addoption("--quick", action="store_true", help="leave the desktop tests out")
    parser.addoption("--heavy", action="store_true", help="add the tests that take minutes")
    if not pluginmanager.hasplugin("pytest-qt"):
        for name in ("qt_api", "qt_log_level_fail", "qt_log_ignore"):
            parser.addini(name, "belongs to pytest-qt, which was left out")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(SharingPlugin())
    for name in [name for name in os.environ if REMOVED.fullmatch(name)]:
        del os.environ[name]
    _begin_with_usual_signals()
    keep_bytecode(HOMES / "bytecode")
    os.environ.update(FIXED)
    os.environ.update(folders(HOMES / "0"))
    if hasattr(time, "tzset"):
        time.tzset()


def _begin_with_usual_signals() -> None:
    """Undo what nohup and a shell's background jobs pass on: programs that tests start would ignore signals, too."""
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure() -> None:
    shutil.rmtree(HOMES, ignore_errors=True)


def pytest_report_header(config: pytest.Config) -> list[str]:
    lines: list[str] = []
    if not config.pluginmanager.hasplugin("pytest-qt"):
        lines.append("QT DOES NOT LOAD HERE: every test that uses it is left out")
    if absent := needs.missing():
        lines.append(f"DESKTOP TESTS ARE SKIPPED, these are missing: {', '.join(absent)}")
    if gone := postgres.missing():
        lines.append(f"DATABASE TESTS ARE SKIPPED, this is missing: {gone}")
    if sys.platform == "win32" and this_system().offset_at(datetime.now(UTC)) != timedelta(hours=8):
        # The program asks Windows itself, which no variable of a process changes.
        lines.append("TESTS THAT TELL LOCAL TIMES WILL FAIL: see packaging/set_time_zone.py")
    return lines


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if sys.platform != "linux" and collection_path == Path(__file__).parent / "desktop":
        # They begin with what a desktop of Linux is made of.
        return True
    if config.pluginmanager.hasplugin("pytest-qt"):
        return None
    return needs_qt(collection_path) or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    switched = {"desktop": config.getoption("--quick"), "heavy": not config.getoption("--heavy")}
    off = [name for name, left_out in switched.items() if left_out]
    gone = [item for item in items if any(item.get_closest_marker(name) for name in off)]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in gone]
    on_desktop = [item for item in items if item.get_closest_marker("desktop")]
    # A busy X server, window manager or bus can lose a key press or a click on its way to the program. Such a test
    # waits in vain, and is run once more. Whatever else fails there fails at once: a program that shows something
    # wrong, ends, or says too much.
    again = pytest.mark.flaky(reruns=1, only_rerun=[TimedOutError])
    both_times = pytest.mark.timeout(500)
    for item in on_desktop:
        item.add_marker(again)
        item.add_marker(both_times)
    if absent := needs.missing():
        skip = pytest.mark.skip(reason=f"missing: {', '.join(absent)}")
        for item in on_desktop:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def home_numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture(autouse=True)
def home(home_numbers: Iterator[int], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home folder that this test has for itself; all folders of XDG lie inside it."""
    mine = HOMES / str(next(home_numbers))
    for name, value in folders(mine).items():
        monkeypatch.setenv(name, value)
    return mine


@pytest.fixture(autouse=True)
def no_window_left() -> Iterator[None]:
    """Hide the windows that this test leaves open: the tests after it look at what is on the screen."""
    before = _windows().keys()
    yield
    for pointer, window in _windows().items():
        if pointer not in before:
            window.hide()


def _windows() -> "dict[int, QWidget]":
    """The windows on the screen by their address, so that none is kept alive; none where Qt was not loaded."""
    if "PySide6.QtWidgets" not in sys.modules:
        return {}
    from PySide6.QtWidgets import QApplication
    from shiboken6 import Shiboken

    if not isinstance(QApplication.instance(), QApplication):
        return {}
    return {Shiboken.getCppPointer(w)[0]: w for w in QApplication.topLevelWidgets() if w.isVisible()}


@pytest.fixture(autouse=True)
def no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test when something is logged at WARNING or above, unless it asks for `caplog`."""
    if "caplog" in request.fixturenames:
        yield
        return
    with Unexpected() as seen:
        yield
    if seen.texts:
        pytest.fail("Unexpected in the log (a test that expects it uses caplog):\n" + "\n".join(seen.texts))

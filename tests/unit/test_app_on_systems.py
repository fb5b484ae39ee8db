"""How the app starts on each system, with doubles of what the systems offer."""

import os
from collections.abc import Generator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from probe_tray.adapters.desktop.instance import Instance
from probe_tray.app import run
from probe_tray.core.errors.program import NoDisplayError
from probe_tray.core.settings import Settings
from probe_tray.program import run_program


class System:
    """The part of an operating system that a start asks, and in which order it did."""

    notification_picture = "icons/probe-tray-256.png"

    def __init__(self, *, notifies: bool = False, shows: bool = True) -> None:
        self.done: list[str] = []
        self._notifies, self._shows = notifies, shows

    def use_console(self) -> None:
        self.done.append("console")

    def share_memory(self) -> None:
        self.done.append("memory")

    def name_process(self, icon: Path) -> None:
        assert icon.is_file()
        self.done.append("name")

    def show_notification(self, title: str, body: str) -> bool:
        assert (title, "display" in body) == ("Probe Tray", True)
        self.done.append("notification")
        return self._notifies

    def show_error(self, text: str) -> bool:
        assert "display" in text
        self.done.append("window")
        return self._shows


@pytest.mark.parametrize(
    ("argument", "system", "told", "printed"),
    [
        ("--demo", System(), ["window"], False),
        ("--login", System(), ["window"], False),
        ("--background", System(), ["notification", "window"], False),
        ("--background", System(notifies=True), ["notification"], False),
        ("--background", System(shows=False), ["notification", "window"], True),
        ("--refresh", System(), [], True),
    ],
)
def test_what_ends_a_start_is_said_where_the_person_is(
    argument: str,
    system: System,
    told: list[str],
    *,
    printed: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise NoDisplayError

    monkeypatch.setattr("probe_tray.app.check_display", fail)
    monkeypatch.setattr("probe_tray.app.this_system", lambda: system)
    assert run(["--demo", argument]) == 2
    assert system.done == ["console", *told]
    assert bool(capsys.readouterr().err) is printed


@pytest.mark.parametrize(
    ("argument", "status"), [("--help", 0), ("--version", 0), ("--quit", 0), ("--no-such-flag", 2)]
)
@pytest.mark.usefixtures("home")
def test_what_only_prints_does_so_in_the_terminal_of_the_start(
    argument: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    system = System()
    monkeypatch.setattr("probe_tray.app.this_system", lambda: system)
    assert run(["--demo", argument]) == status
    assert system.done == ["console"]
    printed = capsys.readouterr()
    assert printed.out or printed.err


def nothing(*_: object) -> None:
    pass


@pytest.mark.parametrize("lacks", [True, False])
def test_the_systems_are_told_of_the_program_before_qt_starts(monkeypatch: pytest.MonkeyPatch, *, lacks: bool) -> None:
    system = System()
    done = system.done

    class Application:
        def __init__(self, words: list[str]) -> None:
            assert words == ["probe-tray"]
            done.append("Qt")

        def setStyle(self, name: str) -> None:
            done.append(name)

        def __getattr__(self, name: str) -> object:
            return nothing

    def prepare_start(environment: MutableMapping[str, str]) -> None:
        assert environment is os.environ
        done.append("in the background")

    def show_in_dock(*, shown: bool) -> None:
        done.append("in the Dock" if shown else "not in the Dock")

    desktop = SimpleNamespace(prepare_start=prepare_start, show_in_dock=show_in_dock, lacks_dark_controls=lacks)
    monkeypatch.setattr("probe_tray.app.check_display", nothing)
    monkeypatch.setattr("probe_tray.app.check_libraries", nothing)
    monkeypatch.setattr("probe_tray.app.this_system", lambda: system)
    monkeypatch.setattr("probe_tray.app.this_desktop", lambda: desktop)
    # Another start was quicker: this one ends once it knows.
    monkeypatch.setattr(Instance, "claim", nothing)
    with monkeypatch.context() as only_here:
        only_here.setattr("PySide6.QtWidgets.QApplication", Application)
        assert run(["--demo", "--background"]) == 0
    # No console: a tray that is attached to one ends with it.
    begun = ["memory", "name", "in the background", "Qt", "not in the Dock"]
    assert done == [*begun, *(["fusion"] if lacks else [])]


def test_timers_stay_punctual_as_long_as_the_program_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    @contextmanager
    def keep_punctual(reason: str) -> Generator[None]:
        assert "renewing" in reason
        done.append("begun")
        yield
        done.append("ended")

    def run_loop(*_: object) -> int:
        done.append("running")
        return 7

    monkeypatch.setattr("sys.setswitchinterval", nothing)
    monkeypatch.setattr("probe_tray.program.this_desktop", lambda: SimpleNamespace(keep_punctual=keep_punctual))
    monkeypatch.setattr("probe_tray.program.run_loop", run_loop)
    start: Any = SimpleNamespace(app=None, icon_file=None)
    session: Any = SimpleNamespace(settings=Settings())
    assert run_program(start, session) == 7
    assert done == ["begun", "running", "ended"]

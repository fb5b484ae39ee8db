"""The end of the session, on each system in its way: X11 ends it, macOS and Windows ask before, Windows kills after."""

import ctypes
from collections.abc import Callable, Generator

import pytest
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QGuiApplication, QPlatformSurfaceEvent, QSessionManager, QWindow
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from probe_tray.adapters.systems.desktop import PlainDesktop, SystemDesktop
from probe_tray.adapters.systems.macos_desktop import MacosDesktop
from probe_tray.adapters.systems.windows_desktop import WindowsDesktop
from probe_tray.ui.session_end import SessionEnd
from tests.support.desktops import FakeDesktop
from tests.unit.ui.samples import StoppedClock


class FakeManager:
    def __init__(self) -> None:
        self.hints: list[QSessionManager.RestartHint] = []

    def setRestartHint(self, hint: QSessionManager.RestartHint, /) -> None:
        self.hints.append(hint)


class Program:
    """Has ended, or has its tokens, a little after the session begins to end."""

    def __init__(self, *, sent: bool = False) -> None:
        self.said: list[str] = []
        self.sent = sent

    def end(self) -> None:
        self.said.append("ends")
        QTimer.singleShot(60, lambda: self.said.append("saved"))

    def ended(self) -> bool:
        return "saved" in self.said

    def awaits_tokens(self) -> bool:
        return self.sent

    def answered(self) -> None:
        self.sent = False
        self.said.append("answered")

    def waits_for(self) -> str:
        return "Saving a login"


@pytest.fixture
def watch(qapp: QApplication, qtbot: QtBot) -> Generator["Watch", None, None]:
    made: list[SessionEnd] = []

    def make(program: Program, desktop: SystemDesktop) -> SessionEnd:
        made.append(SessionEnd(qapp, program, desktop, StoppedClock().monotonic))
        return made[-1]

    yield make
    for one in made:
        one.close()


Watch = Callable[[Program, SystemDesktop], SessionEnd]


def test_on_x11_the_program_ends_before_the_session_does(watch: Watch) -> None:
    program, manager = Program(), FakeManager()
    watch(program, FakeDesktop()).commit(manager)
    assert program.said == ["ends", "saved"]
    assert manager.hints == [QSessionManager.RestartHint.RestartNever]


@pytest.mark.parametrize("windows", [False, True])
def test_a_session_that_only_asks_ends_nothing(watch: Watch, *, windows: bool) -> None:
    # Another program may refuse, and the session goes on.
    program, desktop = Program(), FakeDesktop(asks_before_ending=True, kills_at_end=windows)
    watch(program, desktop).commit(FakeManager())
    assert (program.said, desktop.held_up) == ([], [])


@pytest.mark.parametrize("windows", [False, True])
def test_a_request_that_was_sent_is_waited_for_and_the_person_reads_why(watch: Watch, *, windows: bool) -> None:
    program, desktop = Program(sent=True), FakeDesktop(asks_before_ending=True, kills_at_end=windows)
    QTimer.singleShot(60, program.answered)
    watch(program, desktop).commit(FakeManager())
    assert program.said == ["answered"]
    assert desktop.held_up == [(0, "Saving a login")]


def test_a_key_that_quits_on_a_mac_waits_for_nothing_there(watch: Watch) -> None:
    program = Program(sent=True)
    watch(program, FakeDesktop(asks_before_ending=True, ends=False)).commit(FakeManager())
    assert program.said == []


def test_before_windows_kills_it_the_program_has_ended(watch: Watch) -> None:
    program, desktop = Program(), FakeDesktop(asks_before_ending=True, kills_at_end=True)
    session = watch(program, desktop)
    # Not in the same session, where it ends by itself.
    session.quit()
    assert program.said == []
    session.commit(FakeManager())
    session.quit()
    assert program.said == ["ends", "saved"]
    assert desktop.held_up == [(0, "Saving a login")]


class NativeWindows(QObject):
    """The windows that the system has of this program."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.found: list[QWindow] = []
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(watched, QWindow) and isinstance(event, QPlatformSurfaceEvent):
            made = event.surfaceEventType() is QPlatformSurfaceEvent.SurfaceEventType.SurfaceCreated
            (self.found.append if made else self.found.remove)(watched)
        return super().eventFilter(watched, event)


class User:
    """user32."""

    def __init__(self) -> None:
        self.reasons: dict[int | None, str | None] = {}

    def load(self, name: str, **_options: object) -> "User":
        assert name == "user32"
        return self

    def ShutdownBlockReasonCreate(self, window: ctypes.c_void_p, reason: ctypes.c_wchar_p) -> int:
        self.reasons[window.value] = reason.value
        return 1

    def ShutdownBlockReasonDestroy(self, window: ctypes.c_void_p) -> int:
        return int(window.value in self.reasons)


@pytest.fixture
def native(qapp: QApplication) -> Generator[NativeWindows, None, None]:
    found = NativeWindows(qapp)
    yield found
    qapp.removeEventFilter(found)


def test_on_windows_a_window_that_nobody_sees_hears_of_the_end(
    qapp: QApplication, native: NativeWindows, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = User()
    monkeypatch.setattr(ctypes, "WinDLL", user.load, raising=False)
    monkeypatch.setattr("sys.platform", "win32")
    widgets, program = set(qapp.topLevelWidgets()), Program(sent=True)
    session = SessionEnd(qapp, program, WindowsDesktop(), StoppedClock().monotonic)
    # From the start: the message comes to windows that are there.
    (window,) = native.found
    QTimer.singleShot(60, program.answered)
    session.commit(FakeManager())
    assert user.reasons == {int(window.winId()): "Saving a login"}
    assert (window.isTopLevel(), window.isVisible(), window.title()) == (True, False, "Probe Tray")
    # The panel would be a large thing to make while the session waits.
    assert set(qapp.topLevelWidgets()) == widgets
    session.close()
    assert native.found == []


def test_that_window_stays_while_a_program_that_quits_still_waits(qapp: QApplication, native: NativeWindows) -> None:
    session = SessionEnd(qapp, Program(), WindowsDesktop(), StoppedClock().monotonic)
    (window,) = native.found
    # So does Qt with every window before a program quits, which one that refuses would keep from it.
    assert window.close()
    assert native.found == [window]
    session.close()
    assert native.found == []


@pytest.mark.parametrize("desktop", [PlainDesktop({}), MacosDesktop()])
def test_elsewhere_no_window_is_made_for_it(watch: Watch, desktop: SystemDesktop) -> None:
    before = QGuiApplication.topLevelWindows()
    watch(Program(), desktop)
    assert QGuiApplication.topLevelWindows() == before


def test_it_does_not_wait_for_ever(qapp: QApplication, qtbot: QtBot) -> None:
    moments = iter(range(0, 1000, 20))
    asked: list[int] = []

    def monotonic() -> float:
        asked.append(next(moments))
        return asked[-1]

    program = Program(sent=True)
    session = SessionEnd(qapp, program, FakeDesktop(asks_before_ending=True), monotonic)
    session.commit(FakeManager())
    assert asked[-1] >= 50
    session.close()

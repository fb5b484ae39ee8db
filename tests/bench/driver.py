"""The tray app with somebody at its windows: ``python -m tests.bench.driver SCENARIO [NUMBER]``.

Nothing of the program is replaced; once it runs, the scenario does what a person does and measures from inside. What it
found is printed as JSON.
"""

import asyncio
import linecache
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import msgspec
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QLineEdit, QListView, QWidget

import probe_tray.app
from probe_tray.adapters.system import SystemClock
from probe_tray.core.account.arrangement import Sort
from probe_tray.core.commands import Arrange, Refresh
from probe_tray.ui.lazy_window import KEPT
from tests.bench.measurement import share
from tests.bench.processes import memory
from tests.support.patience import PATIENCE

PAUSE: Final = 0.6
"""Seconds between two steps of the person."""
_BEAT: Final = 4
"""Milliseconds between two beats of the probe that notices when the windows have to wait."""
_DAY: Final = 24 * 3600.0

Found = dict[str, object]


class _Beats(QObject):
    """Notices how long the windows had to wait: a timer that comes late."""

    def __init__(self) -> None:
        super().__init__()
        self._late: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(_BEAT)

    def take(self) -> dict[str, float]:
        """What came since the last call: the 99th percentile and the worst, in milliseconds."""
        late, self._late = self._late, []
        return {"p99": share(late, 99), "worst": max(late, default=0.0)}

    def _beat(self) -> None:
        now = time.perf_counter()
        self._late.append(max((now - self._last) * 1000 - _BEAT, 0.0))
        self._last = now


class _FirstPaint(QObject):
    """Notices when a window has first been painted."""

    def __init__(self, window: QWidget) -> None:
        super().__init__()
        self.painted = asyncio.Event()
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint and not self.painted.is_set():
            # Once everything inside it has been painted too and handed to the screen.
            QTimer.singleShot(0, self, self.painted.set)
        return super().eventFilter(watched, event)


class _Person:
    """Sits at the running program."""

    def __init__(self, program: Any) -> None:  # noqa: ANN401 - the program's own parts, private to it
        self.engine = program._wired.engine
        self.shell = program._shell
        self.poller = program._wired.engine._poller

    @property
    def panel(self) -> QWidget:
        """The panel's window, made if there is none."""
        return cast("QWidget", self.shell._panel.made())

    async def all_checked(self) -> None:
        """Have each account asked for now."""
        await self.until(lambda: self.engine.state.loaded and self.engine.state.accounts)
        self.engine.send(Refresh())
        await self.until(lambda: self.engine.state.accounts and all(a.checked_at for a in self.engine.state.accounts))

    async def until(self, true: Callable[[], object]) -> None:
        """Wait for something of the program."""
        end = time.monotonic() + 10 * PATIENCE
        while not true():
            if time.monotonic() > end:
                msg = f"{len(self.engine.state.accounts)} accounts, {self.engine.state.trouble}"
                raise TimeoutError(msg)
            await asyncio.sleep(0.05)

    async def open_panel(self) -> float:
        """Open the panel; the milliseconds until it has been painted."""
        began = time.perf_counter()
        paint = _FirstPaint(self.panel)
        self.shell.show_panel()
        await paint.painted.wait()
        return (time.perf_counter() - began) * 1000


def _resident() -> float:
    return memory("self").resident


async def windows(person: _Person, _number: float) -> Found:
    """Open and close panel, details and settings; memory before and after, in MB, and when the panel was painted."""
    await person.all_checked()
    # Nobody is told at each closing that the program runs on.
    person.engine.send(Arrange(msgspec.structs.replace(person.engine.state.arrangement, tray_told=True)))
    await asyncio.sleep(5)
    before = _resident()
    first = await person.open_panel()
    await asyncio.sleep(PAUSE)
    person.shell.show_details(person.engine.state.accounts[0].key)
    await asyncio.sleep(2 * PAUSE)
    person.shell.show_settings()
    await asyncio.sleep(2 * PAUSE)
    _close_windows()
    # A closed window is kept for a while.
    await asyncio.sleep(KEPT / 1000 + 5)
    after = _resident()
    again = [await _reopened(person) for _ in range(7)]
    return {"before": before, "after": after, "first_paint": first, "paints": again}


def probe_tray_windows() -> list[QWidget]:
    """The windows on the screen."""
    from PySide6.QtWidgets import QApplication

    return [window for window in QApplication.topLevelWidgets() if window.isVisible()]


def _close_windows() -> None:
    # Not in a coroutine: it would hold the last one of them while it waits for all to go.
    for window in probe_tray_windows():
        window.close()


async def _reopened(person: _Person) -> float:
    took = await person.open_panel()
    await asyncio.sleep(PAUSE)
    person.panel.close()
    await asyncio.sleep(PAUSE)
    return took


async def stalls(person: _Person, _number: float) -> Found:
    """How long the windows have to wait while the accounts are read, asked for, listed, scrolled, sorted, searched."""
    beats, found = _Beats(), dict[str, object]()
    await person.until(lambda: person.engine.state.loaded)
    await asyncio.sleep(3)
    found["start"] = beats.take()
    await person.all_checked()
    await asyncio.sleep(5)
    found["full poll"] = beats.take()
    await person.open_panel()
    await asyncio.sleep(2)
    found["panel opened"] = beats.take()
    await _scroll(person.panel.findChildren(QListView)[0])
    found["scrolled"] = beats.take()
    for order in (Sort.NAME, Sort.RESET, Sort.NEED):
        person.engine.send(Arrange(msgspec.structs.replace(person.engine.state.arrangement, sort=order)))
        await asyncio.sleep(PAUSE)
    found["sorted"] = beats.take()
    field = person.panel.findChildren(QLineEdit)[0]
    for text in ("p", "pe", "per", "pers", "person-00", "person-0000", ""):
        field.setText(text)
        await asyncio.sleep(PAUSE)
    found["searched"] = beats.take()
    return {"stalls": found, "resident": _resident()}


async def _scroll(shown: QListView) -> None:
    bar = shown.verticalScrollBar()
    for step in range(101):
        bar.setValue(bar.maximum() * step // 100)
        await asyncio.sleep(0.02)


async def polls(person: _Person, count: float) -> Found:
    """Ask for one account after the other, one a second; the CPU that takes beside doing nothing, in seconds."""
    await person.all_checked()
    # Until what the round has brought is in the closed menu and in the history: none of that is rest.
    await asyncio.sleep(45)
    keys = [account.key for account in person.engine.state.accounts]
    began = time.process_time()
    await asyncio.sleep(count)
    idle = time.process_time() - began
    began = time.process_time()
    for number in range(int(count)):
        person.poller.refresh([keys[number % len(keys)]])
        await asyncio.sleep(1)
    return {"idle": idle, "polling": time.process_time() - began, "polls": count, "resident": _resident()}


async def full_round(person: _Person, _number: float) -> Found:
    """Ask for all accounts once, as "Refresh now" does; the CPU until the last answer, in seconds."""
    await person.all_checked()
    await asyncio.sleep(8)
    began, then = time.process_time(), datetime.now(UTC)
    person.engine.send(Refresh())
    await person.until(lambda: all(a.checked_at and a.checked_at > then for a in person.engine.state.accounts))
    await asyncio.sleep(1)
    return {"cpu": time.process_time() - began, "resident": _resident()}


async def day(person: _Person, speed: float) -> Found:
    """A day, ``speed`` times as fast as time; the memory after each hour, in MB."""
    await person.until(lambda: person.engine.state.loaded)
    clock = SystemClock()
    began, hours = clock.monotonic(), list[float]()
    while clock.monotonic() - began < _DAY:
        await person.until(lambda: clock.monotonic() - began >= (len(hours) + 1) * 3600)
        hours.append(_resident())
    return {"hours": hours, "speed": speed}


SCENARIOS: Final[Mapping[str, Callable[[_Person, float], Awaitable[Found]]]] = {
    "windows": windows,
    "stalls": stalls,
    "polls": polls,
    "round": full_round,
    "day": day,
}


def hurry(speed: float) -> None:
    """Let the program's time go ``speed`` times as fast."""
    origin, began = datetime.now(UTC), time.monotonic()

    def monotonic(_clock: SystemClock) -> float:
        return began + (time.monotonic() - began) * speed

    def now(clock: SystemClock) -> datetime:
        return origin + timedelta(seconds=monotonic(clock) - began)

    async def sleep(_clock: SystemClock, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0) / speed)

    for name, method in {"monotonic": monotonic, "now": now, "sleep": sleep}.items():
        setattr(SystemClock, name, method)


def main() -> int:
    """Run the app in the background until the scenario has ended."""
    # What Qt has had read of the sources of what is imported above is 4 MB that the program does without.
    linecache.clearcache()
    scenario, number = SCENARIOS[sys.argv[1]], float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    if scenario is day:
        hurry(number)
    tasks: list[asyncio.Task[None]] = []

    async def act(program: Any) -> None:  # noqa: ANN401 - as above
        try:
            found = await scenario(_Person(program), number)
            sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
            sys.stdout.flush()
        finally:
            program._stop.set()

    def began(program: Any, _request: object) -> None:  # noqa: ANN401 - as above
        tasks.append(asyncio.ensure_future(act(program)))

    load = probe_tray.app.import_module

    def watched(name: str) -> None:
        module = load(name)
        if name == "probe_tray.program":
            module.Program._do = began

    # A method of its own, for this process, once the program itself has loaded it.
    setattr(probe_tray.app, "import_module", watched)  # noqa: B010
    return probe_tray.app.run(["--background"])


if __name__ == "__main__":
    sys.exit(main())

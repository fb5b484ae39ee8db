"""The screen reader's view of all programs: names, roles and places, over AT-SPI.

It finds a button by what a person reads on it, so that the mouse can press the real one.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, cast

from msgspec import Struct

from tests.desktop.bus import Bus, BusError
from tests.desktop.waiting import wait_for
from tests.desktop.windows import Region, Screen
from tests.support.patience import PATIENCE

ACCESSIBLE: Final = "org.a11y.atspi.Accessible"
ROOT: Final = "/org/a11y/atspi/accessible/root"
DEEPEST: Final = 40
FOCUSED: Final = "object:state-changed:focused"
_STATE_SHOWING: Final = 25


class Element(Struct, frozen=True, kw_only=True):
    """Something on the screen that has a meaning: a button, a line of text, a list row."""

    service: str
    path: str
    role: str
    """`push button`, `label`, `text`, `frame`, `dialog`, `menu item`, ..."""
    name: str
    description: str
    showing: bool
    depth: int


class Reader:
    """Reads what is on the screen; switches accessibility on, as a screen reader does."""

    def __init__(self, session: Bus, screen: Screen) -> None:
        """Connect to the accessibility bus of the session."""
        status = "org.a11y.Status"
        session.set_property("org.a11y.Bus", "/org/a11y/bus", status, "IsEnabled", ("b", True))
        session.set_property("org.a11y.Bus", "/org/a11y/bus", status, "ScreenReaderEnabled", ("b", True))
        (address,) = session.call("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress")
        self._bus = Bus(str(address))
        self._screen = screen
        registry = "org.a11y.atspi.Registry"
        self._bus.call(registry, "/org/a11y/atspi/registry", registry, "RegisterEvent", "s", FOCUSED)
        self._state_changes = self._bus.watch("org.a11y.atspi.Event.Object", "StateChanged")
        self._focus: tuple[str, str] | None = None

    def close(self) -> None:
        """Leave the accessibility bus."""
        self._bus.close()

    def elements(self, *, pid: int | None = None) -> Iterator[Element]:
        """Yield everything of all programs (of one), each followed by what is inside it."""
        for service, path in self._children("org.a11y.atspi.Registry", ROOT):
            if pid in (None, self._pid(service)):
                yield from self._walk(service, path, 0)

    def texts(self, *, pid: int | None = None) -> list[str]:
        """Return the names of everything that is showing, in reading order."""
        return [e.name for e in self.elements(pid=pid) if e.showing and e.name]

    def find(self, name: str, *, role: str | None = None, pid: int | None = None) -> Element | None:
        """Return the showing element whose name matches the regular expression `name` fully."""
        for element in self.elements(pid=pid):
            matches = re.fullmatch(name, element.name)
            if matches and element.showing and role in (None, element.role):
                return element
        return None

    def wait(
        self,
        name: str,
        *,
        role: str | None = None,
        pid: int | None = None,
        seconds: float = PATIENCE,
    ) -> Element:
        """Wait until an element of this name is showing."""
        return wait_for(
            f"{role or 'something'} named {name!r} on the screen",
            lambda: self.find(name, role=role, pid=pid),
            seconds=seconds,
            instead=lambda: self.describe(pid=pid),
        )

    def wait_focus(self, name: str, *, role: str | None = None) -> Element:
        """Wait until the keyboard is on an element of this name (a regular expression): it is read aloud then."""

        def look() -> Element | None:
            element = self.focused()
            matches = element is not None and re.fullmatch(name, element.name) and role in (None, element.role)
            return element if matches else None

        return wait_for(
            f"the keyboard on {role or 'something'} named {name!r}",
            look,
            instead=lambda: f"it is on {self.focused()}",
        )

    def focused(self) -> Element | None:
        """Return what a screen reader was told last that the keyboard is on; rows of a menu have no other way."""
        for seen in self._state_changes():
            state, is_so, *_ = seen.body
            if (state, is_so) == ("focused", 1):
                self._focus = (seen.sender, seen.path)
        return None if self._focus is None else self._element(*self._focus, 0)

    def region(self, element: Element) -> Region:
        """Return where it is on the screen."""
        (extents,) = self._bus.call(element.service, element.path, "org.a11y.atspi.Component", "GetExtents", "u", 0)
        return Region(*cast("tuple[int, int, int, int]", extents))

    def place(self, element: Element) -> Region:
        """Return where it is on the screen once it rests there: windows are still being placed, lists still scroll."""
        before: Region | None = None

        def look() -> Region | None:
            nonlocal before
            now, last = self.region(element), before
            before = now
            return now if now == last else None

        return wait_for(f"{element.name!r} to rest in its place", look, instead=lambda: f"it is at {before}")

    def value(self, element: Element) -> float:
        """Return the number that a field or a bar shows."""
        _type, value = self._bus.property(element.service, element.path, "org.a11y.atspi.Value", "CurrentValue")
        return float(value)

    def find_beside(self, words: str, name: str, *, role: str, pid: int) -> Element | None:
        """Return the showing element of exactly this name in the window of a program that holds the text `words`."""
        for service, path in self._children("org.a11y.atspi.Registry", ROOT):
            if self._pid(service) != pid:
                continue
            for child_service, child in self._children(service, path):
                inside = [element for element in self._walk(child_service, child, 1) if element.showing]
                if any(element.name == words for element in inside):
                    return next((e for e in inside if (e.name, e.role) == (name, role)), None)
        return None

    def press(
        self,
        name: str,
        *,
        role: str = "push button",
        pid: int | None = None,
        seconds: float = PATIENCE,
    ) -> None:
        """Click with the mouse in the middle of the button of this name, once it rests there and nothing covers it."""
        self.click(self.wait(name, role=role, pid=pid, seconds=seconds))

    def click(self, element: Element) -> None:
        """Click with the mouse in the middle of it, once it rests there and nothing covers it."""
        self._screen.click(*self.place(element).centre, pid=self._bus.pid_of(element.service))

    def describe(self, *, pid: int | None = None) -> str:
        """Draw everything that is showing for a failure text."""
        lines = [f"{'  ' * (e.depth + 1)}{e.role}: {e.name}" for e in self.elements(pid=pid) if e.showing]
        return "on the screen:\n" + "\n".join(lines)

    def _walk(self, service: str, path: str, depth: int) -> Iterator[Element]:
        element = self._element(service, path, depth)
        if element is None or depth > DEEPEST:
            return
        yield element
        for child_service, child in self._children(service, path):
            yield from self._walk(child_service, child, depth + 1)

    def _element(self, service: str, path: str, depth: int) -> Element | None:
        # A window may close between two questions.
        try:
            (role,) = self._bus.call(service, path, ACCESSIBLE, "GetRoleName")
            (states,) = self._bus.call(service, path, ACCESSIBLE, "GetState")
            _type, name = self._bus.property(service, path, ACCESSIBLE, "Name")
            _type, description = self._bus.property(service, path, ACCESSIBLE, "Description")
        except BusError:
            return None
        return Element(
            service=service,
            path=path,
            role=str(role),
            name=str(name),
            description=str(description),
            showing=bool(cast("list[int]", states)[0] >> _STATE_SHOWING & 1),
            depth=depth,
        )

    def _children(self, service: str, path: str) -> list[tuple[str, str]]:
        try:
            (children,) = self._bus.call(service, path, ACCESSIBLE, "GetChildren")
        except BusError:
            return []
        found = cast("list[tuple[str, Any]]", children)
        return [(child, str(where)) for child, where in found if not str(where).endswith("/null")]

    def _pid(self, service: str) -> int | None:
        try:
            return self._bus.pid_of(service)
        except BusError:
            return None

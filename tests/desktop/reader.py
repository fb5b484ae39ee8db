"""The screen reader's view of all programs: names, roles and places, over AT-SPI.

It finds a button by what a person reads on it, so that the mouse can press the real one.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from msgspec import Struct

from tests.desktop.bus import Bus, BusError, Call
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


class _Place(Struct, frozen=True):
    """Where something is among what is showing."""

    service: str
    path: str
    name: str
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
        self._pids: dict[str, int] = {}

    def close(self) -> None:
        """Leave the accessibility bus."""
        self._bus.close()

    def texts(self, *, pid: int | None = None) -> list[str]:
        """Return the names of everything that is showing, in reading order."""
        return [place.name for place in self._places(pid) if place.name]

    def find(self, name: str, *, role: str | None = None, pid: int | None = None) -> Element | None:
        """Return the showing element whose name matches the regular expression `name` fully."""
        for place in self._places(pid):
            if re.fullmatch(name, place.name):
                element = self._element(place.service, place.path)
                if element and element.showing and role in (None, element.role) and re.fullmatch(name, element.name):
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
        return None if self._focus is None else self._element(*self._focus)

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
        for service, path in self._programs(pid):
            for window in self._children(service, path):
                inside = self._walk(*window, 1)
                if any(place.name == words for place in inside):
                    named = (self._element(one.service, one.path) for one in inside if one.name == name)
                    return next((e for e in named if e and (e.name, e.role, e.showing) == (name, role, True)), None)
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
        pid = self._bus.pid_of(element.service)

        def is_below_mouse() -> Region | None:
            # Its window is where its program thinks it is only once it has its frame, which a busy desktop adds late:
            # a window that can be seen has it, and its program has heard of it when it is asked after that.
            place = self.region(element)
            window = self._screen.window_at(*place.centre)
            return place if window is not None and window.pid == pid and self.place(element) == place else None

        place = wait_for(
            f"{element.name!r} below the mouse",
            is_below_mouse,
            instead=lambda: f"it is at {self.region(element)}\n{self._screen.describe()}",
        )
        self._screen.click(*place.centre, pid=pid)

    def describe(self, *, pid: int | None = None) -> str:
        """Draw everything that is showing for a failure text."""
        found = ((place.depth, self._element(place.service, place.path)) for place in self._places(pid))
        lines = [f"{'  ' * (depth + 1)}{e.role}: {e.name}" for depth, e in found if e and e.showing]
        return "on the screen:\n" + "\n".join(lines)

    def _places(self, pid: int | None) -> Iterator[_Place]:
        """Yield everything that is showing of all programs (of one), each followed by what is inside it."""
        for program in self._programs(pid):
            yield from self._walk(*program, 0)

    def _walk(self, service: str, path: str, depth: int) -> list[_Place]:
        """Ask for one level after the other, and return what is showing there in reading order.

        What is not showing has nothing inside it that is; only a program itself may say that it is not.
        """
        inside = dict[tuple[str, str], tuple[_Place, list[tuple[str, str]]]]()
        level = [(service, path)]
        for deep in range(depth, DEEPEST):
            states = self._bus.call_each(Call(*one, ACCESSIBLE, "GetState") for one in level)
            showing = [one for one, state in zip(level, states, strict=True) if deep == 0 or _is_showing(state)]
            names = self._bus.call_each(Call.property(*one, ACCESSIBLE, "Name") for one in showing)
            lists = self._bus.call_each(Call(*one, ACCESSIBLE, "GetChildren") for one in showing)
            for one, name, children in zip(showing, names, lists, strict=True):
                # A window may close between two questions.
                if name is not None and one not in inside:
                    inside[one] = _Place(*one, str(name[0][1]), deep), _references(children)
            level = [child for one in showing if one in inside for child in inside[one][1]]
        return list(_in_order(inside, (service, path)))

    def _element(self, service: str, path: str) -> Element | None:
        asked = self._bus.call_each(
            (
                Call(service, path, ACCESSIBLE, "GetRoleName"),
                Call(service, path, ACCESSIBLE, "GetState"),
                Call.property(service, path, ACCESSIBLE, "Name"),
                Call.property(service, path, ACCESSIBLE, "Description"),
            )
        )
        # A window may close between two questions.
        if None in asked:
            return None
        (role,), state, ((_type, name),), ((_text, description),) = cast("list[tuple[Any, ...]]", asked)
        return Element(
            service=service,
            path=path,
            role=str(role),
            name=str(name),
            description=str(description),
            showing=_is_showing(state),
        )

    def _programs(self, pid: int | None) -> list[tuple[str, str]]:
        return [one for one in self._children("org.a11y.atspi.Registry", ROOT) if pid in (None, self._pid(one[0]))]

    def _children(self, service: str, path: str) -> list[tuple[str, str]]:
        (children,) = self._bus.call_each((Call(service, path, ACCESSIBLE, "GetChildren"),))
        return _references(children)

    def _pid(self, service: str) -> int | None:
        if service not in self._pids:
            try:
                self._pids[service] = self._bus.pid_of(service)
            except BusError:
                return None
        # A bus gives each name of a connection once.
        return self._pids[service]


def _is_showing(state: tuple[Any, ...] | None) -> bool:
    return state is not None and bool(cast("list[int]", state[0])[0] >> _STATE_SHOWING & 1)


def _references(children: tuple[Any, ...] | None) -> list[tuple[str, str]]:
    found = cast("list[tuple[str, Any]]", children[0] if children else [])
    return [(child, str(where)) for child, where in found if not str(where).endswith("/null")]


def _in_order(
    inside: Mapping[tuple[str, str], tuple[_Place, list[tuple[str, str]]]], one: tuple[str, str]
) -> Iterator[_Place]:
    """Yield it, followed by what is inside it."""
    if one in inside:
        place, children = inside[one]
        yield place
        for child in children:
            yield from _in_order(inside, child)

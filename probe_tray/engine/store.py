"""The one place where the state lives while the program runs."""

import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

from probe_tray.core.events import Event
from probe_tray.core.reduce import reduce
from probe_tray.core.state import AppState

_log = logging.getLogger(__name__)
_E = TypeVar("_E", bound=Event)
_Handler = Callable[[Any], None]

_NOT_FOLLOWED: Final = "A change of the state could not be followed."


class Store:
    """Holds the state, changes it by events, and tells whoever listens."""

    def __init__(self, state: AppState) -> None:
        """Start from ``state``."""
        self._state = state
        self._listeners: dict[int, Callable[[], None]] = {}
        self._handlers: dict[int, tuple[_Handler, tuple[type, ...]]] = {}
        self._hearing: dict[type, tuple[_Handler, ...]] = {}
        """Who hears of the events of a kind that there were since somebody began or ended to hear."""
        self._next = 0

    @property
    def state(self) -> AppState:
        """The state now."""
        return self._state

    def dispatch(self, event: Event) -> None:
        """Change the state by ``event``; listeners are told when it made a difference, handlers always.

        One that raises is logged: neither the others nor whoever dispatched may suffer from it.
        """
        before, self._state = self._state, reduce(self._state, event)
        for handler in self._hearing.get(type(event)) or self._who_hears(type(event)):
            try:
                handler(event)
            except Exception:  # noqa: BLE001 - whatever one of them meets, the others go on
                _log.exception(_NOT_FOLLOWED)
        if self._state is not before:
            for number in tuple(self._listeners):
                # One that was called before may have ended this one's subscription.
                if listener := self._listeners.get(number):
                    try:
                        listener()
                    except Exception:  # noqa: BLE001 - as above
                        _log.exception(_NOT_FOLLOWED)

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after every change; the returned function ends that."""
        number, self._next = self._next, self._next + 1
        self._listeners[number] = listener
        return lambda: self._listeners.pop(number, None) and None

    def on_event(self, handler: Callable[[_E], None], *kinds: type[_E]) -> Callable[[], None]:
        """Call ``handler`` with every event of these ``kinds`` once the state knows it, without any with each event.

        The returned function ends that. It only takes note: an event of its own would reach the others before this one.
        """
        number, self._next = self._next, self._next + 1
        self._handlers[number] = handler, kinds
        self._hearing.clear()

        def end() -> None:
            self._handlers.pop(number, None)
            self._hearing.clear()

        return end

    def _who_hears(self, kind: type[Event]) -> tuple[_Handler, ...]:
        found = self._hearing[kind] = tuple(h for h, kinds in self._handlers.values() if not kinds or kind in kinds)
        return found

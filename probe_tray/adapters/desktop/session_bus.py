"""Which services a Linux desktop has, by their names on the session's D-Bus."""

import contextlib
from collections.abc import Callable
from typing import Final, Protocol, cast

_PATIENCE: Final = 2.0
"""Seconds that the bus has for an answer."""

Listed = tuple[frozenset[str], frozenset[str]]
"""The names that somebody owns, and those that are started when they are asked."""


class _BusReply(Protocol):
    body: tuple[object, ...]


class _Bus(Protocol):
    def send_and_get_reply(self, message: object, *, timeout: float) -> _BusReply: ...

    def close(self) -> None: ...


class _BusMessages(Protocol):
    def ListNames(self) -> object: ...  # noqa: N802 - named by the bus

    def ListActivatableNames(self) -> object: ...  # noqa: N802 - named by the bus


def session_names(bus: str = "SESSION") -> Listed | None:
    """What the D-Bus ``bus`` lists, None where there is no such bus. Blocks for some milliseconds; never raises."""
    with contextlib.suppress(Exception):
        # keyring needs jeepney on Linux too; imported here, it costs the start nothing.
        from jeepney.bus_messages import message_bus  # pyright: ignore[reportMissingTypeStubs] - it ships none
        from jeepney.io.blocking import open_dbus_connection  # pyright: ignore[reportMissingTypeStubs] - it ships none

        questions = cast("_BusMessages", message_bus)
        with contextlib.closing(cast("Callable[[str], _Bus]", open_dbus_connection)(bus)) as opened:
            return _names(opened, questions.ListNames()), _names(opened, questions.ListActivatableNames())
    return None


def _names(bus: _Bus, question: object) -> frozenset[str]:
    (names,) = bus.send_and_get_reply(question, timeout=_PATIENCE).body
    return frozenset(cast("list[str]", names))

"""What asyncio runs when a socket is ready, in Qt's loop."""

import asyncio
from collections.abc import Callable
from operator import attrgetter
from typing import NamedTuple, final

from PySide6.QtCore import QObject, QSocketNotifier

from probe_tray.ui.event_loop.ready_queue import ReadyQueue

_Kind = QSocketNotifier.Type


class _NotifiedCallback(NamedTuple):
    notifier: QSocketNotifier
    handle: asyncio.Handle


@final
class ReadySockets(QObject):
    """Runs callbacks as soon as Qt tells that a socket is ready; for the loop's own thread.

    WORKAROUND qasync 0.28 (``__init__.py``, ``__on_notifier_ready``): it turns the notifier off, runs the callback in
    the next turn of Qt's loop, and turns the notifier on again. Both end the sleep of Qt's loop once more for nothing.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ready: ReadyQueue) -> None:
        """Run what ``loop`` is asked to run, and at once, in ``ready``, what follows from it."""
        super().__init__()
        self._loop, self._ready = loop, ready
        self._watched: dict[tuple[_Kind, int], _NotifiedCallback] = {}
        # For the sockets that the loop has watched before.
        self._remove_reader: Callable[[int], bool] = attrgetter("_remove_reader")(loop)
        self._remove_writer: Callable[[int], bool] = attrgetter("_remove_writer")(loop)

    def add_reader(self, fd: int, callback: Callable[..., object], *args: object) -> asyncio.Handle:
        """Run ``callback`` whenever there is something to read, in the place of the one before."""
        return self._add(_Kind.Read, fd, asyncio.Handle(callback, args, self._loop))

    def add_writer(self, fd: int, callback: Callable[..., object], *args: object) -> asyncio.Handle:
        """Run ``callback`` whenever something can be written, in the place of the one before."""
        return self._add(_Kind.Write, fd, asyncio.Handle(callback, args, self._loop))

    def remove_reader(self, fd: int) -> bool:
        """Watch no more; whether there was something to watch for."""
        return self._remove(_Kind.Read, fd) or self._remove_reader(fd)

    def remove_writer(self, fd: int) -> bool:
        """Watch no more; whether there was something to watch for."""
        return self._remove(_Kind.Write, fd) or self._remove_writer(fd)

    def close(self) -> None:
        """Watch nothing any more."""
        for kind, fd in tuple(self._watched):
            self._remove(kind, fd)

    def _add(self, kind: _Kind, fd: int, handle: asyncio.Handle) -> asyncio.Handle:
        before = self._watched.get((kind, fd))
        if before is None:
            notifier = QSocketNotifier(fd, kind, self)
            notifier.activated.connect(lambda: self._came(kind, fd))
        else:
            before.handle.cancel()
            notifier = before.notifier
        self._watched[kind, fd] = _NotifiedCallback(notifier, handle)
        return handle

    def _remove(self, kind: _Kind, fd: int) -> bool:
        watched = self._watched.pop((kind, fd), None)
        if watched is None:
            return False
        watched.handle.cancel()
        watched.notifier.setEnabled(False)
        # It may be the one that has just told something.
        watched.notifier.deleteLater()
        return True

    def _came(self, kind: _Kind, fd: int) -> None:
        if watched := self._watched.get((kind, fd)):
            self._ready.run_now(watched.handle)

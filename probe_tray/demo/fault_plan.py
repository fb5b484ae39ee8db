"""Scripted faults: what should go wrong, where, how often, and exactly when."""

import asyncio
import threading
from collections.abc import Mapping
from typing import Literal

import msgspec

Drop = Literal["before", "after", "mid"]

_GARBAGE = b'\x00\xff{"access_token": "\xfe\xfe cut'


class Gate:
    """Holds requests until a test opens it; a held request knows no time-out but its sender's.

    Every method but ``wait`` may be called from any thread.
    """

    def __init__(self) -> None:
        """Begin closed."""
        self._changed = threading.Condition()
        self._open = False
        self._held: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._arrived = 0

    def open(self) -> None:
        """Let everything through that waits, and all that comes later."""
        with self._changed:
            self._open = True
            for loop, released in self._held:
                loop.call_soon_threadsafe(released.set)

    def wait_held(self, count: int = 1, *, timeout: float = 120.0) -> bool:
        """Wait (at most ``timeout`` seconds) until ``count`` requests have arrived here; False when they did not."""
        with self._changed:
            return self._changed.wait_for(lambda: self._arrived >= count, timeout)

    async def wait(self) -> None:
        """Arrive, and wait until the gate is open."""
        entry = (asyncio.get_running_loop(), asyncio.Event())
        with self._changed:
            self._arrived += 1
            self._changed.notify_all()
            if self._open:
                return
            self._held.append(entry)
        try:
            await entry[1].wait()
        finally:
            with self._changed:
                self._held.remove(entry)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that goes wrong.

    ``status``: answer this, with ``body`` (text and bytes as they are, anything else as JSON) and ``headers``, and do
    nothing. ``drop``: cut the connection "before" doing anything, or "after" doing it with no reply, or in the "mid"dle
    of the reply. ``garbage``: do it, and answer 200 with a body that is not JSON. ``omit``: do it, and leave these
    members out of the token endpoint's reply (without ``refresh_token`` in the reply, the old one stays the live one).
    ``short``: leave so many rows out at the end of a page of the table, which claims to be whole all the same.
    ``delay`` (seconds) and ``hold`` (a gate) come before the request is acted on, or with ``at="reply"`` between doing
    it and answering; alone, they only make the service slow.
    """

    status: int | None = None
    body: object = b""
    headers: Mapping[str, str] = {}
    drop: Drop | None = None
    garbage: bool = False
    omit: frozenset[str] = frozenset()
    short: int = 0
    delay: float = 0.0
    hold: Gate | None = None
    at: Literal["request", "reply"] = "request"

    @property
    def garbled(self) -> bytes:
        """The bytes which stand for a body that nobody can read."""
        return _GARBAGE

    async def linger(self, at: Literal["request", "reply"]) -> None:
        """Wait as the fault says, if this is the moment for it."""
        if at != self.at:
            return
        if self.hold:
            await self.hold.wait()
        if self.delay:
            await asyncio.sleep(self.delay)


class _Planned(msgspec.Struct):
    path: str
    fault: Fault
    times: int | None
    grant: str | None
    account: str | None


class FaultPlan:
    """The faults still to come, first planned first. Every method may be called from any thread."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._planned: list[_Planned] = []

    def add(
        self,
        path: str,
        fault: Fault,
        *,
        times: int | None = 1,
        grant: str | None = None,
        account: str | None = None,
    ) -> None:
        """Let the next ``times`` requests (None: all) whose path ends with ``path`` go wrong.

        ``grant`` (a grant_type) and ``account`` (an account_id) limit it to such requests.
        """
        with self._lock:
            self._planned.append(_Planned(path, fault, times, grant, account))

    def clear(self) -> None:
        """Forget all that is still to come."""
        with self._lock:
            self._planned.clear()

    def take(self, path: str, *, grant: str | None, account: str | None) -> Fault | None:
        """The fault for this request, used up by one."""
        with self._lock:
            for planned in self._planned:
                fits = planned.grant in {None, grant} and planned.account in {None, account}
                if fits and path.endswith(planned.path):
                    if planned.times is not None:
                        planned.times -= 1
                        if planned.times <= 0:
                            self._planned.remove(planned)
                    return planned.fault
        return None

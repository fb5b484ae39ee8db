"""Every request passes here: it is noted, meets its fault, and is refused or handed to what answers it."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from probe_tray.demo.fault_plan import Fault, FaultPlan
from probe_tray.demo.ledger import Ledger, facts_of
from probe_tray.demo.messages import JSON_TYPE, DemoRefusal, Reply, Request, Role, Strange, as_json

Handler = Callable[[Request], Reply]
Routes = Mapping[tuple[str, str], Handler]

_PUBLIC = {
    Role.ISSUER: {"auth.openai.com"},
    Role.BACKEND: {"chatgpt.com"},
    Role.TABLE: {"demo.supabase.co"},
    # The status page answers beside the releases.
    Role.RELEASES: {"api.github.com", "status.openai.com"},
}
_BROWSED = frozenset({"/oauth/authorize", "/consent", "/codex/device"})
# A browser asks for it by itself, so that it says nothing about the program.
_ICON = "/favicon.ico"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent: a reply, half of one, or nothing but the end of the connection."""

    number: int
    reply: Reply | None
    half: bool = False


class Dispatcher:
    """Serves all hosts. ``lock`` is held while a request is acted on, so state changes never interleave."""

    def __init__(
        self,
        routes: Mapping[Role, Routes],
        *,
        lock: threading.RLock,
        faults: FaultPlan,
        ledger: Ledger,
        now: Callable[[], datetime],
        account_of: Callable[[str], str | None],
        changed: Callable[[], None],
    ) -> None:
        """``account_of`` tells whose a refresh token is; ``changed`` keeps what was done, before it is answered."""
        self._routes = routes
        self._lock = lock
        self._faults = faults
        self._ledger = ledger
        self._now = now
        self._account_of = account_of
        self._changed = changed

    @property
    def now(self) -> datetime:
        """The service's time, for the Date header."""
        return self._now()

    async def serve(self, request: Request) -> Outcome:
        """Act on one request, with the faults that are planned for it."""
        with self._lock:
            facts = facts_of(request, self._account_of)
        number = self._ledger.arrived(request, facts, self._now())
        fault = self._faults.take(request.path, grant=facts.grant, account=facts.account)
        if fault is None:
            return Outcome(number=number, reply=self._act(request))
        await fault.linger("request")
        if fault.drop == "before":
            return Outcome(number=number, reply=None)
        reply = self._faulty(request, fault)
        await fault.linger("reply")
        return Outcome(number=number, reply=None if fault.drop == "after" else reply, half=fault.drop == "mid")

    def sent(self, outcome: Outcome, *, delivered: bool) -> None:
        """Note how it went."""
        if outcome.reply:
            self._ledger.answered(outcome.number, outcome.reply.status, delivered=delivered)

    def broken(self, problem: str) -> None:
        """Note what could not even be read as a request."""
        self._ledger.broken("", "", problem)

    def _faulty(self, request: Request, fault: Fault) -> Reply:
        if fault.status is not None:
            return _scripted(fault, fault.status)
        reply = self._act(msgspec.structs.replace(request, omit=fault.omit, short=fault.short))
        if fault.garbage:
            return Reply(status=200, body=fault.garbled, headers=(("content-type", JSON_TYPE),))
        return reply

    def _act(self, request: Request) -> Reply:
        try:
            with self._lock:
                reply = self._handler(request)(request)
                if request.method == "POST":
                    self._changed()
                return reply
        except Strange as strange:
            self._ledger.broken(request.method, request.path, str(strange))
            self._changed()
            return strange.reply
        except DemoRefusal as refusal:
            self._changed()
            return refusal.reply

    def _handler(self, request: Request) -> Handler:
        _check_headers(request)
        routes = self._routes[request.role]
        if handler := routes.get((request.method, request.path)):
            return handler
        if request.path == _ICON:
            raise DemoRefusal(Reply(status=404), "no icon")
        known = sorted(method for method, path in routes if path == request.path)
        if known:
            msg = f"method {request.method} instead of {' or '.join(known)}"
            raise Strange(msg, status=405)
        msg = "unknown path"
        raise Strange(msg, status=404)


def _check_headers(request: Request) -> None:
    hosts = {f"127.0.0.1:{request.port}", f"localhost:{request.port}", *_PUBLIC[request.role]}
    if request.header("host") not in hosts:
        msg = "Host is none of this service's names"
        raise Strange(msg, status=421)
    repeated = sorted(name for name, times in Counter(name for name, _ in request.headers).items() if times > 1)
    if repeated:
        msg = f"repeated header {', '.join(repeated)}"
        raise Strange(msg)
    if request.header("cookie") is not None and request.path not in _BROWSED:
        msg = "cookies were sent"
        raise Strange(msg)


def _scripted(fault: Fault, status: int) -> Reply:
    extra = tuple(fault.headers.items())
    if isinstance(fault.body, bytes):
        return Reply(status=status, body=fault.body, headers=extra)
    if isinstance(fault.body, str):
        return Reply(status=status, body=fault.body.encode(), headers=extra)
    return as_json(fault.body, status=status, headers=fault.headers)

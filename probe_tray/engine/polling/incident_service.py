"""Asks the service's status page where checks fail at the service itself, and never otherwise.

Once; then again now and then while an incident is shown: the page may call it over before the next checks work.
"""

import logging
from typing import Final

from probe_tray.core.errors import ProbeError, UnavailableError
from probe_tray.core.events import AccountsRead, CheckFailed, CheckSucceeded, Event, IncidentFound, SettingsChanged
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.incident import FailureCount, Incident, parse_incident
from probe_tray.engine.store import Store
from probe_tray.engine.timers import WakeTimer
from probe_tray.ports.http import StatusPage
from probe_tray.ports.time import Clock

_AGAIN: Final = 600.0
"""Seconds after which the page is asked again about an incident that is shown: its own pages change about as often."""
_TICK: Final = 30.0
"""The longest sleep: Qt's timers are coarse, and a machine that sleeps stops them."""

Watched = CheckFailed | CheckSucceeded | AccountsRead | SettingsChanged
"""The events that can begin or end an outage, or the wish to know of one."""

_log: Final = logging.getLogger(__name__)


class IncidentService:
    """Knows whether the service names an incident while its checks fail."""

    def __init__(self, page: StatusPage, store: Store, clock: Clock) -> None:
        """Ask ``page`` as ``store``'s events and settings say."""
        self._page, self._store, self._clock = page, store, clock
        self._failures = FailureCount()
        self._asked_at: float | None = None
        """When the page was asked last since the checks failed, by the monotonic clock. Where it named nothing, they
        have to work again before it is asked once more."""
        self._timer = WakeTimer(clock)

    async def run(self) -> None:
        """Watch until cancelled. That the page cannot be read is told to nobody."""
        unsubscribe = self._store.on_event(self._on_event)
        try:
            while True:
                self._timer.clear()
                await self._look()
                await self._timer.wait(_TICK if self._store.state.incident is not None else None)
        finally:
            unsubscribe()

    def _on_event(self, event: Event) -> None:
        if not isinstance(event, Watched):
            return
        match event:
            case CheckFailed(key=key, problem=problem):
                if not problem.is_a(UnavailableError):
                    return
                self._failures = self._failures.failed(key)
            case CheckSucceeded(key=key):
                self._failures = self._failures.worked(key)
            case AccountsRead():
                self._failures = self._failures.among({account.key for account in self._store.state.accounts})
            case SettingsChanged():
                pass
        self._timer.wake()

    async def _look(self) -> None:
        if not self._failures.by_account:
            self._asked_at = None
            self._tell(None)
        elif self._store.state.settings.ask_status_page and self._failures.is_outage and self._is_due():
            self._asked_at = self._clock.monotonic()
            answer = await self._ask()
            # Meanwhile the checks may work again, or nobody wants to know any more.
            if answer is not None and self._failures.by_account and self._store.state.settings.ask_status_page:
                self._tell(parse_incident(answer.body))

    def _is_due(self) -> bool:
        if self._asked_at is None:
            return True
        shown = self._store.state.incident is not None
        return shown and self._clock.monotonic() - self._asked_at >= _AGAIN

    async def _ask(self) -> Answer | None:
        """What the page answers; None where it cannot be read, which says nothing about an incident."""
        try:
            answer = await self._page.service_status()
        except ProbeError as error:
            _log.info("the status page could not be read: %s", type(error).__name__)
            return None
        return answer if answer.ok else None

    def _tell(self, incident: Incident | None) -> None:
        if incident != self._store.state.incident:
            self._store.dispatch(IncidentFound(incident=incident))

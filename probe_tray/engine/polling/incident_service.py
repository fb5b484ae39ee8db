"""Asks the service's status page once where checks fail at the service itself, and never otherwise."""

import asyncio
import logging
from typing import Final, get_args

from probe_tray.core.errors import ProbeError, UnavailableError
from probe_tray.core.events import AccountsRead, CheckFailed, CheckSucceeded, IncidentFound, SettingsChanged
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.incident import FailureCount, Incident, parse_incident
from probe_tray.engine.store import Store
from probe_tray.ports.http import StatusPage

Watched = CheckFailed | CheckSucceeded | AccountsRead | SettingsChanged
"""The events that can begin or end an outage, or the wish to know of one."""

_log: Final = logging.getLogger(__name__)


class IncidentService:
    """Knows whether the service names an incident while its checks fail."""

    def __init__(self, page: StatusPage, store: Store) -> None:
        """Ask ``page`` as ``store``'s events and settings say."""
        self._page, self._store = page, store
        self._failures = FailureCount()
        self._asked = False
        """Whether the page was asked in this outage, which ends once no check fails at the service any more."""
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Watch until cancelled. That the page cannot be read is told to nobody."""
        unsubscribe = self._store.on_event(self._on_event, *get_args(Watched))
        try:
            while True:
                self._changed.clear()
                await self._look()
                await self._changed.wait()
        finally:
            unsubscribe()

    def _on_event(self, event: Watched) -> None:
        match event:
            case CheckSucceeded() if not self._failures.by_account and not self._asked:
                # So it is a thousand times in a round.
                return
            case CheckFailed(key=key, problem=problem) if problem.is_a(UnavailableError):
                self._failures = self._failures.failed(key)
            case CheckFailed(key=key) | CheckSucceeded(key=key):
                # What fails for another reason fails at the service no more.
                self._failures = self._failures.without(key)
            case AccountsRead():
                self._failures = self._failures.among({account.key for account in self._store.state.accounts})
            case SettingsChanged():
                pass
        self._changed.set()

    async def _look(self) -> None:
        if not self._failures.by_account:
            self._asked = False
            self._tell(None)
        elif self._store.state.settings.ask_status_page and self._failures.is_outage and not self._asked:
            self._asked = True
            answer = await self._ask()
            # Meanwhile the checks may work again, or nobody wants to know any more.
            if answer is not None and self._failures.by_account and self._store.state.settings.ask_status_page:
                self._tell(parse_incident(answer.body))

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

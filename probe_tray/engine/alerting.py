"""Turns what deserves attention into desktop notifications."""

from collections.abc import Callable

from probe_tray.core.alerts import Alert, Said, alerts
from probe_tray.core.state import AppState
from probe_tray.engine.store import Store
from probe_tray.ports import Clock, Notification, Notifier

Compose = Callable[[Alert, AppState], Notification]
"""Puts an alert into words; the view's part, handed in."""


class Alerting:
    """Shows each alert once."""

    def __init__(self, notifier: Notifier, compose: Compose, store: Store, clock: Clock) -> None:
        """Show alerts of ``store``'s state through ``notifier``."""
        self._notifier = notifier
        self._compose = compose
        self._store = store
        self._clock = clock
        self._said: frozenset[Said] = frozenset()

    async def look(self, on_action: Callable[[Alert, str], None]) -> None:
        """Show what is new since the last look. ``on_action`` gets the alert and the button that was pressed."""
        state = self._store.state
        new, self._said = alerts(state, self._said, self._clock.now())
        for alert in new:
            await self._notifier.show(self._compose(alert, state), lambda action, about=alert: on_action(about, action))

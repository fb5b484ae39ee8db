"""What other programs of this user may ask of the running app."""

from collections.abc import Callable
from datetime import datetime
from typing import final

import msgspec

from probe_tray.core.quota.quota_overview import QuotaOverview
from probe_tray.core.state import AppState
from probe_tray.engine.store import Store
from probe_tray.ports.time import Clock


@final
class StateNumbers:
    """The quotas of the state, which holds no token."""

    def __init__(self, store: Store, clock: Clock, overview: Callable[[AppState, datetime], QuotaOverview]) -> None:
        """Of the state in ``store``, as ``overview`` tells it at a moment (aware UTC)."""
        self._store, self._clock, self._overview = store, clock, overview

    def on_change(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call ``tell`` after each change; what is returned ends that."""
        return self._store.subscribe(tell)

    def line(self) -> bytes:
        """A ``QuotaOverview`` as one line of JSON, without a line end."""
        return msgspec.json.encode(self._overview(self._store.state, self._clock.now()))

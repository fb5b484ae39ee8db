"""What the running program knows of the quotas, and a double for what gives it out."""

import asyncio
from collections.abc import Callable
from typing import Final

from probe_tray.core.quota.quota_overview import AccountQuota

#: An account that may be used, and has no limits.
ACCOUNT_QUOTA: Final = AccountQuota(
    id="id-1",
    name="ana@example.com",
    masked_name="a•••@e•••",
    alias="",
    email="ana@example.com",
    account_id="account-ana",
    plan="",
    in_use=False,
    state="available",
    usable=True,
    limited=False,
    settled=True,
    taken_at=None,
    free_at=None,
    windows=(),
)


class FakeNumbers:
    """Implements ``NumbersSource``: the line that was set last."""

    def __init__(self, line: bytes = b"{}") -> None:
        self._line = line
        self.listeners: list[Callable[[], None]] = []
        self.left = asyncio.Event()
        """Set once a listener is gone."""

    def line(self) -> bytes:
        return self._line

    def on_change(self, tell: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(tell)

        def end() -> None:
            self.listeners.remove(tell)
            self.left.set()

        return end

    def become(self, line: bytes) -> None:
        """Change, as at an event."""
        self._line = line
        for tell in tuple(self.listeners):
            tell()

"""Asks now and then when an account's reset credits are lost; nothing depends on the answer."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ProbeError
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.quota.usage_parser import read_reset_credits
from probe_tray.ports.http import QuotaService
from probe_tray.ports.time import Clock

_EVERY = timedelta(hours=1)


class ResetCreditCheck:
    """Asks at most once an hour for each account, and only where there are credits."""

    def __init__(self, quota: QuotaService, clock: Clock) -> None:
        """Ask ``quota``."""
        self._quota = quota
        self._clock = clock
        self._asked: dict[AccountKey, datetime] = {}
        self._ends: dict[AccountKey, tuple[datetime, ...]] = {}

    async def completed(self, snapshot: Snapshot, credential: Credential) -> Snapshot:
        """``snapshot`` with the ends of its reset credits as far as they are known. Never raises a ProbeError."""
        key, now = credential.key, self._clock.now()
        if not snapshot.reset_credits or snapshot.reset_credits < 0:
            self._ends.pop(key, None)
            return snapshot
        last = self._asked.get(key)
        if last is None or abs(now - last) >= _EVERY:
            # Noted first: what fails is not tried again with every check either.
            self._asked[key] = now
            await self._ask(credential)
        return replace(snapshot, reset_credit_ends=self._ends.get(key, ()))

    async def _ask(self, credential: Credential) -> None:
        ends = await ask_ends(self._quota, credential)
        if ends is not None:
            self._ends[credential.key] = ends


async def ask_ends(quota: QuotaService, credential: Credential) -> tuple[datetime, ...] | None:
    """When the account's reset credits are lost, the nearest first; None where that is not to be had. Asks once."""
    try:
        answer = await quota.reset_credits(credential)
    except ProbeError:
        return None
    return read_reset_credits(answer.body) if answer.ok else None

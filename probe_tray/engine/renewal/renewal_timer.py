"""Renews logins by itself, each at a moment of its own inside the allowed window."""

import asyncio
import math
from contextlib import suppress
from datetime import datetime, timedelta

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ProbeError
from probe_tray.core.events import AccountsRead, RenewalsPlanned
from probe_tray.core.renewal.policy import planned_renewal
from probe_tray.core.renewal.request import RenewalRequest
from probe_tray.core.renewal.turn import turn
from probe_tray.core.state import AccountState
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.store import Store
from probe_tray.engine.timers import WakeTimer, end_all, until_beat
from probe_tray.ports.time import Clock, Randomness

_BETWEEN = timedelta(minutes=15)
"""At least this long between two tries of one login, whatever came of the first."""


class RenewalTimer:
    """Watches the ends of all logins that are ours to renew."""

    def __init__(
        self, renewals: Renewals, accounts: Accounts, store: Store, clock: Clock, randomness: Randomness
    ) -> None:
        """Renew through ``renewals`` and read ``accounts`` again afterwards."""
        self._renewals = renewals
        self._accounts = accounts
        self._store = store
        self._clock = clock
        self._randomness = randomness
        self._network_seen_since: datetime | None = None
        self._compared: dict[AccountKey, tuple[datetime | None, bool]] = {}
        """The logins that were compared with the client's: their ends, and whether the client's was newer."""
        self._timer = WakeTimer(clock)
        self._shares_at = -math.inf

    async def run(self) -> None:
        """Renew until cancelled; what was sent is seen to its end by ``renewals``."""
        running: set[asyncio.Task[None]] = set()
        unsubscribe = self._store.on_event(self._on_read, AccountsRead)
        try:
            while True:
                self._timer.clear()
                if self._store.state.settings.auto_renew:
                    self._plan()
                    due = self._due()
                    if due:
                        # Else the next turn of this loop would take them for due again before their tasks have begun.
                        self._store.dispatch(RenewalsPlanned(moments=tuple((a.key, None) for a in due)))
                    for account in due:
                        task = asyncio.create_task(self._renew(account.key))
                        running.add(task)
                        task.add_done_callback(running.discard)
                if self._clock.monotonic() >= self._shares_at:
                    self._shares_at = self._clock.monotonic() + _BETWEEN.total_seconds()
                    task = asyncio.create_task(self._share())
                    running.add(task)
                    task.add_done_callback(running.discard)
                for account in self._beside_client():
                    task = asyncio.create_task(self._catch_up(account))
                    running.add(task)
                    task.add_done_callback(running.discard)
                await self._timer.wait(until_beat(self._clock))
        finally:
            unsubscribe()
            await end_all(running)

    def woke(self, at: datetime) -> None:
        """The machine slept, or the clock jumped: renew nothing before a check has shown that the network is there."""
        self._network_seen_since = at

    def _on_read(self, _event: AccountsRead) -> None:
        # A login that is new, or new to its place, shows at once when it will be renewed.
        self._timer.wake()

    async def _share(self) -> None:
        # Other computers wait for what an earlier run, or one without the table, could not give them.
        with suppress(ProbeError):
            await self._renewals.share_all()

    def _plan(self) -> None:
        now, days = self._clock.now(), self._store.state.settings.renew_before_expiry_days
        moments: list[tuple[AccountKey, datetime | None]] = []
        for account in self._store.state.accounts:
            renewal = account.renewal
            # Mostly all are planned, and twice a minute a thousand are gone over.
            if not account.renewable or renewal.running or renewal.next_at is not None:
                continue
            # A check may have shown that renewing does not help either.
            given_up = any(p is not None and p.kind.needs_login for p in (renewal.problem, account.problem))
            # Where the client has been given the login, its renewals are the client's.
            if given_up or self._store.state.codex.renews(account.key):
                continue
            if renewal.problem is not None and renewal.last_at is not None:
                wait = timedelta(seconds=renewal.problem.retry_after or 0)
                moment = max(renewal.last_at + max(wait, _BETWEEN), now)
            elif account.expires_at is None:
                if renewal.last_at is not None:
                    # Nobody knows when it ends: the service will say.
                    continue
                moment = now
            else:
                fraction = self._randomness.uniform(0, 1)
                moment = planned_renewal(account.expires_at, now=now, days=days, fraction=fraction)
                if renewal.last_at is not None:
                    moment = max(moment, renewal.last_at + _BETWEEN)
            if moment <= now:
                moment = turn(now, self._randomness.uniform(0, 1))
            moments.append((account.key, moment))
        if moments:
            self._store.dispatch(RenewalsPlanned(moments=tuple(moments)))

    def _due(self) -> list[AccountState]:
        if not self._network_is_back():
            return []
        now = self._clock.now()
        return [a for a in self._store.state.accounts if a.renewal.next_at is not None and a.renewal.next_at <= now]

    def _network_is_back(self) -> bool:
        since = self._network_seen_since
        if since is not None and any(
            a.checked_at is not None and a.checked_at > since and a.problem is None for a in self._store.state.accounts
        ):
            self._network_seen_since = None
        return self._network_seen_since is None

    def _beside_client(self) -> list[AccountState]:
        """The accounts of ours that the official client is logged in with, each once for a login.

        A copy of the client's login is known by having been seen there, and learns from a newer one.
        """
        found: list[AccountState] = []
        for account in self._store.state.accounts:
            if account.in_use and not account.official:
                login = (account.expires_at, account.outdated)
                if self._compared.get(account.key) != login:
                    self._compared[account.key] = login
                    found.append(account)
        return found

    async def _catch_up(self, account: AccountState) -> None:
        # What keeps it from it is said by the next renewal.
        with suppress(ProbeError):
            if await self._renewals.catch_up(account.key):
                await self._accounts.read()

    async def _renew(self, key: AccountKey) -> None:
        try:
            await self._renewals.renew(key, RenewalRequest(days=self._store.state.settings.renew_before_expiry_days))
        except ProbeError:
            # The state has it, and the next look plans another try.
            return
        await self._accounts.read()

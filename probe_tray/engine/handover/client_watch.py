"""Keeps the official client and the account that it was given up to date with each other."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from probe_tray.core.errors import ProbeError
from probe_tray.core.events import AccountsRead, Event, RenewalEnded, TroubleMet
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.handover.hand_over_transaction import HandOverTransaction
from probe_tray.engine.store import Store
from probe_tray.engine.timers import WakeTimer
from probe_tray.ports.time import Clock

_EVERY = 300.0
"""Seconds between two looks at least; each change of a login is a reason for one too."""


async def updated_first(hand_over: HandOverTransaction, renew: Callable[[], Awaitable[None]]) -> None:
    """Finish what a killed run left, then ``renew``: a login that it set aside is newer than that of a store."""
    with suppress(ProbeError):
        await hand_over.update()
    await renew()


async def watch_client(hand_over: HandOverTransaction, accounts: Accounts, store: Store, clock: Clock) -> None:
    """Look at the start, whenever a login was renewed or read, and now and then. Runs until cancelled."""
    timer = WakeTimer(clock)

    def on_event(event: Event) -> None:
        if isinstance(event, AccountsRead | RenewalEnded):
            timer.wake()

    unsubscribe, told = store.on_event(on_event), None
    try:
        while True:
            timer.clear()
            try:
                if await hand_over.update():
                    await accounts.read()
                told = None
            except ProbeError as error:
                # The same trouble is said once.
                if error.problem != told:
                    told = error.problem
                    store.dispatch(TroubleMet(problem=told))
            await timer.wait(_EVERY)
    finally:
        unsubscribe()

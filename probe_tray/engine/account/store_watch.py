"""Notices that another program changed a store."""

from probe_tray.engine.account.accounts import Accounts
from probe_tray.ports.time import Clock

_EVERY = 3.0
"""Seconds between two looks, which cost one stat a file."""


async def watch_stores(accounts: Accounts, clock: Clock) -> None:
    """Read the stores again within seconds of a change by others. Runs until cancelled."""
    while True:
        await clock.sleep(_EVERY)
        if await accounts.changed():
            await accounts.read()

"""Renewing because a person asked for it: one login, or all that are due."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ProbeError
from probe_tray.core.events import RoundChanged
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalKind, RenewalRequest
from probe_tray.core.state import RenewalRound
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.store import Store
from probe_tray.ports.time import Clock

_SAME_CLICK = timedelta(seconds=5)
"""A click that follows a renewal so soon was meant for that one."""


async def renew_one(renewals: Renewals, store: Store, clock: Clock, key: AccountKey) -> bool:
    """Renew this login whatever its expiry; whether that went well. What kept it from that is shown at the account."""
    days, since = store.state.settings.renew_before_expiry_days, clock.now() - _SAME_CLICK
    with suppress(ProbeError):
        await renewals.renew(key, RenewalRequest(days=days, reason=Reason.FORCED, since=since))
        return True
    return False


async def renew_due(renewals: Renewals, store: Store, clock: Clock) -> None:
    """Renew all that the policy calls due, and tell what came of it."""
    store.dispatch(RoundChanged(round=RenewalRound()))
    request = RenewalRequest(days=store.state.settings.renew_before_expiry_days)
    ours = [account for account in store.state.accounts if not account.official]
    renewable = [account.key for account in ours if account.renewable]
    outcomes = await asyncio.gather(*(renewals.renew(k, request) for k in renewable), return_exceptions=True)
    kinds = [None if isinstance(o, BaseException) else o.kind for o in outcomes]
    counts = RenewalRound(
        ended_at=clock.now(),
        renewed=sum(kind in {RenewalKind.RENEWED, RenewalKind.ADOPTED} for kind in kinds),
        fresh=kinds.count(RenewalKind.FRESH),
        failed=kinds.count(None),
        unable=len(ours) - len(renewable),
    )
    store.dispatch(RoundChanged(round=counts))

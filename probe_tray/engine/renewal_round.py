"""Renewing all logins that are due, because a person asked for it."""

import asyncio

from probe_tray.core.events import RoundChanged
from probe_tray.core.renewal import RenewalKind, Wish
from probe_tray.core.state import RenewalRound
from probe_tray.engine.renewing import Renewals
from probe_tray.engine.store import Store
from probe_tray.ports import Clock


async def renew_due(renewals: Renewals, store: Store, clock: Clock) -> None:
    """Renew all that the policy calls due, and tell what came of it."""
    store.dispatch(RoundChanged(round=RenewalRound()))
    wish = Wish(days=store.state.settings.renew_before_expiry_days)
    ours = [a.key for a in store.state.accounts if a.renewable]
    outcomes = await asyncio.gather(*(renewals.renew(k, wish) for k in ours), return_exceptions=True)
    kinds = [None if isinstance(o, BaseException) else o.kind for o in outcomes]
    counts = RenewalRound(
        ended_at=clock.now(),
        renewed=sum(kind in {RenewalKind.RENEWED, RenewalKind.ADOPTED} for kind in kinds),
        fresh=kinds.count(RenewalKind.FRESH),
        failed=kinds.count(None),
    )
    store.dispatch(RoundChanged(round=counts))

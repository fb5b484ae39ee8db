"""The account to go on with once the official client's is used up, or nearly so. Nothing is switched by itself."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from probe_tray.core.account.best_account import best_account
from probe_tray.core.account.condition import USABLE, Condition, condition
from probe_tray.core.quota.used_window import live_windows
from probe_tray.core.quota.window_levels import levels
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which account to use in the place of which."""

    used: AccountState
    """The one that the official client is logged in with."""
    is_used_up: bool
    """Whether it has no capacity, and not only little."""
    next: AccountState


def suggestion(state: AppState, now: datetime) -> Suggestion | None:
    """What is suggested at ``now`` (aware UTC); None while the account in use lasts, or where no other is better."""
    if not any(account.in_use for account in state.accounts):
        # Then there is none, whatever the conditions of all of them are.
        return None
    return suggest(((a, condition(a, state.settings, now)) for a in state.accounts), state.settings, now, state.pinned)


def suggest(
    found: Iterable[tuple[AccountState, Condition]], settings: Settings, now: datetime, pinned: str
) -> Suggestion | None:
    """The same of accounts whose condition is known.

    The one with the slug ``pinned`` comes first, then by :func:`best_account`; one that is nearly used up itself is
    no help.
    """
    known = list(found)
    used = next((one for one in known if one[0].in_use and _runs_out(*one, settings, now)), None)
    if used is None:
        return None
    others = [a for a, what in known if not a.in_use and what in USABLE and not _runs_out(a, what, settings, now)]
    best = best_account(others, now, pinned)
    return None if best is None else Suggestion(used=used[0], is_used_up=used[1] is Condition.LIMITED, next=best)


def _runs_out(account: AccountState, what: Condition, settings: Settings, now: datetime) -> bool:
    """Whether it is used up, or past the second warning level in a limit."""
    if what is not Condition.WARNING or account.snapshot is None:
        return what is Condition.LIMITED
    live = live_windows(account.snapshot.main.windows, account.snapshot.service_now(now))
    return any(w.used_percent >= levels(w, settings).critical for w in live)

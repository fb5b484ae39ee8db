"""The order in which accounts are asked, kept up to date instead of worked out for each check."""

from bisect import bisect_left, insort
from datetime import datetime
from typing import Final, final

from probe_tray.core.polling.schedule import Look
from probe_tray.core.state import AccountState, AppState

_MANY: Final = 50
"""Where more accounts than these have changed, all are sorted: each by itself would take longer."""

_Turn = tuple[datetime, int]
"""When an account is asked next, and its place in the state."""


@final
class CheckPlan:
    """Says of one state after the other what :func:`look` says of its accounts, and goes over those that changed."""

    def __init__(self) -> None:
        """Begin without accounts."""
        self._state = AppState()
        self._turns: list[_Turn] = []
        """Of those that are not being checked and have a next check, sorted."""
        self._checking: set[int] = set()
        """The places of those that are being checked."""
        self._unplanned: set[int] = set()
        """The places of the others nobody has planned a check for."""

    def look(self, state: AppState, now: datetime) -> Look:
        """What is to be done at ``now`` (aware UTC)."""
        self._follow(state)
        late = bisect_left(self._turns, (now, len(state.accounts)))
        return Look(
            due=tuple(state.accounts[place] for _, place in self._turns[:late]),
            unplanned=tuple(state.accounts[place] for place in sorted(self._unplanned)),
            next_at=self._turns[late][0] if late < len(self._turns) else None,
        )

    def runs_until(self, state: AppState, now: datetime, soon: datetime) -> datetime | None:
        """Until when at least checks run at ``now``, or begin before ``soon`` (aware UTC); None where none does."""
        self._follow(state)
        begun = bisect_left(self._turns, (soon, 0))
        begins = [self._turns[begun - 1][0]] if begun else []
        return max((*begins, now) if self._checking else begins, default=None)

    def _follow(self, state: AppState) -> None:
        before, self._state = self._state, state
        if before is state:
            return
        changed = state.accounts_not_in(before)
        places = [state.place(account.key) for account in changed]
        if len(places) > _MANY or not state.has_accounts_of(before):
            self._sort(state)
            return
        for place in places:
            if place is not None:
                self._leave(place, before.accounts[place])
                self._enter(place, state.accounts[place])

    def _sort(self, state: AppState) -> None:
        self._turns, self._checking, self._unplanned = [], set(), set()
        for place, account in enumerate(state.accounts):
            if account.checking:
                self._checking.add(place)
            elif account.next_check is None:
                self._unplanned.add(place)
            else:
                self._turns.append((account.next_check, place))
        self._turns.sort()

    def _enter(self, place: int, account: AccountState) -> None:
        if account.checking:
            self._checking.add(place)
        elif account.next_check is None:
            self._unplanned.add(place)
        else:
            insort(self._turns, (account.next_check, place))

    def _leave(self, place: int, account: AccountState) -> None:
        self._checking.discard(place)
        self._unplanned.discard(place)
        if not account.checking and account.next_check is not None:
            del self._turns[bisect_left(self._turns, (account.next_check, place))]

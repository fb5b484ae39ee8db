"""Every account looked at once: what the sentences, the icon, the menu and the cards all go by."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

import msgspec

from probe_tray.core.account.arrangement import Sort
from probe_tray.core.account.best_account import Rank, rank
from probe_tray.core.account.condition import USABLE, Condition, condition, local_time, tightest
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.suggestion import Suggestion, suggest
from probe_tray.core.quota.usage_parser import blocked_until
from probe_tray.core.quota.used_window import live_windows
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.core.sync.rows import LastSync, SyncReport
from probe_tray.view.codex.in_codex import NOT_IN_CODEX, InCodex, in_codex
from probe_tray.view.text.privacy import discreet, discreet_account
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator

_NEEDY = {
    Condition.NEEDS_LOGIN: 0,
    Condition.WAITING_KEYRING: 0,
    Condition.UNUSABLE: 1,
    Condition.BLOCKED: 1,
    Condition.LIMITED: 2,
}
_LEAST_NEEDY = 3
_LEAST_NAME = 8
"""What a name that is cut keeps beside a long note of what tells it apart."""
NEEDS_PERSON = frozenset({Condition.NEEDS_LOGIN, Condition.WAITING_KEYRING, Condition.UNUSABLE, Condition.BLOCKED})
TIGHT = frozenset({Condition.WARNING, Condition.LIMITED})


class SurveyFinding(NamedTuple):
    """An account and what it comes to."""

    account: AccountState
    what: Condition
    need: tuple[int, float]
    """Smaller is more needy, then tighter."""
    name: str
    """Lower case, for sorting."""
    searched: str
    """Lower case, what a search looks through."""
    reset: datetime | None
    """When it has more capacity again, by this computer's clock: back from none, or its shortest window anew."""
    rank: Rank
    """Smaller is better to go on with, where it has capacity."""
    ranked_until: datetime | None
    """When the first of its windows is reset, by this computer's clock: then it ranks by the others."""
    apart: str = ""
    """What tells it from another account that is called the same, as :func:`told_apart` says; mostly nothing."""
    shares_address: bool = False
    """Whether another account has the same address, so that only its workspace tells them apart."""
    alone: bool = False
    """Whether there is no other account."""
    there: InCodex = NOT_IN_CODEX
    """What it is to the official client."""


class Seen(msgspec.Struct, frozen=True, dict=True):
    """The state, and what its accounts come to. Each order is made once, for icon, menu and panel."""

    state: AppState
    now: Now
    found: tuple[SurveyFinding, ...]
    """In the state's order."""

    @cached_property
    def counts(self) -> Counter[Condition]:
        """How many accounts come to what."""
        return Counter(found.what for found in self.found)

    def count(self, among: Iterable[Condition]) -> int:
        """How many accounts come to one of these."""
        return sum(self.counts[what] for what in among)

    @property
    def needing(self) -> int:
        """How many cards need the person: accounts, and places of logins that can't be read."""
        return self.count(NEEDS_PERSON) + len(self.state.store_problems)

    @cached_property
    def by_need(self) -> tuple[SurveyFinding, ...]:
        """Most needy and tightest first; equal ones by name."""
        return by_need(self.found)

    @cached_property
    def best_first(self) -> tuple[SurveyFinding, ...]:
        """Those that have capacity, the one to go on with first: the pinned one, else by its numbers."""
        return best_first(self.found, self.state.pinned)

    def label(self, account: AccountState, t: Translator) -> str:
        """What one of the accounts is called among the others."""
        return label(account, self._apart.get(account.key, ""), t)

    def short_label(self, account: AccountState, most: int, t: Translator) -> str:
        """The same in at most that many characters."""
        return short_label(account, self._apart.get(account.key, ""), most, t)

    @cached_property
    def _apart(self) -> Mapping[AccountKey, str]:
        return {found.account.key: found.apart for found in self.found if found.apart}

    @cached_property
    def suggested(self) -> Suggestion | None:
        """The account to go on with in the place of the one that the official client has used up, or nearly so."""
        return suggest(
            ((f.account, f.what) for f in self.found), self.state.settings, self.now.moment, self.state.pinned
        )


def best_first(found: Iterable[SurveyFinding], pinned: str = "") -> tuple[SurveyFinding, ...]:
    """Those that have capacity, in the order of :func:`probe_tray.core.account.best_account.best_account`."""
    usable = sorted((one for one in found if one.what in USABLE), key=attrgetter("rank"))
    if pinned:
        usable.sort(key=lambda one: one.account.key.slug != pinned)
    return tuple(usable)


class Memory:
    """What was worked out of accounts that have not changed; whoever draws again and again keeps one.

    Nothing in it is older than the minute, since words count in minutes.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._known: dict[AccountKey, tuple[AccountState, SurveyFinding]] = {}
        self._for: tuple[int, Settings, SyncReport | None, LastSync | None] | None = None
        self._last: tuple[AppState, tuple[SurveyFinding, ...]] | None = None

    def survey(self, state: AppState, now: Now) -> Seen:
        """All accounts of ``state`` at ``now``; in privacy mode without their names, though in the same order."""
        # A card says what the last sync found of its account.
        made_for = now.minute, state.settings, state.sync.report, state.sync.earlier
        seen = self._look_at_changed(state, now.moment) if self._for == made_for else None
        if seen is None:
            seen = self._look_at_all(state, now.moment, fresh=self._for == made_for)
        self._for, self._last = made_for, (state, seen)
        return Seen(discreet(state, tuple(f.account for f in seen)), now, seen)

    def _look_at_changed(self, state: AppState, now: datetime) -> tuple[SurveyFinding, ...] | None:
        """What a check of some accounts makes of them all; None where more than those has changed since the last time.

        So it is whenever the icon is drawn after a check, and the others of a thousand accounts cost nothing.
        """
        if self._last is None or len(self._last[0].accounts) != len(state.accounts):
            return None
        last, seen = self._last
        if (last.codex, last.arrangement) != (state.codex, state.arrangement) or state.codex.logged_out:
            return None
        pairs = enumerate(zip(state.accounts, last.accounts, strict=True))
        changed = [(place, account, before) for place, (account, before) in pairs if account is not before]
        if any(account.key != before.key or _naming(account) != _naming(before) for _, account, before in changed):
            # It may share its name or its address with another one now.
            return None
        found = list(seen)
        for place, account, _ in changed:
            same = seen[place]
            found[place] = _look_at(account, state.settings, now)._replace(
                apart=same.apart, shares_address=same.shares_address, alone=same.alone, there=same.there
            )
            self._known[account.key] = account, found[place]
        return tuple(found)

    def _look_at_all(self, state: AppState, now: datetime, *, fresh: bool) -> tuple[SurveyFinding, ...]:
        settings, before = state.settings, self._known
        if self._for is not None and self._for[1].privacy != settings.privacy:
            before = {}
        self._known = {}
        shared, known_there = shared_addresses(state.accounts), in_codex(state)
        apart = told_apart(state.accounts, settings)
        for account in state.accounts:
            known = before.get(account.key)
            if known is None or known[0] is not account:
                found = _look_at(account, settings, now)
            else:
                found = known[1] if fresh else _look_again(known[1], settings, now)
            there = known_there.get(account.key, NOT_IN_CODEX)
            among = apart.get(account.key, ""), account.email in shared, len(state.accounts) == 1, there
            if (found.apart, found.shares_address, found.alone, found.there) != among:
                # Only then: what is made of it is kept as long as it is the same object.
                found = found._replace(apart=among[0], shares_address=among[1], alone=among[2], there=there)
            self._known[account.key] = account, found
        return tuple(found for _, found in self._known.values())


def shared_addresses(accounts: Iterable[AccountState]) -> frozenset[str]:
    """The addresses that more than one account has."""
    counts = Counter(account.email for account in accounts if account.email)
    return frozenset(email for email, count in counts.items() if count > 1)


def name(account: AccountState) -> str:
    """What an account is called."""
    return account.alias or account.email or account.workspace or account.key.account_id


def told_apart(accounts: Sequence[AccountState], settings: Settings) -> Mapping[AccountKey, str]:
    """What tells accounts that are called the same from each other: their workspaces, else their plans, else both.

    Those that have a name of their own are not in it. In privacy mode no workspace is named.
    """
    counts, alike = Counter(map(name, accounts)), dict[str, list[AccountState]]()
    for account in accounts if len(counts) < len(accounts) else ():
        if counts[called := name(account)] > 1:
            alike.setdefault(called, []).append(account)
    found: dict[AccountKey, str] = {}
    for group in alike.values():
        places = ["" if settings.privacy else account.workspace for account in group]
        plans = [plan(account) for account in group]
        both = [" · ".join(filter(None, words)) for words in zip(places, plans, strict=True)]
        best = next((words for words in (places, plans) if len(set(words)) == len(words)), both)
        if len(set(best)) > 1:
            found.update(zip((account.key for account in group), best, strict=True))
    return found


def label(account: AccountState, apart: str, t: Translator) -> str:
    """What an account is called among others, with what tells it ``apart`` from one that is called the same."""
    return t("{words} ({note})", words=name(account), note=apart) if apart else name(account)


def short_label(account: AccountState, apart: str, most: int, t: Translator) -> str:
    """The same in at most ``most`` characters: the name is cut first, and what tells it ``apart`` last.

    Otherwise two rows could read the same, each about another account.
    """
    called, whole = name(account), label(account, apart, t)
    if not apart or len(whole) <= most:
        return _cut(whole, most)
    room = most - (len(whole) - len(called) - len(apart))
    called = _cut(called, max(room - len(apart), min(_LEAST_NAME, room // 2)))
    return t("{words} ({note})", words=called, note=_cut(apart, room - len(called)))


def label_in(state: AppState, account: AccountState, t: Translator) -> str:
    """What one account of ``state`` is called, as it is to be shown."""
    apart = told_apart(state.accounts, state.settings).get(account.key, "")
    return label(discreet_account(account, state.settings), apart, t)


def short_label_in(state: AppState, account: AccountState, most: int, t: Translator) -> str:
    """The same in at most that many characters."""
    apart = told_apart(state.accounts, state.settings).get(account.key, "")
    return short_label(discreet_account(account, state.settings), apart, most, t)


def plan(account: AccountState) -> str:
    """The plan as it is written on a badge; the service's own word where it is a new one."""
    word = (account.snapshot.plan if account.snapshot else "") or account.plan
    return word.replace("_", " ").title()


def plan_beside(account: AccountState, apart: str) -> str:
    """The plan as it stands beside a label, unless that names it to tell the account ``apart``."""
    badge = plan(account)
    return "" if badge in apart.split(" · ") else badge


def by_need(found: Iterable[SurveyFinding]) -> tuple[SurveyFinding, ...]:
    """Most needy and tightest first; equal ones by name."""
    return tuple(sorted(found, key=attrgetter("need", "name")))


def ordered(seen: Seen) -> Sequence[SurveyFinding]:
    """As the person wants them sorted."""
    arrangement, now = seen.state.arrangement, seen.now.moment
    match arrangement.sort:
        case Sort.NEED:
            return seen.by_need
        case Sort.NAME:
            return sorted(seen.found, key=lambda f: f.name)
        case Sort.RESET:
            coming = [f for f in seen.by_need if f.reset is not None and f.reset > now]
            rest = [f for f in seen.by_need if f.reset is None or f.reset <= now]
            return sorted(coming, key=lambda f: f.reset or now) + rest
        case Sort.OWN:
            places = {slug: place for place, slug in enumerate(arrangement.order)}
            return sorted(seen.by_need, key=lambda f: places.get(f.account.key.slug, len(places)))


def _cut(text: str, most: int) -> str:
    """``text`` cut in its middle, where it is longest-winded. A full stop beside the cut would read as one more dot."""
    if len(text) <= most:
        return text
    head = (most - 1) // 2
    return f"{text[:head].rstrip('.')}…{text[len(text) - (most - 1 - head) :].lstrip('.')}"


def _naming(account: AccountState) -> tuple[str, ...]:
    """What decides what it is called, and what tells it from others."""
    told = "" if account.snapshot is None else account.snapshot.plan
    return account.alias, account.email, account.workspace, account.plan, told


def _look_at(account: AccountState, settings: Settings, now: datetime) -> SurveyFinding:
    what = condition(account, settings, now)
    used = -1.0 if account.snapshot is None else tightest(account.snapshot)
    called = name(account)
    words = (called, account.email, account.workspace, plan(account), account.location)
    need = (_NEEDY.get(what, _LEAST_NEEDY), -used)
    shown = discreet_account(account, settings)
    # Whoever knows a name may still look for it, and the order stays what it was.
    return SurveyFinding(
        account=shown,
        what=what,
        need=need,
        name=called.casefold(),
        searched=" ".join(words).casefold(),
        reset=_reset(account, what),
        rank=rank(account, now),
        ranked_until=_first_reset(account, now),
    )


def _look_again(found: SurveyFinding, settings: Settings, now: datetime) -> SurveyFinding:
    """At an account that has not changed: only time has passed, or the settings are others."""
    what = condition(found.account, settings, now)
    need = (_NEEDY.get(what, _LEAST_NEEDY), found.need[1])
    found = found._replace(what=what, need=need, reset=_reset(found.account, what))
    if found.ranked_until is None or now < found.ranked_until:
        return found
    return found._replace(rank=rank(found.account, now), ranked_until=_first_reset(found.account, now))


def _first_reset(account: AccountState, now: datetime) -> datetime | None:
    snapshot = account.snapshot
    if snapshot is None:
        return None
    live = live_windows(snapshot.main.windows, snapshot.service_now(now))
    resets = [w.reset_at for w in live if w.reset_at is not None]
    first = min(resets, default=None)
    return None if first is None else local_time(first, snapshot)


def _reset(account: AccountState, what: Condition) -> datetime | None:
    snapshot = account.snapshot
    if snapshot is None or what not in USABLE | {Condition.LIMITED}:
        return None
    moment = blocked_until(snapshot)
    short = snapshot.short or snapshot.weekly
    if moment is None and what in USABLE and short is not None and short.used_percent > 0:
        moment = short.reset_at
    return None if moment is None else local_time(moment, snapshot)

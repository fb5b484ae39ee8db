"""The icon, its tooltip and its menu."""

from collections.abc import Callable, Iterable

import msgspec
from msgspec.structs import replace

from probe_tray.core.account.best_account import tightest_window
from probe_tray.core.account.condition import USABLE, Condition, free_at, tightest
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.quota.snapshot import Window
from probe_tray.core.settings import IconAccount, Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.codex.in_codex import use_mark
from probe_tray.view.codex.use_actions import can_be_used, is_used, put_back_actions, use_named
from probe_tray.view.help.release import release_entry
from probe_tray.view.panel import looks
from probe_tray.view.panel.cards import checked, known_windows
from probe_tray.view.panel.renewal_status import coming_end
from probe_tray.view.panel.summary import best_now, headline, no_capacity
from probe_tray.view.panel.survey import Seen, SurveyFinding, best_first, short_label
from probe_tray.view.sync.sync_menu import sync_entry
from probe_tray.view.text.percentages import counted, listed, shown
from probe_tray.view.text.reasons import in_short
from probe_tray.view.text.times import Now, age, at, date
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import IconLook, Menu, MenuRow, PauseMenu, Question, Tone, Tray, UseMenu


class OverflowWords(msgspec.Struct, frozen=True):
    """A message by the icon: at most 63 and 255 characters, which is all that Windows shows."""

    title: str
    text: str


def overflow_words(t: Translator) -> OverflowWords:
    """Where the icon is, and how it stays in sight."""
    return OverflowWords(
        t("Probe Tray's icon is behind the arrow"),
        t(
            "Windows hides new icons behind the small arrow on the taskbar. Open it and drag the "
            "icon onto the taskbar to always see it."
        ),
    )


def saving_words(t: Translator) -> str:
    """Why the session has to wait for the program."""
    return t("Saving a login")


def quitting_question(t: Translator) -> Question:
    """Whether the whole program ends, where a key that closes other programs' windows was pressed."""
    return Question(
        window_title=t("Quit Probe Tray"),
        title=t("Quit Probe Tray?"),
        text=t("Limits are no longer checked and logins no longer renewed until you start it again."),
        yes=t("Quit"),
        no=t("Keep running"),
        destructive=False,
    )


_MOST_ROWS = 6
_ALWAYS_NAMED = 2
"""Windows that the tooltip and the menu name however little is used of them."""
_LONGEST_TOOLTIP, _SHORTEST_NAME = 127, 12
_OLD = frozenset({Condition.STALE, Condition.OFFLINE, Condition.RATE_LIMITED, Condition.BLOCKED, Condition.UNUSABLE})
_WITHOUT_NUMBERS = frozenset({Condition.NEEDS_LOGIN, Condition.WAITING_KEYRING})


class NumbersMemory:
    """What the tooltip says of the account in the icon, which is put into words again only once that has changed."""

    def __init__(self) -> None:
        """Begin empty."""
        self._made: tuple[SurveyFinding, tuple[str, ...]] | None = None

    def numbers(self, found: SurveyFinding, make: Callable[[SurveyFinding], tuple[str, ...]]) -> tuple[str, ...]:
        """The lines of this account; whatever they say changes only along with the finding."""
        if self._made is None or self._made[0] is not found:
            self._made = found, make(found)
        return self._made[1]


def tray(seen: Seen, t: Translator, memory: NumbersMemory) -> Tray:
    """The icon and its tooltip."""
    words = [t("Probe Tray: notifications paused") if _paused(seen) else t("Probe Tray"), headline(seen, t)]
    # The account that the icon is about: the person's choice, else the tightest one.
    chosen = _chosen(seen)
    found = _tightest(seen) if chosen is None else chosen
    if found is not None:
        words += memory.numbers(found, lambda one: _numbers(one, seen, t))
        if len("\n".join(words)) > _LONGEST_TOOLTIP:
            words[1] = headline(seen, t, brief=True)
        # Of all that is said then the name can best be cut.
        excess = len("\n".join(words)) - _LONGEST_TOOLTIP
        if excess > 0:
            least = max(len(words[2]) - excess, _SHORTEST_NAME)
            words[2] = short_label(found.account, found.apart, least, t)
    tooltip = "\n".join(words)
    if len(tooltip) > _LONGEST_TOOLTIP:
        tooltip = tooltip[: _LONGEST_TOOLTIP - 1] + "…"
    settings = seen.state.settings
    is_best = settings.icon_account is IconAccount.BEST
    return Tray(
        look=_look(seen, found),
        tooltip=tooltip,
        ink=settings.icon_ink,
        known=_is_known(seen.state),
        about=None if found is None or is_best else found.account.key,
        tightest=None if found is None or chosen is not None else -found.need[1],
    )


def _is_known(state: AppState) -> bool:
    """Whether the stores were read, and of the accounts there at least one was asked for or is remembered."""
    if not state.loaded or state.store_problems or not state.accounts:
        return state.loaded
    return any(a.snapshot is not None or a.checked_at is not None for a in state.accounts)


class RowMemory:
    """The rows that were made, so that an account which has not changed is not put into words again."""

    def __init__(self) -> None:
        """Begin empty."""
        self._made: dict[AccountKey, tuple[SurveyFinding, MenuRow]] = {}

    def rows(self, found: Iterable[SurveyFinding], make: Callable[[SurveyFinding], MenuRow]) -> tuple[MenuRow, ...]:
        """The rows of these accounts, in their order; whatever they say changes only along with the finding."""
        before, self._made = self._made, {}
        for one in found:
            known = before.get(one.account.key)
            self._made[one.account.key] = known if known is not None and known[0] is one else (one, make(one))
        return tuple(row for _, row in self._made.values())


def menu(seen: Seen, t: Translator, memory: RowMemory, uses: RowMemory) -> Menu:
    """The tray's menu: at most six accounts, the most needy and tightest; ``uses`` are those to use in Codex."""
    accounts = seen.by_need
    best = best_now(seen, t)
    more = len(accounts) > _MOST_ROWS
    return Menu(
        summary=headline(seen, t),
        best="" if best is None else best[1],
        best_account=None if best is None else best[0],
        use_next=use_named(seen, t),
        log_in=t("&Log in to Codex…"),
        rows=memory.rows(accounts[:_MOST_ROWS], lambda found: account_row(found, seen, t)),
        all_accounts=t.plural("&All {n} account…", "&All {n} accounts…", len(accounts)) if more else "",
        use=_use(seen, t, uses),
        refresh=t("&Refresh now"),
        renew=t("Re&new logins…"),
        test_models=t("&Test models…"),
        import_logins=t("&Import…"),
        export=t("&Export…"),
        sync=sync_entry(seen.state.sync, t),
        show=t("&Open Probe Tray"),
        pause=_pause(seen.state, seen.now, t),
        more=t("&More"),
        hide_names=t("&Hide names"),
        names_hidden=seen.state.settings.privacy,
        settings=t("&Settings…"),
        help=t("Help and &guides"),
        about=t("A&bout"),
        release=release_entry(seen.state, t),
        quit=t("&Quit"),
    )


def _use(seen: Seen, t: Translator, memory: RowMemory) -> UseMenu:
    """Those that have capacity come first, the one to go on with before all others."""
    wanted: list[SurveyFinding] = []
    if seen.state.codex.homes:
        rest = (one for one in seen.by_need if one.what not in USABLE)
        wanted = [one for one in (*seen.best_first, *rest) if can_be_used(seen.state, one.account)]
    more = len(wanted) > _MOST_ROWS
    return UseMenu(
        title=t("Use in &Codex") if wanted else "",
        rows=memory.rows(wanted[:_MOST_ROWS], lambda found: use_row(found, seen, t)),
        all_accounts=t.plural("&All {n} account…", "&All {n} accounts…", len(wanted)) if more else "",
        put_back=next(iter(put_back_actions(seen.state, t)), None),
    )


def use_row(found: SurveyFinding, seen: Seen, t: Translator) -> MenuRow:
    """An account in the submenu that chooses one for the official client."""
    used = is_used(seen.state, found.account.key)
    # Not every desktop shows a mark beside a glyph.
    return replace(account_row(found, seen, t, in_codex=used), chosen=used)


def _pause(state: AppState, now: Now, t: Translator) -> PauseMenu:
    until = state.paused_until
    paused = until is not None and until > now.moment
    title = t("&Pause notifications")
    if until is not None and paused:
        title = t("Notifications &paused until {when}", when=at(until, now, t, long=True))
    return PauseMenu(
        title=title,
        hour=t("For an &hour"),
        tomorrow=t("Until &tomorrow 08:00"),
        resume=t("&Resume notifications") if paused else "",
    )


def _tightest(seen: Seen) -> SurveyFinding | None:
    """The tightest account with numbers that mean something."""
    best: SurveyFinding | None = None
    for found in seen.found:
        # Of a thousand accounts, most are out of the question by their use alone.
        is_tighter = best is None or found.need[1] < best.need[1]
        if is_tighter and found.account.snapshot is not None and found.what not in _WITHOUT_NUMBERS:
            best = found
    return best


def _chosen(seen: Seen) -> SurveyFinding | None:
    state = seen.state
    match state.settings.icon_account:
        case IconAccount.PINNED:
            pinned = state.pinned
            return next((f for f in seen.found if f.account.key.slug == pinned), None) if pinned else None
        case IconAccount.BEST:
            return next(iter(best_first(seen.found)), None)
        case IconAccount.IN_USE:
            return next((f for f in seen.found if f.account.in_use), None)
        case IconAccount.TIGHTEST:
            return None


def _paused(seen: Seen) -> bool:
    until = seen.state.paused_until
    return until is not None and until > seen.now.moment


def _look(seen: Seen, found: SurveyFinding | None) -> IconLook:
    badge = bool(seen.state.store_problems) or seen.count(_WITHOUT_NUMBERS) > 0
    if found is None:
        return IconLook(badge=badge, paused=_paused(seen))
    muted_until = found.account.muted_until
    silent = _paused(seen) or (muted_until is not None and muted_until > seen.now.moment)
    settings = seen.state.settings
    look = replace(looks.look(found.account, found.what, settings), badge=badge, paused=silent)
    snapshot = found.account.snapshot
    window = None if snapshot is None else tightest_window(snapshot)
    if not settings.icon_number or snapshot is None or window is None or (look.weekly is None and look.short is None):
        return look
    number = shown(tightest(snapshot), settings.percentages)
    bar = number if look.exhausted or look.weekly is None else look.weekly
    return replace(look, number=number, number_bar=bar, number_tone=looks.tone(window, settings))


def _numbers(found: SurveyFinding, seen: Seen, t: Translator) -> tuple[str, ...]:
    windows, settings = known_windows(found.account, found.what), seen.state.settings
    title, wanted = short_label(found.account, found.apart, 24, t), settings.percentages
    ends = coming_end(found.account, seen.now, found.there)
    last = "" if ends is None else t("login ends {date}", date=date(ends, seen.now, t))
    if found.what in _OLD:
        last = _age(found.account, seen.now, t)
    if found.what is Condition.LIMITED and not found.alone:
        # The sentence before is about all accounts.
        return title, no_capacity(found.account, seen.now, t), _joined(_in_numbers(windows, settings, t), last)
    numbers = " · ".join(_window(w, found.account, seen, t) for w in _named(windows, settings))
    return title, _joined(listed(numbers, wanted, t), last)


def _named(windows: list[Window], settings: Settings) -> list[Window]:
    """Those of the windows that are named where not all can be."""
    tight = (w for w in windows[_ALWAYS_NAMED:] if looks.tone(w, settings) is not Tone.CALM)
    return [*windows[:_ALWAYS_NAMED], *tight]


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _in_numbers(windows: list[Window], settings: Settings, t: Translator) -> str:
    numbers = (_number(w, settings, t) for w in windows)
    return counted(" · ".join(numbers), settings.percentages, t)


def _number(window: Window, settings: Settings, t: Translator) -> str:
    return t("{window} {percent}", window=looks.label(window, t), percent=looks.percent_text(window, settings))


def _age(account: AccountState, now: Now, t: Translator) -> str:
    return "" if account.snapshot is None else t("{age} old", age=age(account.snapshot.taken_at, now, t))


def _window(window: Window, account: AccountState, seen: Seen, t: Translator) -> str:
    settings, snapshot = seen.state.settings, account.snapshot
    reset = "" if snapshot is None else looks.reset_brief(window, snapshot, seen.now, t)
    if not reset:
        return _number(window, settings, t)
    percent = looks.percent_text(window, settings)
    return t("{window} {percent} ({reset})", window=looks.label(window, t), percent=percent, reset=reset)


def account_row(found: SurveyFinding, seen: Seen, t: Translator, *, in_codex: bool = True) -> MenuRow:
    """An account in the menu, with what it comes to."""
    account, title = found.account, short_label(found.account, found.apart, 32, t)
    mark = use_mark(account, found.there, t) if in_codex and found.what is not Condition.NEEDS_LOGIN else ""
    return MenuRow(
        key=account.key,
        look=looks.look(account, found.what, seen.state.settings),
        text=t("{account} — {state}", account=title, state=_joined(_in_short(found, seen, t), mark)),
    )


def _no_capacity(account: AccountState, now: Now, t: Translator) -> str:
    """Until when there is none, or why."""
    snapshot = account.snapshot
    if snapshot is None:
        return t("full")
    free = free_at(snapshot, now.moment)
    if free is not None:
        return t("full until {when}", when=at(free, now, t))
    return in_short(snapshot, t) or t("full")


def _numbers_in_short(found: SurveyFinding, seen: Seen, t: Translator) -> str:
    snapshot, settings = found.account.snapshot, seen.state.settings
    windows = _named(known_windows(found.account, found.what), settings)
    over = [] if snapshot is None else [w for w in windows if looks.is_reset(w, snapshot, seen.now)]
    # One that is over says so itself, the same way twice.
    numbers = " · ".join(looks.percent_text(w, settings) for w in windows if w not in over)
    return _joined(*(t("was reset") for _ in over), counted(numbers, settings.percentages, t))


def _in_short(found: SurveyFinding, seen: Seen, t: Translator) -> str:
    match found.what:
        case Condition.NEEDS_LOGIN:
            if found.account.personal:
                return t("access token ended")
            return t("start Codex once") if found.account.official else t("log in again")
        case Condition.WAITING_KEYRING:
            return t("waiting for the keyring")
        case Condition.UNUSABLE:
            return t("can't be used at the moment")
        case Condition.BLOCKED:
            return t("blocked by the network")
        case Condition.STALE | Condition.OFFLINE | Condition.RATE_LIMITED:
            old = _age(found.account, seen.now, t) or t("no numbers yet")
            word = t("offline") if found.what is Condition.OFFLINE else old
            return _joined(_numbers_in_short(found, seen, t), word)
        case Condition.LIMITED:
            return _no_capacity(found.account, seen.now, t)
        case Condition.AVAILABLE | Condition.WARNING | Condition.NO_DATA | Condition.API_KEY:
            numbers = _numbers_in_short(found, seen, t)
            return numbers or checked(found.account, found.what, seen.now, t) or t("no numbers yet")

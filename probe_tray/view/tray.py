"""The icon, its tooltip and its menu."""

from msgspec.structs import replace

from probe_tray.core.condition import Condition, condition, tightest
from probe_tray.core.state import AccountState, AppState
from probe_tray.view import looks
from probe_tray.view.cards import account_card, by_need, name
from probe_tray.view.models import Card, IconLook, Menu, MenuRow, PauseMenu, Tray
from probe_tray.view.summary import headline, shortened
from probe_tray.view.times import Now, at, date
from probe_tray.view.translate import Translator

_MOST_ROWS = 12
_LONGEST_TOOLTIP = 127
_WITHOUT_NUMBERS = frozenset({Condition.NEEDS_LOGIN, Condition.WAITING_KEYRING})


def tray(state: AppState, now: Now, t: Translator) -> Tray:
    """The icon and its tooltip."""
    words = [t("Probe Tray"), headline(state, now, t)]
    account = _tightest(state, now)
    if account is not None:
        words += _numbers(account, state, now, t)
    tooltip = "\n".join(words)
    if len(tooltip) > _LONGEST_TOOLTIP:
        tooltip = tooltip[: _LONGEST_TOOLTIP - 1] + "…"
    return Tray(look=_look(state, account, now), tooltip=tooltip)


def menu(state: AppState, now: Now, t: Translator) -> Menu:
    """The tray's menu: at most twelve accounts, the most needy and tightest."""
    accounts = by_need(state, now)
    more = len(accounts) > _MOST_ROWS
    return Menu(
        summary=headline(state, now, t),
        log_in=t("&Log in to Codex…"),
        rows=tuple(_row(a, state, now, t) for a in accounts[:_MOST_ROWS]),
        all_accounts=t.plural("&All {n} account…", "&All {n} accounts…", len(accounts)) if more else "",
        refresh=t("&Refresh now"),
        renew=t("Re&new logins…"),
        test_models=t("&Test models…"),
        show=t("&Open Probe Tray"),
        pause=_pause(state, now, t),
        settings=t("&Settings…"),
        quit=t("&Quit"),
    )


def _pause(state: AppState, now: Now, t: Translator) -> PauseMenu:
    until = state.paused_until
    paused = until is not None and until > now.moment
    title = t("&Pause notifications")
    if until is not None and paused:
        title = t("Notifications &paused until {when}", when=at(until, now, t, long=True))
    return PauseMenu(
        title=title,
        hour=t("For an &hour"),
        tomorrow=t("Until &tomorrow, 08:00"),
        resume=t("&Show them again") if paused else "",
    )


def _tightest(state: AppState, now: Now) -> AccountState | None:
    """The account that the icon is about: the tightest of those with numbers that mean something."""
    known = [
        a
        for a in state.accounts
        if a.snapshot is not None and condition(a, state.settings, now.moment) not in _WITHOUT_NUMBERS
    ]
    return max(known, key=lambda a: 0.0 if a.snapshot is None else tightest(a.snapshot), default=None)


def _look(state: AppState, account: AccountState | None, now: Now) -> IconLook:
    settings = state.settings
    found = [condition(a, settings, now.moment) for a in state.accounts]
    badge = bool(state.store_problems) or any(c in _WITHOUT_NUMBERS for c in found)
    if account is None:
        return IconLook(badge=badge)
    return replace(looks.look(account, condition(account, settings, now.moment), settings), badge=badge)


def _numbers(account: AccountState, state: AppState, now: Now, t: Translator) -> list[str]:
    card = account_card(account, state, now, t)
    ends = account.expires_at
    life = "" if ends is None else t("login ends {date}", date=date(ends, now, t))
    bars = " · ".join(_window(card, t))
    return [shortened(card.title, 24), " · ".join(part for part in (bars, life) if part)]


def _window(card: Card, t: Translator) -> list[str]:
    return [
        t("{window} {percent}% ({reset})", window=b.label, percent=str(b.percent), reset=b.reset_short)
        if b.reset_short
        else t("{window} {percent}%", window=b.label, percent=str(b.percent))
        for b in card.bars[:2]
    ]


def _row(account: AccountState, state: AppState, now: Now, t: Translator) -> MenuRow:
    card = account_card(account, state, now, t)
    title = shortened(name(account), 32)
    return MenuRow(
        key=account.key,
        look=card.look,
        text=t("{account}:  {state}", account=title, state=_in_short(card, t)),
    )


def _in_short(card: Card, t: Translator) -> str:
    numbers = " · ".join(_window(card, t))
    match card.condition:
        case Condition.NEEDS_LOGIN:
            return t("log in again")
        case Condition.WAITING_KEYRING:
            return t("waiting for the keyring")
        case Condition.BLOCKED:
            return t("blocked by the network")
        case Condition.STALE | Condition.OFFLINE | Condition.RATE_LIMITED:
            word = t("offline") if card.condition is Condition.OFFLINE else t("old")
            return " · ".join(part for part in (numbers, word) if part)
        case Condition.AVAILABLE | Condition.WARNING | Condition.LIMITED | Condition.NO_DATA | Condition.API_KEY:
            return numbers or card.checked or t("no numbers yet")

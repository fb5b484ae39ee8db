"""The cards of the panel: accounts, and whatever else needs a person."""

from collections.abc import Sequence

from probe_tray.core.account.condition import USABLE, Condition, free_at
from probe_tray.core.account.credential import ApiKeyLogin
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.errors import Problem
from probe_tray.core.quota.snapshot import Window
from probe_tray.core.quota.used_window import deciding_window
from probe_tray.core.settings import Percentages, Settings
from probe_tray.core.state import AccountState, AppState, Unreadable
from probe_tray.view.codex.in_codex import use_mark, use_notice, use_words
from probe_tray.view.panel import looks
from probe_tray.view.panel.card_sequence import CardEntry, CardMemory, CardSequence, place_of
from probe_tray.view.panel.outlook import outlook_notice
from probe_tray.view.panel.renewal_status import coming_end, last_renewal, lifetime
from probe_tray.view.panel.survey import (
    NEEDS_PERSON,
    TIGHT,
    Seen,
    SurveyFinding,
    label,
    name,
    ordered,
    plan,
    plan_beside,
)
from probe_tray.view.screen import ScreenContent, ScreenOptions
from probe_tray.view.sync.last_changes import shared_words
from probe_tray.view.text.sentences import login_here_too, notice, problem_notice
from probe_tray.view.text.times import Now, age, ago, at, date, until
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Bar, Card, IconLook, Notice, Tone

_LEAST_KNOWN = 0.1
"""Of the last seven days, for a curve of them."""
_FULL = 100


def cards(seen: Seen, options: ScreenOptions, t: Translator, memory: CardMemory) -> CardSequence:
    """The cards a person sent to see: stores that do not work first, then the accounts, then odd files."""
    state, now = seen.state, seen.now
    needle = options.search.strip().casefold()
    asked = ordered(seen)
    if needle or options.shown is not ScreenContent.ALL:
        asked = [found for found in asked if needle in found.searched and wanted(found, options.shown)]
    accounts = tuple(map(memory.entry, asked))
    stores = [_store(kind, problem, t) for kind, problem in state.store_problems]
    others = [_api_key(state.api_key, t)] if state.api_key else []
    others += [_unreadable(u, t) for u in state.unreadable]
    before = tuple(_entry(card) for card in stores if options.shown is not ScreenContent.TIGHT and _has(card, needle))
    after = tuple(_entry(card) for card in others if options.shown is ScreenContent.ALL and _has(card, needle))
    return CardSequence((*before, *accounts, *after), lambda found: account_card(found, state, now, t), memory)


def wanted(found: SurveyFinding, shown: ScreenContent) -> bool:
    """Whether an account is one of those."""
    match shown:
        case ScreenContent.ALL:
            return True
        case ScreenContent.NEEDS_YOU:
            return found.what in NEEDS_PERSON
        case ScreenContent.TIGHT:
            return found.what in TIGHT


def _entry(card: Card) -> CardEntry:
    return CardEntry(card.name, card)


def _has(card: Card, needle: str) -> bool:
    return needle in f"{card.title} {card.notice.text if card.notice else ''}".casefold()


def account_card(found: SurveyFinding, state: AppState, now: Now, t: Translator) -> Card:
    """The card of one account."""
    settings, account, what, there = state.settings, found.account, found.what, found.there
    look = looks.look(account, what, settings)
    rows = known_bars(account, what, settings, now, t)
    said = notice(account, what, settings, now, t, there) or use_notice(account, there, t)
    if said is None and what in USABLE:
        said = outlook_notice(rows, t)
    if said is None and found.alone and account.official:
        said = login_here_too(account, t)
    lives = what is not Condition.NEEDS_LOGIN
    life = lifetime(account, settings, now, t, there) if lives else ""
    brief = lifetime(account, settings, now, t, there, brief=True) if lives else ""
    shared = shared_words(state.sync, account.key, now, t)
    title, badge = name(account), plan(account)
    used, naming = use_words(account, there, t), subtitle(account, t, workspace=found.shares_address)
    silent = muted(account, now, t)
    return Card(
        name=place_of(account.key),
        key=account.key,
        condition=what,
        title=title,
        subtitle=" · ".join(filter(None, (used, silent, naming))),
        plan=badge,
        look=look,
        bars=rows,
        dimmed=look.stale,
        life=life,
        life_short=brief,
        life_more=tuple(f"{form} · {shared}" for form in (life, brief) if form and shared),
        checked=checked(account, what, now, t),
        notice=said,
        spoken=_spoken((title, naming, badge, used, silent), rows, (life, shared), said, t),
        hover=_hover(found, rows, shared, now, t),
        trend=_trend(account, settings) if _has_numbers(account, what) else (),
        brief=_brief(account, what, rows, now, t),
        mark=use_mark(account, there, t),
        label=label(account, found.apart, t),
        plan_beside=plan_beside(account, found.apart),
    )


def known_bars(account: AccountState, what: Condition, settings: Settings, now: Now, t: Translator) -> tuple[Bar, ...]:
    """The bars of its main limit; none where numbers would mean nothing."""
    return looks.bars(account, settings, now, t) if _has_numbers(account, what) else ()


def known_windows(account: AccountState, what: Condition) -> list[Window]:
    """The same windows, for words that need no bar."""
    return [] if account.snapshot is None or not _has_numbers(account, what) else looks.ordered(account.snapshot)


def _has_numbers(account: AccountState, what: Condition) -> bool:
    return account.snapshot is not None and what not in {Condition.NEEDS_LOGIN, Condition.WAITING_KEYRING}


def _trend(account: AccountState, settings: Settings) -> tuple[int | None, ...]:
    percents = () if account.trend is None else account.trend.percents
    if len(percents) - percents.count(None) < _LEAST_KNOWN * len(percents):
        # A new account: a few points at the edge would look like dirt.
        return ()
    if settings.percentages is Percentages.USED:
        # They are whole already: to turn each into what is shown took a quarter of the time of a card.
        return percents
    return tuple(None if percent is None else _FULL - percent for percent in percents)


def muted(account: AccountState, now: Now, t: Translator) -> str:
    """Until when nothing is notified of its quota; empty where all is."""
    end = account.muted_until
    return "" if end is None or end <= now.moment else t("Muted until {when}", when=at(end, now, t))


def subtitle(account: AccountState, t: Translator, *, workspace: bool) -> str:
    """What else names an account, and whose login it is; its ``workspace`` where that tells it from others."""
    place = t("Codex client's login, read only") if account.official else ""
    email = account.email if account.alias else ""
    shown_workspace = account.workspace if workspace else ""
    return " · ".join(part for part in (email, shown_workspace, place) if part)


def _brief(account: AccountState, what: Condition, rows: tuple[Bar, ...], now: Now, t: Translator) -> str:
    match what:
        case Condition.NEEDS_LOGIN:
            if account.personal:
                return t("token ended")
            return t("start Codex") if account.official else t("log in")
        case Condition.WAITING_KEYRING:
            return t("waiting")
        case Condition.UNUSABLE:
            return t("not usable")
        case Condition.BLOCKED:
            return t("blocked")
        case Condition.OFFLINE | Condition.STALE | Condition.RATE_LIMITED:
            return "" if account.snapshot is None else t("{age} old", age=age(account.snapshot.taken_at, now, t))
        case Condition.LIMITED:
            free = None if account.snapshot is None else free_at(account.snapshot, now.moment)
            return t("limited") if free is None else at(free, now, t, brief=True)
        case Condition.AVAILABLE | Condition.WARNING | Condition.NO_DATA | Condition.API_KEY:
            return _reset_of_tightest(account, rows)


def _reset_of_tightest(account: AccountState, rows: tuple[Bar, ...]) -> str:
    windows = [] if account.snapshot is None else looks.ordered(account.snapshot)
    tightest = deciding_window(windows)
    return "–" if tightest is None else rows[windows.index(tightest)].reset_short


def widest_briefs(t: Translator) -> tuple[str, ...]:
    """What may stand at the end of a line, at its longest: all lines leave room for it."""
    ended = (t("start Codex"), t("log in"), t("token ended"))
    words = (*ended, t("waiting"), t("not usable"), t("blocked"), t("limited"), t("before reset"))
    old = t("{age} old", age=t("{m} min", m="59"))
    return (*words, old, t("{weekday} {clock}", weekday=t("Wed"), clock="22:22"))


def checked(account: AccountState, what: Condition, now: Now, t: Translator) -> str:
    """How old its numbers are; nothing of a login that has ended."""
    if what is Condition.NEEDS_LOGIN:
        return ""
    if account.snapshot is None:
        return t("Checking…") if account.checking else ""
    return ago(account.snapshot.taken_at, now, t)


def _spoken(head: Sequence[str], rows: tuple[Bar, ...], life: Sequence[str], said: Notice | None, t: Translator) -> str:
    return _sentence(*head, *(_spoken_bar(bar, t) for bar in rows), *life, *_notice_words(said))


def _spoken_bar(bar: Bar, t: Translator) -> str:
    if not bar.reset:
        return t("{window}: {amount}", window=bar.label, amount=bar.amount)
    if bar.reset == bar.reset_short:
        # Its reset has passed: that is a sentence of its own.
        return t("{window}: {amount}, {reset}", window=bar.label, amount=bar.amount, reset=bar.reset)
    return t("{window}: {amount}, resets {reset}", window=bar.label, amount=bar.amount, reset=bar.reset)


def _notice_words(said: Notice | None) -> list[str]:
    """What a notice says and what its buttons are called, which the list itself cannot tell of."""
    return [] if said is None else [said.text, *(action.label for action in said.actions)]


def _sentence(*parts: str) -> str:
    return ". ".join(part.rstrip(".") for part in parts if part)


def _hover(found: SurveyFinding, rows: tuple[Bar, ...], shared: str, now: Now, t: Translator) -> str:
    account, ends = found.account, coming_end(found.account, now, found.there)
    lines = [label(account, found.apart, t)]
    for bar in rows:
        lines += [line for line in (f"{bar.label}  {bar.amount}  {bar.reset}".rstrip(), bar.outlook) if line]
    if ends is not None:
        lines.append(t("Login ends {when} · {date}", when=until(ends, now, t), date=date(ends, now, t)))
    in_table = t("In the shared table: {what}", what=shared) if shared else ""
    lines += [line for line in (last_renewal(account, now, t), in_table, account.location) if line]
    return "\n".join(lines)


def _other(what: Condition, about: str, title: str, said: Notice, text: str = "") -> Card:
    return Card(
        name=f"{what.value} {about}",
        key=None,
        condition=what,
        title=title,
        subtitle=text,
        look=IconLook(badge=what is not Condition.API_KEY),
        notice=said,
        spoken=_sentence(title, text, *_notice_words(said)),
        label=title,
    )


def _store(kind: StoreKind, problem: Problem, t: Translator) -> Card:
    places = {
        StoreKind.VAULT: t("Saved logins"),
        StoreKind.FOLDER: t("Folder of logins"),
        StoreKind.FILES: t("Files"),
        StoreKind.OFFICIAL: t("Codex client's login"),
    }
    return _other(Condition.WAITING_KEYRING, kind.value, places[kind], problem_notice(problem, t, Tone.CRITICAL))


def _api_key(login: ApiKeyLogin, t: Translator) -> Card:
    if login.personal:
        text = t("The Codex client is logged in with a personal access token. Asking OpenAI whose it is…")
    else:
        text = t("The Codex client is logged in with an API key. An API key has no quota to show.")
    said = Notice(text=text, tone=Tone.CALM)
    return _other(Condition.API_KEY, login.location, t("Codex client"), said, login.location)


def _unreadable(found: Unreadable, t: Translator) -> Card:
    said = problem_notice(found.problem, t, Tone.WARNING)
    title = found.location.replace("\\", "/").rsplit("/", 1)[-1]
    return _other(Condition.NO_DATA, found.location, title or t("A saved login"), said)

"""``present(state, now, zone, t)``: the one way from the state to everything a person sees."""

from datetime import datetime, tzinfo

from probe_tray.core.account.arrangement import Density, Sort
from probe_tray.core.errors import NotificationsOffError
from probe_tray.core.quota.snapshot import WindowKind
from probe_tray.core.state import AppState
from probe_tray.view.codex.use_actions import failed_use, running_use, use_next
from probe_tray.view.help.release import release_notice
from probe_tray.view.login.login import login
from probe_tray.view.panel.card_sequence import CardMemory
from probe_tray.view.panel.cards import cards, widest_briefs
from probe_tray.view.panel.feedback import feedback, undo
from probe_tray.view.panel.summary import headline, status, subline
from probe_tray.view.panel.survey import TIGHT, Memory, Seen
from probe_tray.view.screen import (
    Chip,
    ClosedScreen,
    Helps,
    IconScreen,
    Panel,
    Screen,
    ScreenContent,
    ScreenOptions,
    SortChoice,
)
from probe_tray.view.text.percentages import barred
from probe_tray.view.text.sentences import WAITING
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.tray.open_menu import in_place
from probe_tray.view.tray.tray import NumbersMemory, RowMemory, menu, tray
from probe_tray.view.view_models import ActionKind, CardAction, Menu, Notice, Tone, Welcome

_SEARCH_FROM, _LINES_FROM = 5, 13
_ANYTHING = ScreenOptions()


class Presenter:
    """Presents again and again: accounts that have not changed are not worked out anew."""

    def __init__(self, zone: tzinfo, translator: Translator) -> None:
        """Times are shown in ``zone``."""
        self._zone = zone
        self._t = translator
        self._memory = Memory()
        self._cards, self._rows, self._uses, self._numbers = CardMemory(), RowMemory(), RowMemory(), NumbersMemory()
        self._language: str = translator.language
        self._last: tuple[AppState, int, Seen, IconScreen] | None = None
        """What was presented last, and of which state in which minute."""
        self._menu: tuple[Seen, Menu] | None = None
        """The menu that was made last, and of what."""

    def present(
        self, state: AppState, now: datetime, options: ScreenOptions = _ANYTHING, opened: Menu | None = None
    ) -> Screen:
        """The whole screen at ``now`` (aware UTC), with the rows of a menu that is ``opened``.

        Never raises for any state.
        """
        seen, icon = self._survey(state, now)
        panel = _panel(seen, options, self._t, self._cards)
        return Screen(tray=icon.tray, menu=self._menu_of(seen, opened), login=icon.login, panel=panel)

    def present_closed(self, state: AppState, now: datetime, opened: Menu | None = None) -> ClosedScreen:
        """The same while the panel is closed: nothing is made for it."""
        seen, icon = self._survey(state, now)
        return ClosedScreen(tray=icon.tray, menu=self._menu_of(seen, opened), login=icon.login)

    def present_icon(self, state: AppState, now: datetime) -> IconScreen:
        """The same while the menu is closed too."""
        return self._survey(state, now)[1]

    def _menu_of(self, seen: Seen, opened: Menu | None) -> Menu:
        if self._menu is None or self._menu[0] is not seen:
            self._menu = seen, menu(seen, self._t, self._rows, self._uses)
        current = self._menu[1]
        return current if opened is None else in_place(opened, current, seen, self._t)

    def _survey(self, state: AppState, now: datetime) -> tuple[Seen, IconScreen]:
        moment, t = Now(now, self._zone), self._t
        if t.language != self._language:
            self._language, self._last, self._menu = t.language, None, None
            self._cards, self._rows, self._uses, self._numbers = CardMemory(), RowMemory(), RowMemory(), NumbersMemory()
        last = self._last
        # Each letter of a search asks for other cards alone. A login counts down by the second.
        if last is not None and last[0] is state and last[1] == moment.minute and state.login is None:
            return last[2:]
        seen = self._memory.survey(state, moment)
        icon = IconScreen(
            tray=tray(seen, t, self._numbers),
            login=login(seen.state.login, state.settings.redirect_host, _wanted(seen, t), seen.now, t),
        )
        self._last = state, moment.minute, seen, icon
        return seen, icon


def present(state: AppState, now: datetime, zone: tzinfo, t: Translator, options: ScreenOptions = _ANYTHING) -> Screen:
    """The whole screen at ``now`` (aware UTC), its times in ``zone``. Never raises for any state."""
    return Presenter(zone, t).present(state, now, options)


def _panel(seen: Seen, options: ScreenOptions, t: Translator, memory: CardMemory) -> Panel:
    state, arrangement = seen.state, seen.state.arrangement
    shown = cards(seen, options, t, memory)
    total = len(seen.found) + len(state.store_problems) + len(state.unreadable) + (state.api_key is not None)
    words, tone = (running, Tone.CALM) if (running := running_use(seen, t)) else status(seen, t)
    lines = arrangement.density is Density.LINES or (arrangement.density is Density.AUTO and total >= _LINES_FROM)
    shown_as = state.settings.percentages
    return Panel(
        title=t("Probe Tray"),
        headline=headline(seen, t),
        subline=subline(seen, t),
        use_next=use_next(seen, t),
        banner=_banner(state, t),
        cards=shown,
        lines=lines,
        briefs=widest_briefs(t),
        columns=(t("Account"), barred(t("5 h"), shown_as, t), barred(_longer(seen, t), shown_as, t), t("Reset")),
        welcome=_welcome(t) if state.loaded and not total else None,
        searchable=total >= _SEARCH_FROM,
        search_hint=t("Find an account"),
        nothing_found=t("No account matches."),
        clear_search=t("Clear search"),
        chips=_chips(seen, options, t) if total >= _SEARCH_FROM else (),
        arrange=t("Sort and arrange"),
        choices=_choices(arrangement.sort, arrangement.density, t),
        pin=t("Keep this window open"),
        pinned=arrangement.pinned,
        hide_names=t("Hide names"),
        names_hidden=state.settings.privacy,
        release=release_notice(state, t),
        feedback=feedback(seen, t),
        undo=undo(seen, t),
        status=words,
        status_tone=tone,
        log_in=t("&Log in to Codex…"),
        refresh=t("Refresh now"),
        settings=t("Settings…"),
        list_name=t("Accounts"),
        helps=_helps(t),
    )


def _longer(seen: Seen, t: Translator) -> str:
    """What the second bars of lines are called together: not all plans have a limit of a week."""
    # Not by a set of all kinds: of a thousand accounts that takes milliseconds.
    for found in seen.found:
        if (snapshot := found.account.snapshot) is not None:
            for window in snapshot.main.windows:
                if window.kind is not WindowKind.WEEKLY and window.kind is not WindowKind.SHORT:
                    return t("Long limit")
    return t("Week")


def _helps(t: Translator) -> Helps:
    return Helps(
        accounts=t(
            "Press Enter to open the account or use its button, the menu key for more, F2 to rename "
            "it, Alt and the arrow keys to move it."
        ),
        search=t("Shows accounts whose name, workspace or plan contains this text."),
        chip=t("Shows only these accounts."),
        log_in=t("Opens the login page in your browser."),
    )


def _wanted(seen: Seen, t: Translator) -> str:
    """The name of the account that is being logged in again, empty where it is a new one."""
    state = seen.state
    key = None if state.login is None else state.login.account
    account = None if key is None else state.account(key)
    return "" if account is None else seen.label(account, t)


def _chips(seen: Seen, options: ScreenOptions, t: Translator) -> tuple[Chip, ...]:
    needy, tight = seen.needing, seen.count(TIGHT)
    labels = {
        ScreenContent.ALL: t("All"),
        ScreenContent.NEEDS_YOU: t("Needs you · {n}", n=str(needy)),
        ScreenContent.TIGHT: t("Tight · {n}", n=str(tight)),
    }
    there = {ScreenContent.ALL: True, ScreenContent.NEEDS_YOU: needy > 0, ScreenContent.TIGHT: tight > 0}
    return tuple(
        Chip(shown=shown, label=label, chosen=shown is options.shown)
        for shown, label in labels.items()
        if there[shown] or shown is options.shown
    )


def _choices(sort: Sort, density: Density, t: Translator) -> tuple[tuple[SortChoice, ...], ...]:
    sorts = {
        Sort.NEED: t("&Tightest first"),
        Sort.NAME: t("By &name"),
        Sort.RESET: t("By next &reset"),
        Sort.OWN: t("In my own &order"),
    }
    densities = {
        Density.AUTO: t("A&utomatic"),
        Density.CARDS: t("Always &cards"),
        Density.LINES: t("Always &lines"),
    }
    return (
        tuple(SortChoice(value=value, label=label, chosen=value is sort) for value, label in sorts.items()),
        tuple(SortChoice(value=value, label=label, chosen=value is density) for value, label in densities.items()),
    )


def _banner(state: AppState, t: Translator) -> Notice | None:
    if state.trouble is not None:
        action = CardAction(kind=ActionKind.DISMISS, label=t("OK"))
        if state.trouble.is_a(NotificationsOffError):
            action = CardAction(kind=ActionKind.NOTIFICATION_SETTINGS, label=t("Settings…"))
        return Notice(text=t.told(state.trouble), tone=Tone.WARNING, action=action)
    if state.proxy_problem is not None:
        # It stays until it is solved.
        action = CardAction(kind=ActionKind.NETWORK_SETTINGS, label=t("Settings…"))
        return Notice(text=t.told(state.proxy_problem), tone=Tone.WARNING, action=action)
    if (failed := failed_use(state, t)) is not None:
        return failed
    return Notice(text=t(WAITING), tone=Tone.CALM) if state.waiting else None


def _welcome(t: Translator) -> Welcome:
    return Welcome(
        title=t("Your Codex quotas at a glance"),
        text=t("Log in once in your browser. Probe Tray then shows how much of each quota is left and when it resets."),
        hint=t("If you use the Codex app here, its login shows up by itself."),
        button=t("&Log in to Codex…"),
        folder=t("&Choose a folder of logins…"),
        choose_folder=t("Choose a folder for logins"),
        import_logins=t("&Import logins…"),
    )

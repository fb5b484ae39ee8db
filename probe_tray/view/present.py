"""``present(state, now, zone, t)``: the one way from the state to everything a person sees."""

from datetime import datetime, tzinfo

from probe_tray.core.errors import Problem
from probe_tray.core.state import AppState
from probe_tray.view.cards import cards
from probe_tray.view.login import login
from probe_tray.view.models import Action, ActionKind, Notice, Panel, Screen, Tone, Welcome
from probe_tray.view.summary import headline, status, subline
from probe_tray.view.times import Now
from probe_tray.view.translate import Translator
from probe_tray.view.tray import menu, tray

_SEARCH_FROM = 5


def present(state: AppState, now: datetime, zone: tzinfo, t: Translator) -> Screen:
    """The whole screen at ``now`` (aware UTC), its times in ``zone``. Never raises for any state."""
    here = Now(now, zone)
    return Screen(
        tray=tray(state, here, t),
        menu=menu(state, here, t),
        panel=_panel(state, here, t),
        login=login(state.login, state.settings.redirect_host, here, t),
    )


def _panel(state: AppState, now: Now, t: Translator) -> Panel:
    shown = cards(state, now, t)
    words, tone = status(state, now, t)
    return Panel(
        title=t("Probe Tray"),
        headline=headline(state, now, t),
        subline=subline(state, now, t),
        banner=_banner(state.trouble, t) if state.trouble else None,
        cards=shown,
        welcome=_welcome(t) if state.loaded and not shown else None,
        searchable=len(shown) >= _SEARCH_FROM,
        search_hint=t("Find an account"),
        nothing_found=t("No account matches."),
        status=words,
        status_tone=tone,
        log_in=t("&Log in to Codex…"),
        refresh=t("Refresh now"),
        settings=t("Settings…"),
        list_name=t("Accounts"),
    )


def _banner(problem: Problem, t: Translator) -> Notice:
    action = Action(kind=ActionKind.DISMISS, label=t("OK"))
    return Notice(text=f"{t.title(problem)} {t.hint(problem)}", tone=Tone.WARNING, action=action)


def _welcome(t: Translator) -> Welcome:
    return Welcome(
        title=t("Your Codex quotas, at a glance"),
        text=t(
            "Sign in once in your browser. Probe Tray then shows what is left of every quota, and when it comes back."
        ),
        hint=t("A login of the official Codex client on this computer appears here by itself."),
        button=t("&Log in to Codex…"),
    )

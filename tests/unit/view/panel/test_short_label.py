"""What accounts are called where there is little room: what tells them apart is left out last."""

from collections.abc import Callable
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.alerts.alert import LimitedAlert
from probe_tray.core.codex.codex_state import CodexHome, CodexState, CodexUse, CodexUsePhase
from probe_tray.core.feedback import Feedback, FeedbackKind
from probe_tray.core.settings import IconAccount, Settings
from probe_tray.core.state import AppState
from probe_tray.resources import resource
from probe_tray.view.alerts.notifications import notification
from probe_tray.view.codex.use_actions import unknown_login_question
from probe_tray.view.panel.survey import short_label
from probe_tray.view.presenter import present
from probe_tray.view.screen import Screen
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, parse_po
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW

T = Translator()
CHINESE = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
PLACES = [
    ("Alpha Engineering Department", "Beta Engineering Department"),
    ("Department of Engineering, Team Amber", "Department of Engineering, Team Brown"),
]
USED_UP = samples.account("spent@example.com", samples.snapshot(100, 61), stores=(StoreKind.VAULT, StoreKind.OFFICIAL))


def chosen(places: tuple[str, str], which: int) -> tuple[AppState, AccountKey]:
    """Two accounts of one long address beside one that is used up; one of the two is the person's choice."""
    found = samples.account("maximilian.mustermann@example.com", samples.snapshot(42, 17))
    both = [replace(found, key=AccountKey(f"{n}", "user"), workspace=place) for n, place in enumerate(places)]
    key = both[which].key
    state = replace(
        samples.only([*both, USED_UP]),
        settings=Settings(icon_account=IconAccount.PINNED),
        arrangement=Arrangement(in_icon=key.slug),
        codex=CodexState(homes=(CodexHome(path="~/.codex", is_default=True),)),
    )
    return state, key


def shown(state: AppState) -> Screen:
    return present(state, NOW, UTC, T)


def row(state: AppState, key: AccountKey) -> str:
    return next(one.text for one in shown(state).menu.rows if one.key == key)


def use_row(state: AppState, key: AccountKey) -> str:
    return next(one.text for one in shown(state).menu.use.rows if one.key == key)


def best(state: AppState, _: AccountKey) -> str:
    return shown(state).menu.best


def use_next(state: AppState, _: AccountKey) -> str:
    action = shown(state).menu.use_next
    assert action is not None
    return action.label


def tooltip(state: AppState, _: AccountKey) -> str:
    return shown(state).tray.tooltip


def done(state: AppState, key: AccountKey) -> str:
    latest = Feedback(number=1, kind=FeedbackKind.USED_IN_CODEX, account=key)
    said = shown(replace(state, feedback=(latest,))).panel.feedback
    assert said is not None
    return said.text


def running(state: AppState, key: AccountKey) -> str:
    use = CodexUse(account=key, home="")
    return shown(replace(state, codex=replace(state.codex, use=use))).panel.status


def question(state: AppState, key: AccountKey) -> str:
    use = CodexUse(account=key, home="", phase=CodexUsePhase.ASKING, found="mia@example.com")
    asked = unknown_login_question(replace(state, codex=replace(state.codex, use=use)), T)
    assert asked is not None
    return asked.yes


def notified(state: AppState, _: AccountKey) -> str:
    return notification((LimitedAlert(account=USED_UP.key),), state, Now(NOW, UTC), T).body


def button(state: AppState, key: AccountKey) -> str:
    account = state.account(key)
    assert account is not None
    assert account.snapshot is not None
    endless = replace(account.snapshot, main=replace(account.snapshot.main, windows=()))
    accounts = tuple(replace(a, snapshot=endless) if a.key == key else a for a in state.accounts)
    alert = LimitedAlert(account=USED_UP.key)
    found = notification((alert,), replace(state, accounts=accounts), Now(NOW, UTC), T)
    return found.buttons[0].label


@pytest.mark.parametrize("places", PLACES)
@pytest.mark.parametrize(
    "text", [row, use_row, best, use_next, tooltip, done, running, question, notified, button], ids=lambda f: f.__name__
)
def test_long_names_are_told_apart_in_every_short_text(
    text: Callable[[AppState, AccountKey], str], places: tuple[str, str]
) -> None:
    one, other = (text(*chosen(places, which)) for which in range(2))
    assert "max" in one
    assert one != other


def test_the_name_is_cut_first_and_its_note_last() -> None:
    account = samples.account("maximilian.mustermann@example.com")
    assert short_label(account, "", 30, T) == "maximilian.mus…ann@example.com"
    assert short_label(account, "Acme", 30, T) == "maximilian…example.com (Acme)"
    assert short_label(account, "Alpha Engineering Department", 30, T) == "max…com (Alpha Eng…Department)"
    assert short_label(replace(account, alias="Max"), "Alpha Engineering", 24, T) == "Max (Alpha Engineering)"


@given(
    name=st.text("aé上.@- ", min_size=20, max_size=40),
    shared=st.text("ab上. ·-", min_size=20, max_size=40),
    ends=st.lists(st.sampled_from("ab上.-"), min_size=2, max_size=2, unique=True),
    first=st.booleans(),
    most=st.integers(12, 40),
    t=st.sampled_from([T, CHINESE]),
)
def test_labels_that_differ_at_one_of_their_ends_stay_different_however_short(
    name: str, shared: str, ends: list[str], most: int, t: Translator, *, first: bool
) -> None:
    account = samples.account("", alias=name)
    one, other = (short_label(account, f"{end}{shared}" if first else f"{shared}{end}", most, t) for end in ends)
    assert max(len(one), len(other)) <= most
    assert one != other

"""What the views say of an account that is in use in the official client."""

from datetime import UTC

import pytest
from msgspec.structs import replace

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.codex.codex_state import (
    ClientProcess,
    CodexHome,
    CodexState,
    CodexUse,
    CodexUsePhase,
    HandOver,
)
from probe_tray.core.errors import LoginEndedError, WriteError
from probe_tray.core.feedback import Feedback, FeedbackKind
from probe_tray.core.quota.history import Span
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.details.details import DetailsView, details
from probe_tray.view.panel.survey import Memory
from probe_tray.view.presenter import Presenter, present
from probe_tray.view.screen import Screen
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, Card
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW, account, ended, snapshot

BOTH = (StoreKind.VAULT, StoreKind.OFFICIAL)
ANA = account("ana@example.com", snapshot(42, 17), stores=BOTH)
LEE = account("lee@example.com", snapshot(88, 61))
USUAL, WORK = (
    CodexHome(path="~/.codex", is_default=True),
    CodexHome(path="/srv/ana@example.com/codex", is_default=False),
)
T = Translator()


def lent(way: HandOver | None = HandOver.LENT, *more: CodexHome, told: bool = True, **changes: object) -> AppState:
    """Ana's login is in the usual place."""
    home = replace(USUAL, account=ANA.key, way=way)
    state = replace(samples.only([ANA, LEE]), codex=CodexState(homes=(home, *more)))
    return replace(state, arrangement=Arrangement(codex_told=told), **changes)


def card(state: AppState, of: AccountState = ANA) -> Card:
    return next(card for card in shown(state).panel.cards if card.key == of.key)


def shown(state: AppState) -> Screen:
    return present(state, NOW, UTC, T)


def whole(state: AppState, of: AccountState = ANA) -> DetailsView:
    found = details(state, of.key, Span.WEEK, Now(NOW, UTC), T)
    assert found is not None
    return found


def facts(state: AppState) -> dict[str, str]:
    return {fact.label: fact.value for fact in whole(state).facts}


@pytest.mark.parametrize("privacy", [False, True])
def test_the_home_that_lacks_the_newest_token_is_the_one_that_is_tried_again(*, privacy: bool) -> None:
    full = WriteError(path="auth.json", reason="the disk is full").problem
    behind = replace(WORK, account=ANA.key, way=HandOver.LENT, problem=full)
    notice = card(lent(HandOver.LENT, behind, settings=Settings(privacy=privacy))).notice
    assert notice is not None
    assert notice.action is not None
    assert (notice.action.label, notice.action.home) == ("Try again", WORK.path)


@pytest.mark.parametrize("way", [None, HandOver.LENT, HandOver.WHOLE])
def test_the_account_in_use_is_marked_on_its_card_in_its_details_and_in_the_menu(way: HandOver | None) -> None:
    state = lent(way)
    assert card(state).subtitle == "In use by Codex"
    assert "In use by Codex" in card(state).spoken
    assert whole(state).subtitle == "In use by Codex · Plus"
    assert [row.text for row in shown(state).menu.rows] == [
        "lee@example.com — 88% · 61% used",
        "ana@example.com — 42% · 17% used · in Codex",
    ]
    assert (card(state).mark, card(state, LEE).mark, card(state, LEE).subtitle) == ("in Codex", "", "")


def test_where_the_homes_were_not_looked_at_yet_the_clients_own_login_tells() -> None:
    state = samples.only([ANA, LEE])
    assert card(state).subtitle == "In use by Codex"
    official = replace(ANA, stores=(StoreKind.OFFICIAL,), renewable=False)
    assert card(samples.only([official])).subtitle == "Codex client's login, read only"


def test_another_home_is_named_and_masked_where_names_are_hidden() -> None:
    away = replace(WORK, account=LEE.key, way=HandOver.LENT)
    assert card(lent(HandOver.LENT, away), LEE).subtitle == "In use by Codex in /srv/ana@example.com/codex"
    hidden = lent(HandOver.LENT, away, settings=Settings(privacy=True))
    assert card(hidden, LEE).subtitle == "In use by Codex in /•••@e•••"
    assert "/•••@e•••" in {f.label: f.value for f in whole(hidden, LEE).facts}["In Codex"]


@pytest.mark.parametrize(
    ("way", "said", "renewal", "life"),
    [
        (
            HandOver.LENT,
            "~/.codex: Probe Tray renews it and gives Codex each new access token.",
            None,
            "Renews automatically in 4 days · ends 29 Nov",
        ),
        (
            HandOver.WHOLE,
            "~/.codex: Codex renews it, and Probe Tray takes over the new login.",
            "The Codex client renews it.",
            "Renewed by the Codex client",
        ),
    ],
)
def test_the_details_say_who_renews_it(way: HandOver, said: str, renewal: str | None, life: str) -> None:
    state = lent(way)
    assert facts(state)["In Codex"] == said
    assert facts(state).get("Renewal") == renewal
    assert card(state).life == whole(state).life_words == life


def test_the_clients_own_login_was_put_there_by_nobody() -> None:
    assert "In Codex" not in facts(lent(None))


def test_a_login_that_was_logged_out_in_the_client_says_so_and_asks_for_another() -> None:
    gone = replace(ANA, stores=(StoreKind.VAULT,), problem=ended())
    codex = CodexState(homes=(USUAL,), logged_out=frozenset({ANA.key}))
    state = replace(samples.only([gone, LEE]), codex=codex)
    notice = card(state).notice
    assert notice is not None
    assert notice.text.startswith("Someone logged out")
    assert [(action.kind, action.label) for action in notice.actions] == [(ActionKind.LOG_IN, "Log in again")]
    assert whole(state).notice == notice
    # A logout that the service knows nothing of has ended nothing.
    works = replace(state, accounts=(replace(gone, problem=None), LEE))
    assert card(works).notice is None


def test_how_the_login_would_end_is_said_once() -> None:
    notice = card(lent(told=False)).notice
    assert notice is not None
    assert "“codex logout” and “codex login” would end this login" in notice.text
    assert [action.kind for action in notice.actions] == [ActionKind.CODEX_TOLD]
    assert card(lent(told=True)).notice is None
    # Nothing of ours would end.
    assert card(lent(None, told=False)).notice is None


def test_an_access_token_that_did_not_get_there_is_said_with_its_reason() -> None:
    full = WriteError(path="~/.codex/auth.json", reason="the disk is full").problem
    state = lent()
    home = replace(state.codex.homes[0], problem=full)
    notice = card(replace(state, codex=CodexState(homes=(home,)))).notice
    assert notice is not None
    assert "the disk is full" in notice.text
    assert [action.kind for action in notice.actions] == [ActionKind.USE_IN_CODEX]


def running(state: AppState, phase: CodexUsePhase = CodexUsePhase.DONE, **more: object) -> AppState:
    use = CodexUse(
        account=ANA.key,
        home="",
        phase=phase,
        running=(ClientProcess(name="codex", number=7), ClientProcess(name="codex", number=8)),
        **more,  # pyright: ignore[reportArgumentType]
    )
    return replace(state, codex=replace(state.codex, use=use))


def test_programs_that_keep_another_account_are_named_until_that_was_read() -> None:
    notice = card(running(lent())).notice
    assert notice is not None
    assert notice.text == "Codex is still running (codex) with another account. Restart it to use this one."
    assert [action.kind for action in notice.actions] == [ActionKind.CLOSE_CODEX_USE]
    # Nor does the line above say that they use it already.
    assert card(running(lent())).subtitle == "In Codex from its next start"
    assert card(running(lent()), LEE).notice is None


def test_the_footer_says_what_was_done_and_what_runs_on() -> None:
    given = Feedback(number=1, kind=FeedbackKind.USED_IN_CODEX, account=ANA.key)
    states = (
        lent(feedback=(given,)),
        running(lent(feedback=(given,))),
        running(lent(feedback=(given,)), before=LEE.key),
        running(lent(feedback=(replace(given, kind=FeedbackKind.PUT_BACK_IN_CODEX, account=None),))),
    )
    found = [panel.feedback.text for state in states if (panel := shown(state).panel).feedback]
    assert found == [
        "Codex uses ana@example.com from its next start.",
        "Codex uses ana@example.com from its next start. To switch now, restart codex.",
        "Codex uses ana@example.com from its next start. To switch now, restart codex.",
        "Codex uses its earlier login again from its next start. To switch now, restart codex.",
    ]


def test_while_it_is_being_done_the_status_says_so() -> None:
    assert shown(running(lent(), CodexUsePhase.RUNNING)).panel.status == "Giving Codex the login of ana@example.com…"
    back = CodexState(use=CodexUse(account=None, home=""))
    assert shown(replace(lent(), codex=back)).panel.status == "Putting back what Codex had before…"


def test_a_card_is_made_anew_where_only_the_client_has_changed() -> None:
    presenter, before = Presenter(UTC, T), samples.only([ANA, LEE])
    first = [card.subtitle for card in presenter.present(before, NOW).panel.cards]
    here = replace(USUAL, account=LEE.key, way=HandOver.LENT)
    after = replace(before, codex=CodexState(homes=(here,)))
    assert first != [card.subtitle for card in presenter.present(after, NOW).panel.cards]
    memory = Memory()
    (one, _), (same, _) = (memory.survey(after, Now(NOW, UTC)).found for _ in range(2))
    assert one is same


def test_an_account_that_is_gone_is_in_nobodys_way() -> None:
    state = replace(lent(), accounts=(LEE,))
    assert len(shown(state).panel.cards) == 1
    lost = replace(state, codex=replace(state.codex, logged_out=frozenset({ANA.key})))
    assert LoginEndedError.__name__ not in card(lost, LEE).spoken

"""What can be done about the login in the official client's place."""

from datetime import UTC

import pytest
from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.codex.codex_state import CodexHome, CodexState, CodexUse, CodexUsePhase, HandOver
from probe_tray.core.errors import UncertainLoginError, WriteError
from probe_tray.core.feedback import Feedback, FeedbackKind
from probe_tray.core.quota.history import Span
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.codex.use_actions import failed_use, unknown_login_question, use_actions
from probe_tray.view.details.details import details
from probe_tray.view.panel.account_menu import account_menu
from probe_tray.view.presenter import present
from probe_tray.view.screen import Screen
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW, account, snapshot

BOTH = (StoreKind.VAULT, StoreKind.OFFICIAL)
ANA = account("ana@example.com", snapshot(42, 17), stores=BOTH)
LEE = account("lee@example.com", snapshot(88, 61))
SPENT = account("spent@example.com", snapshot(100, 61))
USUAL = CodexHome(path="~/.codex", is_default=True)
WORK = CodexHome(path="~/.codex-work & more", is_default=False)
PRIVATE = Settings(privacy=True)
T = Translator()


def state(*homes: CodexHome, use: CodexUse | None = None, settings: Settings | None = None) -> AppState:
    found = replace(samples.only([ANA, LEE, SPENT]), codex=CodexState(homes=homes, use=use))
    return found if settings is None else replace(found, settings=settings)


def offered(found: AppState, of: AccountState) -> list[tuple[ActionKind, str, str]]:
    return [(action.kind, action.label, action.home) for action in use_actions(found, of, T)]


def shown(found: AppState) -> Screen:
    return present(found, NOW, UTC, T)


def with_ana(way: HandOver | None = HandOver.LENT, *, kept: bool = False) -> CodexHome:
    return replace(USUAL, account=ANA.key, way=way, has_kept=kept)


def test_an_account_is_offered_to_each_home_that_does_not_use_it() -> None:
    use = (ActionKind.USE_IN_CODEX, "&Use in Codex", USUAL.path)
    away = (ActionKind.USE_IN_CODEX, "Use in Codex in ~/.codex-work && more", WORK.path)
    assert offered(state(), LEE) == []
    assert offered(state(with_ana(), WORK), LEE) == [use, away]
    assert offered(state(with_ana(), WORK), ANA) == [away]


def test_a_login_that_the_client_has_by_itself_can_be_made_safe() -> None:
    assert offered(state(with_ana(None)), ANA) == [(ActionKind.USE_IN_CODEX, "&Use in Codex", USUAL.path)]


def test_another_way_of_handing_over_is_offered_to_the_account_in_use() -> None:
    whole = Settings(codex_hand_over=HandOver.WHOLE)
    assert offered(state(with_ana(), settings=whole), ANA) == [(ActionKind.USE_IN_CODEX, "&Use in Codex", USUAL.path)]
    assert offered(state(with_ana(HandOver.WHOLE), settings=whole), ANA) == []


@pytest.mark.parametrize("changes", [{"stores": (StoreKind.OFFICIAL,)}, {"personal": True}])
def test_what_cannot_be_lent_is_not_offered(changes: dict[str, object]) -> None:
    one = replace(LEE, **changes)
    found = replace(state(with_ana()), accounts=(one,))
    assert offered(found, one) == []
    assert shown(found).menu.use.title == ""


def test_what_the_client_had_before_is_put_back_from_the_account_in_use_and_from_the_trays_menu() -> None:
    kept = state(with_ana(kept=True))
    assert offered(kept, ANA) == [(ActionKind.PUT_BACK_IN_CODEX, "Put &back what Codex had before", USUAL.path)]
    found = shown(kept).menu.use.put_back
    assert found is not None
    assert (found.kind, found.home) == (ActionKind.PUT_BACK_IN_CODEX, USUAL.path)
    assert shown(state(with_ana())).menu.use.put_back is None


def test_it_is_named_which_home_gets_back_what_it_had_before() -> None:
    away = replace(WORK, account=LEE.key, way=HandOver.LENT, has_kept=True)
    found = state(with_ana(), away)
    back = "Put back what Codex had before in ~/.codex-work && more"
    assert offered(found, LEE)[1:] == [(ActionKind.PUT_BACK_IN_CODEX, back, WORK.path)]
    action = shown(found).menu.use.put_back
    assert action is not None
    assert (action.label, action.home) == (back, WORK.path)


def test_homes_whose_names_are_hidden_are_told_apart_by_numbers() -> None:
    paths = ("~/.codex-account-work", "~/.codex-org-acme")
    found = state(with_ana(), *(replace(WORK, path=path) for path in paths), settings=PRIVATE)
    assert offered(found, ANA) == [
        (ActionKind.USE_IN_CODEX, f"Use in Codex in ~/.codex-••• ({n})", path) for n, path in enumerate(paths, 1)
    ]


def test_the_trays_menu_lists_the_accounts_with_the_best_first_and_marks_the_one_in_use() -> None:
    use = shown(state(with_ana())).menu.use
    assert (use.title, use.all_accounts) == ("Use in &Codex", "")
    assert [(row.text.partition(" ")[0], row.chosen) for row in use.rows] == [
        ("ana@example.com", True),
        ("lee@example.com", False),
        ("spent@example.com", False),
    ]
    assert next(row.text for row in use.rows) == "ana@example.com — 42% · 17% used · in Codex"


def test_of_many_accounts_the_trays_menu_has_the_best_and_leads_to_the_rest() -> None:
    use = shown(replace(samples.many(100), codex=CodexState(homes=(USUAL,)))).menu.use
    assert len(use.rows) == 6
    assert use.all_accounts == "&All 100 accounts…"


def test_while_the_account_in_use_lasts_no_other_is_pressed_upon_anybody() -> None:
    found = shown(state(with_ana()))
    assert (found.panel.use_next, found.menu.use_next) == (None, None)


def test_once_it_is_used_up_the_panel_and_the_menu_have_the_next_one_click_away() -> None:
    spent = replace(ANA, snapshot=snapshot(100, 17))
    found = shown(replace(state(with_ana()), accounts=(spent, LEE)))
    action = found.panel.use_next
    assert action is not None
    assert (action.kind, action.label, action.key, action.home) == (
        ActionKind.USE_IN_CODEX,
        "Use in Codex",
        LEE.key,
        USUAL.path,
    )
    assert found.menu.use_next == replace(action, label="Use lee@example.com in Codex")


@pytest.mark.parametrize(
    ("of", "labels"),
    [(LEE, ["Use in Codex", "Renew now", "Test models"]), (ANA, ["Renew now", "Test models"])],
)
def test_the_details_have_it_as_their_first_button_where_it_does_something(of: AccountState, labels: list[str]) -> None:
    found = details(state(with_ana()), of.key, Span.WEEK, Now(NOW, UTC), T)
    assert found is not None
    assert [action.label for action in found.actions] == labels


def test_the_accounts_menu_has_it_below_the_row_that_return_chooses() -> None:
    found = state(with_ana())
    login = account_menu(LEE, found, NOW, T)[0]
    assert [action.kind for action in login][:3] == [ActionKind.DETAILS, ActionKind.USE_IN_CODEX, ActionKind.REFRESH]


def test_what_the_client_renews_is_not_offered_for_renewal() -> None:
    whole = state(with_ana(HandOver.WHOLE))
    found = details(whole, ANA.key, Span.WEEK, Now(NOW, UTC), T)
    assert found is not None
    assert ActionKind.RENEW not in [action.kind for action in found.actions]
    rows = [action.kind for group in account_menu(ANA, whole, NOW, T) for action in group]
    assert ActionKind.RENEW not in rows


def test_nothing_is_offered_before_it_is_known_where_the_client_looks() -> None:
    spent = replace(ANA, snapshot=snapshot(100, 17))
    found = shown(replace(state(), accounts=(spent, LEE)))
    assert (found.panel.use_next, found.menu.use_next, found.menu.use.title) == (None, None, "")


FULL = WriteError(path="/home/ana@example.com/.codex/auth.json", reason="the disk is full").problem


@pytest.mark.parametrize(
    ("use", "again"),
    [
        (CodexUse(account=LEE.key, home=WORK.path), (ActionKind.USE_IN_CODEX, LEE.key, WORK.path)),
        (CodexUse(account=None, home=""), (ActionKind.PUT_BACK_IN_CODEX, None, USUAL.path)),
    ],
)
def test_why_it_failed_stands_above_the_cards_until_it_was_read(use: CodexUse, again: object) -> None:
    failed = replace(use, phase=CodexUsePhase.FAILED, problem=FULL)
    found = shown(state(with_ana(), WORK, use=failed)).panel.banner
    assert found is not None
    assert "the disk is full" in found.text
    first, second = found.actions
    assert (first.kind, first.key, first.home) == again
    assert (first.label, second.label, second.kind) == ("Try again", "Cancel", ActionKind.CLOSE_CODEX_USE)
    assert "ana@" not in str(failed_use(state(use=failed, settings=PRIVATE), T))


def test_where_only_another_login_helps_that_is_the_button() -> None:
    over = UncertainLoginError().problem
    use = CodexUse(account=LEE.key, home="", phase=CodexUsePhase.FAILED, problem=over)
    found = failed_use(state(with_ana(), use=use), T)
    assert found is not None
    first = found.actions[0]
    assert (first.kind, first.label, first.key) == (ActionKind.LOG_IN, "Log in again", LEE.key)


def test_a_login_that_nobody_knows_is_offered_for_keeping() -> None:
    use = CodexUse(account=LEE.key, home="", phase=CodexUsePhase.ASKING, found="mia@example.com")
    question = unknown_login_question(state(use=use), T)
    assert question is not None
    assert question.title == "Keep the login of mia@example.com first?"
    assert question.text == (
        "Codex has a login of mia@example.com that Probe Tray doesn't have. Keep it here first, and you can go back "
        "to it at any time."
    )
    assert (question.yes, question.no, question.destructive) == ("&Keep and use lee@example.com", "Cancel", False)
    hidden = unknown_login_question(state(use=use, settings=PRIVATE), T)
    assert hidden is not None
    assert (hidden.title, hidden.yes) == ("Keep the login of m•••@e••• first?", "&Keep and use l•••@e•••")


@pytest.mark.parametrize("phase", [CodexUsePhase.RUNNING, CodexUsePhase.DONE, CodexUsePhase.FAILED])
def test_nothing_is_asked_but_where_an_answer_is_waited_for(phase: CodexUsePhase) -> None:
    assert unknown_login_question(state(use=CodexUse(account=LEE.key, home="", phase=phase)), T) is None


@pytest.mark.parametrize(
    ("changes", "undo"),
    [
        ({"before": ANA.key}, (ActionKind.USE_IN_CODEX, ANA.key, WORK.path)),
        ({"kept": True}, (ActionKind.PUT_BACK_IN_CODEX, None, WORK.path)),
        ({"before": LEE.key}, None),
        ({"before": AccountKey("gone", "user")}, None),
        ({}, None),
    ],
)
def test_undo_gives_the_client_what_it_had_before(changes: dict[str, object], undo: object) -> None:
    done = replace(CodexUse(account=LEE.key, home=WORK.path, phase=CodexUsePhase.DONE), **changes)
    given = Feedback(number=1, kind=FeedbackKind.USED_IN_CODEX, account=LEE.key)
    panel = shown(replace(state(with_ana(), WORK, use=done), feedback=(given,))).panel
    assert panel.feedback is not None
    assert panel.feedback.undo == panel.undo
    found = None if panel.undo is None else (panel.undo.kind, panel.undo.key, panel.undo.home)
    assert found == undo


def test_nothing_is_put_back_over_a_login_that_nobody_knows() -> None:
    use = CodexUse(account=None, home="", phase=CodexUsePhase.ASKING, found="mia@example.com")
    found = failed_use(state(with_ana(), use=use), T)
    assert found is not None
    assert found.text.startswith("Codex has a login of mia@example.com that Probe Tray doesn't have.")
    assert [action.kind for action in found.actions] == [ActionKind.CLOSE_CODEX_USE]
    assert unknown_login_question(state(with_ana(), use=use), T) is None

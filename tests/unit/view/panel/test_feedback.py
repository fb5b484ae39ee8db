"""The sentence about what was just done, and the way to undo it."""

from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.feedback import Feedback, FeedbackKind, Undo, UndoPrivacy, UndoRemoval
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.view.presenter import present
from probe_tray.view.screen import Panel
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind
from tests.unit.ui import samples

STATE = samples.four()
ANA = STATE.accounts[0]
SHOWN = UndoPrivacy(privacy=False)


def panel(*feedback: Feedback, state: AppState = STATE) -> Panel:
    return present(replace(state, feedback=feedback), samples.NOW, UTC, Translator()).panel


def about(kind: FeedbackKind, number: int = 1, undo: Undo | None = None, count: int = 0) -> Feedback:
    return Feedback(number=number, kind=kind, account=ANA.key, undo=undo, count=count)


@pytest.mark.parametrize("kind", FeedbackKind)
def test_whatever_was_done_is_a_sentence_that_ends(kind: FeedbackKind) -> None:
    found = panel(about(kind, count=2)).feedback
    assert found is not None
    assert found.text.endswith(".")
    assert found.undo is None


def test_nothing_is_said_where_nothing_was_done() -> None:
    found = panel()
    assert (found.feedback, found.undo) == (None, None)


@pytest.mark.parametrize(("count", "text"), [(1, "Imported 1 login."), (3, "Imported 3 logins.")])
def test_imported_logins_are_counted(count: int, text: str) -> None:
    found = panel(about(FeedbackKind.IMPORTED, count=count)).feedback
    assert found is not None
    assert found.text == text


def test_a_removed_account_has_its_name_and_in_privacy_mode_only_its_letters() -> None:
    removed = about(FeedbackKind.REMOVED, undo=UndoRemoval(ANA.key))
    state = replace(STATE, accounts=STATE.accounts[1:], removing=(ANA,))
    texts = [
        found.text
        for settings in (Settings(), Settings(privacy=True))
        if (found := panel(removed, state=replace(state, settings=settings)).feedback)
    ]
    assert texts == [f"Removed {ANA.email}.", "Removed a•••@e•••."]


def test_a_cancelled_login_says_who_was_not_logged_in() -> None:
    of_one = about(FeedbackKind.LOGIN_CANCELLED)
    found = [panel(given).feedback for given in (of_one, replace(of_one, account=None))]
    assert [f and f.text for f in found] == [
        f"Login cancelled. {ANA.email} was not logged in.",
        "Login cancelled. Nothing was changed.",
    ]


def test_a_login_that_was_cancelled_too_late_says_so() -> None:
    found = panel(about(FeedbackKind.LOGGED_IN_AFTER_ALL)).feedback
    assert found is not None
    assert found.text == f"It was too late to cancel. Logged in as {ANA.email}."


def test_a_muted_account_says_until_when() -> None:
    muted = replace(ANA, muted_until=samples.NOW + timedelta(hours=1))
    found = panel(about(FeedbackKind.MUTED), state=replace(STATE, accounts=(muted, *STATE.accounts[1:]))).feedback
    assert found is not None
    assert found.text == f"Muted {ANA.email} until 14:52."


def test_the_newest_is_said_and_the_last_that_can_be_undone_is_undone() -> None:
    first = about(FeedbackKind.NAMES_HIDDEN, 1, SHOWN)
    found = panel(first, about(FeedbackKind.RENEWED, 2))
    assert (found.feedback and found.feedback.text, found.feedback and found.feedback.undo) == (
        f"Renewed {ANA.email}.",
        None,
    )
    assert found.undo is not None
    assert (found.undo.kind, found.undo.number) == (ActionKind.UNDO, 1)
    alone = panel(first).feedback
    assert alone is not None
    assert alone.undo == found.undo


def test_an_account_that_is_gone_meanwhile_is_still_spoken_of() -> None:
    gone = replace(STATE, accounts=())
    found = panel(about(FeedbackKind.RENEWED), state=gone).feedback
    assert found is not None
    assert found.text == "Renewed the account."

"""What a person is told to do where something that they asked of the table failed."""

import re
from datetime import UTC

import pytest

from probe_tray.core import errors
from probe_tray.core.errors import (
    ClaimedElsewhereError,
    NotSentError,
    ProbeError,
    RenewalWaitsError,
    ServiceError,
    SyncError,
    UnavailableError,
)
from probe_tray.core.state import AppState
from probe_tray.core.sync.setup import SecretPlace, SyncSetup, SyncState, SyncTestResult
from probe_tray.core.sync.table_change import TableChange, TableChangeKind
from probe_tray.view.sync.key_change_view import key_change
from probe_tray.view.sync.sync_view import sync_result
from probe_tray.view.sync.table_test import tested_words as words_of
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from tests.unit.ui import samples


def subclasses(*bases: type[ProbeError]) -> list[type[ProbeError]]:
    # The last two are about a renewal; no test ends with them.
    others = {*bases, ClaimedElsewhereError, RenewalWaitsError}
    found = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, bases)]
    return [kind for kind in found if kind not in others]


def told(kind: type[ProbeError]) -> str:
    facts = re.findall(r"\{(\w+)\}", kind.title_template + kind.hint_template)
    problem = kind(retry_after=None, **dict.fromkeys(facts, "x")).problem
    said, advice, _ = words_of(SyncTestResult(problem=problem), Translator())
    return f"{said} {advice}"


@pytest.mark.parametrize("kind", subclasses(ServiceError, SyncError))
def test_no_failed_test_promises_another_one_by_itself(kind: type[ProbeError]) -> None:
    assert not re.search("will try again|tries again", told(kind))


@pytest.mark.parametrize("kind", TableChangeKind)
def test_a_change_of_the_table_that_failed_is_not_begun_again_by_itself(kind: TableChangeKind) -> None:
    failed = TableChange(kind=kind, number=1, running=False, problem=NotSentError(party="x", reason="x").problem)
    setup = SyncSetup(url="https://x.supabase.co", api_key=SecretPlace.KEYRING, key=SecretPlace.KEYRING)
    state, now, t = AppState(sync=SyncState(setup=setup, change=failed)), Now(samples.NOW, UTC), Translator()
    of_one_account = kind is TableChangeKind.STOP_SHARING
    shown = sync_result(state, now, t) if of_one_account else key_change(state, 0, 60, now, t)
    assert "Check your network and proxy, then try again." in repr(shown)
    assert "will try again" not in repr(shown)


def test_what_goes_away_by_itself_is_to_be_tested_again() -> None:
    assert told(NotSentError).endswith("x can't be reached: x. Check your network and proxy, then try again.")
    assert told(UnavailableError).endswith("Try again later.")

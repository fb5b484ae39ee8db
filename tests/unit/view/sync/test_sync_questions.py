"""What a person reads before and after a row is overwritten."""

from datetime import UTC

import pytest

from probe_tray.core.state import AppState
from probe_tray.core.sync.rows import OVERWRITABLE, StepKind, SyncItem, SyncReport
from probe_tray.core.sync.setup import SyncState
from probe_tray.resources import resource
from probe_tray.view.sync.sync_questions import overwriting
from probe_tray.view.sync.sync_view import SyncRow, sync_result
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, parse_po
from tests.unit.ui import samples

ENGLISH, CHINESE = Translator(), Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
ANA = samples.account("ana@example.com")
UNREADABLE = "Sent, replacing an unreadable row."


def row(kind: StepKind, t: Translator, replaced: StepKind | None = None) -> SyncRow:
    item = SyncItem(kind=kind, row_id="row-1", key=ANA.key, who="ana@example.com", replaced=replaced)
    state = AppState(sync=SyncState(report=SyncReport(ended_at=samples.NOW, items=(item,))))
    (shown,) = sync_result(state, Now(samples.NOW, UTC), t).rows
    return shown


@pytest.mark.parametrize("t", [ENGLISH, CHINESE])
def test_each_row_that_may_be_overwritten_has_a_question_of_its_own(t: Translator) -> None:
    asked = {kind: overwriting(row(kind, t), t) for kind in OVERWRITABLE}
    assert len({question.text for question in asked.values()}) == len(OVERWRITABLE)
    assert {question.title for question in asked.values()} == {overwriting(row(StepKind.GARBAGE, t), t).title}
    word = "different key" if t is ENGLISH else "别的密钥"
    assert [kind for kind, question in asked.items() if word in question.text] == [StepKind.UNDECRYPTABLE]


def test_the_question_says_what_follows() -> None:
    withdrawn, rolled_back = (
        overwriting(row(kind, ENGLISH), ENGLISH).text for kind in (StepKind.WITHDRAWN, StepKind.ROLLED_BACK)
    )
    assert withdrawn.endswith("your computers share the account again.")
    assert "If another computer has a newer login, cancel" in rolled_back


@pytest.mark.parametrize("t", [ENGLISH, CHINESE])
def test_afterwards_it_is_said_what_was_replaced(t: Translator) -> None:
    done = {kind: row(StepKind.OVERWRITE, t, kind).said for kind in OVERWRITABLE}
    assert done.pop(StepKind.GARBAGE) == done[StepKind.UNDECRYPTABLE] == t(UNREADABLE)
    assert len({*done.values()}) == 3
    if t is CHINESE:
        assert all(said.isascii() is False for said in done.values())

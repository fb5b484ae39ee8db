"""What ``codex-probe --sync`` says, in the person's language."""

from probe_tray.cli.sync.sync_table import sync_failures
from probe_tray.core.errors import SyncKeyError
from probe_tray.core.sync.rows import StepKind, SyncItem, SyncReport
from probe_tray.resources import resource
from probe_tray.view.text.translate import Translator, parse_po
from tests.support.fakes import START

CHINESE = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))


def failing(count: int) -> SyncReport:
    problem = SyncKeyError().problem
    items = [
        SyncItem(kind=StepKind.FAILED, row_id=f"id-{n}", who=f"{n}@example.com", problem=problem) for n in range(count)
    ]
    return SyncReport(ended_at=START, items=tuple(items))


def test_many_names_are_shortened_in_either_language() -> None:
    (english,), (chinese,) = sync_failures(failing(9), Translator()), sync_failures(failing(9), CHINESE)
    assert "4@example.com, 4 more: " in english
    assert "4 more" not in chinese
    assert "8@example.com" not in english + chinese

"""What each computer last did in the shared table, in words."""

from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.cli.sync.sync_table import last_of_each_computer
from probe_tray.core.errors import NotSentError
from probe_tray.core.quota.history import Span
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.core.sync.computers import computer_labels
from probe_tray.core.sync.envelope import InCodexOn, RowAction, RowStamp
from probe_tray.core.sync.rows import LastSync, StepKind, SyncItem, SyncReport
from probe_tray.core.sync.setup import SyncState
from probe_tray.resources import resource
from probe_tray.view.details.details import details
from probe_tray.view.presenter import Presenter, present
from probe_tray.view.sync.last_changes import key_holders_note
from probe_tray.view.sync.sync_menu import can_stop_sharing
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, parse_po
from probe_tray.view.view_models import Card
from tests.unit.ui import samples
from tests.unit.ui.sync_samples import READY

NOW = Now(samples.NOW, UTC)
ANA = samples.account("ana@example.com", samples.snapshot(42, 17))
CHINESE = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))


def row(
    computer: str, hours: int, action: RowAction = RowAction.RENEWED, newest: str = "key", computer_id: str = ""
) -> SyncItem:
    stamp = RowStamp(
        generation=1,
        key_id="key",
        action=action,
        computer=computer,
        computer_id=computer_id,
        at=samples.NOW - timedelta(hours=hours),
        newest_key_id=newest,
    )
    return SyncItem(kind=StepKind.SAME, row_id=ANA.key.account_id, key=ANA.key, who="ana@example.com", stamp=stamp)


def report(*items: SyncItem) -> SyncReport:
    labels = computer_labels(item.stamp for item in items if item.stamp is not None)
    return SyncReport(ended_at=samples.NOW, items=items, newest_key_id="key", computers=labels)


def state(*items: SyncItem, privacy: bool = False, set_up: bool = True) -> AppState:
    sync = SyncState(setup=READY, report=report(*items)) if set_up else SyncState(report=report(*items))
    return AppState(loaded=True, accounts=(ANA,), settings=Settings(privacy=privacy), sync=sync)


def card(shown: AppState, t: Translator | None = None) -> Card:
    return present(shown, samples.NOW, UTC, t or Translator()).panel.cards[0]


@pytest.mark.parametrize(
    ("action", "english", "chinese"),
    [
        (RowAction.RENEWED, "renewed by study-pc, 2 h ago", "由 study-pc 续期，2 小时前"),
        (RowAction.SHARED, "shared by study-pc, 2 h ago", "由 study-pc 共享，2 小时前"),
        (RowAction.REMOVED, "removed by study-pc, 2 h ago", "由 study-pc 移除，2 小时前"),
    ],
)
def test_card_details_and_command_say_which_computer_did_what_last(
    action: RowAction, english: str, chinese: str
) -> None:
    known = state(row("study-pc", 2, action))
    for t, words, label, line in (
        (Translator(), english, "In the shared table", f"In the shared table: {english}"),
        (CHINESE, chinese, "在共享表中", f"在共享表中：{chinese}"),
    ):
        shown = card(known, t)
        assert line in shown.hover.splitlines()
        assert words in shown.spoken
        assert all(form.endswith(f" · {words}") for form in shown.life_more)
        assert len(shown.life_more) == 2
        view = details(known, ANA.key, Span.WEEK, NOW, t)
        assert view is not None
        assert {fact.label: fact.value for fact in view.facts}[label] == words
        (said,) = last_of_each_computer(report(row("study-pc", 2, action)), samples.NOW, t)
        assert words in said


def test_card_and_details_say_on_which_other_computers_codex_uses_the_account() -> None:
    item = row("laptop", 2)
    assert item.stamp is not None
    users = (InCodexOn(computer_id="a", computer="study-pc"), InCodexOn(computer_id="b", computer="attic"))
    known = state(replace(item, stamp=replace(item.stamp, in_codex=users)))
    words = "renewed by laptop, 2 h ago, in use by Codex on study-pc and attic"
    assert f"In the shared table: {words}" in card(known).hover.splitlines()
    view = details(known, ANA.key, Span.WEEK, NOW, Translator())
    assert view is not None
    assert words in {fact.value for fact in view.facts}
    assert "由 laptop 续期，2 小时前，Codex 正在 study-pc 和 attic 上使用" in card(known, CHINESE).hover


def test_a_computer_that_was_not_heard_of_for_days_is_named_with_the_time() -> None:
    item, now = row("laptop", 2), samples.NOW
    assert item.stamp is not None
    users = (
        InCodexOn(computer_id="a", computer="study-pc", at=now - timedelta(days=12)),
        InCodexOn(computer_id="b", computer="attic", at=now - timedelta(days=1, hours=23)),
    )
    known = state(replace(item, stamp=replace(item.stamp, in_codex=users)))
    assert "in use by Codex on study-pc (last heard 12 days ago) and attic" in card(known).hover
    assert "Codex 正在 study-pc（最后同步于 12 天前） 和 attic 上使用" in card(known, CHINESE).hover


def test_without_a_setup_or_a_stamp_nothing_is_said() -> None:
    for known in (state(row("study-pc", 2), set_up=False), state(replace(row("study-pc", 2), stamp=None)), state()):
        shown = card(known)
        assert "shared table" not in shown.hover
        assert shown.life_more == ()


def test_until_the_table_is_read_again_the_last_sync_of_any_run_is_shown_with_its_time() -> None:
    earlier = LastSync.of(replace(report(row("study-pc", 7)), ended_at=samples.NOW - timedelta(hours=5)))
    known = state(row("study-pc", 7))
    offline = SyncReport(ended_at=samples.NOW, problem=NotSentError(host="x", reason="refused").problem)
    for failed in (None, offline):
        sync = replace(known.sync, report=failed, earlier=earlier)
        shown = card(replace(known, sync=sync))
        assert "renewed by study-pc, 7 h ago (last sync 5 h ago)" in shown.hover
        assert "由 study-pc 续期，7 小时前（上次同步：5 小时前）" in card(replace(known, sync=sync), CHINESE).hover
    fresh = replace(known, sync=replace(known.sync, earlier=earlier))
    assert "last sync" not in card(fresh).hover
    gone = replace(known, sync=replace(known.sync, report=report(), earlier=earlier))
    assert "study-pc" not in card(gone).hover, "the table was read since, and does not say it"


def test_a_card_shows_what_is_remembered_as_soon_as_it_is_read() -> None:
    presenter, known = Presenter(UTC, Translator()), state(row("study-pc", 2))
    earlier = LastSync.of(report(row("office-mac", 2)))
    for remembered in (None, earlier):
        shown = presenter.present(
            replace(known, sync=replace(known.sync, report=None, earlier=remembered)), samples.NOW
        )
    assert "renewed by office-mac" in shown.panel.cards[0].hover


def test_hidden_names_hide_accounts_and_no_computers() -> None:
    shown = card(state(row("study-pc", 2), privacy=True))
    assert "renewed by study-pc, 2 h ago" in shown.hover
    assert "ana@example.com" not in shown.hover


def test_a_card_follows_the_last_sync() -> None:
    presenter = Presenter(UTC, Translator())
    for computer in ("study-pc", "office-mac"):
        shown = presenter.present(state(row(computer, 2)), samples.NOW)
        assert f"renewed by {computer}" in shown.panel.cards[0].hover


def test_each_computer_is_named_once_the_latest_first() -> None:
    found = report(row("study-pc", 5), row("office-mac", 3, RowAction.SHARED), row("study-pc", 2))
    assert last_of_each_computer(found, samples.NOW, Translator()) == [
        "ana@example.com: renewed by study-pc, 2 h ago",
        "ana@example.com: shared by office-mac, 3 h ago",
    ]


def test_computers_of_one_name_are_told_apart_everywhere() -> None:
    items = (
        row("study-pc", 5, newest="new", computer_id="a"),
        row("study-pc", 3, computer_id="b"),
        row("laptop", 2, computer_id="c"),
    )
    assert last_of_each_computer(replace(report(*items), newest_key_id="new"), samples.NOW, Translator()) == [
        "ana@example.com: renewed by laptop, 2 h ago",
        "ana@example.com: renewed by study-pc (2), 3 h ago",
        "ana@example.com: renewed by study-pc, 5 h ago",
        "laptop: not known to have the new key. Last renewed a login 2 h ago.",
        "study-pc (2): not known to have the new key. Last renewed a login 3 h ago.",
        "study-pc: has the new key. Last renewed a login 5 h ago.",
        key_holders_note(Translator()),
    ]
    shown = card(state(items[1], items[0]))
    assert "renewed by study-pc (2), 3 h ago" in shown.hover


def test_a_computer_whose_name_changed_is_one_computer() -> None:
    items = (row("office", 5, newest="new", computer_id="a"), row("study-pc", 3, computer_id="a"))
    assert last_of_each_computer(report(*items), samples.NOW, Translator()) == [
        "ana@example.com: renewed by study-pc, 3 h ago"
    ]
    assert "renewed by study-pc, 5 h ago" in card(state(*items)).hover


def test_a_row_of_an_earlier_version_is_of_the_first_computer_of_its_name_and_says_nothing_of_its_key() -> None:
    items = (row("study-pc", 2, newest="new"), row("study-pc", 4, computer_id="a"), row("old", 3, newest="new"))
    assert last_of_each_computer(replace(report(*items), newest_key_id="new"), samples.NOW, Translator())[2:] == [
        "study-pc: not known to have the new key. Last renewed a login 2 h ago.",
        "old: has the new key. Last renewed a login 3 h ago.",
        key_holders_note(Translator()),
    ]


def test_while_the_key_is_changed_the_command_says_who_has_the_new_one() -> None:
    items = (row("study-pc", 2, newest="new"), row("old-laptop", 48))
    said = last_of_each_computer(replace(report(*items), newest_key_id="new"), samples.NOW, Translator())
    assert said[2:] == [
        "study-pc: has the new key. Last renewed a login 2 h ago.",
        "old-laptop: not known to have the new key. Last renewed a login 2 days ago.",
        "A computer shows that it has the new key when it next syncs. One that never shared a login isn't listed.",
    ]


@pytest.mark.parametrize(
    ("kind", "offered"), [(StepKind.SAME, True), (StepKind.WITHDRAWN, False), (StepKind.OTHER_MEMBER, False)]
)
def test_sharing_is_stopped_only_where_it_may_be_shared(kind: StepKind, *, offered: bool) -> None:
    item = replace(row("study-pc", 2), kind=kind)
    protected = SyncState(setup=READY, report=report(item))
    assert can_stop_sharing(protected, ANA.key) is offered
    open_table = replace(protected, setup=replace(READY, is_protected=False))
    assert not can_stop_sharing(open_table, ANA.key), "only a protected table knows it"

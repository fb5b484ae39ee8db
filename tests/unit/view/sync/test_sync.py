"""Sync in words."""

import re
from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.errors import RowSealedError, RowTakenError, SyncCutOffError, SyncKeyError, WriteError
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.core.sync.rights import TableGrants
from probe_tray.core.sync.rows import StepKind, SyncItem, SyncReport
from probe_tray.core.sync.setup import SecretPlace, SyncSetup, SyncState
from probe_tray.core.sync.setup import SyncTestResult as Look
from probe_tray.core.sync.table_change import TableChange, TableChangeKind
from probe_tray.view.sync.setup_view import TypedCode, complaint, sync_setup
from probe_tray.view.sync.sync_menu import sync_entry
from probe_tray.view.sync.sync_view import can_begin, counts, sync_box, sync_result
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Tone
from tests.unit.ui import samples

T, NOW = Translator(), Now(samples.NOW, UTC)
GRANTED = TableGrants(read=True, add=True, change=True, lease=True)
ANA = samples.account("ana@example.com")
READY = SyncSetup(url="https://x.supabase.co", api_key=SecretPlace.KEYRING, key=SecretPlace.KEYRING)


def item(kind: StepKind, who: str = "ana@example.com", **more: object) -> SyncItem:
    return replace(SyncItem(kind=kind, row_id=who, key=ANA.key, who=who), **more)


def state(*items: SyncItem, privacy: bool = False, **more: object) -> AppState:
    report = SyncReport(ended_at=samples.NOW - timedelta(minutes=3), items=items)
    return AppState(settings=Settings(privacy=privacy), sync=replace(SyncState(setup=READY, report=report), **more))


def test_each_kind_has_a_sentence_of_its_own() -> None:
    said = {kind: sync_result(state(item(kind)), NOW, T).rows[0].said for kind in StepKind}
    done = {kind: text for kind, text in said.items() if text != "Nothing was done."}
    assert len(set(done.values())) == len(done)
    assert set(StepKind) - done.keys() == {
        StepKind.UNDECRYPTABLE,
        StepKind.GARBAGE,
        StepKind.ID_MISMATCH,
        StepKind.ALTERED,
        StepKind.ROLLED_BACK,
        StepKind.OLDER_THAN_SEEN,
        StepKind.OTHER_MEMBER,
        StepKind.FAILED,
    }, "these come with a problem that says it"


def test_what_needs_a_person_comes_first_with_what_to_do() -> None:
    full = WriteError(path="/logins/a.json", reason="the disk is full").problem
    shown = sync_result(
        state(
            item(StepKind.SAME, "same"),
            item(StepKind.UPLOAD_NEW, "sent"),
            item(StepKind.OTHER_MEMBER, "taken", problem=RowTakenError().problem),
            item(StepKind.FAILED, "failed", problem=full),
        ),
        NOW,
        T,
    )
    assert [row.who for row in shown.rows] == ["failed", "taken", "sent", "same"]
    assert shown.rows[1].advice == RowTakenError.hint_template
    assert [row.tone for row in shown.rows] == [Tone.CRITICAL, Tone.WARNING, Tone.CALM, None]
    assert shown.title == "Done: 1 sent, 1 the same, 1 needs a look, 1 failed"


@pytest.mark.parametrize("kind", [StepKind.ADOPT, StepKind.UPLOAD_NEWER, StepKind.SAME])
def test_a_login_that_one_of_its_places_did_not_take_is_told_as_long_as_it_is_so(kind: StepKind) -> None:
    busy = WriteError(path="/logins/a.json", reason="another program has it open").problem
    found = state(item(StepKind.UPLOAD_NEW, "sent"), item(kind, "half", behind=busy))
    shown = sync_result(found, NOW, T)
    first = shown.rows[0]
    assert (first.who, first.tone, first.advice) == ("half", Tone.WARNING, WriteError.hint_template)
    assert first.said == "Not saved everywhere: /logins/a.json can't be written: another program has it open."
    assert shown.title.endswith(", 1 not saved everywhere")
    assert shown.text.startswith("Those that need you are at the top.")


def test_every_account_is_counted_once() -> None:
    kinds = tuple(StepKind)
    found = state(*(item(kind, kind.value) for kind in kinds)).sync.report
    assert found is not None
    numbers = [int(number) for number in re.findall(r"\d+", counts(found, T))]
    assert sum(numbers) == len(kinds)
    assert counts(found, T).endswith("1 failed, 3 not shared")


def test_only_an_unreadable_row_of_an_account_that_is_here_may_be_overwritten() -> None:
    sealed = RowSealedError().problem
    shown = sync_result(
        state(
            item(StepKind.UNDECRYPTABLE, "here", problem=sealed),
            item(StepKind.UNDECRYPTABLE, "nobody", key=None, problem=sealed),
            item(StepKind.ID_MISMATCH, "swapped", problem=sealed),
        ),
        NOW,
        T,
    )
    assert {row.who: row.overwritable for row in shown.rows} == {"here": True, "nobody": False, "swapped": False}


@pytest.mark.parametrize("protected", [True, False])
def test_what_was_removed_here_may_be_taken_out_of_a_table_that_stays_without_it(*, protected: bool) -> None:
    found = state(item(StepKind.REMOVED, "gone"), item(StepKind.SAME, "mine"))
    setup = replace(found.sync.setup, is_protected=protected)
    shown = sync_result(replace(found, sync=replace(found.sync, setup=setup)), NOW, T)
    assert [row.who for row in shown.rows if row.removable is not None] == (["gone"] if protected else [])
    assert [bool(row.advice) for row in shown.rows] == [not protected, False]


def test_the_line_of_what_is_being_taken_out_of_the_table_says_so_and_why_it_was_not() -> None:
    setup = replace(READY, is_protected=True)
    change = TableChange(kind=TableChangeKind.STOP_SHARING, number=1, account=ANA.key)
    failed = replace(change, running=False, problem=SyncCutOffError().problem)
    shown = [
        sync_result(state(item(StepKind.REMOVED), setup=setup, change=now), NOW, T).rows[0] for now in (change, failed)
    ]
    assert [(row.said, row.removable) for row in shown] == [
        ("Removing it from the table…", None),
        (T.title(SyncCutOffError().problem), ANA.key),
    ]


def test_rows_that_a_stranger_piled_up_neither_flood_the_window_nor_hide_the_accounts_that_are_here() -> None:
    piled = [item(StepKind.UNDECRYPTABLE, f"x{n}", key=None, problem=RowSealedError().problem) for n in range(3000)]
    shown = sync_result(state(*piled, item(StepKind.SAME, "mine")), NOW, T)
    assert len(shown.rows) <= 501
    assert [row.who for row in shown.rows[-2:]] == ["mine", "and 2501 more"]
    assert shown.title == "Done: 1 the same, 3000 need a look"


def test_privacy_hides_whose_logins_they_are() -> None:
    problem = WriteError(path="/logins/ana@example.com.json", reason="no room").problem
    shown = sync_result(state(item(StepKind.FAILED, problem=problem), privacy=True), NOW, T)
    row = shown.rows[0]
    assert row.who == "a•••@e•••"
    assert "ana@" not in row.said + row.advice


def test_a_sync_that_failed_as_a_whole_says_why_and_what_to_do() -> None:
    report = SyncReport(ended_at=samples.NOW, problem=SyncKeyError().problem)
    shown = sync_result(AppState(sync=SyncState(setup=READY, report=report)), NOW, T)
    assert (shown.title, shown.rows) == (SyncKeyError.title_template, ())
    assert shown.text.startswith("Use the key from the computer")
    assert shown.again


def test_a_sync_that_runs_shows_how_far_it_is() -> None:
    shown = sync_result(state(item(StepKind.SAME), running=True, done=2, total=5), NOW, T)
    assert (shown.title, shown.text, shown.rows, shown.again) == ("Syncing…", "2 of 5 accounts done.", (), "")


def test_nothing_to_do_is_said_too() -> None:
    assert counts(SyncReport(ended_at=samples.NOW), T) == "nothing to share"


@pytest.mark.parametrize(
    ("sync", "entry", "begins"),
    [
        (SyncState(), "Set up s&ync…", False),
        (SyncState(setup=READY), "S&ync now", True),
        (SyncState(setup=READY, running=True), "S&yncing…", True),
        (
            SyncState(setup=READY, report=SyncReport(ended_at=samples.NOW, problem=SyncCutOffError().problem)),
            "S&ync now (the last one failed)",
            True,
        ),
        (SyncState(setup=replace(READY, problem=SyncCutOffError().problem)), "S&ync now", True),
        (SyncState(setup=replace(READY, key=SecretPlace.NOWHERE)), "S&ync now", False),
    ],
)
def test_the_menu_offers_what_can_be_done(sync: SyncState, entry: str, *, begins: bool) -> None:
    assert (sync_entry(sync, T), can_begin(sync.setup)) == (entry, begins)


def test_the_settings_say_how_it_stands_and_what_came_of_the_last_one() -> None:
    fresh = sync_box(AppState(), NOW, T)
    assert (fresh.set_up, fresh.sync_now, fresh.result, fresh.last) == ("S&et up sync…", "", "", "")
    after = sync_box(state(item(StepKind.RESTORE)), NOW, T)
    assert (after.said, after.last) == (
        "Sync is set up with https://x.supabase.co.",
        "Last sync 3 min ago: 1 received.",
    )
    half = sync_box(AppState(sync=SyncState(setup=replace(READY, key=SecretPlace.NOWHERE))), NOW, T)
    assert half.tone is Tone.WARNING


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("", "", ""), "Enter the address of the project."),
        (("http://x.supabase.co", "", ""), "The address must start with https://"),
        (("https://x.supabase.co", "", ""), "Enter the publishable key"),
        (("https://x.supabase.co", "two words", ""), "The publishable key is one word"),
        (("https://x.supabase.co", "sb_1", ""), "Create a key, or enter"),
        (("https://x.supabase.co", "sb_1", "5e" * 31), "This one has 62"),
        (("https://x.supabase.co", "sb_1", "5g" * 32), "only the characters 0 to 9 and a to f"),
        (("https://x.supabase.co", "sb_1", f"{'5e' * 32}:{'07' * 31}"), "These have 64, 62"),
        (("https://x.supabase.co", "sb_1", f"{'5g' * 32}:{'07' * 32}"), "only the characters 0 to 9 and a to f"),
        (("https://x.supabase.co", "sb_1", ":".join(["5e" * 32] * 3)), "Enter one key, or the new one, a colon"),
        (("https://x.supabase.co", "sb_1", f"{'5e' * 32}:{'07' * 32}"), ""),
        (("https://x.supabase.co", "sb_1", "5e" * 32), ""),
    ],
)
def test_what_is_missing_on_the_page_is_said(typed: tuple[str, str, str], said: str) -> None:
    found = complaint(*typed, SyncSetup(), T)
    assert said in found
    assert bool(said) == bool(found)


def test_what_is_kept_need_not_be_typed_again() -> None:
    assert complaint("https://x.supabase.co", "", "", READY, T) == ""


@pytest.mark.parametrize(
    ("look", "said", "tone"),
    [
        (Look(rights=GRANTED), "The table is empty", Tone.CALM),
        (Look(rows=1, opened=1, rights=GRANTED), "the table has 1 row, and the key opens it", Tone.CALM),
        (Look(rows=3, opened=3, rights=GRANTED), "opens all of them", Tone.CALM),
        (Look(rows=3, opened=3), "opens all of them", Tone.WARNING),
        (Look(rights=replace(GRANTED, change=False)), "The table doesn't allow: changing rows.", Tone.CRITICAL),
        (Look(rights=replace(GRANTED, lease=False)), "The table doesn't allow: leases.", Tone.WARNING),
        (Look(rows=3, opened=1, rights=GRANTED), "opens only 1 of its 3 rows", Tone.WARNING),
        (Look(problem=SyncKeyError().problem), "No row of the table", Tone.CRITICAL),
    ],
)
def test_every_outcome_of_the_test_has_a_sentence(look: Look, said: str, tone: Tone) -> None:
    shown = sync_setup(SyncState(setup=READY, test=look), READY.url, TypedCode(), 60, T)
    assert said in shown.said
    assert shown.tone is tone


def test_a_secret_in_the_configuration_file_is_named_and_cannot_be_typed_over() -> None:
    in_file = replace(READY, key=SecretPlace.FILE)
    shown = sync_setup(SyncState(setup=in_file), READY.url, TypedCode(), 60, T)
    assert shown.key.fixed
    assert "sync_aes_gcm_key" in shown.key.kept
    assert (shown.project.api_key_fixed, shown.project.api_key_kept) == (False, "It is in the system keyring.")

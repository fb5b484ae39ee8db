"""Words of the windows that import and export."""

import csv
import io
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.identity import StoreKind
from probe_tray.core.errors import LoginEndedError, NotSentError
from probe_tray.core.quota.snapshot import Window, WindowKind
from probe_tray.core.settings import Settings, Storage
from probe_tray.core.state import AppState, RenewalState
from probe_tray.core.transfer.import_plan import ImportAction
from probe_tray.core.transfer.state import ExportPhase, ExportState, ImportOutcome, ImportPhase, ImportState, RowId
from probe_tray.resources import resource
from probe_tray.view.tables.csv_table import STATUS_COLUMNS
from probe_tray.view.tables.usage_table import quota_table
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, parse_po
from probe_tray.view.transfer.export_view import (
    ExportChoices,
    ExportKind,
    ExportView,
    export_view,
    exportable,
    replacing,
)
from probe_tray.view.transfer.import_view import ImportView, import_view, ticked
from probe_tray.view.view_models import Tone
from tests.unit.ui import samples, transfers

NOW, T = Now(samples.NOW, UTC), Translator()
HERE = Settings(storage=Storage.FOLDER, sync_dir="/home/ana/logins")


def imported(
    state: ImportState | None, chosen: dict[RowId, bool] | None = None, settings: Settings | None = None
) -> ImportView:
    return import_view(AppState(importing=state, settings=settings or Settings()), chosen or {}, NOW, T)


def exported(choices: ExportChoices | None = None, shown: ExportState | None = None, **more: object) -> ExportView:
    state = replace(AppState(exporting=shown, accounts=samples.four().accounts), **more)
    return export_view(state, choices or ExportChoices(), NOW, T)


def line(view: ImportView, name: str) -> tuple[str, Tone | None, bool, bool]:
    found = next(one for one in view.lines if one.name.startswith(name))
    return found.said, found.tone, found.tickable, found.ticked


def test_an_export_names_whose_login_it_wrote_without_the_refresh_token_that_was_asked_for() -> None:
    names = tuple(f"p{n}@example.com" for n in range(6))
    shown = ExportState(phase=ExportPhase.DONE, written=("/home/a.json",), logins=6, not_renewable=names[:1])
    one, many = exported(shown=shown), exported(shown=replace(shown, not_renewable=names))
    assert one.result == (
        "Saved 1 file in /home. No refresh token is saved for p0@example.com: that login stops working when its "
        "access token expires."
    )
    assert one.result_tone is Tone.WARNING
    assert "p3@example.com, 2 more: those logins stop working" in many.result
    hidden = exported(shown=shown, settings=Settings(privacy=True)).result
    assert "No refresh token is saved for p•••@e•••:" in hidden


def test_before_anything_is_brought_it_says_how() -> None:
    view = imported(None)
    assert view.title == "Import logins"
    assert (view.lines, view.take, view.warning, view.close) == ((), "", "", "Close")
    assert (view.choose_files, view.choose_folder, view.paste) == ("Choose &files…", "Choose f&older…", "&Paste")


def test_each_login_has_its_line_and_what_will_happen() -> None:
    view = imported(transfers.found())
    assert line(view, "ben@") == ("New", Tone.CALM, True, True)
    assert line(view, "lee@")[0] == "Newer than the saved login"
    assert line(view, "cat@") == ("Already here", None, False, False)
    assert line(view, "dan@")[1] is Tone.WARNING
    assert [(one.detail, one.ends) for one in view.lines[:2]] == [
        ("codex-probe · ben.json", "in 8 days"),
        ("sub2api · sub2api.json, entry 2", "in 8 days"),
    ]
    assert view.lines[4].ends == "ended"


def test_what_cannot_be_read_is_named_with_its_reason_and_the_whole_path_in_the_tip() -> None:
    broken = imported(transfers.found()).lines[-2]
    assert broken.said == "notes.json is not a login: it is cut off."
    assert (broken.tone, broken.tickable, broken.name) == (Tone.CRITICAL, False, "–")
    assert "/home/ana/old/notes.json" in broken.tip


def test_the_sentence_counts_what_is_ticked() -> None:
    view = imported(transfers.found())
    assert view.title == "3 logins to import"
    assert view.text == (
        "3 of 10 entries will be saved in the vault. 2 accounts are new here. 1 account gets a "
        "newer login. 2 are not logins. Your files are not changed."
    )
    assert (view.take, view.can_take, view.all_ticked) == ("&Import 3 logins", True, None)
    fewer = imported(transfers.found(), {RowId("/home/ana/old/ben.json"): False})
    assert (fewer.title, fewer.take) == ("2 logins to import", "&Import 2 logins")
    assert line(fewer, "ben@") == ("Not selected", None, True, False)


def test_of_a_login_that_says_no_date_nobody_reads_that_it_is_newer() -> None:
    view = imported(ImportState(phase=ImportPhase.READY, rows=(transfers.row("ben", ImportAction.EXCHANGE),)))
    assert line(view, "ben@")[:2] == ("Replaces the saved login", Tone.CALM)
    assert "1 account gets another login." in view.text
    assert "newer" not in view.text


def test_a_dead_login_is_counted_as_one() -> None:
    view = imported(ImportState(phase=ImportPhase.READY, rows=(transfers.row("ben"), transfers.dead("lee"))))
    assert view.lines[1].said == "The login in lee.json no longer works: OpenAI has already refused it."
    assert "1 login no longer works." in view.text
    assert "not a login" not in view.text
    alone = imported(ImportState(phase=ImportPhase.READY, rows=(transfers.dead("lee"),)))
    assert alone.title == "Nothing new to import"


def test_where_it_will_be_kept_is_said() -> None:
    assert "in /home/ana/logins." in imported(replace(transfers.found(), target=StoreKind.FOLDER), settings=HERE).text


def test_what_the_client_here_uses_is_taken_only_when_the_person_says_so() -> None:
    mine = RowId("/home/ana/.codex/auth.json")
    said = "Not selected: the Codex client on this computer uses it"
    assert line(imported(transfers.found()), "codex@") == (said, None, True, False)
    assert line(imported(transfers.found(), {mine: True}), "codex@")[0] == "New"


def test_the_warning_about_copies_is_there_once_and_only_for_what_could_be_renewed_twice() -> None:
    assert imported(transfers.found()).warning.count("one of the two will be logged out") == 1
    dead_ends = ImportState(phase=ImportPhase.READY, rows=(transfers.row("ben", renewable=False),))
    assert imported(dead_ends).warning == ""
    none_ticked = imported(transfers.many(1), {RowId("/home/ana/old/person-000.json"): False})
    assert (none_ticked.warning, none_ticked.can_take, none_ticked.take) == ("", False, "&Import")


def test_nothing_new_is_said_plainly() -> None:
    known = ImportState(phase=ImportPhase.READY, rows=(transfers.row("ben", ImportAction.SAME),))
    view = imported(known)
    assert (view.title, view.take, view.close) == ("Nothing new to import", "", "Close")


def test_a_store_that_cannot_be_opened_blocks_and_says_what_to_do() -> None:
    view = imported(transfers.locked())
    assert view.trouble.startswith("The keyring is locked")
    assert (view.can_take, view.again) == (False, "&Try again")


@pytest.mark.parametrize(
    ("phase", "title", "text", "stop"),
    [
        (ImportPhase.READING, "Reading…", "3 of 9 files read.", "&Stop"),
        (ImportPhase.COMPARING, "Comparing with your saved logins…", "", ""),
        (ImportPhase.TAKING, "Importing…", "3 of 9 logins imported.", "&Stop"),
    ],
)
def test_while_it_works_it_says_how_far_it_is(phase: ImportPhase, title: str, text: str, stop: str) -> None:
    view = imported(ImportState(phase=phase, done=3, total=9))
    assert (view.title, view.text, view.stop, view.busy) == (title, text, stop, True)
    busy = imported(ImportState(phase=phase, rows=transfers.many(2).rows))
    assert [(one.said, one.tickable) for one in busy.lines] == [("New", False)] * 2


def test_the_end_says_how_many_and_why_the_others_failed() -> None:
    view = imported(transfers.taken())
    assert view.title == "2 logins were imported"
    assert view.text == "5 skipped, 3 failed."
    assert view.columns[-1] == "What happened"
    assert line(view, "ben@")[:2] == ("Imported", Tone.CALM)
    assert line(view, "lee@")[0].startswith("Failed: /home/ana/logins can't be written: the disk is full.")
    assert line(view, "a.very")[0].startswith("Imported, but not saved everywhere: ")
    stopped = imported(replace(transfers.taken(), stopped=True))
    assert stopped.text.startswith("Stopped. Logins imported so far are kept.")


def test_a_login_that_was_renewed_meanwhile_is_left_out_without_a_failure() -> None:
    row = transfers.row("ben", outcome=ImportOutcome(action=ImportAction.OLDER))
    view = imported(ImportState(phase=ImportPhase.DONE, rows=(row,)))
    assert (view.title, view.text) == ("0 logins were imported", "1 skipped, 0 failed.")
    assert line(view, "ben@")[0] == "Skipped: the saved login is at least as new"


def test_pasted_text_is_called_so_in_every_language() -> None:
    chinese = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
    rows = tuple(transfers.row("ben", id=RowId(name)) for name in ("pasted text", "pasted text 2"))
    state = AppState(importing=ImportState(phase=ImportPhase.READY, rows=rows))
    assert [one.detail for one in import_view(state, {}, NOW, chinese).lines] == [
        "codex-probe · 粘贴的文本",
        "codex-probe · 粘贴的文本 2",
    ]


def test_privacy_hides_names_also_in_the_names_of_files() -> None:
    path = "/home/ana/codex_ben_at_example.com_20261122.json"
    rows = (
        transfers.row("ben", id=RowId(path), workspace="Ben's Studio"),
        replace(transfers.broken("x", "not valid JSON"), id=RowId(path)),
        transfers.row("cat", email="", workspace="Cat's Studio"),
    )
    view = imported(ImportState(phase=ImportPhase.READY, rows=rows), settings=Settings(privacy=True))
    said = repr([(one.name, one.detail, one.said, one.tip) for one in view.lines])
    assert "b•••@e•••" in said
    assert not any(name in said for name in ("ben@", "ben_at", "example.com", "Studio"))


@given(st.text(), st.text(), st.sampled_from(ImportPhase), st.sampled_from([Settings(), Settings(privacy=True)]))
def test_no_name_of_a_file_or_a_person_breaks_the_words(
    path: str, email: str, phase: ImportPhase, settings: Settings
) -> None:
    row = transfers.row("ben", id=RowId(path, 3), email=email)
    broken = replace(transfers.broken(path, email), id=RowId(path))
    assert len(imported(ImportState(phase=phase, rows=(row, broken)), settings=settings).lines) == 2


def test_ticks_are_for_what_can_be_taken_alone() -> None:
    known = transfers.row("ben", ImportAction.SAME)
    assert not ticked(known, {known.id: True})


def test_the_table_needs_no_warning_and_logins_do() -> None:
    table, logins = exported(), exported(ExportChoices(kind=ExportKind.SUB2API))
    assert (table.warning, table.refresh, table.hide) == ("", "", "&Hide email addresses and IDs")
    assert (logins.warning.count("Anyone with this file can use"), logins.hide) == (1, "")
    without = exported(ExportChoices(kind=ExportKind.SUB2API, refresh_tokens=False))
    assert "Anyone with this file can use" in without.warning
    assert "two programs renew it" not in without.warning


def test_what_is_said_about_logins_agrees_with_how_many_files_and_accounts_there_are() -> None:
    several, one = samples.four().accounts, samples.four().accounts[:1]
    said = [
        (view.refresh.removeprefix("Include &refresh tokens, so "), view.warning.partition(". ")[0])
        for kind, accounts in (
            (ExportKind.PROBE, several),
            (ExportKind.SUB2API, several),
            (ExportKind.PROBE, one),
            (ExportKind.SUB2API, one),
        )
        for view in (exported(ExportChoices(kind=kind), accounts=accounts),)
    ]
    assert said == [
        ("they can be renewed there", "Anyone with these files can use these accounts"),
        ("they can be renewed there", "Anyone with this file can use these accounts"),
        ("it can be renewed there", "Anyone with this file can use this account"),
        ("it can be renewed there", "Anyone with this file can use this account"),
    ]


def test_no_key_of_the_keyboard_stands_for_two_things_in_an_export() -> None:
    chinese = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
    for t in (T, chinese):
        view = export_view(AppState(accounts=samples.four().accounts), ExportChoices(kind=ExportKind.SUB2API), NOW, t)
        texts = (view.what, view.who, view.everybody, view.refresh, view.show_folder, view.export)
        keys = [text.partition("&")[2][:1].lower() for text in texts]
        assert len(set(keys)) == len(texts), texts


def test_an_auth_json_may_come_without_its_refresh_token() -> None:
    assert not exported(ExportChoices(kind=ExportKind.OFFICIAL, refresh_tokens=False)).refresh_ticked


def test_logins_that_cannot_be_written_say_why() -> None:
    accounts = (
        samples.account("ana@example.com"),
        samples.account("cat@example.com", stores=(StoreKind.OFFICIAL,), renewable=False),
        samples.account("dan@example.com", renewable=False),
    )

    def notes(kind: ExportKind) -> list[bool]:
        return [bool(a.note) for a in exported(ExportChoices(kind=kind), accounts=accounts).accounts]

    assert notes(ExportKind.TABLE) == [False, False, False]
    assert notes(ExportKind.PROBE) == [False, True, False]
    assert notes(ExportKind.OFFICIAL) == [False, True, False]
    state = AppState(accounts=accounts)
    assert [a.email for a in exportable(state, ExportChoices(kind=ExportKind.PROBE))] == [
        "ana@example.com",
        "dan@example.com",
    ]


def test_nobody_chosen_means_nothing_to_export() -> None:
    assert not exported(ExportChoices(chosen=frozenset())).can_export
    assert exported(accounts=()).title == "No account to export"


def test_what_came_of_an_export_is_said_with_the_folder() -> None:
    view = exported(shown=transfers.written(3))
    assert (view.result, view.folder) == ("Saved 3 files in /home/ana/Documents.", "/home/ana/Documents")
    assert view.result_tone is Tone.CALM
    bad = exported(shown=transfers.failed())
    assert bad.result.startswith("Saved 1 file in /home/ana/Documents. lee@example.com was skipped: ")
    assert "the disk is full" in bad.result
    assert bad.result_tone is Tone.CRITICAL


def test_an_export_of_nothing_says_so() -> None:
    view = exported(shown=ExportState(phase=ExportPhase.DONE))
    assert view.result.startswith("Nothing was saved")
    assert (view.folder, view.result_tone) == ("", Tone.WARNING)


def test_the_question_names_what_is_lost() -> None:
    question = replacing([f"/out/{n}.json" for n in range(6)], T, privacy=False)
    assert question.title == "Replace 6 files?"
    assert "0.json, 1.json, 2.json, 3.json, 2 more" in question.text
    hidden = replacing(["/out/codex_ana_at_example.com.json"], T, privacy=True)
    assert "ana_at" not in hidden.text
    assert "example.com" not in hidden.text


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_a_spreadsheet_reads_the_table_as_the_utf_8_that_it_is() -> None:
    account = samples.account("ana@example.com", location="C:\\Users\\张伟\\.codex\\auth.json")
    data = quota_table([account], NOW, hide=False)
    assert data.startswith(b"\xef\xbb\xbffile,")
    assert data.decode("utf-8-sig").count("张伟") == 1


def test_the_table_has_the_commands_columns() -> None:
    found = rows(quota_table(samples.four().accounts, NOW, hide=False))
    assert [(r["email"], r["5h_used_pct"], r["weekly_used_pct"]) for r in found] == [
        ("ana@example.com", "42.0", "17.0"),
        ("lee@studio.example", "88.0", "61.0"),
        ("research@example.com", "11.0", "100.0"),
        ("old@example.com", "20.0", "30.0"),
    ]
    assert found[0]["5h_reset_at"] == "2026-11-22 16:02:00"
    assert found[3]["error"]


def test_windows_that_have_no_column_are_named_in_the_last_one() -> None:
    budget = Window(kind=WindowKind.BUDGET, seconds=None, used_percent=92, reset_at=None)
    monthly = Window(kind=WindowKind.MONTHLY, seconds=2_592_000, used_percent=63.25, reset_at=None)
    ordinary = samples.snapshot(42, 17)
    more = replace(ordinary, main=replace(ordinary.main, windows=(*ordinary.main.windows, monthly, budget)))
    alone = replace(ordinary, main=replace(ordinary.main, windows=(budget,)))
    accounts = [samples.account(f"{n}@example.com", seen) for n, seen in enumerate((ordinary, more, alone))]
    data = quota_table(accounts, NOW, hide=False)
    assert data.splitlines()[0].decode("utf-8-sig") == ",".join((*STATUS_COLUMNS, "more", "as_of"))
    assert [row["more"] for row in rows(data)] == ["", "monthly 63.2%; budget 92.0%", "budget 92.0%"]


def test_windows_of_a_length_of_their_own_are_named_by_it_in_the_last_column() -> None:
    def window(kind: WindowKind, seconds: int, used: float) -> Window:
        return Window(kind=kind, seconds=seconds, used_percent=used, reset_at=None)

    ordinary = samples.snapshot(42, 17)
    lengths = (window(WindowKind.SHORT, 3_600, 30), window(WindowKind.OTHER, 864_000, 99.97))
    more = replace(ordinary, main=replace(ordinary.main, windows=(*ordinary.main.windows, *lengths)))
    (row,) = rows(quota_table([samples.account("ana@example.com", more)], NOW, hide=False))
    assert row["more"] == "1h 30.0%; 10d 99.9%"


def test_the_table_says_from_when_its_numbers_are_and_whose_login_has_ended() -> None:
    old = samples.snapshot(95, 20, age=timedelta(hours=72))
    ended = samples.account("old@example.com", old, renewable=False, expires_at=samples.NOW - timedelta(hours=60))
    wrong = samples.account("ana@example.com", replace(samples.snapshot(1, 2, age=timedelta()), clock_offset=3600.0))
    none = samples.account("new@example.com")
    problem = NotSentError(reason="no network").problem
    away = samples.account("bo@example.com", samples.snapshot(1, 2), problem=problem)
    found = rows(quota_table([ended, wrong, none, away], NOW, hide=False))
    assert [(row["as_of"], row["upstream_status"]) for row in found] == [
        ("2026-11-19 13:52:00", "200"),
        ("2026-11-22 14:52:00", "200"),
        ("", "0"),
        ("2026-11-22 13:50:00", "0"),
    ]
    assert [row["error"] for row in found] == [
        "This login has ended and can't be renewed.",
        "",
        "",
        T.title(problem),
    ]


def test_why_a_login_has_ended_names_nobody_where_names_are_hidden() -> None:
    ended = LoginEndedError(reason="ana@example.com logged out").problem
    account = samples.account("ana@example.com", samples.snapshot(1, 2), renewal=RenewalState(problem=ended))
    (shown,) = rows(quota_table([account], NOW, hide=False))
    assert shown["error"] == "This login has ended: ana@example.com logged out."
    (hidden,) = rows(quota_table([account], NOW, hide=True))
    assert hidden["error"] == "This login has ended: a•••@e••• logged out."


def test_the_table_can_hide_whose_numbers_these_are() -> None:
    account = samples.account(
        "ana@example.com", samples.snapshot(42, 17), location="/home/ana/codex_ana_at_example.com.json"
    )
    data = quota_table([account], NOW, hide=True)
    (found,) = rows(data)
    assert (found["email"], found["file"], found["5h_used_pct"]) == ("a•••@e•••", "", "42.0")
    assert b"account-of" not in data

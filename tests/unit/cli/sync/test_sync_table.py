"""What ``codex-probe --sync`` says, in the person's language."""

import json

from msgspec.structs import replace

from probe_tray.cli.sync.sync_table import old_key_words, sync_failures, sync_json, sync_rows
from probe_tray.cli.terminal.hints import at_the_command_line
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import RowSealedError, SyncKeyError, WriteError
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


def test_a_failure_has_in_json_what_it_has_in_every_result() -> None:
    items = [SyncItem(kind=StepKind.FAILED, row_id="", who="a\udcff.json", problem=RowSealedError().problem)]
    (told,) = json.loads(sync_json(SyncReport(ended_at=START, items=tuple(items))))["accounts"]
    assert told["name"] == "a?.json"
    assert told["error"] == {
        "kind": "RowSealed",
        "title": RowSealedError().title,
        "hint": at_the_command_line(RowSealedError().problem).hint,
        "retry_after_seconds": None,
        "needs_login": False,
    }


def test_many_names_are_shortened_in_either_language() -> None:
    (english,), (chinese,) = sync_failures(failing(9), Translator()), sync_failures(failing(9), CHINESE)
    assert "4@example.com, 4 more: " in english
    assert "4 more" not in chinese
    assert "8@example.com" not in english + chinese


def test_thousands_of_rows_of_nobody_here_are_counted() -> None:
    junk = [
        SyncItem(kind=StepKind.UNDECRYPTABLE, row_id=f"junk-{n}", who=f"junk-{n}", problem=RowSealedError().problem)
        for n in range(50_000)
    ]
    ours = SyncItem(
        kind=StepKind.UPLOAD_NEW, row_id="account-ana", key=AccountKey("account-ana"), who="ana@example.com"
    )
    report = SyncReport(ended_at=START, items=(*junk, ours))
    rows = sync_rows(report, Translator())
    assert [row[0].text for row in rows] == ["ana@example.com", *(f"junk-{n}" for n in range(5)), "and 49995 more"]
    assert rows[-1][1].text == rows[-2][1].text
    (failure,) = sync_failures(report, Translator())
    assert "49995 more" in failure


def test_a_login_that_one_of_its_places_did_not_take_is_a_line_and_a_failure() -> None:
    busy = WriteError(path="/logins/a.json", reason="another program has it open").problem
    half = SyncItem(kind=StepKind.SAME, row_id="account-ana", who="ana@example.com", behind=busy)
    report = SyncReport(ended_at=START, items=(half, replace(half, who="bob@example.com", behind=None)))
    said = "Not saved everywhere: /logins/a.json can't be written: another program has it open."
    assert [(row[0].text, row[1].text) for row in sync_rows(report, Translator())] == [("ana@example.com", said)]
    (failure,) = sync_failures(report, Translator())
    assert failure.startswith(f"ana@example.com: {said}")
    assert (json.loads(sync_json(report))["not_saved_everywhere"], report.well) == (1, False)
    assert "everywhere" not in sync_failures(report, CHINESE)[0]


def test_a_place_that_missed_a_login_counts_for_a_row_of_any_kind() -> None:
    busy = WriteError(path="/logins/a.json", reason="another program has it open").problem
    for kind in StepKind:
        item = SyncItem(kind=kind, row_id="account-ana", key=AccountKey("account-ana"), who="ana@example.com")
        report = SyncReport(ended_at=START, items=(replace(item, behind=busy),))
        assert (report.partly, report.well) == (1, False)
        assert sync_rows(report, Translator())[0][1].text.endswith("another program has it open.")
        assert "Not saved everywhere: " in sync_failures(report, Translator())[0]
    sealed = RowSealedError().problem
    both = SyncItem(kind=StepKind.UNDECRYPTABLE, row_id="a", who="ana@example.com", problem=sealed, behind=busy)
    assert len(sync_failures(SyncReport(ended_at=START, items=(both,)), Translator())) == 2


def with_old_key(*, resealable: bool = False, old_key_ended: bool = False) -> SyncReport:
    items = [
        SyncItem(kind=StepKind.ALTERED, row_id="account-ana", who="ana@example.com"),
        SyncItem(kind=StepKind.SAME, row_id="account-bob", who="bob@example.com"),
    ]
    only_old = ("account-ana", "account-\x1b[2J", "account-eve")
    return SyncReport(
        ended_at=START,
        items=tuple(items),
        only_old_key=only_old,
        resealable=resealable,
        old_key_ended=old_key_ended,
    )


def test_rows_that_keep_the_old_key_are_named_with_what_comes_of_it() -> None:
    named = "ana@example.com, account-\ufffd[2J, account-eve"
    kept = f"The old key is kept on this computer because only it can decrypt these rows: {named}."
    words = {
        "the next sync writes them": (
            with_old_key(resealable=True),
            f"{kept} Sync again to write them with the new one.",
        ),
        "nobody can use them": (
            with_old_key(),
            f"{kept} Delete them in Supabase, or run it again with --yes to do without them.",
        ),
        "a person does without them": (
            with_old_key(old_key_ended=True),
            f"Only the old key could decrypt these rows, which stay in the table: {named}",
        ),
    }
    assert {name: old_key_words(report, Translator()) for name, (report, _) in words.items()} == {
        name: said for name, (_, said) in words.items()
    }
    chinese = [old_key_words(report, CHINESE) for report, _ in words.values()]
    assert len({*chinese}) == 3
    assert not any("key" in said for said in chinese)

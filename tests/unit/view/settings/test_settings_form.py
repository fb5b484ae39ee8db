import re

import msgspec

from probe_tray.core.settings import Settings, Storage, table
from probe_tray.view.settings.form import ELSEWHERE, Kind, check, form
from probe_tray.view.text.translate import Translator


def test_the_form_has_every_setting_and_no_other() -> None:
    rows = form(Translator()).rows
    assert {row.key for row in rows} == {entry.key for entry in table()} - ELSEWHERE
    assert all(row.label and row.help and row.group for row in rows)


def test_a_note_says_more_than_its_label_and_speaks_of_no_file() -> None:
    notes = [row for row in form(Translator()).rows if row.note]
    assert notes
    assert not [row.key for row in notes if _said(row.label) <= _said(row.note)]
    assert not [row.key for row in notes if "=" in row.note or "_" in row.note]


def _said(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def test_the_groups_come_in_their_order() -> None:
    groups = list(dict.fromkeys(row.group for row in form(Translator()).rows))
    assert groups == [
        "General",
        "Accounts",
        "Notifications",
        "Network",
        "Storage",
        "Sync",
        "Appearance",
        "Advanced",
    ]


def test_numbers_have_the_range_of_the_table() -> None:
    rows = {row.key: row for row in form(Translator()).rows}
    assert (rows["warn_used_percent"].kind, rows["warn_used_percent"].low, rows["warn_used_percent"].high) == (
        Kind.NUMBER,
        1,
        100,
    )
    assert rows["expiry_warning_days"].at_low == "never"


def test_choices_are_the_values_of_the_table() -> None:
    rows = {row.key: row for row in form(Translator()).rows}
    assert [c.value for c in rows["storage"].choices] == ["vault", "folder"]
    assert [c.value for c in rows["poll_minutes"].choices] == [0, 1, 2, 5, 15, 30]
    assert [c.label for c in rows["poll_minutes"].choices][:2] == ["only when I refresh", "1 min"]
    assert [c.value for c in rows["redirect_host"].choices] == ["localhost", "127.0.0.1"]


def test_what_makes_no_sense_is_said() -> None:
    shown = form(Translator())
    assert check(Settings(), shown) == ""
    assert check(Settings(storage=Storage.FOLDER), shown) == shown.folder_needed
    swapped = msgspec.structs.replace(Settings(), warn_used_percent=90, critical_used_percent=80)
    assert check(swapped, shown) == shown.levels_order

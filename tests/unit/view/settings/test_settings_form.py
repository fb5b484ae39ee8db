import re

import msgspec
import pytest

from probe_tray.core.errors import (
    ConfigError,
    FolderMissingError,
    FolderUnusableError,
    HookMissingError,
    ProxyAddressError,
    WriteError,
)
from probe_tray.core.settings import Settings, Storage, table
from probe_tray.view.settings.faults import SettingFault, check, faults_words, refusal
from probe_tray.view.settings.form import ELSEWHERE, Kind, form
from probe_tray.view.text.translate import Translator


def test_the_form_has_every_setting_and_no_other() -> None:
    rows = form(Translator()).rows
    assert {row.key for row in rows} == {entry.key for entry in table()} - ELSEWHERE
    assert all(row.label and row.help and row.page for row in rows)


def test_a_note_says_more_than_its_label_and_speaks_of_no_file() -> None:
    notes = [row for row in form(Translator()).rows if row.note]
    assert notes
    assert not [row.key for row in notes if _said(row.label) <= _said(row.note)]
    assert not [row.key for row in notes if "=" in row.note or "_" in row.note]


def _said(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def test_the_pages_come_in_their_order_and_none_is_empty() -> None:
    pages = form(Translator()).pages
    assert [page.title for page in pages] == [
        "General",
        "Accounts",
        "Notifications",
        "Network",
        "Storage and sync",
        "Appearance",
        "Advanced",
    ]
    assert all(page.cards and all(page.cards) for page in pages)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PROXY", {"proxy"}),
        ("quiet until", {"quiet_to_hour"}),
        ("dark", {"appearance", "icon_ink"}),
        ("  ", {entry.key for entry in table()} - ELSEWHERE),
        ("no such thing", set[str]()),
    ],
)
def test_a_search_finds_what_is_read_in_a_row_whatever_its_case(text: str, found: set[str]) -> None:
    assert {row.key for row in form(Translator()).rows if row.matches(text)} == found


def test_levels_of_weeks_and_months_stand_apart() -> None:
    apart = {row.key for row in form(Translator()).rows if row.apart}
    assert apart == {f"{level}_{kind}_percent" for level in ("warn", "critical") for kind in ("weekly", "monthly")}


def test_a_count_of_one_is_not_said_of_many() -> None:
    row = next(row for row in form(Translator()).rows if row.key == "expiry_warning_days")
    assert (row.unit, row.unit_of_one) == ("{n} days", "{n} day")


def test_numbers_have_the_range_of_the_table() -> None:
    rows = {row.key: row for row in form(Translator()).rows}
    assert (rows["warn_used_percent"].kind, rows["warn_used_percent"].low, rows["warn_used_percent"].high) == (
        Kind.NUMBER,
        1,
        100,
    )
    assert rows["expiry_warning_days"].at_low == "Never"


def test_choices_are_the_values_of_the_table() -> None:
    rows = {row.key: row for row in form(Translator()).rows}
    assert [c.value for c in rows["storage"].choices] == ["vault", "folder"]
    assert [c.value for c in rows["poll_minutes"].choices] == [0, 1, 2, 5, 15, 30]
    assert [c.label for c in rows["poll_minutes"].choices][:2] == ["Only when I refresh", "Every 1 min"]
    assert [c.value for c in rows["redirect_host"].choices] == ["localhost", "127.0.0.1"]


SHOWN = form(Translator())


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        ({}, ()),
        ({"storage": Storage.FOLDER}, (SettingFault("sync_dir", SHOWN.folder_needed),)),
        (
            {"warn_used_percent": 90, "critical_used_percent": 80},
            (SettingFault("critical_used_percent", SHOWN.second_too_low),),
        ),
        ({"critical_weekly_percent": 70}, (SettingFault("critical_weekly_percent", SHOWN.second_too_low),)),
        ({"warn_monthly_percent": 99}, (SettingFault("warn_monthly_percent", SHOWN.first_too_high),)),
    ],
)
def test_what_makes_no_sense_is_said_of_the_value_it_is_about(
    values: dict[str, object], faults: tuple[SettingFault, ...]
) -> None:
    assert check(msgspec.structs.replace(Settings(), **values), SHOWN) == faults


def test_a_refusal_names_its_value_and_what_to_enter() -> None:
    t = Translator()
    proxy = refusal(
        ProxyAddressError(place="the settings", reason="it isn't an http, https, socks5 or socks5h address").problem, t
    )
    assert proxy == SettingFault(
        "proxy",
        "This address can't be used: it isn't an http, https, socks5 or socks5h address. "
        "Enter one such as http://proxy.example:8080 or socks5h://127.0.0.1:1080.",
    )
    folder = refusal(ConfigError(path="/c.json", key="sync_dir", found="x", allowed="y").problem, t)
    assert folder == SettingFault(
        "sync_dir", "There is no user with that name on this computer. Enter the full path of the folder."
    )
    missing = refusal(FolderMissingError(path="/srv/logins").problem, t)
    assert missing == SettingFault(
        "sync_dir", "The folder /srv/logins doesn't exist. Create it, or choose another one.", "Create &folder"
    )
    taken = refusal(FolderUnusableError(path="/srv/logins", reason="it is not a folder").problem, t)
    assert taken == SettingFault(
        "sync_dir", "/srv/logins can't be the folder of logins: it is not a folder. Choose another folder."
    )
    absent = refusal(HookMissingError(path="/srv/hook").problem, t)
    assert absent == SettingFault(
        "hook", "The program /srv/hook doesn't exist. Check its path, or choose another program."
    )
    full = WriteError(path="/c.json", reason="the disk is full").problem
    assert refusal(full, t) == SettingFault("", t.told(full))


def test_faults_are_counted() -> None:
    assert [faults_words(count, Translator()) for count in range(3)] == [
        "",
        "1 value needs a look",
        "2 values need a look",
    ]

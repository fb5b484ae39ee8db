import json
from datetime import UTC, datetime, timedelta
from typing import cast, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.errors import ConfigError
from probe_tray.core.renewal.policy import Reason, renew_reason
from probe_tray.core.settings import PollMinutes, Settings, Storage, table
from probe_tray.core.settings_json import dump_settings, parse_settings, rounded
from tests.support.tokens import credential

PATH = "config.json"
FINITE = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(-1e9, 1e9), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)
OURS = [entry.key for entry in table()]
UNKNOWN = st.dictionaries(TEXT.filter(lambda key: key not in OURS), JSON, max_size=5)
SETTINGS = st.builds(
    Settings,
    storage=st.sampled_from(list(Storage)),
    sync_dir=TEXT.filter(bool),
    renew_before_expiry_days=st.integers(0, 3650),
    auto_renew=st.booleans(),
    poll_minutes=st.sampled_from(get_args(PollMinutes)),
    warn_used_percent=st.integers(1, 100),
    critical_used_percent=st.integers(1, 100),
    expiry_warning_days=st.integers(0, 365),
    proxy=st.none() | TEXT,
    redirect_host=st.sampled_from(["localhost", "127.0.0.1"]),
)


def parse(values: object) -> Settings:
    return parse_settings(json.dumps(values).encode(), PATH)[0]


def refusal(values: object) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse(values)
    return caught.value


@pytest.mark.parametrize(
    ("found", "used"), [(3, 2), (4, 5), (7, 5), (9, 5), (10, 15), (20, 15), (23, 30), (60, 30), (1440, 30)]
)
def test_an_interval_of_an_earlier_version_becomes_the_nearest_one(found: int, used: int) -> None:
    values = {"poll_minutes": found}
    settings = parse(values)
    assert settings.poll_minutes == used
    assert rounded(settings, values) == ("poll_minutes", str(found), str(used))


def test_an_interval_that_is_allowed_is_not_rounded() -> None:
    for minutes in get_args(PollMinutes):
        assert rounded(parse({"poll_minutes": minutes}), {"poll_minutes": minutes}) is None
    assert rounded(parse({}), {}) is None


def test_a_folder_that_no_system_can_have_is_refused() -> None:
    with pytest.raises(ConfigError):
        parse({"codex_homes": ["~/.codex\0"]})


def test_an_empty_object_means_the_defaults() -> None:
    assert parse({}) == Settings()


def test_defaults_are_those_a_person_expects() -> None:
    defaults = Settings()
    assert (defaults.storage, defaults.renew_before_expiry_days, defaults.poll_minutes) == (Storage.VAULT, 3, 5)
    assert (defaults.warn_used_percent, defaults.critical_used_percent, defaults.proxy) == (80, 95, None)


def test_a_file_of_the_go_program_is_read_as_it_is_and_kept() -> None:
    theirs = {
        "renew_before_expiry_days": 5,
        "sync_url": "https://x.supabase.co",
        "sync_api_key": "key",
        "sync_aes_gcm_key": "00" * 32,
        "sync_dir": "tokens",
    }
    settings, known = parse_settings(json.dumps(theirs).encode(), PATH)
    assert (settings.renew_before_expiry_days, settings.sync_dir) == (5, "tokens")
    written = json.loads(dump_settings(settings, known))
    assert {key: written[key] for key in theirs} == theirs


def test_unknown_keys_keep_their_places_and_new_ones_follow() -> None:
    settings, known = parse_settings(b'{"zeta": 1, "poll_minutes": 15, "alpha": {"b": [2.0]}}', PATH)
    written = cast("dict[str, object]", json.loads(dump_settings(settings, known)))
    assert list(written)[:3] == ["zeta", "poll_minutes", "alpha"]
    assert (written["zeta"], written["poll_minutes"], written["alpha"]) == (1, 15, {"b": [2.0]})
    assert set(written) == {"zeta", "alpha", *OURS}


def test_the_file_is_indented_and_ends_with_a_line_break() -> None:
    text = dump_settings(Settings(), {}).decode()
    assert text.startswith('{\n  "')
    assert text.endswith("\n}\n")


@pytest.mark.parametrize(
    ("key", "value", "found", "allowed"),
    [
        ("poll_minutes", 1441, "1441", "0 or 1 or 2 or 5 or 15 or 30"),
        ("poll_minutes", -1, "-1", "0 or 1 or 2 or 5 or 15 or 30"),
        ("poll_minutes", 2.5, "2.5", "0 or 1 or 2 or 5 or 15 or 30"),
        ("poll_minutes", "5", '"5"', "0 or 1 or 2 or 5 or 15 or 30"),
        ("poll_minutes", True, "true", "0 or 1 or 2 or 5 or 15 or 30"),
        ("poll_minutes", None, "null", "0 or 1 or 2 or 5 or 15 or 30"),
        ("expiry_warning_days", 2.5, "2.5", "a whole number from 0 to 365"),
        ("renew_before_expiry_days", "3", '"3"', "a whole number from 0 to 99999"),
        ("renew_before_expiry_days", True, "true", "a whole number from 0 to 99999"),
        ("renew_before_expiry_days", 2.5, "2.5", "a whole number from 0 to 99999"),
        ("expiry_warning_days", 10**30, "1" + "0" * 30, "a whole number from 0 to 365"),
        ("warn_used_percent", 0, "0", "a whole number from 1 to 100"),
        ("critical_used_percent", 101, "101", "a whole number from 1 to 100"),
        ("expiry_warning_days", [3], "a list", "a whole number from 0 to 365"),
        ("auto_renew", "yes", '"yes"', "true or false"),
        ("auto_renew", 1, "1", "true or false"),
        ("storage", "cloud", '"cloud"', '"vault" or "folder"'),
        ("storage", {"a": 1}, "a JSON object", '"vault" or "folder"'),
        ("storage", "two\nlines", "text of 9 characters", '"vault" or "folder"'),
        ("sync_dir", None, "null", "text"),
        ("sync_dir", 7, "7", "text"),
        ("proxy", False, "false", "text or null"),
        ("proxy", 1.5, "1.5", "text or null"),
        ("redirect_host", "0.0.0.0", '"0.0.0.0"', '"localhost" or "127.0.0.1"'),  # noqa: S104 - refused, that is the point
    ],
)
def test_a_bad_value_names_key_finding_and_what_is_allowed(key: str, value: object, found: str, allowed: str) -> None:
    assert refusal({key: value}).facts == {"path": PATH, "key": key, "found": found, "allowed": allowed}


@pytest.mark.parametrize(
    ("found", "used"), [(None, 3), (-1, 0), (-(10**30), 0), (0, 0), (99999, 99999), (100_000, 99999), (10**30, 99999)]
)
def test_days_before_the_end_are_read_as_the_go_program_reads_them(found: int | None, used: int) -> None:
    settings = parse({"renew_before_expiry_days": found})
    assert settings.renew_before_expiry_days == used
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    login = msgspec.structs.replace(credential("ana"), expired=moment + timedelta(days=1))
    assert (renew_reason(login, now=moment, days=used) is Reason.EXPIRES_SOON) == (used > 0)


def test_a_long_text_is_never_shown() -> None:
    pasted = "eyJhbGciOiJFUzI1NiJ9.canary-canary-canary"
    error = refusal({"storage": pasted})
    assert error.facts["found"] == f"text of {len(pasted)} characters"
    assert "canary" not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_a_folder_store_needs_a_folder() -> None:
    assert refusal({"storage": "folder"}).facts["key"] == "sync_dir"
    assert parse({"storage": "folder", "sync_dir": "tokens"}).storage is Storage.FOLDER


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b"[" * 100_000,
        b'{"poll_minutes": ' + b"9" * 5000 + b"}",
        b'{"poll_minutes": 5,}',
    ],
)
def test_a_file_that_is_no_json_is_refused_whole(data: bytes) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings(data, PATH)
    assert caught.value.facts["found"] == "not valid JSON"


@pytest.mark.parametrize(
    ("data", "found"),
    [(b"[]", "a list"), (b"null", "null"), (b'"x"', "text"), (b"3", "a number"), (b"true", "true or false")],
)
def test_a_file_that_is_no_object_is_refused_whole(data: bytes, found: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings(data, PATH)
    assert caught.value.facts["found"] == found


def test_the_table_has_a_help_text_and_its_allowed_values_for_every_setting() -> None:
    assert [field.name for field in msgspec.structs.fields(Settings)] == OURS
    assert [entry.key for entry in table() if not entry.help.endswith(".") or not entry.allowed] == []


def test_the_defaults_of_the_table_are_allowed() -> None:
    assert parse({entry.key: entry.default for entry in table()}) == Settings()


@given(SETTINGS, UNKNOWN)
def test_what_is_written_is_read_again_with_every_unknown_key_in_its_order(
    settings: Settings, unknown: dict[str, object]
) -> None:
    read, known = parse_settings(dump_settings(settings, unknown), PATH)
    assert read == settings
    assert {key: known[key] for key in unknown} == unknown
    assert list(known)[: len(unknown)] == list(unknown)
    assert dump_settings(read, known) == dump_settings(settings, unknown)


@given(st.dictionaries(st.sampled_from(OURS) | st.text(max_size=5), FINITE | st.lists(FINITE, max_size=2), max_size=4))
def test_any_object_is_read_or_refused_without_showing_a_long_text(values: dict[str, object]) -> None:
    try:
        parse_settings(json.dumps(values).encode(), PATH)
    except ConfigError as error:
        said = str(error)
        assert not [v for v in values.values() if isinstance(v, str) and len(v) > 24 and v in said]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found: object = parse_settings(data, PATH)[0]
    except ConfigError as error:
        found = error.facts["path"]
    assert found == PATH or isinstance(found, Settings)

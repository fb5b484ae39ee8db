"""What privacy mode makes of the names of accounts."""

import pytest
from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState
from probe_tray.view.text.privacy import discreet_account, mask, masked_name, named_by_hand

ANA = AccountState(key=AccountKey("ana"), stores=(), email="ana@example.com")
NAMED = replace(ANA, alias="Ana at work")
PRIVATE = Settings(privacy=True)


def test_a_name_of_ones_own_is_hidden_too() -> None:
    assert masked_name(NAMED) == "A•••"
    assert discreet_account(NAMED, PRIVATE).alias == "A•••"
    assert discreet_account(NAMED, Settings()).alias == "Ana at work"


@pytest.mark.parametrize(
    ("account", "typed", "settings", "alias"),
    [
        (NAMED, "A•••", PRIVATE, "Ana at work"),
        (NAMED, "Home", PRIVATE, "Home"),
        (NAMED, "", PRIVATE, ""),
        (NAMED, "a•••@e•••", PRIVATE, ""),
        (ANA, "a•••@e•••", PRIVATE, ""),
        (NAMED, "ana@example.com", Settings(), ""),
        (NAMED, "Ana at work", Settings(), "Ana at work"),
    ],
)
def test_leaving_a_hidden_name_as_it_is_changes_nothing(
    account: AccountState, typed: str, settings: Settings, alias: str
) -> None:
    assert named_by_hand(account, typed, settings) == alias


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It was ana@example.com.", "It was a•••@e•••."),
        ("/logins/codex_ana_at_example_com_20261122.json", "/logins/c•••@e•••.json"),
        (r"C:\logins\codex_ana_at_example_com_20261122_0a1b2c3d.json", r"C:\logins\c•••@e•••.json"),
        ("/logins/codex_0a1b2c3d-0000-4000-8000-00000000000a_20261122.json", "/logins/codex_•••_20261122.json"),
        ("/logins/codex_org-abcd1234_20261122.json", "/logins/codex_•••.json"),
        (
            "The value of start_at_login in config.json can't be used.",
            "The value of start_at_login in config.json can't be used.",
        ),
    ],
)
def test_a_file_is_named_after_its_owner_as_little_as_any_text(text: str, shown: str) -> None:
    assert mask(text) == shown

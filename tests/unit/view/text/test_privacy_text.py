"""What privacy mode makes of the names of accounts."""

import pytest
from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState
from probe_tray.view.text.privacy import discreet_account, masked_name, named_by_hand

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

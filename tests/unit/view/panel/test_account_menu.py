"""What can be done with an account, and what is asked before some of it."""

import re
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.identity import StoreKind
from probe_tray.core.alerts.mute import mute_end
from probe_tray.core.codex.codex_state import CodexHome, CodexState
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.core.sync.setup import SyncState
from probe_tray.resources import resource
from probe_tray.view.panel.account_menu import account_menu, removing, vault_reset_question
from probe_tray.view.text.translate import Translator, parse_po
from probe_tray.view.view_models import ActionKind, CardAction
from tests.unit.ui.samples import NOW, account, snapshot
from tests.unit.ui.sync_samples import READY

WITH_FOLDER = Settings(sync_dir="~/logins")
VAULT, FOLDER, OFFICIAL = StoreKind.VAULT, StoreKind.FOLDER, StoreKind.OFFICIAL
T = Translator()
CHINESE = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))


def at(*stores: StoreKind, **more: object) -> AccountState:
    return account("ana@example.com", None, stores=stores, **more)


def kinds(found: AccountState, settings: Settings = WITH_FOLDER, now: datetime = NOW) -> set[ActionKind]:
    return {action.kind for action in rows(found, settings, now)}


def rows(found: AccountState, settings: Settings = WITH_FOLDER, now: datetime = NOW) -> list[CardAction]:
    state = AppState(accounts=(found,), settings=settings)
    return [action for group in account_menu(found, state, now, T) for action in group]


def test_an_account_is_muted_only_until_a_reset_that_is_known() -> None:
    windows = snapshot(10, 90)
    unknown = tuple(replace(window, reset_at=None) for window in windows.main.windows)
    endless = replace(windows, main=replace(windows.main, windows=unknown))
    for taken, offered in ((windows, True), (endless, False)):
        found = account("ana@example.com", taken, checked_at=NOW)
        assert (ActionKind.MUTE in kinds(found)) is offered


def test_an_account_is_not_muted_until_a_reset_that_has_passed_since_the_last_check() -> None:
    found = account("ana@example.com", snapshot(90, 10), checked_at=NOW)
    end = mute_end(found, NOW)
    assert end is not None
    assert ActionKind.MUTE in kinds(found, now=end - timedelta(seconds=1))
    assert ActionKind.MUTE not in kinds(found, now=end)


def test_a_login_of_ours_can_be_renewed_moved_and_removed() -> None:
    assert kinds(at(VAULT)) == {
        ActionKind.DETAILS,
        ActionKind.REFRESH,
        ActionKind.RENEW,
        ActionKind.TEST_MODELS,
        ActionKind.LOG_IN,
        ActionKind.MOVE_TO_FOLDER,
        ActionKind.RENAME,
        ActionKind.IN_ICON,
        ActionKind.EXPORT,
        ActionKind.COPY_EMAIL,
        ActionKind.REMOVE,
    }


def test_the_official_login_is_only_looked_at() -> None:
    assert kinds(at(OFFICIAL, renewable=False)) - {ActionKind.RENAME, ActionKind.DETAILS} == {
        ActionKind.REFRESH,
        ActionKind.TEST_MODELS,
        ActionKind.LOG_IN,
        ActionKind.IN_ICON,
        ActionKind.COPY_EMAIL,
    }


def test_there_is_no_folder_to_move_to_where_none_is_set() -> None:
    assert ActionKind.MOVE_TO_FOLDER not in kinds(at(VAULT), Settings())
    assert ActionKind.MOVE_TO_VAULT in kinds(at(FOLDER), Settings())


def test_a_login_in_both_places_is_kept_in_one() -> None:
    labels = {row.label for row in rows(at(VAULT, FOLDER))}
    assert {"Keep only in the &vault", "Keep only in the f&older"} <= labels


def test_an_account_without_address_has_none_to_copy() -> None:
    assert ActionKind.COPY_EMAIL not in kinds(account("", stores=(VAULT,)))


def full(found: AccountState, t: Translator) -> list[CardAction]:
    """All rows that there can be: its login can be taken back, given to Codex and out of the shared table."""
    homes = (CodexHome(path="~/.codex", is_default=True, has_kept=True),)
    sync = SyncState(setup=READY)
    state = AppState(accounts=(found,), settings=WITH_FOLDER, codex=CodexState(homes=homes), sync=sync)
    return [action for group in account_menu(found, state, NOW, t) for action in group]


@pytest.mark.parametrize("t", [T, CHINESE], ids=["English", "Chinese"])
@pytest.mark.parametrize("muted", [True, False])
@pytest.mark.parametrize("stores", [(VAULT,), (FOLDER,), (VAULT, FOLDER), (OFFICIAL,)])
def test_no_two_rows_have_the_same_letter(stores: tuple[StoreKind, ...], t: Translator, *, muted: bool) -> None:
    until = NOW if muted else None
    found = account("ana@example.com", snapshot(90, 10), stores=stores, checked_at=NOW, muted_until=until)
    shown = full(found, t)
    assert (ActionKind.UNMUTE if muted else ActionKind.MUTE) in {row.kind for row in shown}
    labels = [row.label for row in shown]
    letters = [found.group(1).lower() for label in labels if (found := re.search("&(.)", label))]
    assert len(letters) == len(labels) == len(set(letters))


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (at(VAULT), "Probe Tray's encrypted vault"),
        (at(FOLDER, location="/home/ana/a.json."), "This deletes the file /home/ana/a.json."),
        (at(VAULT, FOLDER), "This deletes its file in the folder ~/logins."),
        (at(VAULT, OFFICIAL), "The Codex client keeps its own login"),
    ],
)
def test_removing_says_what_is_deleted_and_where_it_lives(found: AccountState, sentence: str) -> None:
    assert sentence in removing(found, AppState(settings=WITH_FOLDER), T).text


def test_removing_says_that_sync_keeps_it_elsewhere_where_there_is_sync() -> None:
    kept = "Your other computers keep it."
    assert (
        kept in removing(at(VAULT), AppState(settings=replace(WITH_FOLDER, sync_url="https://x.supabase.co")), T).text
    )
    assert kept not in removing(at(VAULT), AppState(settings=WITH_FOLDER), T).text


def test_only_a_login_made_here_can_be_ended_at_the_service() -> None:
    assert removing(at(VAULT, revocable=True), AppState(settings=WITH_FOLDER), T).check
    assert not removing(at(VAULT), AppState(settings=WITH_FOLDER), T).check


def test_a_new_key_keeps_the_old_records() -> None:
    assert "The old logins stay on this computer" in vault_reset_question(T).text

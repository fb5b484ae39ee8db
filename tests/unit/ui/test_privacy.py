"""Privacy mode: no window, menu or tooltip shows whose accounts these are."""

import re
from collections.abc import Iterable, Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from probe_tray.core.account.identity import StoreKind
from probe_tray.core.commands import EditSettings
from probe_tray.core.settings import Settings, change
from probe_tray.core.state import AppState, RenewalState
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from tests.unit.ui.every_window import EveryWindow, rich

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)
_ADDRESS = re.compile(r"[^\s•@]@[^\s•@]|_at_")
_NAMES = ("Studio", "Longest Name", "account-of")


@pytest.fixture
def everything(qtbot: QtBot, qapp: QApplication) -> Iterator[EveryWindow]:
    found = EveryWindow(qapp, rich())
    yield found
    found.close()


def _named(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if _ADDRESS.search(text) or any(name in text for name in _NAMES)]


def _told(found: EveryWindow) -> list[str]:
    return _named(found.texts())


def test_the_switch_hides_every_name_in_all_open_windows_and_shows_them_again(everything: EveryWindow) -> None:
    plain = _told(everything)
    assert len(everything.windows()) >= 7
    assert len(plain) > 20
    everything.change(rich(privacy=True))
    assert _told(everything) == []
    assert any("•••@" in text for text in everything.texts())
    everything.change(rich())
    assert _told(everything) == plain


def test_the_names_are_hidden_in_windows_that_open_afterwards(qtbot: QtBot, qapp: QApplication) -> None:
    found = EveryWindow(qapp, rich(privacy=True))
    assert _told(found) == []
    found.close()


def test_no_name_stays_in_a_window_that_was_closed_before(everything: EveryWindow) -> None:
    for window in everything.windows():
        window.close()
    assert len(_named(everything.texts_in_memory())) > 20
    everything.change(rich(privacy=True))
    assert _named(everything.texts_in_memory()) == []


def test_no_name_stays_in_what_an_open_window_shows_no_more(everything: EveryWindow) -> None:
    first = everything.engine.state.accounts[0]
    bare = replace(first, stores=(StoreKind.VAULT,), location="", snapshot=None, renewable=False, expires_at=None)
    state = AppState(loaded=True, accounts=(replace(bare, renewal=RenewalState()),))
    everything.change(state)
    everything.change(replace(state, settings=Settings(privacy=True)))
    assert {"PanelWindow", "DetailsWindow"} <= {type(window).__name__ for window in everything.windows()}
    assert _named(everything.texts_in_memory()) == []


def test_no_account_that_is_gone_stays_in_the_menu(everything: EveryWindow) -> None:
    assert any("@" in action.text() for action in everything.rows())
    everything.change(AppState(loaded=True))
    # Hidden rows too: a program on the session bus reads them.
    assert not any(_ADDRESS.search(action.text()) for action in everything.rows())


def test_a_row_of_the_menu_switches_it(everything: EveryWindow) -> None:
    row = next(action for action in everything.rows() if action.text() == "&Hide names")
    assert not row.isChecked()
    everything.engine.sent.clear()
    row.trigger()
    assert everything.engine.sent == [EditSettings(change(privacy=True))]
    everything.change(rich(privacy=True))
    assert row.isChecked()


def test_switched_elsewhere_it_is_not_taken_back_by_settings_that_were_open(everything: EveryWindow) -> None:
    dialog = next(w for w in everything.windows() if isinstance(w, SettingsDialog))
    dialog.pages.field("poll_minutes").show(15)
    everything.change(rich(privacy=True))
    everything.engine.sent.clear()
    dialog.accept()
    (saved,) = (sent for sent in everything.engine.sent if isinstance(sent, EditSettings))
    assert saved.change == change(poll_minutes=15)

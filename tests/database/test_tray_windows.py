"""A person sets sync up in the windows over a real database, and changes the key; the program dies in between."""

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from probe_tray.core.sync.setup import SyncSecrets, SyncTarget
from probe_tray.core.sync.setup_code import read_code
from probe_tray.core.sync.table_key import table_digest
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.shell import Shell
from probe_tray.ui.sync.key_change_dialog import KeyChangeDialog
from probe_tray.ui.sync.setup_dialog import SyncSetupDialog
from probe_tray.ui.sync.sync_box import SyncBox
from tests.scenarios.test_key_change import Computer, Tray, until
from tests.support.postgres import Database
from tests.support.postgrest import API_KEY, PostgRest
from tests.support.tokens import credential
from tests.support.widgets import button, buttons, open_windows, opened, part, press, texts

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)


def joined(name: str, code: str) -> Computer:
    """Another computer, whose owner has entered the code."""
    entered = read_code(code)
    found = Computer(name, entered.url, credential(name.replace("-", "")))
    found.target = SyncTarget(url=entered.url, api_key=entered.api_key, key=entered.key)
    return found


def digests(database: Database) -> set[str]:
    return {str(digest) for (digest,) in database.run("select digest from probe_tray_keys where ended_at is null")}


async def set_up(shell: Shell, tray: Tray, rest: PostgRest) -> str:
    """From the empty database to the first sync; the code for the next computer."""
    shell.sync()
    page = opened(SyncSetupDialog)
    page.project.address.setText(rest.url)
    page.project.api_key.setText(API_KEY)
    press(page, "Create a new key")
    QGuiApplication.clipboard().clear()
    press(page, "Save and copy SQL")
    await until(lambda: "create table" in QGuiApplication.clipboard().text())
    (key,) = tray.keys
    assert tray.state.settings.sync_url == rest.url, "kept, whatever becomes of the page"
    rest.database.run(QGuiApplication.clipboard().text())
    assert digests(rest.database) == {table_digest(key)}
    press(page, "Test connection")
    await until(lambda: any(text.startswith("It works") for text in texts(page)))
    press(page, "Show code")
    await until(lambda: bool(page.next.written.text()))
    code = page.next.written.text()
    press(page, "Save")
    await until(lambda: not open_windows(SyncSetupDialog) and tray.state.sync.report is not None)
    return code


def key_window(shell: Shell) -> KeyChangeDialog:
    """The window of a change that is under way, from the settings."""
    shell.show_settings()
    opened(SettingsDialog).reveal("sync_after_renewal")
    part(opened(SettingsDialog), SyncBox).key_change.click()
    return opened(KeyChangeDialog)


async def test_from_an_empty_project_to_a_key_that_only_the_persons_computers_have(
    qtbot: QtBot, qapp: QApplication, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    del qtbot
    with PostgRest(database) as rest:
        first = Tray("", monkeypatch)
        first.sync.secrets.held = SyncSecrets()
        async with first.shown(qapp) as shell:
            code = await set_up(shell, first, rest)
            await until(lambda: not first.state.sync.running)
            office, laptop = joined("office-mac", code), joined("old-laptop", code)
            assert (await office.sync()).well
            assert (await laptop.sync()).well
            shell.show_settings()
            opened(SettingsDialog).reveal("sync_after_renewal")
            part(opened(SettingsDialog), SyncBox).set_up.click()
            press(opened(SyncSetupDialog), "Change key…")
            # The network goes right after the table was looked at: the new key is kept, and the table has not heard.
            rest.afterwards["rpc/probe_tray_status"] = lambda: setattr(rest, "is_cut", True)
            press(opened(KeyChangeDialog), "Make a new key")
            await until(lambda: len(first.keys) == 2)
        new, old = first.keys
        assert digests(database) == {table_digest(old)}
        rest.is_cut = False
        # Started again, with nothing but what was kept.
        again = Tray(rest.url, monkeypatch)
        again.sync.secrets.held = first.sync.secrets.held
        again.sync.memory.name = first.sync.memory.name
        again.sync.memory.tables = first.sync.memory.tables
        async with again.shown(qapp) as shell:
            await until(lambda: again.state.sync.setup.is_key_changing)
            window = key_window(shell)
            press(window, "Check again")
            await until(lambda: any("study-pc: has the new key" in text for text in texts(window)))
            assert digests(database) == {table_digest(new), table_digest(old)}
            press(window, "Show code")
            await until(lambda: bool(window.code.written.text()))
            office.target = joined("office-mac", window.code.written.text()).target
            assert (await office.sync()).well
            press(window, "Check again")
            await until(lambda: any("office-mac: has the new key" in text for text in texts(window)))
            press(window, "End old key…")
            assert any("old-laptop doesn't seem to have it yet." in text for text in texts(opened(QuestionDialog)))
            button(opened(QuestionDialog), "End old key").click()
            await until(lambda: "The key is changed" in texts(window) and again.keys == (new,))
            await until(lambda: not again.state.sync.running and "Sync again" not in buttons(window))
        assert digests(database) == {table_digest(new)}
        assert (await office.sync()).well
        shut_out = (await laptop.sync()).problem
        assert shut_out is not None
        assert shut_out.name == "SyncSecretError"

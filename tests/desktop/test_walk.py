"""The walk: the installed app on a real desktop, from the icon to the login that is there again after a restart."""

import json
import stat

import pytest
from PySide6.QtGui import QImage

from tests.desktop.bench import Desktop
from tests.desktop.waiting import wait_for
from tests.desktop.walking import (
    LOG_IN,
    NEWCOMER,
    PANEL,
    SETTINGS_WINDOW,
    App,
    data_folder,
    vault_key,
    vault_tokens,
    write_config,
)

pytestmark = [pytest.mark.desktop]

SAMPLES = ("ana@example.com", "lee@studio.example", "research@example.com")


def drawn_pixels(desktop: Desktop) -> int:
    """Count the pixels of the tray that differ from the panel around them."""
    image = QImage(str(desktop.screenshot("walk-tray", desktop.tray_region())))
    around = image.pixel(0, 0)
    return sum(image.pixel(x, y) != around for y in range(image.height()) for x in range(image.width()))


def test_the_app_tells_everything_from_its_place_in_the_tray(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    for name in SAMPLES:
        app.wait_account(name, r"— (\d+% · \d+%|full until)")
    assert wait_for("the icon in the panel", lambda: drawn_pixels(desktop) > 30)
    tooltip = app.item.wait_tooltip(r"Week \d+%")
    assert tooltip.startswith("Probe Tray\n2 of 3 can work\n")
    assert "login ends" in tooltip
    labels = app.item.menu().labels()
    assert labels[0] == "2 of 3 can work"
    assert labels[1].startswith(f"Best now: {SAMPLES[0]}, ")
    assert labels[2] == LOG_IN
    assert [line.partition(" — ")[0] for line in labels[3:6]] == list(reversed(SAMPLES))
    offered = ["Use in Codex", "Refresh now", "Pause notifications", "More", "Open Probe Tray", "Settings…", "Quit"]
    assert labels[6:] == offered


def test_the_panel_tells_use_resets_and_the_end_of_each_login(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    app.open_panel()
    for name in SAMPLES:
        card = app.read(rf"^{name}\..*5 h: \d+% used, resets in .*Week: \d+% used, resets in ")
        assert "Can't be renewed · ends in 2 days" in card or "Renews automatically in" in card


def test_quotas_that_run_out_and_logins_that_end_are_told_by_notifications(desktop: Desktop) -> None:
    App(desktop, "--demo")
    for words in (
        r"lee@studio\.example: \d+% of the 5-hour quota used",
        r"research@example\.com: (100% of the weekly quota used|the weekly quota is used up)",
        r"research@example\.com: this login ends \w+ \d\d:\d\d",
    ):
        told = desktop.notifications.wait(words)
        assert told.app_name == "Probe Tray"
        assert "Open" in told.labels


def test_log_in_again_on_a_notification_brings_the_login_back(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    app.answer("this login ends", "Log in again")
    url = desktop.browser.wait_url()
    desktop.screen.wait_window(r"^Log in as research@example\.com")
    app.read(r"Log in as research@example\.com\.")
    app.finish_login(url, "research@example.com")
    # What became of it is seen where the eye is: the keyboard is on the card.
    desktop.screen.wait_window(PANEL)
    desktop.reader.wait_focus(r"(?s)research@example\.com\..*(Renews automatically|Login ends in 10 days).*")


def test_open_on_a_notification_opens_the_panel(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    app.answer("this login ends", "Open")
    desktop.screen.wait_window(PANEL)
    app.read(r"^research@example\.com\..*ends in 2 days")


def test_a_login_through_menu_and_browser_is_there_at_once_and_after_a_restart(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    app.wait_account(SAMPLES[0])
    url = app.start_login()
    app.read("Continue in your browser")
    app.finish_login(url, NEWCOMER)
    app.wait_account(NEWCOMER)
    app.quit()
    key = desktop.keyring.wait_item(service="Probe Tray")
    assert (len(desktop.keyring.items()), key.size) == (1, 44)
    again = App(desktop, "--demo")
    for name in (*SAMPLES, NEWCOMER):
        again.wait_account(name)
    again.quit()
    tokens = vault_tokens(desktop)
    # Three tokens of each of four logins; the last sample has no refresh token.
    assert len(tokens) == 11
    assert desktop.files_containing([*tokens, vault_key(desktop)]) == []
    said = "".join(p.output() + p.errors() for p in (app.program, again.program)).encode()
    assert not any(token in said for token in tokens)
    records = list((data_folder(desktop) / "vault").iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) for path in records} == {0o600}


def test_where_the_settings_say_folder_a_login_becomes_a_file_there(desktop: Desktop) -> None:
    folder = desktop.home / "logins"
    write_config(desktop, json.dumps({"storage": "folder", "sync_dir": str(folder)}))
    app = App(desktop, "--demo")
    app.wait_account(SAMPLES[0])
    before = set(folder.iterdir())
    app.finish_login(app.start_login(), NEWCOMER)
    app.wait_account(NEWCOMER)
    (made,) = set(folder.iterdir()) - before
    assert (stat.S_IMODE(made.stat().st_mode), stat.S_IMODE(folder.stat().st_mode)) == (0o600, 0o700)
    written = json.loads(made.read_bytes())
    assert (written["type"], written["email"]) == ("codex", NEWCOMER)
    assert {"access_token", "refresh_token", "id_token", "account_id"} <= written.keys()
    assert not (data_folder(desktop) / "vault").exists()
    assert desktop.files_containing([written["refresh_token"].encode()]) == [made]


def test_settings_are_changed_in_their_window_and_kept(desktop: Desktop) -> None:
    path = write_config(desktop, '{\n  "mine": "stays",\n  "renew_before_expiry_days": 7\n}\n')
    app = App(desktop, "--demo")
    app.open_settings("Accounts")
    desktop.reader.press("Renew logins before they expire", role="spin box", pid=app.pid)
    desktop.reader.wait_focus("Renew logins before they expire", role="spin box")
    desktop.screen.key("ctrl+a", to=SETTINGS_WINDOW)
    desktop.screen.type_text("9", to=SETTINGS_WINDOW)
    app.press("Save")
    desktop.screen.wait_no_window(SETTINGS_WINDOW)
    app.quit()
    assert path.read_text("utf-8") == '{\n  "mine": "stays",\n  "renew_before_expiry_days": 9\n}\n'

"""What a person meets when something is missing, broken or in the way: a sentence that helps, and nothing lost."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from probe_tray.demo import DemoService
from tests.desktop.bench import Desktop, installed
from tests.desktop.processes import Program
from tests.desktop.waiting import wait_for
from tests.desktop.walking import (
    LOG_IN,
    LOGIN_WINDOW,
    NEWCOMER,
    OBEYING_MODES,
    PANEL,
    PORT_SECONDS,
    App,
    config_file,
    data_folder,
    official_login,
    take,
    vault_key,
    write_config,
)

pytestmark = [pytest.mark.desktop]

ANA = "ana@example.com"
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
DEAD_PROXY = "http://127.0.0.1:9"


def failed(desktop: Desktop, *before: str, env: dict[str, str] | None = None) -> str:
    """Start the app, which cannot start; the one line that says why."""
    program: Program = desktop.start(*before, installed("probe-tray"), "--demo", env=env)
    assert program.wait_exit() == 2, program.describe()
    # Qt says by itself that this desktop has no portals.
    (line,) = [line for line in program.errors().splitlines() if not line.startswith("qt.qpa.")]
    assert line.startswith("probe-tray: ")
    assert program.output() == ""
    return line


def hold(port: int) -> socket.socket:
    return wait_for(f"port {port} to be free", lambda: take(port), seconds=PORT_SECONDS)


@pytest.fixture
def holding() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("display", ["", ":77", "nonsense"])
def test_without_a_display_one_line_says_so(desktop: Desktop, display: str) -> None:
    line = failed(desktop, env={"DISPLAY": display})
    assert "needs a display" in line
    assert "desktop session" in line
    assert "codex-probe" in line
    assert not data_folder(desktop).exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"poll_minutes": "often"}', 'poll_minutes is "often". Allowed: 0 or 1 or 2 or 5 or 15 or 30.'),
        ('{"storage": "cloud"}', 'storage is "cloud". Allowed: "vault" or "folder".'),
        ('{"poll_minutes": 5', "the whole file is not valid JSON"),
    ],
    ids=["number", "choice", "JSON"],
)
def test_a_broken_configuration_is_named_and_left_as_it_was(desktop: Desktop, text: str, words: str) -> None:
    path = write_config(desktop, text)
    app = App(desktop, "--demo")
    app.open_panel()
    app.read(re.escape(words) if words[-1] == "." else words)
    app.quit()
    assert path.read_text("utf-8") == text
    assert [p.name for p in path.parent.iterdir()] == ["config.json"]


@pytest.mark.parametrize(
    "address",
    ["not a proxy", "gopher://ana:proxy-password@proxy.example:1", "http://:99999"],
    ids=["no address", "unknown kind", "no host"],
)
def test_an_unusable_proxy_is_named_by_where_it_stands(desktop: Desktop, address: str) -> None:
    app = App(desktop, "--demo", env={"HTTPS_PROXY": address})
    app.open_panel()
    app.read("The proxy address in HTTPS_PROXY can't be used.*Enter a proxy in Settings, Network")
    app.quit()


def test_a_data_folder_that_cannot_be_written_is_named(desktop: Desktop) -> None:
    folder = desktop.folder("XDG_DATA_HOME")
    folder.chmod(0o500)
    line = failed(desktop, *OBEYING_MODES)
    assert f"{data_folder(desktop)} can't be used" in line
    assert "permission was denied" in line
    assert "make it writable" in line.lower()
    assert list(folder.iterdir()) == []


def test_without_a_keyring_it_says_what_to_do_and_stores_nothing_in_the_clear(desktop: Desktop) -> None:
    app = App(desktop, "--demo", env=NO_KEYRING)
    app.open_panel()
    app.read(r"no keyring that can keep the key.*Install and start one.*or choose a folder")
    app.item.click_menu(LOG_IN)
    desktop.screen.wait_window(LOGIN_WINDOW)
    app.read("no keyring that can keep the key")
    assert desktop.browser.urls() == []
    assert not list(data_folder(desktop).glob("vault/*"))
    assert desktop.keyring.items() == []


def test_a_locked_keyring_whose_question_is_dismissed_keeps_everything_for_later(desktop: Desktop) -> None:
    first = App(desktop, "--demo")
    first.wait_account(ANA)
    first.quit()
    key = vault_key(desktop)
    records = {path: path.read_bytes() for path in (data_folder(desktop) / "vault").iterdir()}
    desktop.keyring.lock()
    app = App(desktop, "--demo")
    desktop.keyring.dismiss()
    app.open_panel()
    app.read("The keyring is locked, so your logins can't be opened yet.*Try again.*Nothing was lost")
    assert app.item.menu().labels()[:2] == ["Your logins are waiting", LOG_IN]
    assert {path: path.read_bytes() for path in records} == records
    desktop.keyring.unlock()
    # The card's button, by keyboard.
    desktop.screen.key("Home", to=PANEL)
    desktop.screen.key("Return", to=PANEL)
    app.wait_account(ANA)
    assert vault_key(desktop) == key
    assert len(desktop.keyring.items()) == 1


def test_a_locked_keyring_that_is_unlocked_at_its_question_opens_the_logins(desktop: Desktop) -> None:
    first = App(desktop, "--demo")
    first.wait_account(ANA)
    first.quit()
    desktop.keyring.lock()
    app = App(desktop, "--demo")
    desktop.keyring.answer()
    app.wait_account(ANA)


def test_when_both_callback_ports_are_taken_their_holder_is_named_and_the_app_lives_on(
    desktop: Desktop, holding: ExitStack
) -> None:
    holding.enter_context(hold(1457))
    first = holding.enter_context(hold(1455))
    app = App(desktop, "--demo")
    app.item.click_menu(LOG_IN)
    app.read("ports 1455 and 1457 are in use by .+ \\(process \\d+\\)")
    app.read("Close that program")
    assert desktop.browser.urls() == []
    first.close()
    app.press("Try again")
    app.finish_login(desktop.browser.wait_url(), NEWCOMER)
    app.wait_account(NEWCOMER)


def test_when_the_first_callback_port_is_taken_the_second_one_serves(desktop: Desktop, holding: ExitStack) -> None:
    holding.enter_context(hold(1455))
    app = App(desktop, "--demo")
    url = app.start_login()
    assert "localhost%3A1457" in url
    app.finish_login(url, NEWCOMER)
    app.wait_account(NEWCOMER)


def test_without_a_network_the_cards_say_so_and_the_app_lives_on(desktop: Desktop) -> None:
    with DemoService() as service:
        login = official_login(service.issue_login(ANA))
    home = desktop.home / "codex"
    home.mkdir()
    (home / "auth.json").write_bytes(login)
    app = App(desktop, env={"CODEX_HOME": str(home), "HTTPS_PROXY": DEAD_PROXY})
    app.wait_account(ANA, "offline")
    app.item.wait_tooltip("Offline")
    app.open_panel()
    app.read(rf"^{ANA}\..*can't be reached: the proxy {DEAD_PROXY} refused the connection.*Try again")
    app.quit()


def test_a_file_that_is_no_login_is_named_and_left_alone_and_the_others_work(desktop: Desktop) -> None:
    folder = desktop.home / "logins"
    folder.mkdir()
    texts = {folder / "broken.json": "this is no JSON", folder / "empty.json": ""}
    for path, text in texts.items():
        path.write_text(text, "utf-8")
    write_config(desktop, json.dumps({"sync_dir": str(folder)}))
    app = App(desktop, "--demo")
    for name in (ANA, "lee@studio.example", "research@example.com"):
        app.wait_account(name)
    app.open_panel()
    desktop.screen.key("End", to=PANEL)
    for path in texts:
        app.read(rf"^{path.name}\..*{path} is not a login: .*The file was not changed")
    assert {path: path.read_text("utf-8") for path in folder.iterdir()} == texts


def test_a_folder_for_logins_that_cannot_be_written_is_told_before_anybody_signs_in(desktop: Desktop) -> None:
    folder = desktop.home / "logins"
    folder.mkdir(mode=0o500)
    write_config(desktop, json.dumps({"storage": "folder", "sync_dir": str(folder)}))
    app = App(desktop, "--demo", before=OBEYING_MODES)
    app.item.click_menu(LOG_IN)
    desktop.screen.wait_window(LOGIN_WINDOW)
    app.read(rf"{folder} can't be written: permission was denied")
    app.read("make it writable, then try again")
    assert desktop.browser.urls() == []
    assert list(folder.iterdir()) == []
    folder.chmod(0o700)
    app.press("Try again")
    app.finish_login(desktop.browser.wait_url(), NEWCOMER)
    app.wait_account(NEWCOMER)


def test_settings_that_cannot_be_written_at_the_first_start_are_told(desktop: Desktop) -> None:
    desktop.folder("XDG_CONFIG_HOME").chmod(0o500)
    app = App(desktop, "--demo", before=OBEYING_MODES)
    app.wait_account(ANA)
    app.open_panel()
    app.read(rf"{config_file(desktop).parent} can't be written: permission was denied")


def test_without_a_tray_the_panel_is_a_window_whose_closing_ends_the_app(desktop: Desktop) -> None:
    desktop.stop_tray()
    program = desktop.start(installed("probe-tray"), "--demo")
    desktop.screen.wait_window(PANEL)
    desktop.reader.wait("Log in to Codex…", pid=program.pid)
    desktop.screen.key("Escape", to=PANEL)
    assert program.wait_exit() == 0, program.describe()


def test_whoever_answers_the_page_of_a_cancelled_login_is_not_logged_in(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    app.wait_account(ANA)
    url = app.start_login()
    app.press("Cancel")
    desktop.screen.wait_no_window(LOGIN_WINDOW)
    page = desktop.chromium(url)
    page.click_text(ANA)
    wait_for("the browser to reach the closed port", lambda: "localhost:1455" in page.url)
    assert len(list((data_folder(desktop) / "vault").iterdir())) == 3

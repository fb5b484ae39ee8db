"""The bench itself: what it claims to see is there, and what it does is done by real programs."""

import base64
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage

from tests.desktop import session as session_module
from tests.desktop.bench import Desktop
from tests.desktop.processes import Program, processes_marked
from tests.desktop.session import Session
from tests.desktop.tray import TrayItem
from tests.desktop.waiting import BenchError, wait_for

pytestmark = [pytest.mark.desktop]

SAMPLE = Path(__file__).with_name("sample_tray.py")
ORANGE = "#ff6a00"
DARK = {"GTK_THEME": "Adwaita:dark"}


def start_sample(desktop: Desktop, url: str = "about:blank", **env: str) -> tuple[Program, TrayItem]:
    program = desktop.start(sys.executable, SAMPLE, url, env=env)
    return program, desktop.tray.wait_item(pid=program.pid)


def count(path: Path, colour: str) -> int:
    image = QImage(str(path))
    wanted = QColor(colour).rgb()
    return sum(image.pixel(x, y) == wanted for y in range(image.height()) for x in range(image.width()))


def colours(path: Path) -> int:
    image = QImage(str(path))
    return len({image.pixel(x, y) for y in range(image.height()) for x in range(image.width())})


@pytest.fixture
def page() -> Iterator[str]:
    """Serve one page with a form on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (
                b"<html lang=en><title>Consent</title><h1>Sign in</h1><form action=/done>"
                b"<input name=mail value=old><button>Continue</button></form>"
            )
            if self.path.startswith("/done"):
                body = b"<p>Welcome " + self.path.partition("=")[2].encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_the_icon_is_really_in_the_panel(desktop: Desktop) -> None:
    _program, item = start_sample(desktop)
    assert item.icon_sizes
    picture = wait_for(
        "the icon's orange in the panel",
        lambda: path if count(path := desktop.screenshot("bench-tray"), ORANGE) > 50 else None,
    )
    zoomed = desktop.screenshot("bench-tray-zoomed", desktop.tray_region(), zoom=8)
    assert count(zoomed, ORANGE) > count(picture, ORANGE)


@pytest.mark.parametrize("dark", [True, False])
def test_the_panel_is_dark_or_light_as_asked(desktop: Desktop, *, dark: bool) -> None:
    desktop.set_panel_dark(dark=dark)
    name = "bench-panel-dark" if dark else "bench-panel-light"

    def as_asked() -> bool:
        pixel = QImage(str(desktop.screenshot(name))).pixelColor(600, 14)
        return (pixel.lightness() < 128) == dark

    wait_for(name, as_asked)


def test_the_tooltip_is_read(desktop: Desktop) -> None:
    _program, item = start_sample(desktop)
    assert item.wait_tooltip("42 %") == "42 % used · ana_b@example.com"


def test_the_menu_is_read_as_a_person_reads_it(desktop: Desktop) -> None:
    _program, item = start_sample(desktop)
    menu = item.menu()
    assert menu.labels() == ["Log in to Codex…", "Accounts", "Quit"]
    account = menu.find("Accounts", "ana_b@")
    assert account is not None
    assert (account.label, account.checked) == ("ana_b@example.com", True)


def test_a_disabled_entry_cannot_be_chosen(desktop: Desktop) -> None:
    _program, item = start_sample(desktop)
    with pytest.raises(BenchError, match="is disabled"):
        item.click_menu("Accounts", "Not now")


def test_an_entry_that_is_not_there_fails_with_the_menu_that_is(desktop: Desktop) -> None:
    _program, item = start_sample(desktop)
    with pytest.raises(BenchError, match=r"(?s)Log out.*menu:.*Log in to Codex…"):
        item.wait_menu("Log out", seconds=0.2)


def test_choosing_an_entry_opens_the_browser_and_notifies(desktop: Desktop) -> None:
    _program, item = start_sample(desktop, "http://127.0.0.1:9/authorize?state=abc")
    item.click_menu("Log in to Codex…")
    assert desktop.browser.wait_url() == "http://127.0.0.1:9/authorize?state=abc"
    shown = desktop.notifications.wait("Signing in")
    assert shown.body == "The browser has the page."
    desktop.screenshot("bench-notification")


def test_quit_in_the_menu_ends_the_program_and_its_icon(desktop: Desktop) -> None:
    program, item = start_sample(desktop)
    item.click_menu("Quit")
    assert program.wait_exit() == 0
    desktop.tray.wait_empty()


def test_the_icon_comes_back_when_the_tray_does(desktop: Desktop) -> None:
    program, _item = start_sample(desktop)
    desktop.stop_tray()
    assert desktop.tray.items() == []
    desktop.start_tray()
    assert desktop.tray.wait_item(pid=program.pid).title


def test_a_click_on_the_icon_opens_the_window_whose_button_the_mouse_presses(
    desktop: Desktop,
) -> None:
    program, item = start_sample(desktop)
    item.activate()
    desktop.screen.wait_window("Sample window")
    desktop.reader.press("Renew now", pid=program.pid)
    assert desktop.reader.wait("Renewed", pid=program.pid).role == "push button"


@pytest.mark.parametrize("scale", ["1", "2"])
@pytest.mark.parametrize("look", ["Light", "Dark"])
def test_a_window_is_shown_in_each_look_and_size(desktop: Desktop, look: str, scale: str) -> None:
    dark = DARK if look == "Dark" else {}
    program, item = start_sample(desktop, QT_SCALE_FACTOR=scale, **dark)
    item.activate()
    window = desktop.screen.wait_window("Sample window")
    desktop.reader.wait(f"Sample in {look}", pid=program.pid)
    picture = desktop.screenshot(f"bench-window-{look.lower()}-{scale}x")
    x, y = window.region.x + 4, window.region.y + 4
    assert (QImage(str(picture)).pixelColor(x, y).lightness() > 128) == (look == "Light")
    assert colours(picture) > 20


def test_a_button_on_a_bubble_is_pressed_with_the_mouse(desktop: Desktop) -> None:
    desktop.session.bus.call(
        "org.freedesktop.Notifications",
        "/org/freedesktop/Notifications",
        "org.freedesktop.Notifications",
        "Notify",
        "susssasa{sv}i",
        *("Probe", 0, "", "Login needed", "Log in again.", ["renew", "Log in", "later", "Later"]),
        *({"urgency": ("y", 2)}, 0),
    )
    shown = desktop.notifications.wait("Login needed")
    assert (shown.app_name, shown.labels, shown.urgency) == ("Probe", ("Log in", "Later"), 2)
    assert desktop.notifications.press(shown, "Later").invoked == ("later",)


def test_a_secret_stored_by_keyring_is_in_the_real_keyring(desktop: Desktop) -> None:
    store = "import keyring; keyring.set_password('Probe Tray', 'vault', 'k' * 12_000)"
    desktop.run(sys.executable, "-c", store)
    item = desktop.keyring.wait_item(service="Probe Tray", username="vault")
    assert (item.size, item.collection) == (12_000, "Login")
    assert desktop.files_containing([b"k" * 40]) == []


def test_the_keyring_can_be_locked_and_unlocked(desktop: Desktop) -> None:
    store = "import keyring; keyring.set_password('Probe Tray', 'vault', 'secret')"
    desktop.run(sys.executable, "-c", store)
    desktop.keyring.lock()
    assert [item.size for item in desktop.keyring.items()] in ([None], [])
    desktop.keyring.unlock()
    assert [item.size for item in desktop.keyring.items()] == [6]


READ_VAULT = "import keyring; print(keyring.get_password('Probe Tray', 'vault'))"


def test_a_locked_keyring_asks_for_the_password_and_takes_it(desktop: Desktop) -> None:
    store = "import keyring; keyring.set_password('Probe Tray', 'vault', 'four')"
    desktop.run(sys.executable, "-c", store)
    desktop.keyring.lock()
    program = desktop.start(sys.executable, "-c", READ_VAULT)
    desktop.keyring.wait_question()
    desktop.screenshot("bench-keyring-question")
    desktop.keyring.answer()
    assert program.wait_exit() == 0
    assert program.output() == "four\n"


def test_a_dismissed_question_is_an_answer(desktop: Desktop) -> None:
    desktop.keyring.lock()
    program = desktop.start(sys.executable, "-c", READ_VAULT)
    desktop.keyring.dismiss()
    assert program.wait_exit() == 1
    assert desktop.keyring.locked


def test_chromium_fills_in_a_form(desktop: Desktop, page: str) -> None:
    browser = desktop.chromium(page)
    browser.wait_text("Sign in")
    browser.type("input[name=mail]", "ana")
    browser.screenshot("bench-chromium")
    browser.click_text("Continue")
    assert browser.wait_text("Welcome") == "Welcome ana"


def test_chromium_reaches_a_host_of_the_world_through_the_proxy_of_the_test(desktop: Desktop, page: str) -> None:
    browser = desktop.chromium("http://consent.example/", proxy=page.rstrip("/"))
    assert "Sign in" in browser.wait_text("Sign in")
    assert browser.url == "http://consent.example/"


def test_each_test_begins_with_nothing(desktop: Desktop) -> None:
    used = desktop.home
    (used / "leftover").write_text("x", "utf-8")
    start_sample(desktop)
    desktop.reset()
    assert desktop.tray.items() == []
    assert desktop.notifications.all() == []
    assert desktop.keyring.items() == []
    assert desktop.home != used
    assert list(desktop.home.iterdir()) == []


def test_secrets_in_files_are_found_however_they_are_written(desktop: Desktop) -> None:
    secret = b"rt_the+secret/of~ana"
    for shift in range(3):
        text = base64.b64encode(b"x" * shift + secret + b"yz")
        (desktop.home / f"base64-{shift}").write_bytes(b"{" + text + b"}")
    (desktop.home / "hex").write_text(secret.hex(), "utf-8")
    (desktop.folder("XDG_DATA_HOME") / "clear").write_bytes(b"a" + secret + b"b")
    (desktop.home / "other").write_bytes(b"nothing")
    assert {path.name for path in desktop.files_containing([secret])} == {
        *("base64-0", "base64-1", "base64-2", "hex", "clear"),
    }


def test_a_desktop_that_is_closed_leaves_nothing_behind() -> None:
    session = Session()
    marker = str(session.folder)
    session.close()
    assert not session.folder.exists()
    assert processes_marked(marker) == []


def test_a_desktop_that_does_not_come_up_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()

    def make_folder(prefix: str, dir: str) -> str:  # noqa: A002 - mkdtemp's own name
        del prefix, dir
        return str(folder)

    monkeypatch.setattr(session_module, "mkdtemp", make_folder)
    monkeypatch.setattr(session_module, "notify_daemon", lambda: "/bin/false")
    monkeypatch.setattr(session_module, "START_SECONDS", 2)
    with pytest.raises(BenchError, match=r"(?s)org\.freedesktop\.Notifications.*ended with 1"):
        Session()
    assert not folder.exists()
    assert processes_marked(str(folder)) == []

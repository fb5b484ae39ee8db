"""Signing in without the listener: a code typed into a real browser's page, and an address pasted with the keyboard."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from socketserver import BaseRequestHandler, TCPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from PySide6.QtGui import QImage

from tests.desktop.bench import Desktop
from tests.desktop.waiting import wait_for
from tests.desktop.walking import CALLBACK_PORTS, LOG_IN, LOGIN_WINDOW, NEWCOMER, App
from tests.desktop.windows import Window
from tests.support.patience import PATIENCE

pytestmark = [pytest.mark.desktop]

FIELD = "Address of that page"
CODE = "[A-Z]{4}-[A-Z]{4}"


@contextmanager
def ports_taken() -> Generator[None]:
    """Another program holds both callback ports, and hangs up on every caller."""
    with ExitStack() as held:
        for port in CALLBACK_PORTS:
            # One that is taken already serves as well.
            with suppress(OSError):
                server = held.enter_context(_Holder(("127.0.0.1", port), BaseRequestHandler))
                held.callback(server.shutdown)
                Thread(target=server.serve_forever, daemon=True).start()
        yield


class _Holder(TCPServer):
    allow_reuse_address = True


def picture(desktop: Desktop, name: str, window: Window) -> None:
    """Save what the window looks like; it is not blank."""
    image = QImage(str(desktop.screenshot(f"login-{name}", window.region)))
    colours = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert len(colours) > 8


def use_code(desktop: Desktop, app: App) -> str:
    """From the menu to the code, as a person reads it."""
    app.start_login()
    desktop.screen.wait_window(LOGIN_WINDOW)
    app.press("Use a code instead")
    return desktop.reader.wait(CODE, pid=app.pid).name


def paste(desktop: Desktop, text: str) -> None:
    """Type into the field, which has the keyboard, and press Enter."""
    desktop.screen.type_text(text, to=LOGIN_WINDOW)
    desktop.screen.key("Return", to=LOGIN_WINDOW)


def test_a_code_typed_into_a_real_browser_signs_in(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    code = use_code(desktop, app)
    window = desktop.screen.wait_window(LOGIN_WINDOW)
    picture(desktop, "code-dark", window)
    opened = len(desktop.browser.urls())
    app.press("Open the page")
    # The page asks for the code first, so it is copied with it.
    app.read("^Copied$")
    url = desktop.browser.wait_url(after=opened)
    assert urlsplit(url).query == ""
    page = desktop.chromium(url)
    page.type("#user_code", code)
    page.click("button.primary")
    page.type("#email", NEWCOMER)
    page.click("#sign-in")
    desktop.screen.wait_no_window(LOGIN_WINDOW, seconds=PATIENCE)
    app.wait_account(NEWCOMER)


def test_an_address_pasted_into_the_window_signs_in(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    with ports_taken():
        app.item.click_menu(LOG_IN)
        window = desktop.screen.wait_window(LOGIN_WINDOW)
        app.read("ports 1455 and 1457 are in use by")
        picture(desktop, "ports-taken", window)
        app.press("Paste the address")
        url = desktop.browser.wait_url()
        desktop.reader.wait(FIELD, role="text", pid=app.pid)
        picture(desktop, "paste", desktop.screen.wait_window(LOGIN_WINDOW))
        paste(desktop, "http://localhost:1455/auth/callback?code=x&state=wrong")
        app.read("it belongs to another login attempt")
        picture(desktop, "paste-wrong", desktop.screen.wait_window(LOGIN_WINDOW))
        page = desktop.chromium(url)
        page.type("#email", NEWCOMER)
        page.click("#sign-in")
        ended_at = wait_for("the callback's address", lambda: found if "code=" in (found := page.url) else None)
        assert parse_qs(urlsplit(ended_at).query)["state"] == parse_qs(urlsplit(url).query)["state"]
        paste(desktop, ended_at)
        desktop.screen.wait_no_window(LOGIN_WINDOW)
    app.wait_account(NEWCOMER)
    assert desktop.files_containing([ended_at.encode()]) == []


@pytest.mark.parametrize(
    ("name", "env"),
    [
        ("2x", {"QT_SCALE_FACTOR": "2"}),
        ("zh", {"LANG": "zh_CN.UTF-8", "LANGUAGE": "zh_CN"}),
    ],
)
def test_the_window_is_whole_when_it_is_larger_or_in_chinese(desktop: Desktop, name: str, env: dict[str, str]) -> None:
    app = App(desktop, "--demo", env=env)
    app.item.click_menu(LOG_IN if name != "zh" else "登录 Codex")
    desktop.browser.wait_url()
    title = LOGIN_WINDOW if name != "zh" else "登录 Codex"
    window = desktop.screen.wait_window(title)
    picture(desktop, name, window)
    # With the keyboard: a screen reader does not know how large a scaled window's pixels are.
    desktop.reader.wait("Use a code instead|改用代码.*", role="push button", pid=app.pid)
    desktop.screen.key("alt+u", to=title)
    desktop.reader.wait(CODE, pid=app.pid)
    picture(desktop, f"code-{name}", desktop.screen.wait_window(title))
    # A screen reader counts in the program's own pixels.
    scale = int(env.get("QT_SCALE_FACTOR", "1"))
    last = desktop.reader.region(desktop.reader.wait("Cancel|取消", pid=app.pid))
    assert 0 <= last.x * scale <= 1280 - last.width * scale
    assert 0 <= last.y * scale <= 800 - last.height * scale

"""What the walks through Probe Tray share: the running app, a sign-in in the browser, and where tokens would show."""

import asyncio
import contextlib
import json
import os
import re
import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.sealer import VaultKey
from probe_tray.adapters.logins.vault import VaultStore, record_files
from probe_tray.core.account.secret import Secret
from probe_tray.demo import DemoLogin
from tests.desktop.bench import Desktop, installed
from tests.desktop.bus import BusError
from tests.desktop.processes import Program
from tests.desktop.tray import TrayItem
from tests.desktop.waiting import BenchError, wait_for
from tests.desktop.windows import Window
from tests.support.keyrings import FakeKeyStore
from tests.support.patience import PATIENCE

LOG_IN: Final = "Log in to Codex…"
PANEL: Final = "^Probe Tray$"
LOGIN_WINDOW: Final = "^Log in (to Codex|as )"
SETTINGS_WINDOW: Final = "^Settings"
SETTINGS_PAGES: Final = ("General", "Accounts", "Notifications")
"""The first of its pages, from top to bottom."""
NEWCOMER: Final = "newcomer@example.com"
IS_ROOT: Final = hasattr(os, "geteuid") and os.geteuid() == 0
OBEYING_MODES: Final = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--") if IS_ROOT else ()
"""Before a command: root, whom no file's mode stops, becomes like everybody else."""
CALLBACK_PORTS: Final = (1455, 1457)
BY_HAND: Final = "as a person starts it"
"""Among the arguments: no ``--background``, so that a first start opens the panel."""
PORT_SECONDS: Final = PATIENCE
"""How long a callback port is waited for that another test run on this machine has just now."""


class App:
    """One run of the tray app, from its icon on."""

    def __init__(
        self,
        desktop: Desktop,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
        program: Path | None = None,
    ) -> None:
        """Start the installed program, or ``program``, with the words of ``before`` in front, and wait for its icon.

        It opens no window by itself, unless the ``arguments`` ask for one.
        """
        if not {"--login", "--refresh", "--show", "--background", BY_HAND}.intersection(arguments):
            arguments = (*arguments, "--background")
        arguments = tuple(word for word in arguments if word != BY_HAND)
        self.desktop = desktop
        self.program: Program = desktop.start(*before, program or installed("probe-tray"), *arguments, env=env)
        self.item: TrayItem = wait_for("the app's icon", self._icon, seconds=PATIENCE, instead=desktop.describe)

    @property
    def pid(self) -> int:
        """Its process."""
        return self.program.pid

    def _icon(self) -> TrayItem | None:
        if not self.program.running:
            raise BenchError(self.program.describe())
        with contextlib.suppress(BusError):
            return next((i for i in self.desktop.tray.items() if i.pid == self.pid and i.icon_sizes), None)
        return None

    def wait_account(self, name: str, numbers: str = r"\d%|full until") -> str:
        """Wait until the menu has the account's line with ``numbers`` (a regular expression), and return the line."""
        return wait_for(
            f"{name} in the menu with {numbers!r}",
            lambda: next((n for n in self.item.menu().labels() if n.startswith(name) and re.search(numbers, n)), None),
            seconds=PATIENCE,
            instead=lambda: f"menu:\n{self.item.menu().tree()}",
        )

    def open_panel(self) -> Window:
        """Click the icon and wait for the panel."""
        self.item.activate()
        return self.desktop.screen.wait_window(PANEL)

    def read(self, pattern: str) -> str:
        """Wait until something in its windows holds the regular expression, and return the whole text of it."""
        return self.desktop.reader.wait(f"(?s).*(?:{pattern}).*", pid=self.pid).name

    def press(self, button: str) -> None:
        """Click a button of its windows with the mouse."""
        self.desktop.reader.press(button, pid=self.pid)

    def open_settings(self, page: str) -> Window:
        """Choose "Settings…" in the menu, and walk from the search to a page in the window's list."""
        self.item.click_menu("Settings…")
        window = self.desktop.screen.wait_window(SETTINGS_WINDOW)
        self.desktop.screen.wait_keyboard(SETTINGS_WINDOW)
        self.desktop.reader.wait_focus("Search settings")
        for _ in range(1 + SETTINGS_PAGES.index(page)):
            self.desktop.screen.key("Down", to=SETTINGS_WINDOW)
        self.desktop.reader.wait(page, role="label", pid=self.pid)
        return window

    def answer(self, notification: str, button: str) -> None:
        """Click a button of the notification that has the words (a regular expression) as soon as it is there."""
        self.desktop.notifications.press(self.desktop.notifications.wait(notification), button)

    def start_login(self) -> str:
        """Choose "Log in to Codex…" in the menu; the address that the browser was given."""
        wait_for("a free callback port", lambda: any(map(is_free, CALLBACK_PORTS)), seconds=PORT_SECONDS)
        before = len(self.desktop.browser.urls())
        self.item.click_menu(LOG_IN)
        return self.desktop.browser.wait_url(after=before)

    def finish_login(self, url: str, email: str, *, proxy: str | None = None) -> None:
        """Sign in on the consent page, and wait until the login's window has closed by itself."""
        page = self.desktop.chromium(url, proxy=proxy)
        page.type("#email", email)
        page.click("#sign-in")
        page.wait_text("Login received")
        self.desktop.screen.wait_no_window(LOGIN_WINDOW)

    def quit(self) -> None:
        """Choose Quit in the menu; the app ends well and its icon goes away."""
        self.item.click_menu("Quit")
        assert self.program.wait_exit() == 0, self.program.describe()
        self.desktop.tray.wait_empty()


def take(port: int) -> socket.socket | None:
    """Listen on a callback port, as another program's login does; None where somebody else does."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(("127.0.0.1", port))
        taken.listen()
    except OSError:
        taken.close()
        return None
    return taken


def is_free(port: int) -> bool:
    """Whether nobody listens on a callback port."""
    taken = take(port)
    if taken is not None:
        taken.close()
    return taken is not None


def data_folder(desktop: Desktop, *, demo: bool = True) -> Path:
    """The app's data folder in the present home."""
    return desktop.folder("XDG_DATA_HOME") / ("probe-tray-demo" if demo else "probe-tray")


def config_file(desktop: Desktop, *, demo: bool = True) -> Path:
    """The app's configuration file in the present home."""
    return desktop.folder("XDG_CONFIG_HOME") / ("probe-tray-demo" if demo else "probe-tray") / "config.json"


def write_config(desktop: Desktop, text: str, *, demo: bool = True) -> Path:
    """Write the configuration file before a start."""
    path = config_file(desktop, demo=demo)
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    return path


def vault_key(desktop: Desktop) -> bytes:
    """The vault's key, in base64 as the keyring has it; never print it."""
    return desktop.keyring.contents(desktop.keyring.wait_item(service="Probe Tray"))


def vault_tokens(desktop: Desktop, *, demo: bool = True) -> list[bytes]:
    """Every token in the vault, opened with the key from the keyring; never print them."""
    data = data_folder(desktop, demo=demo)
    keyring = FakeKeyStore(Secret(vault_key(desktop).decode()))
    vault = VaultStore(data / "vault", VaultKey(keyring, FileLocks(data / "locks"), lambda: True), disk=Disk())
    contents = asyncio.run(vault.load())
    assert contents.problem is None
    assert not contents.unreadable
    assert len(contents.found) == len(record_files(data / "vault"))
    logins = [stored.credential for stored in contents.found]
    tokens = [t for login in logins for t in (login.access_token, login.refresh_token, login.id_token)]
    return [token.reveal().encode() for token in tokens if token is not None]


def official_login(login: DemoLogin) -> bytes:
    """The official client's auth.json with this login, as it is written once the service has given it."""
    tokens = {name: getattr(login, name) for name in ("id_token", "access_token", "refresh_token", "account_id")}
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    made = {"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": tokens, "last_refresh": now}
    return json.dumps(made, indent=2).encode()

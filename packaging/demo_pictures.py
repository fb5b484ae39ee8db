"""Runs the demo and photographs it: ``python packaging/demo_pictures.py light|dark first|three|codex|many FOLDER``.

One run shows one story, with folders of its own and without a screen. Each of its pictures is a window as it is drawn,
``NAME-TONE.png``, and beside it the tray icon of that moment, ``NAME-TONE-icon.png``.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace
from PySide6.QtGui import QFont, QImage
from PySide6.QtWidgets import QApplication

from probe_tray.adapters.files.app_folders import demo_places
from probe_tray.adapters.files.config_file import load_settings
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import make_private_folder, replace_file
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.keyring.backends import known_backend
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.systems.current import this_desktop
from probe_tray.adapters.systems.desktop import PlainDesktop
from probe_tray.bootstrap import LOGGED_OUT, Session, write_past
from probe_tray.core.account.credential import Credential, make_credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.account.suggestion import suggestion
from probe_tray.core.commands import Refresh, StartLogin, UseInCodex
from probe_tray.core.service.service import OFFICIAL
from probe_tray.core.settings import Language
from probe_tray.core.state import LoginPhase
from probe_tray.demo import DemoService, people
from probe_tray.demo.samples import sample_logins
from probe_tray.engine_factory import DesktopHooks, RunService, Wired
from probe_tray.ports.time import Clock
from probe_tray.resources import resource
from probe_tray.ui.event_loop.loop import run
from probe_tray.ui.shell import Shell
from probe_tray.ui.shell_context import ShellContext
from probe_tray.ui.tray.first_icon import FirstIcon
from probe_tray.ui.tray.icon import ON_DARK, ON_LIGHT, IconPainter
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator, parse_po

ICON = 44
_LONGEST = 30.0
_REST = 0.5
"""Seconds between two looks at a window that has come to rest if they are the same."""
_ACCOUNTS = {"first": 0, "three": 3, "codex": 3, "many": 20}


class Camera:
    """A running demo, and what is photographed of it."""

    def __init__(self, wired: Wired, shell: Shell, service: DemoService, tone: str, folder: Path) -> None:
        """Put pictures in ``tone`` into ``folder``."""
        self.engine = wired.engine
        self.shell = shell
        self.service = service
        self._clock = wired.clock
        self._tone, self._folder = tone, folder

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it ``holds``. Raises TimeoutError."""
        changed = asyncio.Event()
        unsubscribe = self.engine.subscribe(changed.set)
        try:
            async with asyncio.timeout(_LONGEST):
                while not holds():
                    changed.clear()
                    await changed.wait()
        finally:
            unsubscribe()

    async def refresh(self) -> None:
        """Ask for all quotas, and wait for the answers."""
        before = self._clock.now()
        self.engine.send(Refresh())
        await self.until(lambda: all(a.checked_at and a.checked_at >= before for a in self.engine.state.accounts))

    def now(self) -> datetime:
        """The time of the demo."""
        return self._clock.now()

    async def use_in_codex(self, account: AccountKey) -> None:
        """Have the demo's official client use an account, and see that it does."""
        self.engine.send(UseInCodex(account=account))
        await self.until(lambda: any(home.account == account for home in self.engine.state.codex.homes))

    async def photograph(self, name: str, window: str = "panel") -> None:
        """Take a picture of the window with this name, and one of the icon."""
        # Draws at once; a change is drawn later otherwise, on a busy machine by seconds.
        self.shell.show_panel()
        picture = await _at_rest(window)
        picture.save(str(self._folder / f"{name}-{self._tone}.png"))
        look = present(self.engine.state, self._clock.now(), UTC, Translator()).tray.look
        ink = ON_DARK if self._tone == "dark" else ON_LIGHT
        IconPainter().pixmap(look, ink, ICON).save(str(self._folder / f"{name}-{self._tone}-icon.png"))


async def _at_rest(name: str) -> QImage:
    """A window of this name, once two looks at it are the same: a busy machine draws late. Raises TimeoutError."""
    before: QImage | None = None
    async with asyncio.timeout(_LONGEST):
        while True:
            shown = next((w for w in QApplication.topLevelWidgets() if w.objectName() == name and w.isVisible()), None)
            now = None if shown is None else shown.grab().toImage()
            if now is not None and now == before:
                return now
            before = now
            await asyncio.sleep(_REST)


async def tell(story: str, camera: Camera) -> None:
    """Let a story happen, and photograph it."""
    state = camera.engine
    await camera.until(lambda: state.state.loaded and len(state.state.accounts) == _ACCOUNTS[story])
    await camera.refresh()
    match story:
        case "first":
            await camera.photograph("welcome")
            camera.engine.send(StartLogin())
            await camera.until(lambda: state.state.login is not None and state.state.login.phase is LoginPhase.WAITING)
            await camera.photograph("login", "login")
        case "three":
            await camera.photograph("three")
            camera.service.end_logins("lee@studio.example")
            await camera.refresh()
            await camera.photograph("ended")
            camera.service.stop()
            await camera.refresh()
            await camera.photograph("offline")
        case "codex":
            spent = next(a.key for a in state.state.accounts if a.email.startswith("research"))
            await camera.use_in_codex(spent)
            await camera.until(lambda: not state.state.feedback)
            await camera.photograph("spent")
            seen = state.state
            best = suggestion(seen, camera.now())
            if best is None:
                raise ValueError(story)
            await camera.use_in_codex(best.next.key)
            await camera.photograph("used")
        case _:
            await camera.photograph("many")


@asynccontextmanager
async def demo(app: QApplication, service: DemoService, tone: str, folder: Path) -> AsyncGenerator[Camera]:
    """Run the tray app over ``service``."""
    places, addresses = demo_places(), service.addresses
    make_private_folder(places.data_folder)
    await write_past(service, places)
    simulated = replace(OFFICIAL, issuer=addresses.issuer, backend=addresses.backend)
    disk = Disk()
    make_private_folder(places.codex_home)
    replace_file(places.official_login, LOGGED_OUT, disk=disk)
    loaded = load_settings(places.config_file, disk=disk, create=FileLocks(places.locks))

    def samples(clock: Clock) -> Iterable[Credential]:
        if len(service.people) <= _ACCOUNTS["three"]:
            return sample_logins(service, clock)
        return [login_of(person.email, service) for person in service.people]

    run = RunService(addresses=simulated, samples=samples, choose_keyring=known_backend, is_demo=True)
    desktop = DesktopHooks(
        show_message=lambda _title, _text: None,
        is_metered=lambda: None,
        press=lambda _account, _wanted: None,
        script_proxy=lambda _host: "",
    )
    session = Session(run, places, loaded, os.environ, disk, KnownSecrets())
    words = _translator(loaded.settings.language)
    wired = session.wire(words, UTC, desktop)
    around = ShellContext(
        translator=words,
        clock=wired.clock,
        zone=UTC,
        inspector=wired.inspector,
        blends_windows=lambda: False,
        first_icon=FirstIcon(None, PlainDesktop({}), lambda: False),
        remember_icon=lambda _: None,
        desktop=this_desktop(),
        tray_available=lambda: True,
    )
    shell = Shell(app, wired.engine, around, lambda: None)
    engine = asyncio.create_task(wired.engine.run())
    try:
        yield Camera(wired, shell, service, tone, folder)
    finally:
        shell.close()
        engine.cancel()
        with suppress(asyncio.CancelledError):
            await engine
        await wired.client.aclose()


def login_of(email: str, service: DemoService) -> Credential:
    """A login of somebody who has an account there."""
    issued = service.issue_login(email)
    made = make_credential(
        access_token=Secret(issued.access_token),
        refresh_token=Secret(issued.refresh_token),
        id_token=Secret(issued.id_token),
        expired=issued.expires_at,
        made_here=True,
    )
    if made is None:
        raise ValueError(email)
    return made


def main() -> int:
    """Tell one story."""
    parser = argparse.ArgumentParser(description="Run the demo and photograph it.")
    parser.add_argument("tone", choices=("light", "dark"))
    parser.add_argument("story", choices=tuple(_ACCOUNTS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--language", choices=("en", "zh_CN"), default="en")
    options = parser.parse_args()
    with TemporaryDirectory() as home:
        _move_in(Path(home), options.tone, options.language)
        app = QApplication(sys.argv[:1])
        font = QFont(["Inter", "Noto Sans", "Segoe UI", "Helvetica Neue", "Noto Sans CJK SC"])
        font.setPixelSize(13)
        app.setFont(font)
        # A cursor that blinks is never at rest.
        app.setCursorFlashTime(0)

        async def work() -> int:
            with DemoService(people=people(_ACCOUNTS[options.story])) as service:
                async with demo(app, service, options.tone, options.folder) as camera:
                    await tell(options.story, camera)
            return 0

        return run(app, work)


def _move_in(home: Path, tone: str, language: str) -> None:
    """Have a home in which nothing is anybody's, before anything of the program is made."""
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        os.environ[name] = str(home)
    for name in ("DBUS_SESSION_BUS_ADDRESS", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        os.environ.pop(name, None)
    os.environ |= {"BROWSER": "true", "NO_PROXY": "127.0.0.1"}
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    config = demo_places().config_file
    config.parent.mkdir(parents=True, exist_ok=True)
    logins = home / "logins"
    logins.mkdir()
    settings = {"appearance": tone, "language": language, "storage": "folder", "sync_dir": str(logins)}
    config.write_text(json.dumps(settings), encoding="utf-8")


def _translator(language: Language) -> Translator:
    if language is not Language.CHINESE:
        return Translator()
    return Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))


if __name__ == "__main__":
    sys.exit(main())

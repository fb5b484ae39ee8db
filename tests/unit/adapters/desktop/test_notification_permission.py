"""Notifications where the system gives this program no service, or a person has turned them off.

The doubles answer as desktop-notifier 6.2 describes its backends (``backends/base.py``, ``macos.py``, ``dummy.py``),
and osascript as osascript(1) does.
"""

import asyncio
import ctypes
import subprocess
import sys
from collections.abc import Callable
from threading import Thread
from types import ModuleType

import desktop_notifier.main as library
import pytest
from desktop_notifier import Notification as Shown
from desktop_notifier.backends.base import DesktopNotifierBackend
from desktop_notifier.backends.dummy import DummyNotificationCenter
from desktop_notifier.common import Capability, Icon

from probe_tray.adapters.desktop.notifier import DesktopNotifier, may_notify
from probe_tray.adapters.systems import macos
from probe_tray.ports.desktop import Notification
from probe_tray.resources import resource
from tests.support.winreg import Winreg

ICON = resource("icons/probe-tray.svg")

KEY = r"Software\Classes\AppUserModelId\ProbeTray.ProbeTray"

NOTE = Notification(tag="t", title='A "title"', body="$(body)")


class Person:
    """Answers macOS's question, and may change the answer in the settings."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self.allows = False
        self.seen: list[str] = []

    def backend(self) -> type[DesktopNotifierBackend]:
        person = self

        class Center(DesktopNotifierBackend):
            def __init__(self, app_name: str, app_icon: Icon | None = None) -> None:
                super().__init__(app_name, app_icon)

            async def request_authorisation(self) -> bool:
                await person.answered.wait()
                return person.allows

            async def has_authorisation(self) -> bool:
                return person.allows

            @property
            def nc(self) -> "Center":
                return self

            def getNotificationSettingsWithCompletionHandler(self, handler: Callable[[object], None]) -> None:
                # From a thread of the system's own.
                Thread(target=handler, args=[person]).start()

            async def _send(self, notification: Shown) -> None:
                person.seen.append(notification.title)

            async def _clear(self, identifier: str) -> None:
                person.seen.append(f"cleared {identifier}")

            async def _clear_all(self) -> None:
                person.seen.append("cleared all")

            async def _get_capabilities(self) -> frozenset[Capability]:
                return frozenset()

        return Center


class Others:
    """Whatever else may be told of a notification."""

    def __init__(self) -> None:
        self.fallback: list[tuple[str, str]] = []

    def show(self, title: str, body: str) -> None:
        self.fallback.append((title, body))


def nothing(_action: str) -> None:
    pass


def provide(
    monkeypatch: pytest.MonkeyPatch, platform: str, backend: Callable[[], type[DesktopNotifierBackend]]
) -> Winreg:
    registry = Winreg.installed(monkeypatch)
    monkeypatch.setattr(library, "get_backend_class", backend)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setitem(sys.modules, "rubicon.objc", Objc())
    return registry


class Objc(ModuleType):
    """rubicon-objc, as far as a block and a message go (rubicon-objc 0.5, ``Block`` and ``send_message``)."""

    objc_id = object

    def __init__(self) -> None:
        super().__init__("rubicon.objc")

    def Block(self, handler: Callable[[object], None], returns: None, given: type) -> Callable[[object], None]:
        assert (returns, given) == (None, object)
        return handler

    def send_message(self, settings: Person, selector: str, *, restype: type, argtypes: list[type]) -> int:
        assert (selector, restype, argtypes) == ("authorizationStatus", ctypes.c_long, [])
        # notDetermined, denied, authorized (UNAuthorizationStatus).
        return 0 if not settings.answered.is_set() else 2 if settings.allows else 1


class Scripts:
    def __init__(self, status: int) -> None:
        self.status = status
        self.commands: list[tuple[str, ...]] = []

    def run(self, command: tuple[str, ...], **_options: object) -> subprocess.CompletedProcess[bytes]:
        self.commands.append(command)
        return subprocess.CompletedProcess(command, self.status, b"", b"")


@pytest.mark.parametrize(("status", "fallback"), [(0, []), (1, [(NOTE.title, NOTE.body)])])
async def test_macos_without_a_bundle_shows_it_by_a_script(
    status: int, fallback: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts, others = Scripts(status), Others()
    provide(monkeypatch, "darwin", lambda: DummyNotificationCenter)
    monkeypatch.setattr(macos.subprocess, "run", scripts.run)
    notifier = DesktopNotifier(others.show, ICON)
    assert await notifier.show(NOTE, nothing)
    (command,) = scripts.commands
    assert command[0] == "/usr/bin/osascript"
    assert command[-3:] == ("--", NOTE.title, NOTE.body)
    assert not any(NOTE.title in word or NOTE.body in word for word in command[:-3])
    assert others.fallback == fallback


async def test_without_a_service_elsewhere_the_fallback_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    others = Others()
    provide(monkeypatch, "win32", lambda: DummyNotificationCenter)
    assert await DesktopNotifier(others.show, ICON).show(NOTE, nothing)
    assert others.fallback == [(NOTE.title, NOTE.body)]


@pytest.mark.parametrize("platform", ["darwin", "win32"])
async def test_where_they_are_turned_off_none_is_shown_in_any_other_way(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, others = Person(), Others()
    person.answered.set()
    provide(monkeypatch, platform, person.backend)
    notifier = DesktopNotifier(others.show, ICON)
    assert not await notifier.show(NOTE, nothing)
    assert (person.seen, others.fallback) == ([], [])
    person.allows = True
    assert await notifier.show(NOTE, nothing)
    assert person.seen == [NOTE.title]
    person.allows = False
    assert not await notifier.show(NOTE, nothing)
    assert (person.seen, others.fallback) == ([NOTE.title], [])


async def test_macos_waits_for_the_answer_without_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    person, others = Person(), Others()
    provide(monkeypatch, "darwin", person.backend)
    monkeypatch.setattr("probe_tray.adapters.desktop.notifier.SEND_SECONDS", 0.01)
    notifier = DesktopNotifier(others.show, ICON)
    first = asyncio.create_task(notifier.show(NOTE, nothing))
    # Meanwhile others are not held up, for longer than a service is given.
    await asyncio.wait({first}, timeout=0.05)
    await notifier.withdraw("another")
    assert (first.done(), others.fallback) == (False, [])
    person.allows = True
    person.answered.set()
    assert await first
    assert (person.seen, others.fallback) == ([NOTE.title], [])


async def test_the_permission_is_told_without_asking_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person()
    provide(monkeypatch, "darwin", person.backend)
    assert await may_notify(ICON) is None
    person.answered.set()
    assert await may_notify(ICON) is False
    person.allows = True
    assert await may_notify(ICON) is True
    assert person.seen == []


async def test_an_answer_of_macos_that_comes_too_late_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    person, late = Person(), list[Callable[[object], None]]()

    class Center(person.backend()):
        def getNotificationSettingsWithCompletionHandler(self, handler: Callable[[object], None]) -> None:
            late.append(handler)

    provide(monkeypatch, "darwin", lambda: Center)
    monkeypatch.setattr("probe_tray.adapters.desktop.notifier.SEND_SECONDS", 0.01)
    assert await may_notify(ICON) is None
    (handler,) = late
    handler(person)


async def test_outside_of_a_bundle_macos_says_nothing_of_a_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    provide(monkeypatch, "darwin", lambda: DummyNotificationCenter)
    assert await may_notify(ICON) is None


async def test_on_windows_they_come_from_the_program_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person()
    person.allows = True

    class Backend(person.backend()):
        # As ``winrt.py`` does: it names the id after itself.
        def __init__(self, app_name: str, app_icon: Icon | None = None) -> None:
            super().__init__(app_name, app_icon)
            registry.values[KEY] = {"DisplayName": app_name}
            person.seen.append(app_name)

    registry = provide(monkeypatch, "win32", lambda: Backend)
    assert await DesktopNotifier(Others().show, ICON).show(NOTE, nothing)
    assert person.seen == ["ProbeTray.ProbeTray", NOTE.title]
    assert registry.values[KEY] == {"DisplayName": "Probe Tray", "IconUri": str(ICON)}


async def test_linux_has_no_such_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person()
    provide(monkeypatch, "linux", person.backend)
    assert await may_notify(ICON) is None

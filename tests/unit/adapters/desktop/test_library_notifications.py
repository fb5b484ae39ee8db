"""What a click on a notification does on Windows, by the library's own backend over doubles of the Windows Runtime.

They answer as learn.microsoft.com describes ToastNotification: Dismissed comes with TimedOut (2) when a toast leaves
the screen for the notification centre, and Activated with the arguments of what was clicked.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from probe_tray.adapters.desktop.library_notifications import LibraryNotifications
from probe_tray.ports.desktop import Button, Notification

USER_CANCELED, TIMED_OUT = 0, 2
NOTE = Notification(tag="t", title="Log in again", body="OpenAI ended the login.", buttons=(Button("login", "Log in"),))
BACKEND = "desktop_notifier.backends.winrt"


class Xml:
    def load_xml(self, text: str) -> None:
        self.root = ET.fromstring(text)  # noqa: S314 - the library's own text


class Toast:
    """A ToastNotification, and the person who sees it."""

    tag = group = ""
    priority: object = None

    def __init__(self, document: Xml) -> None:
        self.document = document

    def add_activated(self, handler: Callable[[Any, Any], None]) -> None:
        self._activated = handler

    def add_dismissed(self, handler: Callable[[Any, Any], None]) -> None:
        self._dismissed = handler

    def add_failed(self, _handler: Callable[[Any, Any], None]) -> None: ...

    def leave_screen(self, reason: int) -> None:
        self._dismissed(self, SimpleNamespace(reason=reason))

    def click(self, button: str = "") -> None:
        place = self.document.root if not button else self.document.root.find(f".//action[@content='{button}']")
        assert place is not None
        arguments = SimpleNamespace(arguments=place.get("arguments" if button else "launch"), user_input=None)
        self._activated(self, SimpleNamespace(as_=lambda _kind: arguments))  # pyright: ignore[reportUnknownLambdaType]


class Manager:
    """What has been shown, and what lies in the notification centre."""

    def __init__(self) -> None:
        self.shown: list[Toast] = []
        self.removed: list[str] = []
        self.history = self

    def get_default(self) -> "Manager":
        return self

    def create_toast_notifier_with_id(self, _app: str) -> "Manager":
        return self

    def show(self, toast: Toast) -> None:
        self.shown.append(toast)

    def get_history_with_id(self, _app: str) -> list[Toast]:
        return self.shown

    def remove_grouped_tag_with_id(self, tag: str, _group: str, _app: str) -> None:
        self.removed.append(tag)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    manager = Manager()
    modules = {
        "winreg": {},
        "winrt": {},
        "winrt.system": {"Object": object, "unbox_string": str},
        "winrt.windows.applicationmodel.core": {"CoreApplication": SimpleNamespace(id="ProbeTray.ProbeTray")},
        "winrt.windows.data.xml.dom": {"XmlDocument": Xml},
        "winrt.windows.ui.notifications": {
            "NotificationSetting": SimpleNamespace(ENABLED=0),
            "ToastActivatedEventArgs": object,
            "ToastDismissalReason": SimpleNamespace(USER_CANCELED=USER_CANCELED),
            "ToastDismissedEventArgs": object,
            "ToastFailedEventArgs": object,
            "ToastNotification": Toast,
            "ToastNotificationManager": manager,
            "ToastNotificationPriority": SimpleNamespace(DEFAULT=0, HIGH=1),
        },
    }
    for name, content in modules.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    # The one over doubles must not stay for other tests.
    monkeypatch.delitem(sys.modules, BACKEND, raising=False)
    yield manager
    sys.modules.pop(BACKEND, None)


class Acts:
    def __init__(self, windows: Manager) -> None:
        self.done: list[str] = []
        service = import_module(BACKEND).WinRTDesktopNotifier("ProbeTray.ProbeTray")
        self.center = LibraryNotifications(service)
        self._windows = windows

    async def show(self) -> tuple[str, Toast]:
        identifier = await self.center.send(NOTE, self.done.append)
        assert identifier is not None
        return identifier, self._windows.shown[-1]


async def settle() -> None:
    """Let what is called from other threads come: the library hands it to the loop, and so do we."""
    for _ in range(3):
        await asyncio.sleep(0)


@pytest.mark.parametrize("reason", [None, TIMED_OUT])
@pytest.mark.parametrize(("button", "action"), [("", "open"), ("Log in", "login")])
async def test_a_click_does_what_it_says_also_after_the_toast_has_left_the_screen(
    windows: Manager, reason: int | None, button: str, action: str
) -> None:
    acts = Acts(windows)
    _, toast = await acts.show()
    _, other = await acts.show()
    if reason is not None:
        toast.leave_screen(reason)
    toast.click(button)
    await settle()
    assert acts.done == [action]
    # Once.
    toast.click(button)
    await settle()
    assert acts.done == [action]
    other.click()
    await settle()
    assert acts.done == [action, "open"]


async def test_one_that_was_withdrawn_does_nothing_any_more(windows: Manager) -> None:
    acts = Acts(windows)
    identifier, toast = await acts.show()
    toast.leave_screen(TIMED_OUT)
    await acts.center.withdraw(identifier)
    toast.click()
    await settle()
    assert (acts.done, windows.removed) == ([], [identifier])


async def test_one_that_the_person_put_away_does_no_harm(windows: Manager) -> None:
    acts = Acts(windows)
    identifier, toast = await acts.show()
    toast.leave_screen(USER_CANCELED)
    await settle()
    await acts.center.withdraw(identifier)
    assert acts.done == []

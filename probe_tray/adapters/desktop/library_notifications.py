"""Notifications of macOS and Windows, by desktop-notifier."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, final

import desktop_notifier as desktop
import desktop_notifier.main as library
from desktop_notifier.backends.dummy import DummyNotificationCenter

from probe_tray.adapters.desktop.notification_center import OPEN_ACTION
from probe_tray.adapters.systems.current import this_system
from probe_tray.ports.desktop import Notification, Urgency

if TYPE_CHECKING:
    from desktop_notifier.backends.base import DesktopNotifierBackend


@final
class LibraryNotifications:
    """Implements ``NotificationCenter``."""

    def __init__(self, service: "DesktopNotifierBackend") -> None:
        """Show them by ``service``."""
        self._service = service
        self._acts: dict[str, Callable[[str], object]] = {}
        """What a click does, by the notification's identifier."""
        # WORKAROUND desktop-notifier 6.2 (``winrt.py``): it forgets a notification with what was given along as soon as
        # it leaves the screen for the notification centre, where it can still be clicked.
        service.on_clicked = self._clicked
        service.on_button_pressed = self._act

    async def ask_person(self) -> None:
        """By macOS (desktop-notifier 6.2, ``backends/macos.py``)."""
        await self._service.request_authorisation()

    async def allowed(self) -> bool | None:
        """As the system says."""
        return await this_system().may_notify(self._service)

    async def send(self, notification: Notification, act: Callable[[str], None]) -> str | None:
        """Hand it to the service."""
        loop = asyncio.get_running_loop()
        delivered: list[bool] = []
        shown = desktop.Notification(
            title=notification.title,
            message=notification.body,
            urgency=desktop.Urgency.Critical if notification.urgency is Urgency.CRITICAL else desktop.Urgency.Normal,
            buttons=tuple(
                desktop.Button(title=button.label, identifier=button.action) for button in notification.buttons
            ),
            # The library reports a failure to its log only, but a success here.
            on_dispatched=lambda: delivered.append(True),
        )
        # macOS calls from a thread of its own. Before it is sent, for it may be clicked at once.
        self._acts[shown.identifier] = partial(loop.call_soon_threadsafe, act)
        await self._service.send(shown)
        if delivered:
            return shown.identifier
        self._acts.pop(shown.identifier, None)
        return None

    async def withdraw(self, identifier: str) -> None:
        """Clear it."""
        self._acts.pop(identifier, None)
        if identifier in await self._service.get_current_notifications():
            await self._service.clear(identifier)

    async def leave(self) -> None:
        """There is no connection."""

    def _clicked(self, identifier: str) -> None:
        self._act(identifier, OPEN_ACTION)

    def _act(self, identifier: str, action: str) -> None:
        # Once. Nobody knows of one of an earlier run.
        act = self._acts.pop(identifier, None)
        if act is not None:
            act(action)


def library_notifications(sender: str, icon: Path) -> LibraryNotifications | None:
    """The system's service, None where this system gives this program none, as macOS outside of a bundle."""
    kind = library.get_backend_class()
    # It takes every notification, shows none, and counts them as dispatched.
    if issubclass(kind, DummyNotificationCenter):
        return None
    service = kind(sender, desktop.Icon(path=icon))
    # WORKAROUND desktop-notifier 6.2 (``winrt.py``): it has just named the id after itself.
    this_system().describe_process(icon)
    return LibraryNotifications(service)

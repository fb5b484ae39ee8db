"""Notifications of macOS and Windows, by desktop-notifier."""

import asyncio
from collections.abc import Callable
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

    async def ask_person(self) -> None:
        """By macOS (desktop-notifier 6.2, ``backends/macos.py``)."""
        await self._service.request_authorisation()

    async def allowed(self) -> bool | None:
        """As the system says."""
        return await this_system().may_notify(self._service)

    async def send(self, notification: Notification, act: Callable[[str], None]) -> str | None:
        """Hand it to the service."""
        loop = asyncio.get_running_loop()

        def acted(action: str) -> Callable[[], None]:
            # Both systems call from threads of their own.
            def call() -> None:
                loop.call_soon_threadsafe(act, action)

            return call

        delivered: list[bool] = []
        shown = desktop.Notification(
            title=notification.title,
            message=notification.body,
            urgency=desktop.Urgency.Critical if notification.urgency is Urgency.CRITICAL else desktop.Urgency.Normal,
            buttons=tuple(
                desktop.Button(title=button.label, identifier=button.action, on_pressed=acted(button.action))
                for button in notification.buttons
            ),
            on_clicked=acted(OPEN_ACTION),
            # The library reports a failure to its log only, but a success here.
            on_dispatched=lambda: delivered.append(True),
        )
        await self._service.send(shown)
        return shown.identifier if delivered else None

    async def withdraw(self, identifier: str) -> None:
        """Clear it."""
        if identifier in await self._service.get_current_notifications():
            await self._service.clear(identifier)

    async def leave(self) -> None:
        """There is no connection."""


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

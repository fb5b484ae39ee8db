"""Desktop notifications through the system's own service, or whatever the fallback is where there is none."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from probe_tray.adapters.systems.current import this_system
from probe_tray.ports.desktop import Notification

if TYPE_CHECKING:
    from probe_tray.adapters.desktop.notification_center import NotificationCenter

APP_NAME: Final = "Probe Tray"
SEND_SECONDS: Final = 5.0
"""A service that has not taken a notification by then is taken for absent."""

_log: Final = logging.getLogger(__name__)


@final
class DesktopNotifier:
    """Shows notifications; implements the port ``Notifier``."""

    def __init__(self, fallback: Callable[[str, str], None], icon: Path) -> None:
        """Show ``icon`` beside each. ``fallback`` gets title and body where the desktop shows no notifications."""
        self._fallback = fallback
        self._icon = icon
        self._center: NotificationCenter | None = None
        self._shown: dict[str, str] = {}
        # One after the other: with two at once, both would look for the same older one.
        self._turn = asyncio.Lock()

    async def show(self, notification: Notification, on_action: Callable[[str], None]) -> bool:
        """Show it in place of an older one with the same tag, unless the person has turned them off. Never raises.

        ``on_action`` is called on the loop that is running now. On macOS the first one waits until the person has
        answered whether this program may show any. Returns whether it may.
        """
        if this_system().asks_before_notifying:
            await self._ask_person()
        async with self._turn:
            delivered = False
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    center = self._opened()
                    if center is not None and await center.allowed() is False:
                        # The person's choice is respected: no other way of showing it is tried.
                        return False
                    delivered = center is not None and await self._send(center, notification, on_action)
            except Exception as error:  # noqa: BLE001 - whatever a desktop does, a notification is never worth a crash
                _log.debug("no notification service: %s", type(error).__name__)
            if not delivered:
                # Its connection may be to a service that is gone: the next one starts anew.
                await self._leave()
                await self._show_otherwise(notification)
            return True

    async def allowed(self) -> bool | None:
        """As the system's service says. Never raises."""
        return await may_notify(self._icon)

    async def open_settings(self) -> None:
        """As the system has one. Never raises."""
        if not await asyncio.to_thread(this_system().open_notification_settings):
            _log.warning("the system's page about notifications could not be opened")

    async def withdraw(self, tag: str) -> None:
        """Take the notification with that tag off the screen, if it is still there. Never raises."""
        async with self._turn:
            await self._withdraw(tag)

    async def close(self) -> None:
        """Take every notification off the screen and leave the desktop's service. Never raises."""
        async with self._turn:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SEND_SECONDS):
                    for tag in tuple(self._shown):
                        await self._withdraw(tag)
            await self._leave()

    async def _withdraw(self, tag: str) -> None:
        center, shown = self._center, self._shown.pop(tag, None)
        if center is None or shown is None:
            return
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await center.withdraw(shown)
        except Exception as error:  # noqa: BLE001 - whatever a desktop does, a notification is never worth a crash
            _log.debug("a notification could not be withdrawn: %s", type(error).__name__)

    async def _leave(self) -> None:
        """Leave the desktop's service."""
        center, self._center = self._center, None
        self._shown.clear()
        if center is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(SEND_SECONDS):
                    await center.leave()

    async def _ask_person(self) -> None:
        # Not in ``_turn``, which withdrawing and closing need meanwhile.
        try:
            center = self._opened()
            if center is not None:
                await center.ask_person()
        except Exception as error:  # noqa: BLE001 - as above
            _log.debug("notifications could not be asked for: %s", type(error).__name__)

    def _opened(self) -> "NotificationCenter | None":
        """The desktop's service, None where this system gives this program none."""
        if self._center is None:
            self._center = _open(self._icon)
        return self._center

    async def _send(
        self, center: "NotificationCenter", notification: Notification, on_action: Callable[[str], None]
    ) -> bool:
        """Hand it to the desktop's service; whether that took it."""
        older = self._shown.pop(notification.tag, None)
        if older is not None:
            await center.withdraw(older)
        identifier = await center.send(notification, on_action)
        if identifier is not None:
            self._shown[notification.tag] = identifier
        return identifier is not None

    async def _show_otherwise(self, notification: Notification) -> None:
        if await asyncio.to_thread(this_system().show_notification, notification.title, notification.body):
            return
        try:
            self._fallback(notification.title, notification.body)
        except Exception as error:  # noqa: BLE001 - as above
            _log.warning("a notification could not be shown: %s", type(error).__name__)


async def may_notify(icon: Path) -> bool | None:
    """Whether the person lets this program show notifications; None where the system does not say. Never raises.

    It asks nobody. On Linux no desktop says it, and on macOS only a bundle is told, in a program with windows.
    """
    if not this_system().tells_permission:
        return None
    try:
        async with asyncio.timeout(SEND_SECONDS):
            center = _open(icon)
            return None if center is None else await center.allowed()
    except Exception as error:  # noqa: BLE001 - whatever a desktop does, a report is made all the same
        _log.debug("no permission of notifications: %s", type(error).__name__)
        return None


def _open(icon: Path) -> "NotificationCenter | None":
    # Imported late: most starts show nothing.
    system = this_system()
    sender = system.notification_sender(APP_NAME)
    if system.has_notification_bus:
        from probe_tray.adapters.desktop.bus_notifications import BusNotifications

        return BusNotifications(sender, icon)
    from probe_tray.adapters.desktop.library_notifications import library_notifications

    return library_notifications(sender, icon)

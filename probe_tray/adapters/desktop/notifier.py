"""Desktop notifications through the system's own service, or whatever the fallback is where there is none."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from probe_tray.adapters.systems.current import this_system
from probe_tray.ports.desktop import Notification, Urgency

if TYPE_CHECKING:
    from desktop_notifier.backends.base import DesktopNotifierBackend

APP_NAME: Final = "Probe Tray"
OPEN_ACTION: Final = "open"
"""What a click on the whole notification is called."""
SEND_SECONDS: Final = 5.0
"""A service that has not taken a notification by then is taken for absent."""

_log: Final = logging.getLogger(__name__)


@final
class DesktopNotifier:
    """Shows notifications with desktop-notifier; implements the port ``Notifier``.

    On Linux it talks to the session bus from the running loop (seen to work with qasync 0.28 and PySide6 6.11).
    """

    def __init__(self, fallback: Callable[[str, str], None], icon: Path) -> None:
        """Show ``icon`` beside each. ``fallback`` gets title and body where the desktop shows no notifications."""
        self._fallback = fallback
        self._icon = icon
        self._service: DesktopNotifierBackend | None = None
        self._shown: dict[str, str] = {}
        self._early: list[Callable[[], None]] = []
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
                    service = self._open()
                    if service is not None and await this_system().may_notify(service) is False:
                        # The person's choice is respected: no other way of showing it is tried.
                        return False
                    delivered = service is not None and await self._send(service, notification, on_action)
            except Exception as error:  # noqa: BLE001 - whatever a desktop does, a notification is never worth a crash
                _log.debug("no notification service: %s", type(error).__name__)
            early, self._early = self._early, []
            for act in early:
                act()
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
        service, shown = self._service, self._shown.pop(tag, None)
        if service is None or shown is None:
            return
        try:
            async with asyncio.timeout(SEND_SECONDS):
                if shown in await service.get_current_notifications():
                    await service.clear(shown)
        except Exception as error:  # noqa: BLE001 - whatever a desktop does, a notification is never worth a crash
            _log.debug("a notification could not be withdrawn: %s", type(error).__name__)

    async def _leave(self) -> None:
        """Leave the desktop's service."""
        service, self._service = self._service, None
        self._shown.clear()
        bus = getattr(service, "bus", None)
        if bus is not None:
            # WORKAROUND desktop-notifier 6.2: it has no way to end its connection, which would stay open for ever.
            with contextlib.suppress(Exception):
                bus.disconnect()
                async with asyncio.timeout(SEND_SECONDS):
                    await bus.wait_for_disconnect()

    async def _ask_person(self) -> None:
        """Have macOS ask whether this program may show notifications; once asked, it answers at once.

        Without a limit: the call returns when the person has answered (desktop-notifier 6.2, ``backends/macos.py``).
        Not in ``_turn``, which withdrawing and closing need meanwhile.
        """
        try:
            if service := self._open():
                await service.request_authorisation()
        except Exception as error:  # noqa: BLE001 - as above
            _log.debug("notifications could not be asked for: %s", type(error).__name__)

    def _open(self) -> "DesktopNotifierBackend | None":
        """The desktop's service, None where this system gives this program none, as macOS outside of a bundle."""
        # Imported late: it costs 35 ms and the session bus, and most starts show nothing.
        import desktop_notifier as desktop
        from desktop_notifier.backends.dummy import DummyNotificationCenter
        from desktop_notifier.main import get_backend_class

        if self._service is None:
            kind = get_backend_class()
            # It takes every notification, shows none, and counts them as dispatched.
            if issubclass(kind, DummyNotificationCenter):
                return None
            self._service = kind(this_system().notification_sender(APP_NAME), desktop.Icon(path=self._icon))
            # WORKAROUND desktop-notifier 6.2 (``winrt.py``): it has just named the id after itself.
            this_system().describe_process(self._icon)
            self._wait_for_numbers(self._service)
        return self._service

    async def _send(
        self, service: "DesktopNotifierBackend", notification: Notification, on_action: Callable[[str], None]
    ) -> bool:
        """Hand it to the desktop's service; whether that took it."""
        import desktop_notifier as desktop

        loop = asyncio.get_running_loop()
        older = self._shown.pop(notification.tag, None)
        if older is not None and older in await service.get_current_notifications():
            await service.clear(older)

        def act(action: str) -> None:
            # macOS and Windows call from threads of their own.
            loop.call_soon_threadsafe(on_action, action)

        delivered: list[bool] = []
        shown = desktop.Notification(
            title=notification.title,
            message=plain_body(notification.body),
            urgency=desktop.Urgency.Critical if notification.urgency is Urgency.CRITICAL else desktop.Urgency.Normal,
            buttons=tuple(
                desktop.Button(title=button.label, identifier=button.action, on_pressed=_bound(act, button.action))
                for button in notification.buttons
            ),
            on_clicked=_bound(act, OPEN_ACTION),
            # The library reports a failure to its log only, but a success here.
            on_dispatched=lambda: delivered.append(True),
        )
        self._shown[notification.tag] = shown.identifier
        await service.send(shown)
        return bool(delivered)

    def _wait_for_numbers(self, service: "DesktopNotifierBackend") -> None:
        """Keep a click that comes before the program knows the notification's number until it does.

        WORKAROUND desktop-notifier 6.2: on Linux it forgets such a click, and the bubble is gone by then. While the
        program draws what a start brings, that is long enough for a person to lose one.
        """
        acted = getattr(service, "_on_action", None)
        if acted is None:
            return

        def on_action(number: int, action: str) -> None:
            if self._turn.locked():
                self._early.append(lambda: acted(number, action))
            else:
                acted(number, action)

        vars(service)["_on_action"] = on_action

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
    from desktop_notifier.backends.dummy import DummyNotificationCenter
    from desktop_notifier.common import Icon
    from desktop_notifier.main import get_backend_class

    try:
        kind = get_backend_class()
        if issubclass(kind, DummyNotificationCenter):
            return None
        async with asyncio.timeout(SEND_SECONDS):
            service = kind(this_system().notification_sender(APP_NAME), Icon(path=icon))
            return await this_system().may_notify(service)
    except Exception as error:  # noqa: BLE001 - whatever a desktop does, a report is made all the same
        _log.debug("no permission of notifications: %s", type(error).__name__)
        return None


def plain_body(body: str) -> str:
    """``body`` as the desktop's service must get it to show it as it is: some read markup."""
    # Imported here: it brings a table of 0.3 MB that a start does without.
    from html import escape

    return escape(body, quote=False) if this_system().reads_markup else body


def _bound(act: Callable[[str], None], action: str) -> Callable[[], None]:
    return lambda: act(action)

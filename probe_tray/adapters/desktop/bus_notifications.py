"""Notifications of a Linux desktop (freedesktop.org, Desktop Notifications Specification 1.2)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, suppress
from pathlib import Path
from typing import Final, Protocol, cast, final

# keyring needs jeepney on Linux too; it ships no types.
from jeepney.bus_messages import MatchRule, message_bus  # pyright: ignore[reportMissingTypeStubs]
from jeepney.io.asyncio import DBusRouter, open_dbus_connection  # pyright: ignore[reportMissingTypeStubs]
from jeepney.low_level import HeaderFields, Message  # pyright: ignore[reportMissingTypeStubs]
from jeepney.wrappers import (  # pyright: ignore[reportMissingTypeStubs]
    DBusAddress,
    DBusErrorResponse,
    new_method_call,  # pyright: ignore[reportUnknownVariableType]
    unwrap_msg,
)

from probe_tray.adapters.desktop.notification_center import OPEN_ACTION
from probe_tray.ports.desktop import Notification, Urgency

_NAME: Final = "org.freedesktop.Notifications"
_PATH: Final = "/org/freedesktop/Notifications"
_SERVICE: Final = DBusAddress(_PATH, bus_name=_NAME, interface=_NAME)
_CLICKED: Final = "default"
"""The action of a click on the whole notification."""
_WITHOUT_CLICKS: Final = "Xfce Notify Daemon"
"""It shows that action as a button (docs.xfce.org/apps/xfce4-notifyd/spec)."""
_URGENCIES: Final = {Urgency.NORMAL: 1, Urgency.CRITICAL: 2}


class _SignalHeader(Protocol):
    fields: dict[HeaderFields, object]


class _ServiceSignal(Protocol):
    header: _SignalHeader
    body: tuple[object, ...]


class _MessageRouter(Protocol):
    async def send_and_get_reply(self, message: Message) -> Message: ...

    def filter(self, rule: object, *, queue: asyncio.Queue[_ServiceSignal]) -> AbstractContextManager[object]: ...


class _OpenBus(Protocol):
    async def close(self) -> None: ...


_OpenIt = Callable[[], Awaitable[_OpenBus]]
_Join = Callable[[_OpenBus], AbstractAsyncContextManager[_MessageRouter]]


@final
class BusNotifications:
    """Implements ``NotificationCenter`` over the session bus."""

    def __init__(self, sender: str, icon: Path) -> None:
        """Show them as the program ``sender`` with ``icon`` beside each."""
        self._sender, self._icon = sender, icon.absolute().as_uri()
        self._connection = AsyncExitStack()
        self._bus: _MessageRouter | None = None
        self._takes_clicks = True
        self._shown: dict[int, Callable[[str], None]] = {}
        """What a press does, by the number that the service gave the notification, while it is on the screen."""
        # Held until the number is known: a person may press sooner than that.
        self._numbering = asyncio.Lock()

    async def ask_person(self) -> None:
        """No desktop asks."""

    async def allowed(self) -> bool | None:
        """No desktop says it."""
        return None

    async def send(self, notification: Notification, act: Callable[[str], None]) -> str:
        """Show it; raises what the bus says."""
        async with self._numbering:
            bus = self._bus or await self._open()
            actions = [_CLICKED, ""] if self._takes_clicks else []
            for button in notification.buttons:
                actions += [button.action, button.label]
            hints = {"urgency": ("y", _URGENCIES[notification.urgency])}
            told = self._sender, 0, self._icon, notification.title, _plain(notification.body), actions, hints, -1
            number = cast("int", (await _called(bus, "Notify", "susssasa{sv}i", told))[0])
            self._shown[number] = act
        return str(number)

    async def withdraw(self, identifier: str) -> None:
        """Close it."""
        number = int(identifier)
        if self._bus is not None and self._shown.pop(number, None) is not None:
            # The service says so of one that was closed meanwhile.
            with suppress(DBusErrorResponse):
                await _called(self._bus, "CloseNotification", "u", (number,))

    async def leave(self) -> None:
        """Close the connection."""
        self._bus = None
        self._shown.clear()
        await self._connection.aclose()

    async def _open(self) -> _MessageRouter:
        async with AsyncExitStack() as stack:
            connection = await cast("_OpenIt", open_dbus_connection)()
            stack.push_async_callback(connection.close)
            bus = await stack.enter_async_context(cast("_Join", DBusRouter)(connection))
            signals = asyncio.Queue[_ServiceSignal]()
            rule = MatchRule(type="signal", interface=_NAME, path=_PATH)
            stack.enter_context(bus.filter(rule, queue=signals))
            await _called(bus, "AddMatch", "s", (rule.serialise(),), of=message_bus)
            self._takes_clicks = (await _called(bus, "GetServerInformation"))[0] != _WITHOUT_CLICKS
            listening = asyncio.create_task(self._listen(signals))
            stack.callback(listening.cancel)
            self._connection = stack.pop_all()
        self._bus = bus
        return bus

    async def _listen(self, signals: "asyncio.Queue[_ServiceSignal]") -> None:
        while True:
            signal = await signals.get()
            async with self._numbering:
                self._take(signal)

    def _take(self, signal: _ServiceSignal) -> None:
        member, body = signal.header.fields.get(HeaderFields.member), signal.body
        match member, body:
            case "ActionInvoked", (int() as number, str() as action):
                act = self._shown.pop(number, None)
                if act is not None:
                    asyncio.get_running_loop().call_soon(act, OPEN_ACTION if action == _CLICKED else action)
            case "NotificationClosed", (int() as number, int()):
                self._shown.pop(number, None)
            case _:
                # Some services tell more, such as the token with which a window may come to the front.
                pass


def _plain(text: str) -> str:
    """``text`` as a service must get it, which reads markup; html.escape brings a table of 0.3 MB along."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


async def _called(
    bus: _MessageRouter,
    member: str,
    signature: str | None = None,
    values: Sequence[object] = (),
    *,
    of: object = _SERVICE,
) -> tuple[object, ...]:
    """Raises DBusErrorResponse."""
    answer = await bus.send_and_get_reply(new_method_call(of, member, signature, tuple(values)))
    return cast("tuple[object, ...]", unwrap_msg(answer))

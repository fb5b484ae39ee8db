"""Notifications, over a session bus of the test's own with a notification service that writes down what it is told."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
import pytest

pytest.importorskip("dbus_fast", reason="needs Linux")

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from probe_tray.adapters.desktop import notifier as module
from probe_tray.adapters.desktop.notifier import DesktopNotifier
from probe_tray.ports.desktop import Button, Notification, Urgency
from probe_tray.resources import resource
from tests.support.patience import PATIENCE
from tests.support.session_bus import DAEMON

ICON = resource("icons/probe-tray.svg")

NAME: Final = "org.freedesktop.Notifications"
PATH: Final = "/org/freedesktop/Notifications"
INTROSPECTION: Final = """<node><interface name="org.freedesktop.Notifications">
<method name="Notify"><arg direction="in" type="s"/><arg direction="in" type="u"/><arg direction="in" type="s"/>
<arg direction="in" type="s"/><arg direction="in" type="s"/><arg direction="in" type="as"/>
<arg direction="in" type="a{sv}"/><arg direction="in" type="i"/><arg direction="out" type="u"/></method>
<method name="CloseNotification"><arg direction="in" type="u"/></method>
<method name="GetCapabilities"><arg direction="out" type="as"/></method>
<method name="GetServerInformation"><arg direction="out" type="s"/><arg direction="out" type="s"/>
<arg direction="out" type="s"/><arg direction="out" type="s"/></method>
<signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
<signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>"""

pytestmark = pytest.mark.skipif(sys.platform != "linux" or not DAEMON, reason="needs Linux and dbus-daemon")


class AccountAlerts(msgspec.Struct, frozen=True, kw_only=True):
    app: str
    icon: str
    title: str
    body: str
    actions: list[str]
    urgency: int


class Sender(Protocol):
    def send(self, msg: Message) -> object: ...


class Service:
    """The notification service of a desktop, without the pictures."""

    def __init__(self, bus: MessageBus) -> None:
        self._sender: Sender = bus
        self.told: dict[int, AccountAlerts] = {}
        self.closed: list[int] = []
        self.answers = True
        self.pressed_at_once = ""
        self.name = "test"
        self._number = 0
        bus.add_message_handler(self._answer)

    def press(self, number: int, action: str) -> None:
        self._signal("ActionInvoked", "us", number, action)

    def bring_to_front(self, number: int) -> None:
        self._signal("ActivationToken", "us", number, "renew")

    def _signal(self, name: str, kinds: str, *values: object) -> None:
        self._sender.send(Message.new_signal(PATH, NAME, name, kinds, list(values)))

    def _answer(self, message: Message) -> Message | bool | None:
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        match message.member:
            case "Introspect":
                return Message.new_method_return(message, "s", [INTROSPECTION])
            case "GetCapabilities":
                return Message.new_method_return(message, "as", [["actions", "body", "body-markup"]])
            case "GetServerInformation":
                return Message.new_method_return(message, "ssss", [self.name, "test", "1", "1.2"])
            case "Notify" if self.answers:
                return Message.new_method_return(message, "u", [self._note(message.body)])
            case "CloseNotification":
                self.closed.append(message.body[0])
                self._signal("NotificationClosed", "uu", message.body[0], 3)
                return Message.new_method_return(message)
            case "Notify":
                return True
            case _:
                return None

    def _note(self, body: list[Any]) -> int:
        app, _replaces, icon, title, text, actions, hints, _timeout = body
        self._number += 1
        if self.pressed_at_once:
            self.press(self._number, self.pressed_at_once)
        self.told[self._number] = AccountAlerts(
            app=app, icon=icon, title=title, body=text, actions=actions, urgency=hints["urgency"].value
        )
        return self._number


class Fallback:
    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []

    def __call__(self, title: str, body: str) -> None:
        self.shown.append((title, body))


@pytest.fixture
def bus_address(monkeypatch: pytest.MonkeyPatch, bus: str) -> str:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus)
    return bus


@pytest.fixture
async def service(bus_address: str) -> AsyncIterator[Service]:
    bus = await MessageBus(bus_address=bus_address).connect()
    await bus.request_name(NAME)
    yield Service(bus)
    bus.disconnect()
    with contextlib.suppress(Exception):
        await bus.wait_for_disconnect()


@pytest.fixture
def fallback() -> Fallback:
    return Fallback()


@pytest.fixture
async def notifier(fallback: Fallback) -> AsyncIterator[DesktopNotifier]:
    notifier = DesktopNotifier(fallback, ICON)
    yield notifier
    await notifier.close()


class Pressed:
    """The actions that were taken, and a way to wait for the next."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str] = asyncio.Queue()

    def __call__(self, action: str) -> None:
        self._queue.put_nowait(action)

    async def next(self) -> str:
        return await asyncio.wait_for(self._queue.get(), PATIENCE)


def notification(tag: str = "t", **changes: object) -> Notification:
    usual = Notification(tag=tag, title="Weekly quota at 82 %", body="It resets on Friday.")
    return msgspec.structs.replace(usual, **changes)


async def test_a_notification_arrives_as_it_is(service: Service, notifier: DesktopNotifier, fallback: Fallback) -> None:
    buttons = (Button("renew", "Renew"), Button("open", "Open"))
    await notifier.show(notification(buttons=buttons), Pressed())
    assert service.told == {
        1: AccountAlerts(
            app="Probe Tray",
            icon=ICON.as_uri(),
            title="Weekly quota at 82 %",
            body="It resets on Friday.",
            actions=["default", "", "renew", "Renew", "open", "Open"],
            urgency=1,
        )
    }
    assert fallback.shown == []


async def test_a_click_that_comes_before_the_number_is_known_counts(
    service: Service, notifier: DesktopNotifier
) -> None:
    service.pressed_at_once = "renew"
    pressed = Pressed()
    await notifier.show(notification(buttons=(Button("renew", "Renew"),)), pressed)
    assert await pressed.next() == "renew"


async def test_a_critical_one_is_marked(service: Service, notifier: DesktopNotifier) -> None:
    await notifier.show(notification(urgency=Urgency.CRITICAL), Pressed())
    assert service.told[1].urgency == 2


async def test_the_icon_is_named_by_its_file(service: Service, fallback: Fallback, tmp_path: Path) -> None:
    notifier = DesktopNotifier(fallback, tmp_path / "icon.png")
    await notifier.show(notification(), Pressed())
    assert service.told[1].icon == (tmp_path / "icon.png").as_uri()
    await notifier.close()


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ("<b>bold</b>", "&lt;b&gt;bold&lt;/b&gt;"),
        ("<a href='x'>y</a> & <img src=z>", "&lt;a href='x'&gt;y&lt;/a&gt; &amp; &lt;img src=z&gt;"),
        ("5 < 7 & 7 > 5", "5 &lt; 7 &amp; 7 &gt; 5"),
        ("&lt;", "&amp;lt;"),
    ],
)
async def test_markup_is_shown_and_not_read(service: Service, notifier: DesktopNotifier, body: str, sent: str) -> None:
    await notifier.show(notification(body=body), Pressed())
    assert service.told[1].body == sent


async def test_the_same_tag_takes_the_place_of_the_older_one(service: Service, notifier: DesktopNotifier) -> None:
    for title in ("one", "two", "three"):
        await notifier.show(notification("a", title=title), Pressed())
    await notifier.show(notification("b", title="other"), Pressed())
    assert [told.title for told in service.told.values()] == ["one", "two", "three", "other"]
    assert service.closed == [1, 2]


async def test_one_that_the_person_closed_is_not_closed_again(service: Service, notifier: DesktopNotifier) -> None:
    pressed = Pressed()
    await notifier.show(notification(buttons=(Button("x", "X"),)), pressed)
    service.press(1, "x")
    assert await pressed.next() == "x"
    await notifier.show(notification(), pressed)
    assert service.closed == []
    assert len(service.told) == 2


async def test_buttons_and_clicks_are_told_apart(service: Service, notifier: DesktopNotifier) -> None:
    first, second = Pressed(), Pressed()
    await notifier.show(notification("a", buttons=(Button("renew", "Renew"),)), first)
    await notifier.show(notification("b", buttons=(Button("renew", "Renew"),)), second)
    service.press(2, "default")
    assert await second.next() == "open"
    service.press(1, "renew")
    assert await first.next() == "renew"


async def test_what_else_the_service_tells_is_no_press(service: Service, notifier: DesktopNotifier) -> None:
    pressed = Pressed()
    await notifier.show(notification(buttons=(Button("renew", "Renew"), Button("x", "X"))), pressed)
    service.bring_to_front(1)
    service.press(99, "renew")
    service.press(1, "x")
    assert await pressed.next() == "x"


async def test_where_a_click_on_the_whole_would_be_a_button_there_is_none(
    service: Service, notifier: DesktopNotifier
) -> None:
    service.name = "Xfce Notify Daemon"
    await notifier.show(notification(buttons=(Button("renew", "Renew"),)), Pressed())
    assert service.told[1].actions == ["renew", "Renew"]


async def test_several_at_once_all_arrive(service: Service, notifier: DesktopNotifier) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(notifier.show(notification(f"t{number % 5}", title=str(number)), Pressed()))
    assert [told.title for told in service.told.values()] == [str(number) for number in range(10)]
    assert len(service.closed) == 5


async def test_one_can_be_withdrawn_and_closing_withdraws_the_others(
    service: Service, notifier: DesktopNotifier
) -> None:
    for tag in ("a", "b", "c"):
        await notifier.show(notification(tag), Pressed())
    await notifier.withdraw("b")
    await notifier.withdraw("b")
    await notifier.withdraw("nobody's")
    assert service.closed == [2]
    await notifier.close()
    assert service.closed == [2, 1, 3]


async def test_withdrawing_from_a_service_that_is_gone_does_not_matter(
    service: Service, notifier: DesktopNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    await notifier.show(notification(), Pressed())
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
    await notifier.close()
    await notifier.withdraw("t")
    await notifier.close()
    assert service.closed == [1]


async def test_without_a_service_the_fallback_shows_it(
    bus_address: str, notifier: DesktopNotifier, fallback: Fallback, caplog: pytest.LogCaptureFixture
) -> None:
    await notifier.show(notification(body="a < b"), Pressed())
    assert fallback.shown == [("Weekly quota at 82 %", "a < b")]


async def test_without_a_session_bus_the_fallback_shows_it(
    monkeypatch: pytest.MonkeyPatch, notifier: DesktopNotifier, fallback: Fallback, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
    await notifier.show(notification(), Pressed())
    assert len(fallback.shown) == 1


async def test_a_service_that_does_not_answer_is_given_up(
    service: Service, notifier: DesktopNotifier, fallback: Fallback, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module.SEND_SECONDS == 5
    monkeypatch.setattr(module, "SEND_SECONDS", 0.1)
    service.answers = False
    await notifier.show(notification(), Pressed())
    assert len(fallback.shown) == 1


async def test_a_service_that_comes_later_is_found(
    bus_address: str, notifier: DesktopNotifier, fallback: Fallback, caplog: pytest.LogCaptureFixture
) -> None:
    await notifier.show(notification(), Pressed())
    bus = await MessageBus(bus_address=bus_address).connect()
    await bus.request_name(NAME)
    service = Service(bus)
    await notifier.show(notification(), Pressed())
    assert len(fallback.shown) == 1
    assert len(service.told) == 1
    bus.disconnect()


async def test_a_fallback_that_fails_does_not_matter(bus_address: str, caplog: pytest.LogCaptureFixture) -> None:
    def failing(title: str, body: str) -> None:
        raise RuntimeError(title + body)

    notifier = DesktopNotifier(failing, ICON)
    await notifier.show(notification(), Pressed())
    assert "could not be shown: RuntimeError" in caplog.text
    await notifier.close()

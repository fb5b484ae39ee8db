"""Desktop notifications: what programs asked for, what the daemon answered, and the real bubbles."""

import contextlib
import re
from collections.abc import Callable
from typing import Any, Final, cast

from msgspec import Struct, structs

from tests.desktop.bus import Bus, BusError, Monitor, Seen, plain
from tests.desktop.reader import Reader
from tests.desktop.waiting import wait_for
from tests.support.patience import PATIENCE

INTERFACE: Final = "org.freedesktop.Notifications"
PATH: Final = "/org/freedesktop/Notifications"

CLOSED_WORDS: Final = {1: "expired", 2: "dismissed", 3: "closed by the program", 4: "undefined"}


class Notification(Struct, frozen=True, kw_only=True):
    """One notification, as the program asked for it and what became of it."""

    id: int | None
    """The daemon's number for it; None until the daemon has answered."""
    app_name: str
    summary: str
    body: str
    actions: tuple[tuple[str, str], ...]
    """(key, label) of each button."""
    urgency: int
    """0 low, 1 normal, 2 critical."""
    expire_ms: int
    """-1: the daemon decides; 0: it stays."""
    replaces: int
    invoked: tuple[str, ...] = ()
    """Keys of the buttons that were pressed."""
    closed: str = ""
    """Why it is gone; empty while it is there."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The words on its buttons."""
        return tuple(label for key, label in self.actions if key != "default")


class Notifications:
    """Every notification since the last `forget`, oldest first."""

    def __init__(self, bus: Bus, reader: Reader, describe: Callable[[], str]) -> None:
        """Watch the session bus; `describe` says in failures which programs run."""
        self._bus = bus
        self._reader = reader
        self._describe = describe
        self._monitor = Monitor(bus.address, INTERFACE, PATH)
        self._all: list[Notification] = []
        self._unanswered: dict[tuple[str, int], int] = {}
        self._forgotten = 0

    def close(self) -> None:
        """Stop watching."""
        self._monitor.close()

    def all(self) -> list[Notification]:
        """Return all of them."""
        for message in self._monitor.new():
            self._take(message)
        return list(self._all)

    def forget(self) -> None:
        """Close the bubbles that are there and begin a new list.

        A program that has just ended may have asked for one that the daemon is still to show: the daemon answers in
        order and counts, so that a notification of our own tells which there are.
        """
        (newest,) = self._bus.call(
            INTERFACE, PATH, INTERFACE, "Notify", "susssasa{sv}i", "", 0, "", "The end of a test", "", [], {}, 1
        )
        for number in range(self._forgotten + 1, int(newest) + 1):
            with contextlib.suppress(BusError):  # It is gone already.
                self._bus.call(INTERFACE, PATH, INTERFACE, "CloseNotification", "u", number)
        self._forgotten = int(newest)
        # The bus delivers to each of us in order, but not to all at once: ours is seen after all those before it.
        wait_for("the end of the list", lambda: any(n.id == self._forgotten for n in self.all()))
        self._all.clear()
        self._unanswered.clear()

    def wait(self, text: str, *, seconds: float = PATIENCE) -> Notification:
        """Wait for one that the daemon took and whose summary or body matches the regular expression."""

        def look() -> Notification | None:
            for notification in self.all():
                words = f"{notification.summary}\n{notification.body}"
                if notification.id is not None and re.search(text, words):
                    return notification
            return None

        return wait_for(f"a notification with {text!r}", look, seconds=seconds, instead=self.describe)

    def press(self, notification: Notification, label: str) -> Notification:
        """Click the button of this label on the real bubble and return what became of it."""
        key = next((key for key, words in notification.actions if words == label), None)

        def invoked() -> Notification | None:
            now = next(n for n in self.all() if n.id == notification.id)
            return now if key in now.invoked else None

        pid = self._bus.pid_of(INTERFACE)
        # Several bubbles may have a button of this label.
        button = wait_for(
            f"the button {label!r} of {notification.summary!r}",
            lambda: self._reader.find_beside(notification.summary, label, role="push button", pid=pid),
            instead=lambda: f"{self._reader.describe(pid=pid)}\n{self.describe()}",
        )
        self._reader.click(button)
        return wait_for(f"the button {label!r} to answer", invoked, instead=self.describe)

    def describe(self) -> str:
        """List them for a failure text."""
        lines = "\n".join(
            f"  {n.app_name}: {n.summary} | {n.body} | buttons {list(n.labels)} | {n.closed}" for n in self.all()
        )
        return f"notifications:\n{lines or '  none'}\n{self._describe()}"

    def _take(self, message: Seen) -> None:
        if message.kind == "method_call" and message.member == "Notify":
            self._unanswered[message.sender, message.serial] = len(self._all)
            self._all.append(_notification(message.body))
        elif message.kind == "method_return":
            index = self._unanswered.pop((message.destination, message.serial), None)
            if index is not None:
                answered = structs.replace(self._all[index], id=int(message.body[0]))
                self._all[index] = answered
        elif message.member == "ActionInvoked":
            number, key = message.body[:2]
            self._change(int(number), lambda n: structs.replace(n, invoked=(*n.invoked, str(key))))
        elif message.member == "NotificationClosed":
            number, reason = message.body[:2]
            words = CLOSED_WORDS.get(int(reason), "undefined")
            self._change(int(number), lambda n: structs.replace(n, closed=words))

    def _change(self, number: int, change: Callable[[Notification], Notification]) -> None:
        for index, notification in enumerate(self._all):
            if notification.id == number:
                self._all[index] = change(notification)


def _notification(body: tuple[Any, ...]) -> Notification:
    app_name, replaces, _icon, summary, text, actions, hints, expire = body
    words = cast("list[str]", actions)
    return Notification(
        id=None,
        app_name=str(app_name),
        summary=str(summary),
        body=str(text),
        actions=tuple(zip(words[::2], words[1::2], strict=True)),
        urgency=int(plain(hints).get("urgency", 1)),
        expire_ms=int(expire),
        replaces=int(replaces),
    )

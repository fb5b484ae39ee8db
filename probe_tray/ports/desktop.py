"""The browser, the way back from it, notifications, and the state of the machine."""

import enum
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec

from probe_tray.core.account.secret import Secret
from probe_tray.core.login.oauth import Callback
from probe_tray.core.polling.situation import Sensed


class Browser(Protocol):
    """The person's web browser."""

    async def open(self, address: str) -> None:
        """Show the address. Raises BrowserError."""
        ...


class HookRunner(Protocol):
    """Runs the person's own program."""

    async def run(self, program: str, event: bytes) -> None:
        """Run the executable ``program`` with ``event`` (JSON) on its standard input, to its end.

        Raises HookFailedError where it can't be run, ends with another status than 0, or takes too long.
        """
        ...


class OpenCallback(Protocol):
    """A listener that is open for one login."""

    @property
    def redirect_uri(self) -> str:
        """The callback address the issuer must be told."""
        ...

    @property
    def port(self) -> int:
        """The port it listens on."""
        ...

    async def wait(self) -> Callback:
        """The first callback with the right state. Waits without limit; cancel it to stop."""
        ...


class CallbackListener(Protocol):
    """Listens on loopback for the end of one login."""

    def open(self, state: Secret) -> AbstractAsyncContextManager[OpenCallback]:
        """Open the first free port of the service's, on both loopback families. Raises PortsTakenError."""
        ...


class Urgency(enum.Enum):
    """How loud a notification is."""

    NORMAL = "normal"
    CRITICAL = "critical"


class Button(msgspec.Struct, frozen=True):
    """A button of a notification."""

    action: str
    label: str


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """A desktop notification, in the person's language, without markup and without a secret."""

    tag: str
    """Names what it is about: one with the same tag takes the older one's place."""
    title: str
    body: str
    buttons: tuple[Button, ...] = ()
    urgency: Urgency = Urgency.NORMAL


class Notifier(Protocol):
    """The desktop's notifications."""

    async def show(self, notification: Notification, on_action: Callable[[str], None]) -> bool:
        """Show it; ``on_action`` gets a button's action, or ``"open"`` for a click on the whole. Never raises.

        Returns whether this program may show any: False where the person has turned its notifications off.
        """
        ...

    async def allowed(self) -> bool | None:
        """Whether the person lets this program show any; None where the system does not say. Never raises.

        It asks nobody.
        """
        ...

    async def open_settings(self) -> None:
        """Show the page of the system's settings on which they are turned on, where there is one. Never raises."""
        ...

    async def withdraw(self, tag: str) -> None:
        """Take the notification with that tag off the screen, if it is still there. Never raises."""
        ...

    async def close(self) -> None:
        """Take every notification off the screen and leave the desktop's service. Never raises."""
        ...


class Autostart(Protocol):
    """How the system starts the program when the person's session begins."""

    async def obstacle(self) -> str:
        """Why the system would not start it although it was told to, and what to do; empty where it would.

        Never raises.
        """
        ...


class MachineMonitor(Protocol):
    """What the system says about power, screen and network."""

    async def look(self) -> Sensed:
        """What it is like now; what the system does not tell counts as False. Cheap; never raises."""
        ...

    async def follow(self, tell: Callable[[], None]) -> bool:
        """Call ``tell``, each time the same, when another look may find something else.

        False where not everything is noticed that a look would find. Asked again it goes on; never raises.
        """
        ...

    def close(self) -> None:
        """Follow nothing any more."""
        ...

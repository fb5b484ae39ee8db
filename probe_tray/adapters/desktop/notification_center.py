"""What shows notifications on one system."""

from collections.abc import Callable
from typing import Final, Protocol

from probe_tray.ports.desktop import Notification

OPEN_ACTION: Final = "open"
"""What a click on the whole notification is called."""


class NotificationCenter(Protocol):
    """The system's own service. Each call may raise anything."""

    async def ask_person(self) -> None:
        """Have the system ask whether this program may show notifications, where it does; once asked, it returns.

        Without a limit: the call returns when the person has answered.
        """
        ...

    async def allowed(self) -> bool | None:
        """Whether the person lets this program show any; None where nobody says. It asks nobody."""
        ...

    async def send(self, notification: Notification, act: Callable[[str], None]) -> str | None:
        """Show it; what it is called from now on, None where the service did not take it.

        ``act`` is called once with a button's action, or with :data:`OPEN_ACTION`, on the loop that is running now.
        """
        ...

    async def withdraw(self, identifier: str) -> None:
        """Take it off the screen, if it is still there."""
        ...

    async def leave(self) -> None:
        """End the connection to the service; what is on the screen stays."""
        ...

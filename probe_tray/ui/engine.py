"""What the desktop needs from the engine."""

from collections.abc import Callable
from typing import Protocol

from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import Command, ShowSyncCode
from probe_tray.core.errors import Problem
from probe_tray.core.state import AppState


class EngineProtocol(Protocol):
    """The program behind the windows."""

    @property
    def state(self) -> AppState:
        """The state now."""
        ...

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` on the loop's thread after each change; returns what ends that."""
        ...

    def send(self, command: Command) -> None:
        """Hand over a command; never blocks."""
        ...

    def new_sync_key(self) -> Secret:
        """A key for the logins of sync that nobody has yet, kept nowhere."""
        ...

    def read_sync_key(self, then: Callable[[Secret | None], None]) -> None:
        """Call ``then`` on the loop's thread with the key that is kept, or None; never blocks."""
        ...

    def make_sync_code(self, command: ShowSyncCode, then: Callable[[Secret | None], None]) -> None:
        """Call ``then`` on the loop's thread with the code for the next computer, or None; never blocks."""
        ...

    def find_login_obstacle(self, then: Callable[[str], None]) -> None:
        """Call ``then`` on the loop's thread with why the program would not start at login; empty where it would."""
        ...

    def try_hook(self, program: str, then: Callable[[Problem | None], None]) -> None:
        """Run ``program`` as a hook; call ``then`` on the loop's thread with why it failed, or None; never blocks."""
        ...

    def login_address(self) -> Secret | None:
        """The address of the sign-in page while a login waits."""
        ...

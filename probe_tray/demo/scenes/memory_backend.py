"""The keyring of a scene, which can be locked."""

from probe_tray.core.errors import KeyringLockedError


class MemoryBackend:
    """A keyring backend that holds entries until the demo ends; none can be read or written while it is ``locked``."""

    def __init__(self) -> None:
        """Begin open and empty."""
        self.locked = False
        self._entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """The entry, None where there is none. Raises KeyringLockedError."""
        self._need_open()
        return self._entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep the entry. Raises KeyringLockedError."""
        self._need_open()
        self._entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Remove the entry, which must be there. Raises KeyringLockedError."""
        self._need_open()
        del self._entries[service, username]

    def _need_open(self) -> None:
        if self.locked:
            raise KeyringLockedError

"""The real keyring, asked over the Secret Service as any program of the session may ask."""

from typing import Any, Final, cast

from msgspec import Struct

from tests.desktop.bus import Bus
from tests.desktop.waiting import BenchError, wait_for
from tests.desktop.windows import Screen, Window
from tests.support.patience import PATIENCE

SERVICE: Final = "org.freedesktop.secrets"
ROOT: Final = "/org/freedesktop/secrets"
INTERFACE: Final = "org.freedesktop.Secret"
MASTER: Final = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
QUESTION: Final = "^Unlock .*Keyring$"
LOGIN: Final = "/org/freedesktop/secrets/collection/login"


class KeyringItem(Struct, frozen=True, kw_only=True):
    """One entry; its secret itself stays in the keyring."""

    path: str
    collection: str
    label: str
    attributes: tuple[tuple[str, str], ...]
    size: int | None
    """Bytes of the secret; None while the collection is locked."""

    def has(self, **attributes: str) -> bool:
        """Say whether it carries these attributes."""
        return set(attributes.items()) <= set(self.attributes)


class Keyring:
    """What is in the keyring, and its lock."""

    def __init__(self, bus: Bus, screen: Screen, password: str) -> None:
        """Ask over the session bus; `password` unlocks the login collection."""
        self._bus = bus
        self._screen = screen
        self._password = password
        # "plain": the secret travels unencrypted over the private bus of these tests.
        _output, session = self._call(ROOT, "Service", "OpenSession", "sv", "plain", ("s", ""))
        self._session = str(session)

    @property
    def locked(self) -> bool:
        """Whether the login collection is locked."""
        return bool(self._get(LOGIN, "Collection", "Locked"))

    def items(self) -> list[KeyringItem]:
        """Return everything in every collection."""
        collections = cast("list[str]", self._get(ROOT, "Service", "Collections"))
        return [
            self._item(collection, path)
            for collection in collections
            for path in cast("list[str]", self._get(collection, "Collection", "Items"))
        ]

    def wait_item(self, *, seconds: float = PATIENCE, **attributes: str) -> KeyringItem:
        """Wait for an entry with these attributes (any entry without)."""
        return wait_for(
            f"a keyring entry with {attributes}",
            lambda: next((i for i in self.items() if i.has(**attributes)), None),
            seconds=seconds,
            instead=lambda: f"keyring: {self.items()}",
        )

    def contents(self, item: KeyringItem) -> bytes:
        """Return the secret, only to look for it where it must not be; never print it."""
        (secret,) = self._call(item.path, "Item", "GetSecret", "o", self._session)
        _session, _parameters, value, _kind = cast("tuple[Any, Any, bytes, str]", secret)
        return bytes(value)

    def lock(self) -> None:
        """Lock it: the next program that asks makes the real password question appear."""
        self._call(ROOT, "Service", "Lock", "ao", [LOGIN])
        wait_for("the keyring to lock", lambda: self.locked)

    def unlock(self) -> None:
        """Unlock it without a question, as the login screen does."""
        secret = (self._session, b"", self._password.encode(), "text/plain")
        self._bus.call(SERVICE, ROOT, MASTER, "UnlockWithMasterPassword", "o(oayays)", LOGIN, secret)
        wait_for("the keyring to unlock", lambda: not self.locked)

    def wait_question(self) -> Window:
        """Wait for the window that asks for the password."""
        return self._screen.wait_window(QUESTION)

    def answer(self) -> None:
        """Type the password into the question on the screen, as a person does."""
        self.wait_question()
        self._screen.type_text(self._password, to=QUESTION)
        self._screen.key("Return", to=QUESTION)
        wait_for("the keyring to unlock", lambda: not self.locked)

    def dismiss(self) -> None:
        """Close the question on the screen without an answer."""
        self.wait_question()
        self._screen.key("Escape", to=QUESTION)
        self._screen.wait_no_window(QUESTION)

    def clear(self) -> None:
        """Unlock it and delete everything in it."""
        if self.locked:
            self.unlock()
        for item in self.items():
            (prompt,) = self._call(item.path, "Item", "Delete")
            if prompt != "/":
                msg = f"deleting {item.label!r} from the keyring asks a question"
                raise BenchError(msg)

    def _item(self, collection: str, path: str) -> KeyringItem:
        attributes = cast("dict[str, str]", self._get(path, "Item", "Attributes"))
        item = KeyringItem(
            path=path,
            collection=str(self._get(collection, "Collection", "Label")),
            label=str(self._get(path, "Item", "Label")),
            attributes=tuple(sorted(attributes.items())),
            size=None,
        )
        if self._get(collection, "Collection", "Locked"):
            return item
        size = len(self.contents(item))
        return KeyringItem(
            path=item.path,
            collection=item.collection,
            label=item.label,
            attributes=item.attributes,
            size=size,
        )

    def _get(self, path: str, interface: str, name: str) -> Any:  # noqa: ANN401 - D-Bus decides
        return self._bus.property(SERVICE, path, f"{INTERFACE}.{interface}", name)[1]

    def _call(self, path: str, interface: str, member: str, signature: str = "", *arguments: object) -> tuple[Any, ...]:
        return self._bus.call(SERVICE, path, f"{INTERFACE}.{interface}", member, signature, *arguments)

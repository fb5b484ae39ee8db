"""Entries of another program in the Secret Service, which knows them by the attributes that its library gives them.

Service facts (client 0.171, whose library is keyring 3.6.3 of Rust): its entry has the attributes below, and of several
with the same service and user it reads the one whose target is "default". Python's library knows no target: what that
kept would be an entry beside the client's, which the client does not read.
"""

from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import Any, Final

from probe_tray.core.errors import KeyringLockedError

_TARGET: Final = "default"
_APPLICATION: Final = "rust-keyring"


def shared_value(service: str, user: str) -> str | None:
    """What the client would read; None where there is no entry of its own. Raises KeyringLockedError."""
    with _collection() as collection:
        for item in _items(collection, service, user):
            if _is_clients(item):
                return bytes(item.get_secret()).decode("utf-8", "replace")
    return None


def keep_shared(service: str, user: str, value: str) -> None:
    """Change every entry of this service and user, and make the client's where it has none.

    The client's comes first: whatever ends the process in between, no other entry passes for what the client has.
    Raises KeyringLockedError.
    """
    secret = value.encode()
    with _collection() as collection:
        found = sorted(_items(collection, service, user), key=_is_clients, reverse=True)
        if not any(map(_is_clients, found)):
            attributes = {"service": service, "username": user, "target": _TARGET, "application": _APPLICATION}
            collection.create_item(f"{user}@{service}:{_TARGET}", attributes, secret)
        for item in found:
            item.set_secret(secret)


@contextmanager
def _collection() -> Generator[Any]:
    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        collection = secretstorage.get_default_collection(bus)
        # Not every library opens a keyring in which it finds nothing of its own.
        if collection.is_locked() and collection.unlock():
            raise KeyringLockedError
        yield collection


def _items(collection: Any, service: str, user: str) -> list[Any]:  # noqa: ANN401 - the library has no types
    return list(collection.search_items({"service": service, "username": user}))


def _is_clients(item: Any) -> bool:  # noqa: ANN401 - the same
    return item.get_attributes().get("target") == _TARGET

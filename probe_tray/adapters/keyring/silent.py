"""Using the OS keyring only as far as it answers without asking a person: no password window, no permission window."""

import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import Final

from probe_tray.adapters.keyring.backends import TrustedBackend, backend_name
from probe_tray.core.errors import KeyringLockedError

_WINDOWS: Final = "keyring.backends.Windows.WinVaultKeyring"
_MACOS: Final = "keyring.backends.macOS.Keyring"
_SECRET_SERVICE: Final = frozenset({"keyring.backends.SecretService.Keyring", "keyring.backends.libsecret.Keyring"})
_SECURITY: Final = "/System/Library/Frameworks/Security.framework/Security"


@contextmanager
def without_questions(backend: TrustedBackend, service: str, user: str) -> Generator[None]:
    """While this is open, ``backend`` can be asked for the entry of ``service`` and ``user`` and asks nobody itself.

    Raises KeyringLockedError where it might: KWallet asks for each program that is new to it, and does not tell before.
    """
    name = backend_name(backend)
    if name == _MACOS:
        with _without_interaction():
            yield
        return
    if name in _SECRET_SERVICE:
        if _would_ask(service, user):
            raise KeyringLockedError
    elif name != _WINDOWS:  # Windows never asks.
        raise KeyringLockedError
    yield


def _would_ask(service: str, user: str) -> bool:
    import secretstorage
    from secretstorage.exceptions import ItemNotFoundException

    with closing(secretstorage.dbus_init()) as bus:
        try:
            collection = secretstorage.get_collection_by_alias(bus, "default")
            if collection.is_locked():
                return True
        except ItemNotFoundException:
            # To have one made, a person has to choose its password.
            return True
        # Some services lock single entries until a person has allowed the program to see them.
        found = collection.search_items({"service": service, "username": user})
        return any(item.is_locked() for item in found)


@contextmanager
def _without_interaction() -> Generator[None]:
    """The keychain then fails with errSecInteractionNotAllowed instead of asking; a switch of the whole process."""
    if sys.platform != "darwin":
        raise KeyringLockedError
    import ctypes

    try:
        switch = ctypes.CDLL(_SECURITY).SecKeychainSetUserInteractionAllowed
    except (OSError, AttributeError):
        raise KeyringLockedError from None
    switch.argtypes, switch.restype = [ctypes.c_ubyte], ctypes.c_int32
    if switch(0):
        raise KeyringLockedError
    try:
        yield
    finally:
        switch(1)

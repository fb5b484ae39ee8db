"""Which keyrings are trusted, when they ask a person, and what their exceptions mean."""

import os
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

from probe_tray.adapters.lean_import import import_lean
from probe_tray.core.errors import (
    KeyringAbsentError,
    KeyringDeniedError,
    KeyringLockedError,
    KeyringNoAnswerError,
    StoreError,
)

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_KNOWN: Final = frozenset(
    {
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
    }
)
_MEANING: Final[tuple[tuple[frozenset[str], type[StoreError]], ...]] = (
    (
        frozenset({"KeyringLocked", "LockedException", "PromptDismissedException"}),
        KeyringLockedError,
    ),
    (
        # The bus or the daemon went away: the last three come from the D-Bus connection.
        frozenset(
            {
                "NoKeyringError",
                "SecretServiceNotAvailableException",
                "EOFError",
                "ConnectionError",
                "FileNotFoundError",
            }
        ),
        KeyringAbsentError,
    ),
)
_INTERACTION_NOT_ALLOWED: Final = -25308
"""macOS errSecInteractionNotAllowed: the keychain is locked and nobody can be asked, as over SSH."""


class TrustedBackend(Protocol):
    """What this program uses of a backend of the ``keyring`` library."""

    def get_password(self, service: str, username: str) -> str | None:
        """The entry, None where there is none."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep the entry."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Remove the entry, which must be there."""
        ...


def known_backend() -> TrustedBackend:
    """The keyring of this system; raises KeyringAbsentError when it has none that keeps a secret.

    Raises KeyringNoAnswerError where that cannot be told: the library gives the session's bus one second.

    A backend that the person configured for the keyring library counts only when it is a known one. Without such a
    configuration the known ones are asked directly: looking through every installed package, as the library would,
    costs 100 ms and runs code of packages that have nothing to do with this program.
    """
    import_lean("keyring.core")
    import keyring.core

    try:
        configured = keyring.core.load_env() or keyring.core.load_config()
    except TimeoutError:
        raise KeyringNoAnswerError from None
    except Exception:  # noqa: BLE001 - whatever keeps a configured backend from loading, it is not a keyring to trust
        raise KeyringAbsentError from None
    candidates = _system_backends() if configured is None else _inside(configured)
    for backend in candidates:
        if _name(type(backend)) in _KNOWN:
            # The library's metaclass hides the types of the methods.
            return cast("TrustedBackend", backend)
    raise KeyringAbsentError


def load_library() -> None:
    """Import what asking needs: up to 100 ms that a caller who counts its wait for the keyring leaves out of it."""
    # One that cannot be imported, for whatever reason, says so when it is asked.
    with suppress(Exception):
        import_lean("keyring.core")
        import_module("keyring.core")
        _system_classes()


def backend_name(backend: TrustedBackend) -> str:
    """Its class, with its module."""
    return _name(type(backend))


def may_prompt(backend: TrustedBackend) -> bool:
    """Whether a call may wait for a person: then it is given 60 s instead of 5.

    macOS and KWallet do not tell; the Secret Service does. Windows never asks.
    """
    name = backend_name(backend)
    if name == "keyring.backends.SecretService.Keyring":
        return _secret_service_is_locked()
    return name in _KNOWN and name != "keyring.backends.Windows.WinVaultKeyring"


def meaning(error: BaseException) -> StoreError:
    """What a backend's exception says; whatever is not known counts as a refusal. Nothing of its text is taken over."""
    # The backends wrap each other's exceptions, and which classes exist depends on the platform: names, root first.
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.insert(0, link)
        link = link.__cause__ or link.__context__
    for link in chain:
        if isinstance(link, StoreError):
            return link
        names = {cls.__name__ for cls in type(link).__mro__}
        if "KeychainDenied" in names:
            return KeyringDeniedError()
        if link.args and link.args[0] == _INTERACTION_NOT_ALLOWED:
            return KeyringLockedError()
        for known, leaf in _MEANING:
            if names & known:
                return leaf()
    return KeyringDeniedError()


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _inside(backend: object) -> Sequence[object]:
    from keyring.backends.chainer import ChainerBackend

    return tuple(ChainerBackend.backends) if isinstance(backend, ChainerBackend) else (backend,)


def _system_backends() -> Sequence[object]:
    ranked = [(rank, cls) for cls in _system_classes() if (rank := _priority(cls)) is not None]
    return [cls() for _, cls in sorted(ranked, key=lambda found: found[0], reverse=True)]


def _priority(cls: "type[KeyringBackend]") -> float | None:
    """How much the library recommends it here; None where it cannot be used. Raises KeyringNoAnswerError."""
    try:
        return cls.priority
    except TimeoutError:
        # A busy computer is not one without a keyring: whoever has none keeps its secrets elsewhere.
        raise KeyringNoAnswerError from None
    except Exception:  # noqa: BLE001 - as the library itself does
        return None


def _system_classes() -> "list[type[KeyringBackend]]":
    classes: list[type[KeyringBackend]]
    if sys.platform == "darwin":
        import_lean("keyring.backends.macOS")
        from keyring.backends import macOS

        classes = [macOS.Keyring]
    elif sys.platform == "win32":
        import_lean("keyring.backends.Windows")
        from keyring.backends import Windows

        classes = [Windows.WinVaultKeyring]
    else:
        import_lean(*(f"keyring.backends.{name}" for name in ("SecretService", "kwallet", "libsecret")))
        from keyring.backends import SecretService, kwallet, libsecret

        classes = [
            SecretService.Keyring,
            libsecret.Keyring,
            kwallet.DBusKeyring,
        ]
    return classes


def _secret_service_is_locked() -> bool:
    import secretstorage
    from secretstorage.exceptions import ItemNotFoundException

    with closing(secretstorage.dbus_init()) as bus:
        try:
            return secretstorage.get_collection_by_alias(bus, "default").is_locked()
        except ItemNotFoundException:
            # A service without a collection asks for the password of a new one. Where nothing can be shown it can
            # never have one: D-Bus starts such a service on servers too, where it keeps no secret.
            if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
                raise KeyringAbsentError from None
            return True

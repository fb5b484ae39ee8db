"""The vault's key, and what is sealed with it besides the vault's own records."""

import asyncio
import base64
import binascii
import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol, final

from probe_tray.adapters.locks import FileLocks
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    KeyMissingError,
    KeyringAbsentError,
    KeyringLockedError,
    Phrase,
    ProbeError,
    RecordError,
    StoreError,
)
from probe_tray.ports.accounts import KeyStore

_KEY_BYTES: Final = 32
_PROVED_FOR: Final = 24 * 3600.0
"""Seconds for which it is believed that the keyring has the key."""
_TRIED_AGAIN: Final = 3600.0
"""Seconds until a keyring is asked again that could not tell."""
_NONCE_BYTES: Final = 12
_SEALED: Final = b"V1"
_PLAIN: Final = b"P1"


class Seal(Protocol):
    """Encryption with a key that is already in hand: it waits for nothing and cannot fail for lack of the key."""

    def __call__(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt, bound to ``context``."""
        ...


class Sealer(Protocol):
    """Encryption with the vault's key, for the journal."""

    async def ready(self) -> Seal:
        """Get the key in hand; raises StoreError when it is not to be had."""
        ...

    async def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt what a :class:`Seal` made; raises StoreError."""
        ...


@final
class Key:
    """The vault's key in hand: AES-256-GCM, a fresh random nonce of 96 bits for everything that is encrypted."""

    def __init__(self, raw: bytes) -> None:
        """Take the 32 bytes. Raises StoreError where the library has no such cipher."""
        try:
            # Imported here: 30 ms that a start which opens no record does without.
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._cipher = AESGCM(raw)
        except Exception:  # noqa: BLE001 - whatever the library raises, nothing can be sealed or opened
            raise StoreError from None
        self.entry = Secret(base64.b64encode(raw).decode("ascii"))
        """As the keyring has it."""
        self.fingerprint = hashlib.sha256(raw).hexdigest()[:16]
        """The first 16 hex digits of SHA-256 of the key; stands in the clear beside what the key sealed."""

    def __repr__(self) -> str:
        return f"Key({self.fingerprint})"

    def encrypt(self, plain: bytes, context: bytes) -> tuple[bytes, bytes]:
        """The nonce and the encrypted bytes, bound to ``context``. Raises StoreError where the library fails."""
        nonce = os.urandom(_NONCE_BYTES)
        try:
            return nonce, self._cipher.encrypt(nonce, plain, context)
        except Exception:  # noqa: BLE001 - its text may repeat what was to be sealed
            raise StoreError from None

    def decrypt(self, nonce: bytes, sealed: bytes, context: bytes) -> bytes | None:
        """The plain bytes, or None when anything at all differs from what was encrypted."""
        try:
            return self._cipher.decrypt(nonce, sealed, context)
        except Exception:  # noqa: BLE001 - InvalidTag, or whatever else keeps the library from opening it
            return None


class VaultKey:
    """The key: read from the keyring once, then held in memory; made when, and only when, nothing was sealed before.

    A keyring may lose it while a program runs that has it in hand, and then nothing that is sealed opens after the next
    start. So it is put back, where that asks nobody.
    """

    def __init__(
        self,
        keyring: KeyStore,
        locks: FileLocks,
        in_use: Callable[[], bool],
        silent: KeyStore | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect the key with its keyring.

        ``in_use`` tells whether any record or journal entry is sealed; it runs in a thread and raises ReadError when
        it cannot tell. ``silent`` is the same entry of the keyring, which asks no person; None for a short run. ``now``
        counts seconds and never goes back.
        """
        self._keyring, self._locks, self._in_use = keyring, locks, in_use
        self._silent, self._now = silent, now
        self._turn = asyncio.Lock()
        self._key: Key | None = None
        self._proof_due = 0.0

    @property
    def in_hand(self) -> Key | None:
        """The key, where it was read or made before; the keyring is not asked."""
        return self._key

    async def find(self, *, again: bool = False) -> Key | None:
        """The key, None when the keyring is open and has none; ``again`` asks the keyring even with a key in hand.

        Raises the Keyring errors.
        """
        async with self._turn:
            return await self._find(again=again)

    async def find_or_make(self) -> Key:
        """The key, made now if nothing was ever sealed.

        Raises the Keyring errors, KeyMissingError when something is sealed with a key that is gone, DataFolderError.
        """
        async with self._turn:
            key = await self._find(again=False)
            if key is not None:
                await self._prove(key)
                return key
            # Two processes that both make a key would leave one of them with records nobody can open.
            async with self._locks.hold_name("key"):
                return await self._find(again=False) or await self._make()

    async def _find(self, *, again: bool) -> Key | None:
        if self._key is None or again:
            found = await self._keyring.read()
            # An entry that is no key opens nothing: the same as none. A key in hand is not given up for that.
            self._key = (None if found is None else _parse(found)) or self._key
            if found is not None:
                self._proof_due = self._now() + _PROVED_FOR
        return self._key

    async def _prove(self, key: Key) -> None:
        """Have the keyring keep a key in hand that it has lost. Another one that it has by now stays there."""
        if self._silent is None or self._now() < self._proof_due:
            return
        self._proof_due = self._now() + _TRIED_AGAIN
        # Whatever goes wrong, the key is in hand.
        with suppress(ProbeError):
            if await self._silent.read() is None:
                async with self._locks.hold_name("key"):
                    if await self._silent.read() is None:
                        await self._silent.write(key.entry)
            self._proof_due = self._now() + _PROVED_FOR

    async def _make(self) -> Key:
        if await asyncio.to_thread(self._in_use):
            raise KeyMissingError
        raw = os.urandom(_KEY_BYTES)
        key = Key(raw)
        await self._keyring.write(key.entry)
        self._key, self._proof_due = key, self._now() + _PROVED_FOR
        return key


class VaultSealer:
    """Implements ``Sealer`` with the vault's key."""

    def __init__(self, key: VaultKey) -> None:
        """Seal with ``key``."""
        self._key = key

    async def ready(self) -> Seal:
        """Get the key in hand; what is returned needs neither the keyring nor the disk."""
        return _seal_with(await self._key.find_or_make())

    async def open(self, sealed: bytes, context: bytes) -> bytes:
        """The plain bytes; those that were kept plain for want of a keyring are opened here too."""
        if sealed.startswith(_PLAIN):
            return sealed[len(_PLAIN) :]
        fingerprint, nonce, rest = _split(sealed)
        key = await self._opener(fingerprint.decode("ascii", "replace"))
        if key is None:
            raise KeyMissingError
        if key.fingerprint.encode("ascii") != fingerprint:
            raise RecordError(path="", reason=Phrase("it was sealed with another key"))
        plain = key.decrypt(nonce, rest, context)
        if plain is None:
            raise RecordError(path="", reason=Phrase("its content was damaged"))
        return plain

    async def _opener(self, fingerprint: str) -> Key | None:
        """The key of this fingerprint, else any other, else None."""
        key = await self._key.find()
        if key is None or key.fingerprint == fingerprint:
            return key
        # Another process may have made a new key since this one read it.
        return await self._key.find(again=True)


class FolderSealer(VaultSealer):
    """For logins in plain files: seals with the vault's key, and keeps plain (0600) where there is none to be had.

    The tokens themselves are plain there anyway. A keyring that is locked or refuses is not that: it raises.
    """

    async def ready(self) -> Seal:
        """As :meth:`VaultSealer.ready`, but never fails for lack of a keyring or of a lost key."""
        try:
            return await super().ready()
        except (KeyringAbsentError, KeyMissingError):
            return _keep_plain


@final
class FallbackSealer(VaultSealer):
    """For a run of the command: seals where the key can be had at once and without a question.

    Elsewhere, with a keyring that is locked, absent or slow, it keeps plain (0600): a script's run must neither stop at
    a password window that nobody expects nor wait for one, and what the answer replaces lies plain in its file anyway.
    An account in the vault was opened with the key before it is renewed, so its tokens are always sealed.
    """

    def __init__(
        self,
        key: VaultKey,
        silent: VaultKey,
        *,
        load: Callable[[], None],
        patience: float = 0.3,
        patience_for_opening: float = 3.0,
    ) -> None:
        """Seal with ``key`` where it is in hand, else with what ``silent``, which asks no person, comes by.

        A run waits for it ``patience`` seconds at most, and longer only where an earlier run's answer needs it; what
        ``load`` takes, which runs before in a thread, is not counted.
        """
        super().__init__(key)
        self._silent, self._load = silent, load
        self._patience, self._patience_for_opening = patience, patience_for_opening
        self._turn = asyncio.Lock()
        self._asking: asyncio.Task[None] | None = None
        self._began = 0.0

    async def ready(self) -> Seal:
        """As :meth:`VaultSealer.ready`, without fail."""
        key = self._key.in_hand or await self._ask(self._patience)
        return _keep_plain if key is None else _seal_with(key)

    async def _opener(self, fingerprint: str) -> Key | None:
        key = self._key.in_hand
        if key is not None and key.fingerprint == fingerprint:
            return key
        key = await self._ask(self._patience_for_opening) or key
        if key is None:
            raise KeyringLockedError
        return key

    async def _ask(self, seconds: float) -> Key | None:
        """The key, where the keyring brings it within so many seconds of the first question, which is asked once."""
        async with self._turn:
            if self._asking is None:
                await asyncio.to_thread(self._load)
                self._began, self._asking = asyncio.get_running_loop().time(), asyncio.create_task(self._look())
        left = self._began + seconds - asyncio.get_running_loop().time()
        if left > 0:
            # It goes on unheard: a key that is being made must be finished under its lock.
            await asyncio.wait({self._asking}, timeout=left)
        return self._silent.in_hand

    async def _look(self) -> None:
        with suppress(ProbeError):
            await self._silent.find_or_make()


def needs_key(sealed: bytes) -> bool:
    """Whether what a sealer made was encrypted with the vault's key."""
    return sealed.startswith(_SEALED)


def _seal_with(key: Key) -> Seal:
    def seal(plain: bytes, context: bytes) -> bytes:
        nonce, sealed = key.encrypt(plain, context)
        return _SEALED + key.fingerprint.encode("ascii") + nonce + sealed

    return seal


def _keep_plain(plain: bytes, context: bytes) -> bytes:
    del context  # Nothing binds plain bytes to where they stand.
    return _PLAIN + plain


def _split(sealed: bytes) -> tuple[bytes, bytes, bytes]:
    start = len(_SEALED)
    fingerprint, nonce = start + 16, start + 16 + _NONCE_BYTES
    if not sealed.startswith(_SEALED) or len(sealed) < nonce:
        raise RecordError(path="", reason=Phrase("it is in a format this version doesn't know"))
    return sealed[start:fingerprint], sealed[fingerprint:nonce], sealed[nonce:]


def _parse(entry: Secret) -> Key | None:
    try:
        raw = base64.b64decode(entry.reveal().encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return Key(raw) if len(raw) == _KEY_BYTES else None

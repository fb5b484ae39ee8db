"""Where logins live, the locks around them, and what is kept while one is renewed."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from probe_tray.core.account.credential import ApiKeyLogin, Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.personal_token import PersonalToken
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import Problem, ReadError
from probe_tray.core.renewal.journal import JournalEntry, PendingEntry, TokenOutcome
from probe_tray.core.state import Unreadable
from probe_tray.core.sync.setup import SyncSecrets


class StoreContents(msgspec.Struct, frozen=True, kw_only=True):
    """All that a store holds."""

    found: tuple[StoredCredential, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    api_key: ApiKeyLogin | None = None
    personal: tuple[PersonalToken, ...] = ()
    """Personal access tokens that don't say whose they are."""
    problem: Problem | None = None
    """Why the store as a whole could not be opened (locked keyring, missing folder…); None when it could."""


class AccountStore(Protocol):
    """A place where logins live. One contract suite holds for all of them."""

    @property
    def kind(self) -> StoreKind:
        """Which place this is."""
        ...

    async def load(self, *, asks: bool = False) -> StoreContents:
        """Everything in it. Never raises: what went wrong is in the contents.

        With ``asks`` a person waits for it, so that a keyring may ask for what need not be there.
        """
        ...

    async def read(self, key: AccountKey) -> StoredCredential | None:
        """The account's newest login as it is on disk now, None when there is none. Raises StoreError."""
        ...

    async def glance(self, key: AccountKey) -> StoredCredential | None:
        """As :meth:`read`, for who only asks the service something with it: it spends no refresh token.

        It looks where the account was seen last, and at what is new. A place that held other accounts then, and has
        held this one since, is seen by :meth:`read` and :meth:`load` alone. Raises StoreError.
        """
        ...

    async def check_writable(self, key: AccountKey) -> None:
        """Raise StoreError when a save of this account would fail for a reason that can be known beforehand."""
        ...

    async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
        """Keep it, durably, in place of the account's older login, and of ``replaces``.

        That is the same owner's account by another key, from before its tokens named their user; its login is removed
        once this one is kept. Raises StoreError; then every older login is still there.
        """
        ...

    async def changed(self) -> bool:
        """Whether somebody else has changed it since this object last read or wrote it. Cheap; never raises."""
        ...

    def folders(self) -> Collection[Path] | None:
        """The folders in which a change of it shows; None while it has to be looked at."""
        ...

    async def remove(self, key: AccountKey) -> None:
        """Delete the account's login; a missing one is no error. Raises StoreError."""
        ...


class KeyStore(Protocol):
    """The OS keyring, as far as the vault needs it: one secret. Raises the Keyring errors."""

    async def read(self) -> Secret | None:
        """The vault's key in base64, None when the keyring is open and has none."""
        ...

    async def write(self, key: Secret) -> None:
        """Keep the key, then read it back and compare; raises KeyringDeniedError when it differs."""
        ...


class SyncVault(Protocol):
    """Where the two secrets of sync are kept: the configuration file, where a person put them there, else the keyring.

    Every method raises the Keyring errors; :meth:`load` also ConfigError for a file that cannot be read.
    """

    async def load(self) -> SyncSecrets:
        """What there is; the keyring is not asked for what the file holds."""
        ...

    async def save(
        self, *, api_key: Secret | None, key: Secret | None, begins: Callable[[], None] = lambda: None
    ) -> None:
        """Keep these in the keyring; None leaves what is there. ``begins`` is called right before the first write.

        Raises the Keyring errors; then both are what they were. It isn't known what they are with KeyringHalfKeptError,
        nor, once a write has begun, with KeyringNoAnswerError: a keyring that does not answer may do later what it was
        asked.
        """
        ...

    async def forget(self) -> None:
        """Take both out of the keyring; the file is left as it is."""
        ...

    def hold(self) -> AbstractAsyncContextManager[None]:
        """Keep the other tasks and processes of this user from doing the same: for who saves what depends on a load.

        Not to be held twice by one task. Raises DataFolderError when locks cannot be made.
        """
        ...


class AccountLocks(Protocol):
    """One lock per account for all processes of this user."""

    def hold(self, key: AccountKey) -> AbstractAsyncContextManager[None]:
        """Wait for the lock and hold it.

        Raises DataFolderError when locks cannot be made; HeldUpError, which is one, when another process never ends.
        """
        ...


class TokenLocks(Protocol):
    """One lock per refresh token for all processes of this user.

    Two accounts may hold the same one: in one file its owner has a name, in a copy without an id_token none.
    """

    def hold_token(self, fingerprint: str) -> AbstractAsyncContextManager[None]:
        """Wait for the lock and hold it; ask for no other one meanwhile. Raises DataFolderError."""
        ...


class Journal(Protocol):
    """Keeps the answer to a refresh request before anybody reads it, so that no crash can lose the tokens in it.

    All but :meth:`pending` and :meth:`unfinished` is called with the account's lock held.
    """

    async def prepare(
        self, key: AccountKey, fingerprint: str, at: datetime, uptime: float | None = None
    ) -> JournalEntry:
        """Record durably that the token of this ``fingerprint`` is about to be used, with room for the answer.

        ``at`` is aware UTC, ``uptime`` the same by the clock that nobody sets. Raises StoreError or DataFolderError
        where the answer could not be kept: then the request must not be made. Afterwards keeping it needs neither the
        keyring nor more room on the disk.
        """
        ...

    def arriving(self, entry: JournalEntry) -> Callable[[bytes], None]:
        """What writes each piece of the raw HTTP answer down before it returns, as :meth:`AuthService.refresh` wants.

        What it wrote outlives this process; :meth:`keep_answer` makes it durable, and makes up for what it could not
        write. :meth:`pending` reads the answer from the pieces where it never came to that.
        """
        ...

    async def keep_answer(self, entry: JournalEntry, status: int, body: bytes) -> None:
        """Seal the raw answer into the entry, durably. Raises WriteError when the medium itself fails.

        Shield it from cancellation together with the request.
        """
        ...

    async def finish(self, entry: JournalEntry) -> None:
        """Done: every store holds what came of it, or it is known that nothing came of it. The entry is removed.

        Raises WriteError; the entry then stays, and comes up again at the next start.
        """
        ...

    async def set_aside(self, entry: JournalEntry) -> None:
        """Keep the entry's file under another name and never bring it up again. Raises WriteError."""
        ...

    async def pending(self, key: AccountKey | None = None) -> tuple[PendingEntry, ...]:
        """The entries that were not finished, oldest first; of one account or of all.

        Raises ReadError when the journal, or an entry of the one account, cannot be read: then that account must not
        be renewed, since the entry may hold its newest tokens.
        Without the account's lock an entry may be another process's renewal in full swing: use that answer only to
        learn which accounts have entries, then take the lock and ask again.
        """
        ...

    async def unfinished(self, keys: Collection[AccountKey]) -> frozenset[AccountKey]:
        """Those of the accounts that may have entries: one look for all of them, where most have none.

        Raises ReadError when the journal cannot be read.
        """
        ...


class RenewalMemory(Protocol):
    """What is known of refresh tokens that were already tried, by fingerprint, across restarts and processes."""

    async def recall(self, fingerprint: str) -> TokenOutcome | None:
        """What came of the token's last use; None when nothing is known against it.

        Raises ReadError: then the token must not be used.
        """
        ...

    async def glance(self, fingerprint: str) -> TokenOutcome | None:
        """As :meth:`recall`, for who uses no refresh token and can do without: raises ReadError after some seconds."""
        ...

    async def recall_all(self, fingerprints: Sequence[str]) -> Sequence[TokenOutcome | ReadError | None]:
        """As :meth:`recall` for each of them, in their order; what it would raise is in the place of its outcome."""
        ...

    async def remember(self, fingerprint: str, outcome: TokenOutcome) -> None:
        """Keep it in place of an older outcome, except that ``ENDED`` is never taken back. Raises WriteError."""
        ...

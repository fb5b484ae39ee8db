"""Floor 2: what the engine needs from the world, one small Protocol each.

Every method that may wait is a coroutine and never blocks the event loop. Failures are leaves of ``ProbeError``.
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

import msgspec

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.credential import ApiKeyLogin, Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.alerts.alert import AlertMemory
from probe_tray.core.errors import Problem
from probe_tray.core.login.oauth import Callback
from probe_tray.core.polling.situation import Sensed
from probe_tray.core.quota.history import Meter, Point, RenewalRecord, Span, Trend
from probe_tray.core.quota.history_batch import HistoryBatch, Kept
from probe_tray.core.renewal.journal import JournalEntry, PendingEntry, TokenOutcome
from probe_tray.core.renewal.pause import Tally
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.connection import FoundProxy, Reached
from probe_tray.core.settings import Settings
from probe_tray.core.state import Unreadable
from probe_tray.core.sync.rows import RemoteRow, RowMark
from probe_tray.core.sync.setup import SyncSecrets, SyncTarget
from probe_tray.core.transfer.import_plan import ImportCandidate, Source


class Clock(Protocol):
    """Time."""

    def now(self) -> datetime:
        """The wall clock, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some start, never going back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; long waits are cut into pieces by the caller."""
        ...


class Randomness(Protocol):
    """Chance."""

    def token_bytes(self, count: int) -> bytes:
        """``count`` bytes nobody can guess."""
        ...

    def uniform(self, low: float, high: float) -> float:
        """A number between the two; not for secrets."""
        ...


class AuthService(Protocol):
    """The issuer's token endpoints.

    Every method raises NotSentError or CertificateError when the request never left, UncertainError when it left and no
    whole answer came; any answer that came, whatever its status, is returned. Nothing is retried and no redirect is
    followed.
    """

    async def exchange(self, code: Secret, verifier: Secret, redirect_uri: str) -> Answer:
        """Trade an authorization code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5)."""
        ...

    async def refresh(self, refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        """One refresh request over a fresh connection (RFC 6749 section 6).

        ``arrived`` is given each piece of the raw HTTP answer as it comes out of the connection, decrypted, before
        anything else sees it: in any thread, one piece at a time, in order. It must not raise.
        """
        ...

    async def revoke(self, refresh_token: Secret) -> Answer:
        """End the login at the service; only for logins made here."""
        ...

    async def device_start(self) -> Answer:
        """Ask for a user code."""
        ...

    async def device_poll(self, device_auth_id: Secret, user_code: str) -> Answer:
        """Ask whether the person has typed the code: 403 or 404 while waiting."""
        ...


class QuotaService(Protocol):
    """The backend. Raises and returns as :class:`AuthService` does."""

    async def usage(self, credential: Credential) -> Answer:
        """The quota of one account."""
        ...

    async def reset_credits(self, credential: Credential) -> Answer:
        """The list of reset credits with their expiry; best effort, never consumed."""
        ...

    async def models(self, credential: Credential) -> Answer:
        """The models the service offers this account."""
        ...

    async def try_model(self, credential: Credential, model: str) -> Answer:
        """Ask one model for one word; the body holds at most the first event of the stream. Costs quota."""
        ...


class StoreContents(msgspec.Struct, frozen=True, kw_only=True):
    """All that a store holds."""

    found: tuple[StoredCredential, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    api_key: ApiKeyLogin | None = None
    problem: Problem | None = None
    """Why the store as a whole could not be opened (locked keyring, missing folder…); None when it could."""


class AccountStore(Protocol):
    """A place where logins live. One contract suite holds for all of them."""

    @property
    def kind(self) -> StoreKind:
        """Which place this is."""
        ...

    async def load(self) -> StoreContents:
        """Everything in it. Never raises: what went wrong is in the contents."""
        ...

    async def read(self, key: AccountKey) -> StoredCredential | None:
        """The account's newest login as it is on disk now, None when there is none. Raises StoreError."""
        ...

    async def check_writable(self, key: AccountKey) -> None:
        """Raise StoreError when a save of this account would fail for a reason that can be known beforehand."""
        ...

    async def save(self, credential: Credential) -> StoredCredential:
        """Keep it, durably, in place of the account's older login. Raises StoreError; then nothing changed."""
        ...

    async def changed(self) -> bool:
        """Whether somebody else has changed it since this object last read or wrote it. Cheap; never raises."""
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


class Browser(Protocol):
    """The person's web browser."""

    async def open(self, address: str) -> None:
        """Show the address. Raises BrowserError."""
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

    async def show(self, notification: Notification, on_action: Callable[[str], None]) -> None:
        """Show it; ``on_action`` gets a button's action, or ``"open"`` for a click on the whole. Never raises."""
        ...


class AlertMemoryFile(Protocol):
    """Remembers across restarts what notifications have said."""

    async def load(self) -> AlertMemory:
        """What is remembered; nothing where nothing can be read. Never raises."""
        ...

    async def save(self, memory: AlertMemory) -> None:
        """Keep it in place of the old. Raises WriteError."""
        ...


class ConnectionProbe(Protocol):
    """Looks at the way to the service. Neither method raises: what is wrong is in the answer."""

    async def find_proxy(self, setting: Secret | None) -> FoundProxy:
        """The proxy that the setting leads to: None = detect, empty = direct."""
        ...

    async def reach(self, setting: Secret | None) -> Reached:
        """Ask the service one question without a token, which takes 15 seconds at most."""
        ...


class SettingsFile(Protocol):
    """The configuration file."""

    async def save(self, settings: Settings) -> None:
        """Write the settings, keeping every key this program does not know. Raises WriteError."""
        ...


class ArrangementFile(Protocol):
    """How a person has arranged the accounts, across restarts."""

    async def load(self) -> Arrangement:
        """What was saved last; nothing arranged where that cannot be read. Never raises."""
        ...

    async def save(self, desk: Arrangement) -> None:
        """Keep it. Raises WriteError."""
        ...


class Journal(Protocol):
    """Keeps the answer to a refresh request before anybody reads it, so that no crash can lose the tokens in it.

    All but :meth:`pending` is called with the account's lock held.
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


class RenewalMemory(Protocol):
    """What is known of refresh tokens that were already tried, by fingerprint, across restarts and processes."""

    async def recall(self, fingerprint: str) -> TokenOutcome | None:
        """What came of the token's last use; None when nothing is known against it.

        Raises ReadError: then the token must not be used.
        """
        ...

    async def remember(self, fingerprint: str, outcome: TokenOutcome) -> None:
        """Keep it in place of an older outcome, except that ``ENDED`` is never taken back. Raises WriteError."""
        ...


class TallyFile(Protocol):
    """How the latest refresh requests of every process of this user ended, so that all of them rest together."""

    async def load(self) -> Tally:
        """What is known; nothing where that cannot be read. Never raises."""
        ...

    async def change(self, step: Callable[[Tally], Tally]) -> Tally:
        """Put ``step`` of what is known in its place, one process at a time. Raises WriteError, DataFolderError."""
        ...


class History(Protocol):
    """What the quotas were. It knows accounts by their slugs alone, and holds no token and no email.

    Reading raises ReadError, writing WriteError. A file that cannot be used is set aside and begun anew without a word.
    """

    async def read_kept(self) -> tuple[Kept, ...]:
        """What was last known of each account."""
        ...

    async def write(self, batch: HistoryBatch) -> None:
        """Write all of it or, with a WriteError, nothing."""
        ...

    async def tidy(self, now: datetime) -> None:
        """Turn what is older than 8 days into one entry an hour, and drop what is older than a year."""
        ...

    async def chart(self, slug: str, meter: Meter, span: Span, now: datetime) -> tuple[Point, ...]:
        """What a meter showed in the ``span`` before ``now``: at most 300 points, the oldest first."""
        ...

    async def trends(self, now: datetime) -> tuple[tuple[str, Trend], ...]:
        """The last seven days of every account, by slug."""
        ...

    async def renewals(self, slug: str) -> tuple[RenewalRecord, ...]:
        """How an account's renewals of the last year ended, the newest first."""
        ...

    async def close(self) -> None:
        """Let go of the file; the last call. Never raises."""
        ...


class MachineSense(Protocol):
    """What the system says about power, screen and network."""

    async def look(self) -> Sensed:
        """What it is like now; what the system does not tell counts as False. Cheap; never raises."""
        ...


class ImportFiles(Protocol):
    """Files whose logins may be taken. Nothing here raises: what cannot be read is in the answer with its reason."""

    async def find(self, paths: Sequence[str]) -> tuple[ImportCandidate, ...]:
        """The files that ``paths`` name, of a folder its credential files; each of them once."""
        ...

    async def read(self, candidates: Sequence[ImportCandidate]) -> tuple[Source, ...]:
        """What these files hold."""
        ...

    async def read_text(self, location: str, text: Secret) -> Source:
        """What a text holds; ``location`` is what it is called."""
        ...


class ExportFiles(Protocol):
    """Where logins and tables are written for other programs. Raises WriteError."""

    async def in_the_way(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Those that are there already; raises for a place at which nothing can ever be written."""
        ...

    async def write(self, path: str, data: bytes) -> bool:
        """Write it, 0600, all or nothing; whether an import would read a file of this size."""
        ...


class RemoteTable(Protocol):
    """A table of encrypted logins that several machines write.

    Nothing is ever written over a row that was not read. Every method raises a SyncError, or a ServiceError where the
    service could not be reached, was busy or broke off.
    """

    async def rows(self) -> tuple[RemoteRow, ...]:
        """All of them, each once. Raises SyncCutOffError where they did not come whole."""
        ...

    async def row(self, row_id: str) -> RemoteRow | None:
        """One of them as it is now; None where there is none."""
        ...

    async def insert(self, row: RemoteRow) -> bool:
        """Add a row; False where there is one of that id by now, which is left as it is."""
        ...

    async def replace(self, row: RemoteRow, seen: RemoteRow) -> bool:
        """Put ``row`` in the place of ``seen``; False where that is no longer what the table holds."""
        ...


class Tables(Protocol):
    """Gets at tables."""

    def open(self, target: SyncTarget) -> AbstractAsyncContextManager[RemoteTable]:
        """The table of ``target``, for as long as the context lasts."""
        ...


class SyncMemory(Protocol):
    """The newest login that each account's row was ever seen to hold, across restarts and processes, by slug."""

    async def recall(self) -> Mapping[str, RowMark]:
        """What is remembered. Raises ReadError: then an old row could not be told from a new one."""
        ...

    async def remember(self, marks: Mapping[str, RowMark]) -> None:
        """Keep these where they are newer than what is remembered. Raises StoreError."""
        ...


class SyncVault(Protocol):
    """Where the two secrets of sync are kept: the configuration file, where a person put them there, else the keyring.

    Every method raises the Keyring errors; :meth:`load` also ConfigError for a file that cannot be read.
    """

    async def load(self) -> SyncSecrets:
        """What there is; the keyring is not asked for what the file holds."""
        ...

    async def save(self, *, api_key: Secret | None, key: Secret | None) -> None:
        """Keep these in the keyring; None leaves what is there."""
        ...

    async def forget(self) -> None:
        """Take both out of the keyring; the file is left as it is."""
        ...

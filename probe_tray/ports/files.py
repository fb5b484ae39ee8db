"""The files of the program other than logins, and the files a person imports and exports."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from probe_tray.core.account.age import Age
from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.secret import Secret
from probe_tray.core.alerts.alert import AlertMemory
from probe_tray.core.quota.history import Meter, Point, RenewalRecord, Span, Trend
from probe_tray.core.quota.history_batch import HistoryBatch, Kept
from probe_tray.core.renewal.pause import Tally
from probe_tray.core.settings import Settings, SettingsPatch
from probe_tray.core.sync.rows import LastSync
from probe_tray.core.sync.table_record import TableRecord
from probe_tray.core.transfer.import_plan import ImportCandidate, Source
from probe_tray.core.update.release import UpdateMemory


class SettingsFile(Protocol):
    """The configuration file."""

    async def change(
        self, change: SettingsPatch, base: Settings, check: Callable[[Settings], Awaitable[None]]
    ) -> Settings:
        """Merge the change into what the file says now, keeping every key this program does not know.

        One process at a time. ``base`` stands for a file that is missing; ``check`` sees the outcome before it is
        written, and may refuse it with a ProbeError. Returns the outcome. Raises WriteError, ConfigError and
        DataFolderError; the file then is as it was.
        """
        ...


class ArrangementFile(Protocol):
    """How a person has arranged the accounts, across restarts."""

    async def load(self) -> Arrangement:
        """What was saved last; nothing arranged where that cannot be read. Never raises."""
        ...

    async def save(self, arrangement: Arrangement) -> None:
        """Keep it. Raises WriteError."""
        ...


class AlertStorage(Protocol):
    """Remembers across restarts what notifications have said."""

    async def load(self) -> AlertMemory:
        """What is remembered; nothing where nothing can be read. Never raises."""
        ...

    async def save(self, memory: AlertMemory) -> None:
        """Keep it in place of the old. Raises WriteError."""
        ...


class UpdateStorage(Protocol):
    """Remembers across restarts when the releases were looked at, and what was found."""

    async def load(self) -> UpdateMemory:
        """What is remembered; nothing where that cannot be read. Never raises."""
        ...

    async def save(self, memory: UpdateMemory) -> None:
        """Keep it in place of the old. Raises WriteError."""
        ...


class TallyFile(Protocol):
    """How the latest refresh requests of every process of this user ended, so that all of them rest together."""

    async def load(self) -> Tally:
        """What is known; nothing where that cannot be read. Never raises."""
        ...

    async def change(self, step: Callable[[Tally], Tally]) -> Tally:
        """Put ``step`` of what is known in its place, one process at a time. Raises WriteError, DataFolderError."""
        ...


class SyncMemory(Protocol):
    """The newest login that each account's row was ever seen to hold, across restarts and processes, by slug."""

    async def recall(self) -> Mapping[str, Age]:
        """What is remembered. Raises ReadError: then an old row could not be told from a new one."""
        ...

    async def remember(self, marks: Mapping[str, Age]) -> None:
        """Keep these where they are newer than what is remembered. Raises StoreError."""
        ...

    async def table(self, name: str) -> TableRecord:
        """What is remembered of the table of this name. Raises ReadError."""
        ...

    async def remember_table(self, name: str, record: TableRecord) -> None:
        """Keep this together with what is remembered. Raises StoreError."""
        ...

    async def last_sync(self, name: str) -> LastSync | None:
        """What the last sync with the table of this name found. Raises ReadError."""
        ...

    async def remember_last_sync(self, name: str, found: LastSync) -> None:
        """Keep this in place of it. Raises StoreError."""
        ...

    async def forget_table(self, name: str) -> None:
        """Begin with the table as if it had never been seen. Raises StoreError."""
        ...

    async def computer_id(self) -> str:
        """Which computer this is, for a person who looks at rows: the same whatever its name. Raises StoreError.

        A copy of the memory on another computer has the same one, so that no lease is bound to it: see :meth:`holder`.
        """
        ...

    async def holder(self, slug: str) -> str:
        """A name that no other computer has, the same in every process of this user. Raises StoreError.

        It may change with the computer's own name, but not for an account in ``unshared``: the table would take this
        computer for another one, and keep the token that it sent from it.
        """
        ...

    async def unshared(self) -> Mapping[str, str]:
        """Accounts that were renewed here and of which the table may not know it yet. Raises ReadError.

        By slug, with the fingerprint of the refresh token that was sent.
        """
        ...

    async def add_unshared(self, slug: str, fingerprint: str) -> None:
        """The refresh token of ``fingerprint`` is about to be sent. Raises StoreError."""
        ...

    async def forget_unshared(self, slug: str) -> None:
        """The table has what came of it, or nothing came of it. Raises StoreError."""
        ...


class RemovedAccounts(Protocol):
    """Which accounts a person removed from this computer, by slug: a sync does not bring them back.

    Reading raises ReadError, writing StoreError.
    """

    async def removed(self) -> frozenset[str]:
        """All of them."""
        ...

    async def add_removed(self, slug: str) -> None:
        """The person removed this one."""
        ...

    async def forget_removed(self, slugs: frozenset[str]) -> None:
        """These are here again."""
        ...


class History(Protocol):
    """What the quotas were. It knows accounts by their slugs alone, and holds no token and no email.

    Reading raises ReadError, writing WriteError. A file that cannot be used is set aside and begun anew without a word,
    except that of a newer version, which is left as it is: then every call raises.
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


class FolderWatch(Protocol):
    """Notices changes in folders by itself, as far as the system tells of them."""

    async def follow(self, folders: Collection[Path], tell: Callable[[], None]) -> bool:
        """Call ``tell``, each time the same, when an entry of one of these folders changes, and of no others.

        Also at once, where they are other folders than before. False where not every change of them is noticed that is
        made on this computer.
        """
        ...

    @property
    def is_shared(self) -> bool:
        """Whether other computers may change what is followed, which nobody here is told."""
        ...

    def close(self) -> None:
        """Follow nothing any more."""
        ...

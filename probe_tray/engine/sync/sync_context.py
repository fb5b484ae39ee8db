"""What a sync works with. What works with it is loaded where sync is set up."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import StoreError
from probe_tray.core.state import RenewalState
from probe_tray.core.sync.envelope import RowAction
from probe_tray.core.sync.setup import SyncTarget
from probe_tray.core.sync.table_record import table_name
from probe_tray.engine.account.accounts import Accounts
from probe_tray.ports.accounts import AccountStore
from probe_tray.ports.files import RemovedAccounts, SyncMemory
from probe_tray.ports.http import MakeLoginCipher, Tables
from probe_tray.ports.time import Clock, Randomness

if TYPE_CHECKING:
    from probe_tray.engine.sync.row_codec import RowCodec


class SyncContext(NamedTuple):
    """What a sync works with."""

    accounts: Accounts
    sources: Callable[[], Sequence[AccountStore]]
    """The stores whose accounts take part; a login from the table goes to every store of ``accounts`` that holds it."""
    store_for_new: Callable[[], AccountStore]
    """The store that takes logins which are in the table alone."""
    level: Callable[[AccountKey], Awaitable[Sequence[StoreError]]]
    """Brings the stores of an account, which is held, up to its newest login; what kept some of them from it."""
    renewal_of: Callable[[str], Awaitable[RenewalState]]
    """What is remembered against the refresh token of a fingerprint."""
    with_client: Callable[[Sequence[Credential]], Awaitable[frozenset[AccountKey]]]
    """Which of these logins the official client has with their refresh tokens, and renews."""
    in_codex: Callable[[], Awaitable[frozenset[AccountKey]]]
    """The accounts that it has without them."""
    tables: Tables
    make_cipher: MakeLoginCipher
    memory: SyncMemory
    removed: RemovedAccounts
    clock: Clock
    randomness: Randomness
    zone: tzinfo
    """Of the times in the files that are sealed."""
    computer: str
    """What this computer is called in the rows that it writes."""
    beside: Callable[[], Sequence[AccountStore]] = lambda: ()
    """The stores of ``accounts`` that are no sources, for a look at what they have missed: nobody is asked for it."""

    async def codec(self, target: SyncTarget, action: RowAction) -> "RowCodec":
        """The codec of a table, for rows that are written because of ``action``.

        Raises SyncError, and StoreError where it is not known what was seen of its rows, or which computer this is.
        """
        from probe_tray.engine.sync.row_codec import RowCodec, RowWriter

        record = await self.memory.table(table_name(target.url))
        computer_id = await self.memory.computer_id()
        in_codex = await self.in_codex()
        writer = RowWriter(self.clock, self.randomness, self.zone, self.computer, computer_id, action, in_codex)
        return RowCodec(self.make_cipher(target.key), target, record, writer)

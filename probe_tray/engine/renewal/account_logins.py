"""What the stores hold of one account: which login is the one to use, and where the answer to a renewal belongs."""

from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from probe_tray.core.account.age import Age, age, newest_renewable
from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import CodexCopyError, StoreError, WrongAccountError
from probe_tray.core.renewal.journal import JournalEntry
from probe_tray.core.renewal.token_reply import TokenReply, renewed_login
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.renewal.token_memory import TokenMemory, TokenOrigin
from probe_tray.ports.accounts import AccountStore

_SKEW = timedelta(minutes=2)
"""By which the clock of this computer may differ from the one of the service."""


class Applied(NamedTuple):
    """What came of saving."""

    credential: Credential
    fault: StoreError | None = None
    """Why a store did not take it; the journal must keep the answer for that store."""


class _BesideClient(NamedTuple):
    newer: Credential | None = None
    """The client's own login, of which this one is an outdated copy."""
    doubtful: bool = False
    """Whether the client's login is newer and this one may be a copy from before, or not."""


class AccountLogins:
    """Reads and writes one account across its stores; the caller holds the account's lock."""

    def __init__(self, accounts: Accounts, outcomes: TokenMemory) -> None:
        """Work on ``accounts``; ``outcomes`` knows dead tokens."""
        self._accounts = accounts
        self._outcomes = outcomes

    async def newest(self, key: AccountKey) -> StoredCredential | None:
        """The login to renew: one with a refresh token before one without, a live one before a dead one, the newest.

        Raises StoreError when a store cannot tell what it holds.
        """
        found = [stored for _, stored in await self._accounts.holders(key)]
        if len(found) < 2:
            return found[0] if found else None
        ranks = [await self._rank(stored.credential) for stored in found]
        return found[ranks.index(max(ranks))]

    async def lasting(self, key: AccountKey) -> StoredCredential | None:
        """The login to keep where there is room for one: one that has not ended, then one that can be renewed.

        Raises StoreError when a store cannot tell what it holds.
        """
        found = [stored for _, stored in await self._accounts.holders(key)]
        ranks = [await self._rank(stored.credential) for stored in found]
        worth = [(lives, renewable, made) for renewable, lives, made in ranks]
        return found[worth.index(max(worth))] if found else None

    async def caught_up(self, held: StoredCredential) -> StoredCredential:
        """``held``, or the official client's own newer login where ``held`` is an outdated copy of it.

        The token of such a copy was spent by the client. Only one that was seen in the client's place is a copy: any
        other may be a login of its own, and both live, however much newer the client's is.
        """
        theirs = (await self._beside_client(held.credential)).newer
        return held if theirs is None else replace(held, credential=theirs)

    async def usable(self, held: StoredCredential) -> StoredCredential:
        """As :meth:`caught_up`, for who is about to send its refresh token.

        Raises CodexCopyError where the client's login is newer and nothing shows whether this is an old copy of it.
        """
        found = await self._beside_client(held.credential)
        if found.doubtful:
            raise CodexCopyError
        return held if found.newer is None else replace(held, credential=found.newer)

    async def _beside_client(self, login: Credential) -> _BesideClient:
        """How ``login`` stands to the client's own, and note what the client's place shows of its refresh token.

        That tells a copy from a login of its own once the client has another one.
        """
        token = login.refresh_token
        origin = TokenOrigin.OWN if login.made_here else TokenOrigin.UNKNOWN
        if token is not None and not login.made_here:
            origin = await self._outcomes.origin(token.fingerprint)
        if origin is TokenOrigin.OWN:
            return _BesideClient()
        theirs = await self._accounts.officials(login, insists=origin is TokenOrigin.CLIENT)
        newer = [t for t in theirs.found if t.access_token != login.access_token and age(t) > age(login)]
        best = newest_renewable(newer) if newer else None
        if token is None:
            # Handed over without one, so that whoever has it cannot end the login.
            return _BesideClient(None if best is None else replace(best, refresh_token=None))
        if any(t.refresh_token == token for t in theirs.found):
            await self._outcomes.saw_in_client(token.fingerprint)
            return _BesideClient(next((t for t in newer if t.refresh_token == token), None))
        if best is None:
            if theirs.found and theirs.complete and all(_is_issued_before(t, login) for t in theirs.found):
                await self._outcomes.saw_apart(token.fingerprint)
            return _BesideClient()
        # One without a refresh token costs nobody theirs.
        if origin is TokenOrigin.CLIENT and best.renewable:
            return _BesideClient(best)
        return _BesideClient(doubtful=True)

    async def level(self, key: AccountKey) -> tuple[StoreError, ...]:
        """Bring the account's stores up to the login to renew; what kept some of them from it, as of :meth:`spread`.

        Raises StoreError when a store cannot tell what it holds.
        """
        newest = await self.newest(key)
        return () if newest is None else await self.spread(newest.credential)

    async def spread(self, newest: Credential) -> tuple[StoreError, ...]:
        """Bring stores that were left behind up to ``newest``, as far as they can be written.

        What kept some of them from it is returned; a renewal asks them before it sends anything. A login without a
        refresh token is somebody's own and stays.
        """
        others = [
            (store, held.credential)
            for store, held in await self._accounts.holders(newest.key)
            if held.credential.access_token != newest.access_token
        ]
        faults: list[StoreError] = []
        for store, other in others:
            # The place of one without a refresh token is taken by another such one only.
            alike = other.renewable or not newest.renewable
            if alike and await self._rank(other) < await self._rank(newest):
                try:
                    # What other programs keep beside a login belongs to its place.
                    await store.save(replace(newest, others=other.others))
                except StoreError as error:
                    faults.append(error)
        return tuple(faults)

    async def check_writable(self, key: AccountKey) -> None:
        """Raise StoreError when a store that holds the account could not take a new login."""
        for store, _ in await self._accounts.holders(key):
            await store.check_writable(key)

    async def apply(
        self, entry: JournalEntry, reply: TokenReply, at: datetime, used: StoredCredential | None
    ) -> Applied | None:
        """Save what a reply that was made ``at`` (aware UTC) brings in every store that holds the account.

        ``used`` is the login that the request was made with; None after a crash: then the reply is only for stores that
        hold this login, and None is returned where there is none. Another program's own files may hold it: its next run
        finds the answer in the journal.

        Raises WrongAccountError when the tokens are another account's, StoreError when no store took them.
        """
        holders, faults = await self._look(entry.key)
        base = used.credential if used is not None else await self._base(entry, reply, [c for _, c in holders])
        if base is None:
            if faults:
                raise faults[0]
            return None
        renewed = renewed_login(base, reply, now=at)
        if renewed is None:
            raise WrongAccountError
        # What other programs keep beside a login belongs to its place.
        places = [
            (store, replace(renewed, others=held.others))
            for store, held in holders
            if await self._gives_way(held, renewed, entry)
        ]
        if not holders and used is not None:
            # It was removed meanwhile. The token in it is spent and this one lives: it goes where the store may put it.
            stores = [s for s in self._accounts.ours if s.kind is used.store] or self._accounts.ours
            places = [(stores[0], renewed)]
        faults += await self._save(places, entry)
        fresh = renewed.refresh_token
        if len(faults) < len(places) or not places:
            await self._outcomes.renewed(renewed.key, entry.fingerprint, None if fresh is None else fresh.fingerprint)
        return Applied(renewed, faults[0] if faults else None)

    async def is_overtaken(self, entry: JournalEntry) -> bool:
        """Whether the account has got another login since, that works as far as is known. Raises StoreError.

        One that was issued before the entry was written is none: an old copy was put back, whose token may be spent.
        """
        current = await self.newest(entry.key)
        token = None if current is None else current.credential.refresh_token
        if current is None or token is None or entry.fingerprint in {"", token.fingerprint}:
            return False
        made = [at for at in (current.credential.claims.issued_at, current.credential.last_refresh) if at is not None]
        if made and max(made) < entry.at - _SKEW:
            return False
        return not await self._outcomes.is_dead(token.fingerprint)

    async def _rank(self, credential: Credential) -> tuple[bool, bool, Age]:
        token = credential.refresh_token
        dead = token is not None and await self._outcomes.is_dead(token.fingerprint)
        return (token is not None, not dead, age(credential))

    async def _look(self, key: AccountKey) -> tuple[list[tuple[AccountStore, Credential]], list[StoreError]]:
        # One store that cannot be read must not keep the tokens from the others.
        holders: list[tuple[AccountStore, Credential]] = []
        faults: list[StoreError] = []
        for store in self._accounts.ours:
            try:
                holders += [(store, stored.credential) for stored in await self._accounts.held_by(store, key)]
            except StoreError as error:
                faults.append(error)
        return holders, faults

    async def _base(self, entry: JournalEntry, reply: TokenReply, found: list[Credential]) -> Credential | None:
        for credential in found:
            token = credential.refresh_token
            if token is not None and token.fingerprint == entry.fingerprint:
                return credential
        if reply.refresh_token is None:
            return None
        for credential in found:
            token = credential.refresh_token
            # The reply is saved already; or an old copy was put back, which this reply's login outlives.
            if token == reply.refresh_token or (token and await self._outcomes.is_dead(token.fingerprint)):
                return credential
        return None

    async def _gives_way(self, held: Credential, renewed: Credential, entry: JournalEntry) -> bool:
        token = held.refresh_token
        is_older = age(held).issued < age(renewed).issued
        if token is None:
            return is_older
        if token == renewed.refresh_token:
            # Of several files of the account the store tells the newest login, and another one may have missed it.
            return age(held).issued <= age(renewed).issued
        # A login that was made meanwhile stays; the token that was used is spent, whatever the dates say.
        return is_older or token.fingerprint == entry.fingerprint or await self._outcomes.is_dead(token.fingerprint)

    async def _save(self, places: list[tuple[AccountStore, Credential]], entry: JournalEntry) -> list[StoreError]:
        faults: list[StoreError] = []
        for store, renewed in places:
            try:
                # Where the old tokens did not name their user and the new ones do, the key is another one.
                await store.save(renewed, replaces=entry.key)
            except StoreError as error:
                faults.append(error)
        return faults


def _is_issued_before(theirs: Credential, login: Credential) -> bool:
    """Whether the issuer made ``theirs`` before ``login``: what a client has was made after all that it had."""
    one, other = theirs.claims.issued_at, login.claims.issued_at
    return one is not None and other is not None and one < other

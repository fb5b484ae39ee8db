"""One hand-over of an account to the official client: the order of these steps is what keeps both logins alive.

Note what is about to be written, set aside what the client holds, write, and only then let our stores have what was
set aside, where it belongs there. So no refresh token that this program uses is ever in the client's place at the same
time, and a run that is killed leaves what the next one needs to finish it.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

import msgspec
from msgspec.structs import replace

from probe_tray.core.account.age import age
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.owner import OwnerMatch
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    ClientBusyError,
    NothingReturnedError,
    NotRenewableError,
    Phrase,
    ProbeError,
    TokenMissingError,
)
from probe_tray.core.formats.document import read_documents
from probe_tray.core.formats.writer import client_document
from probe_tray.core.handover.hand_over import (
    ClientContent,
    HandOver,
    PendingHandOver,
    Returned,
    TakenLogin,
    returned,
)
from probe_tray.core.renewal.request import RenewalRequest
from probe_tray.engine.account.accounts import Accounts, hold_all
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.ports.accounts import AccountLocks
from probe_tray.ports.handover import ClientPlace, HandOverFile, ReturnedLogins
from probe_tray.ports.time import Clock

_TRIES = 3
_LIFE = timedelta(days=1)
"""A login that ends sooner is renewed before it is lent."""


class HandedOver(msgspec.Struct, frozen=True, kw_only=True):
    """What a hand-over has done."""

    key: AccountKey | None
    """The account that the client works with now; None where an earlier login of its own was put back."""
    location: str
    """The client's file."""
    before: Returned
    """What became of what the client had."""
    before_email: str = ""
    """Whose login that was, where it says so."""
    is_same: bool = False
    """Whether the client had the account already, with these tokens."""


class HandOverTransaction:
    """Gives accounts to the client of one home."""

    def __init__(
        self,
        place: ClientPlace,
        file: HandOverFile,
        aside: ReturnedLogins,
        accounts: Accounts,
        renewals: Renewals,
        locks: AccountLocks,
        clock: Clock,
    ) -> None:
        """``locks`` are those of the renewals: none of either account runs meanwhile."""
        self._place, self._file, self._aside = place, file, aside
        self._accounts, self._renewals = accounts, renewals
        self._locks, self._clock = locks, clock

    async def foreign(self) -> Credential | None:
        """The login that the client has and no store of ours; None where there is none. Raises StoreError."""
        theirs = (await self._place.read()).login
        return None if await self._ours(theirs) is not None else theirs

    async def give(self, key: AccountKey, *, keep: bool) -> HandedOver:
        """Let the client work with an account. ``keep``: a login that nobody here knows becomes an account.

        Raises a ProbeError; whatever it is, every login is where it was, or set aside too.
        """
        # Before anything is touched: the client's settings may name a place that nobody else can write.
        await self._place.check_writable()
        await self._freshen(key)
        async with self._file.alone():
            for _ in range(_TRIES):
                try:
                    return await self._give(key, keep=keep)
                except ClientBusyError:
                    # The client has just renewed: what it has now is taken back instead.
                    continue
        raise ClientBusyError

    async def put_back(self) -> HandedOver:
        """Let the client have the login again that was set aside last. Raises NothingReturnedError, StoreError."""
        await self._place.check_writable()
        async with self._file.alone():
            await self._finish_pending()
            text = await self._aside.newest()
            if text is None:
                raise NothingReturnedError
            seen = await self._place.read()
            async with hold_all(self._locks, _keys([seen.login])):
                what = returned(seen, await self._ours(seen.login))
                return await self._replace(seen, text, None, what)

    async def update(self) -> bool:
        """Bring the client's place up to date with our stores; whether anything was changed.

        A lent account's newer access token goes to the client. Where the client has logged out, or in by itself, that
        is noted. Raises a ProbeError.
        """
        record = await self._file.load()
        if not record.lent and not record.pending:
            return False
        home = self._place.home
        if home not in record.lent and home not in record.pending:
            return False
        async with self._file.alone():
            changed = await self._finish_pending()
            given = (await self._file.load()).lent.get(home)
            if given is None:
                return changed
            async with self._locks.hold(given.key):
                return await self._follow(given) or changed

    async def _freshen(self, key: AccountKey) -> None:
        held = await self._newest(key)
        if held is None:
            # Only the client has it.
            return
        ends, now = held.expiry, self._clock.now()
        if held.id_token is not None and ends is not None and ends - now > _LIFE:
            return
        try:
            await self._renewals.renew(key, RenewalRequest(days=_LIFE.days))
        except ProbeError:
            # What still lives can be lent; the next renewal brings the rest to the client.
            if ends is not None and ends <= now:
                raise

    async def _give(self, key: AccountKey, *, keep: bool) -> HandedOver:
        await self._finish_pending()
        seen = await self._place.read()
        theirs = seen.login
        async with hold_all(self._locks, [key, *_keys([theirs])]):
            for one in {key, *_keys([theirs])}:
                await self._renewals.finish_held(one)
            ours = await self._ours(theirs)
            what = returned(seen, ours)
            if what is Returned.ASIDE and keep and theirs is not None and ours is None and theirs.renewable:
                what = Returned.ADOPTED
            is_same = theirs is not None and key in (theirs.key, None if ours is None else ours.key)
            # Its newest tokens may be the client's.
            login = theirs if is_same and what is Returned.ADOPTED else await self._newest(key)
            if login is None:
                raise NotRenewableError
            _check(login)
            return await self._replace(seen, _client_text(login, seen), HandOver(key=key, at=self._clock.now()), what)

    async def _replace(
        self, seen: ClientContent, text: Secret, hand_over: HandOver | None, what: Returned
    ) -> HandedOver:
        await self._write(seen, text, hand_over, what)
        return HandedOver(
            key=None if hand_over is None else hand_over.key,
            location=seen.location,
            before=what,
            before_email="" if seen.login is None else seen.login.email,
            is_same=seen.text == text,
        )

    async def _write(self, seen: ClientContent, text: Secret, hand_over: HandOver | None, what: Returned) -> None:
        taken: tuple[TakenLogin, ...] = ()
        if seen.text is not None and what is not Returned.NOTHING:
            taken = (TakenLogin(fingerprint=seen.text.fingerprint, adopted=what is Returned.ADOPTED),)
        pending = PendingHandOver(written=text.fingerprint, hand_over=hand_over, taken=taken)

        async def keep(slipped: ClientContent) -> None:
            nonlocal pending
            pending = await self._keep_slipped(slipped, seen, pending)

        await self._file.begin(self._place.home, pending)
        try:
            if taken and seen.text is not None:
                await self._aside.keep(seen.text)
            await self._place.write(text, seen, keep)
        except ProbeError:
            # Where even this fails, the next run does it.
            with suppress(ProbeError):
                await self._settle(pending)
            raise
        await self._settle(pending)

    async def _keep_slipped(
        self, slipped: ClientContent, seen: ClientContent, pending: PendingHandOver
    ) -> PendingHandOver:
        """Set aside what the client wrote while it was replaced."""
        theirs, text = slipped.login, slipped.text
        if slipped.is_empty or text is None:
            return pending
        renewed = seen.login is not None and _is_same(seen.login, theirs)
        adopted = renewed and returned(slipped, await self._ours(theirs)) is Returned.ADOPTED
        one = TakenLogin(
            fingerprint=text.fingerprint, adopted=adopted or (renewed and any(t.adopted for t in pending.taken))
        )
        # What was renewed is spent.
        pending = replace(pending, taken=(one,) if renewed else (*pending.taken, one))
        await self._file.begin(self._place.home, pending)
        await self._aside.keep(text)
        if renewed and seen.text is not None:
            await self._aside.forget(seen.text.fingerprint)
        return pending

    async def _finish_pending(self) -> bool:
        """Find out what became of a hand-over that was broken off; whether there was one.

        Raises ClientBusyError where the client's place does not tell now.
        """
        pending = (await self._file.load()).pending.get(self._place.home)
        if pending is None:
            return False
        texts = [await self._aside.read(one.fingerprint) for one in pending.taken]
        keys = _keys(_login(text) for text in texts if text is not None)
        given = () if pending.hand_over is None else (pending.hand_over.key,)
        async with hold_all(self._locks, [*keys, *given]):
            await self._settle(pending)
        return True

    async def _settle(self, pending: PendingHandOver) -> None:
        """Bring a hand-over to its end, as far as it came; the caller holds the locks of its accounts."""
        seen, home = await self._place.read(), self._place.home
        if not seen.is_clear:
            raise ClientBusyError
        is_written = seen.text is not None and seen.text.fingerprint == pending.written
        for one in pending.taken:
            await self._settle_taken(one, seen)
        if pending.hand_over is None:
            await self._settle_taken(TakenLogin(fingerprint=pending.written, adopted=False), seen)
        hand_over = pending.hand_over if is_written else await self._seen_as(pending, seen)
        if hand_over is not None and is_written:
            await self._own(hand_over.key)
        await self._file.finish(home, hand_over)

    async def _settle_taken(self, one: TakenLogin, seen: ClientContent) -> None:
        text = await self._aside.read(one.fingerprint)
        if text is None:
            return
        login, theirs = _login(text), seen.login
        if seen.text == text or (theirs is not None and theirs.renewable and _is_same(theirs, login)):
            # The client has it, or has renewed it since: what is aside would be used twice.
            await self._aside.forget(one.fingerprint)
        elif one.adopted and login is not None:
            ours = await self._ours(login)
            if ours is None or age(login) > age(ours):
                # It is this program's alone now, as one that was made here.
                await self._accounts.keep(replace(login, made_here=True), None if ours is None else ours.key)
                await self._aside.forget(one.fingerprint)
            elif ours.refresh_token == login.refresh_token:
                await self._aside.forget(one.fingerprint)

    async def _own(self, key: AccountKey) -> None:
        """From now on a login of the client's own is no newer version of this account's: both live."""
        for _, stored in await self._accounts.holders(key):
            if not stored.credential.made_here:
                await self._accounts.keep(replace(stored.credential, made_here=True))

    async def _seen_as(self, pending: PendingHandOver, seen: ClientContent) -> HandOver | None:
        theirs = seen.login
        if theirs is None or theirs.renewable:
            return None
        known = (pending.hand_over, (await self._file.load()).lent.get(self._place.home))
        return next((one for one in known if one is not None and one.key == theirs.key), None)

    async def _follow(self, given: HandOver) -> bool:
        home, seen = self._place.home, await self._place.read()
        theirs, ours = seen.login, await self._newest(given.key)
        if ours is None or not seen.is_clear:
            # It is in none of the stores that this run works on, or nobody can tell now who is logged in.
            return False
        if theirs is None or theirs.renewable or not _is_same(theirs, ours):
            # What somebody has chosen in the client holds. Its own login of this account is another one than ours.
            await self._file.finish(home, None)
            return True
        if theirs.access_token == ours.access_token or age(ours).issued < age(theirs).issued:
            return False
        await self._write(seen, _client_text(ours, seen), given, Returned.NOTHING)
        return True

    async def _ours(self, theirs: Credential | None) -> Credential | None:
        """Our login of the same owner, by whatever key."""
        for key in _keys([theirs]):
            found = await self._newest(key)
            if found is not None and _is_same(found, theirs):
                return found
        return None

    async def _newest(self, key: AccountKey) -> Credential | None:
        found = [stored.credential for _, stored in await self._accounts.holders(key)]
        return max(found, key=lambda login: (login.renewable, age(login))) if found else None


def _keys(logins: Iterable[Credential | None]) -> tuple[AccountKey, ...]:
    found = [login for login in logins if login is not None]
    return tuple(dict.fromkeys(key for login in found for key in (login.key, AccountKey(login.account_id))))


def _is_same(one: Credential, other: Credential | None) -> bool:
    return other is not None and one.owner.match(other.owner) is OwnerMatch.SAME


def _login(text: Secret) -> Credential | None:
    documents = read_documents(text.reveal().encode("utf-8", "surrogateescape"))
    return next((d.credential for d in documents if d.credential is not None), None)


def _client_text(login: Credential, seen: ClientContent) -> Secret:
    base = next((d for d in seen.documents if d.format is not None), None)
    return Secret(client_document(login, base).decode("utf-8", "surrogatepass"))


def _check(login: Credential) -> None:
    missing = [
        name
        for name, token in (
            (Phrase("refresh token"), login.refresh_token),
            (Phrase("ID token"), login.id_token),
        )
        if token is None
    ]
    if missing:
        raise TokenMissingError(missing=missing[0])

"""One hand-over of an account to the official client: the order of these steps is what keeps both logins alive.

Take back what the client holds, note what is about to be written, write it, note that it is done. Nothing is written
into the client's place before everything it holds is durably in a store of ours, or set aside.
"""

from datetime import timedelta

import msgspec
from msgspec.structs import replace

from probe_tray.core.account.age import age
from probe_tray.core.account.credential import Credential, StoredCredential
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
from probe_tray.core.formats.writer import client_document
from probe_tray.core.handover.hand_over import (
    ClientContent,
    HandOver,
    HandOverWay,
    PendingHandOver,
    Returned,
    returned,
    whole_hand_over,
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
    """The client's file, also where the keyring holds the same."""
    before: Returned
    """What became of what the client had."""
    before_email: str = ""
    """Whose login that was, where it says so."""
    is_same: bool = False
    """Whether the client had the account already, in the same way."""


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
        return None if theirs is None or await self._ours(theirs) is not None else theirs

    async def give(self, key: AccountKey, way: HandOverWay, *, keep: bool) -> HandedOver:
        """Let the client work with an account. ``keep``: a login that nobody here knows becomes an account.

        Raises a ProbeError; whatever it is, every login is where it was, or in a store of ours too.
        """
        await self._place.check_writable()
        if way is HandOverWay.LENT:
            await self._freshen(key)
        async with self._file.alone():
            for _ in range(_TRIES):
                try:
                    return await self._give(key, way, keep=keep)
                except ClientBusyError:
                    # The client has just renewed: what it has now is taken back instead.
                    continue
        raise ClientBusyError

    async def put_back(self) -> HandedOver:
        """Let the client have the login again that was set aside last. Raises NothingReturnedError, StoreError."""
        await self._place.check_writable()
        async with self._file.alone():
            text = await self._aside.newest()
            if text is None:
                raise NothingReturnedError
            await self._finish_pending()
            seen = await self._place.read()
            async with hold_all(self._locks, self._keys(seen)):
                done = await self._replace(seen, text, None, keep=False)
            if done.before is not Returned.ASIDE or seen.text != text:
                await self._aside.forget(text)
            return done

    async def update(self) -> bool:
        """Bring the client's place and our stores up to date with each other; whether anything was changed.

        A lent account's newer access token goes to the client, and what the client has renewed comes here. Where the
        client has logged out, or in with another account, that is noted. Raises a ProbeError.
        """
        record, home = await self._file.load(), self._place.home
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
        login = held.credential
        ends, now = login.expiry, self._clock.now()
        if login.id_token is not None and ends is not None and ends - now > _LIFE:
            return
        try:
            await self._renewals.renew(key, RenewalRequest(days=_LIFE.days))
        except ProbeError:
            # What still lives can be lent; the next renewal brings the rest to the client.
            if ends is not None and ends <= now:
                raise

    async def _give(self, key: AccountKey, way: HandOverWay, *, keep: bool) -> HandedOver:
        await self._finish_pending()
        seen = await self._place.read()
        async with hold_all(self._locks, [key, *self._keys(seen)]):
            for one in {key, *self._keys(seen)}:
                await self._renewals.finish_held(one)
            if seen.login is not None and seen.login.key == key:
                # Its newest tokens may be the client's: only what is taken back first can be given again.
                await self._take_back(seen, keep=keep)
            login = (await self._newest(key)).credential
            _check(login)
            base = next((d for d in seen.documents if d.format is not None), None)
            data = client_document(login, base, renewable=way is HandOverWay.WHOLE)
            text = Secret(data.decode("utf-8", "surrogatepass"))
            hand_over = HandOver(key=key, way=way, at=self._clock.now())
            return await self._replace(seen, text, hand_over, keep=keep)

    async def _replace(
        self, seen: ClientContent, text: Secret, hand_over: HandOver | None, *, keep: bool
    ) -> HandedOver:
        home = self._place.home
        before = await self._take_back(seen, keep=keep)
        await self._file.begin(home, PendingHandOver(written=text.fingerprint, hand_over=hand_over))
        try:
            slipped = await self._place.write(text, seen)
        except ProbeError:
            await self._finish_pending()
            raise
        if slipped is not None:
            await self._take_back(slipped, keep=keep)
        await self._file.finish(home, hand_over)
        return HandedOver(
            key=None if hand_over is None else hand_over.key,
            location=seen.location,
            before=before,
            before_email="" if seen.login is None else seen.login.email,
            is_same=seen.text == text,
        )

    async def _take_back(self, content: ClientContent, *, keep: bool) -> Returned:
        """Bring what the client has to where it outlives being overwritten."""
        theirs, text = content.login, content.text
        ours = None if theirs is None else await self._ours(theirs)
        followed = ours is not None and await self._is_whole(ours)
        what = returned(content, ours, followed=followed)
        if what is Returned.ASIDE and keep and theirs is not None and ours is None and theirs.renewable:
            what = Returned.ADOPTED
        if what is Returned.ADOPTED and theirs is not None:
            await self._accounts.keep(theirs, None if ours is None else ours.key)
        elif what is Returned.ASIDE and text is not None:
            await self._aside.keep(text)
        return what

    async def _finish_pending(self) -> bool:
        """Find out what became of a hand-over that was broken off; whether there was one."""
        home = self._place.home
        pending = (await self._file.load()).pending.get(home)
        if pending is None:
            return False
        text = (await self._place.read()).text
        if text is not None and text.fingerprint == pending.written:
            await self._file.finish(home, pending.hand_over)
        else:
            # It was not written, or the client has renewed since: what it holds says which.
            await self._file.finish(home, await self._seen_as(pending))
        return True

    async def _seen_as(self, pending: PendingHandOver) -> HandOver | None:
        theirs = (await self._place.read()).login
        if theirs is None:
            return None
        known = (pending.hand_over, (await self._file.load()).lent.get(self._place.home))
        # The same account may have been given in the other way before.
        way = HandOverWay.WHOLE if theirs.renewable else HandOverWay.LENT
        return next((replace(one, way=way) for one in known if one is not None and one.key == theirs.key), None)

    async def _follow(self, given: HandOver) -> bool:
        home, seen = self._place.home, await self._place.read()
        theirs, ours = seen.login, await self._find(given.key)
        if ours is None:
            # It is in none of the stores that this run works on.
            return False
        if given.ended:
            # Until somebody logs in again.
            again = ours.access_token.fingerprint != given.ended
            if again:
                await self._file.finish(home, None)
            return again
        if theirs is None or theirs.owner.match(ours.owner) is not OwnerMatch.SAME:
            # What somebody has chosen in the client holds. A login it had whole was ended by that.
            ended = None
            if given.way is HandOverWay.WHOLE:
                ended = replace(given, ended=ours.access_token.fingerprint)
            await self._file.finish(home, ended)
            return True
        if given.way is HandOverWay.WHOLE or theirs.renewable:
            what = await self._take_back(seen, keep=False)
            if given.way is HandOverWay.LENT:
                # Somebody has logged in there with the same account: that login is the client's own.
                await self._file.finish(home, None)
            return what is Returned.ADOPTED
        if theirs.access_token == ours.access_token or age(ours).issued < age(theirs).issued:
            return False
        base = next((d for d in seen.documents if d.format is not None), None)
        data = client_document(ours, base, renewable=False)
        await self._place.write(Secret(data.decode("utf-8", "surrogatepass")), seen)
        return True

    async def _is_whole(self, login: Credential) -> bool:
        return whole_hand_over(await self._file.load(), login.key) is not None

    async def _ours(self, theirs: Credential) -> Credential | None:
        """Our login of the same owner, by whatever key."""
        for key in dict.fromkeys([theirs.key, AccountKey(theirs.account_id)]):
            found = await self._find(key)
            if found is not None and found.owner.match(theirs.owner) is OwnerMatch.SAME:
                return found
        return None

    async def _find(self, key: AccountKey) -> Credential | None:
        found = [stored.credential for _, stored in await self._accounts.holders(key)]
        return max(found, key=lambda login: (login.renewable, age(login))) if found else None

    async def _newest(self, key: AccountKey) -> StoredCredential:
        found = [stored for _, stored in await self._accounts.holders(key)]
        if not found:
            raise NotRenewableError
        return max(found, key=lambda stored: (stored.credential.renewable, age(stored.credential)))

    def _keys(self, seen: ClientContent) -> tuple[AccountKey, ...]:
        theirs = seen.login
        return () if theirs is None else (theirs.key, AccountKey(theirs.account_id))


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

"""Finds out whose personal access tokens are, and shows the official client's as the account that it is."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NoReturn, final
from urllib.parse import urlsplit

from msgspec.structs import replace

from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.personal_token import PersonalToken, read_owner
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    OfficialLoginError,
    PersonalTokenRefusedError,
    Phrase,
    ProbeError,
    TokenRefusedError,
    UncertainError,
)
from probe_tray.core.service.answer import judge
from probe_tray.core.service.service import OFFICIAL
from probe_tray.core.state import Unreadable
from probe_tray.ports.accounts import AccountStore, StoreContents
from probe_tray.ports.http import TokenOwnerService
from probe_tray.ports.time import Clock

_HOST: Final = urlsplit(OFFICIAL.issuer).hostname or ""
_SECONDS: Final = 10.0
_AGAIN: Final = timedelta(minutes=1)


@final
class TokenOwners:
    """Asks the service once for each token, and again a minute later where it didn't answer."""

    def __init__(self, service: TokenOwnerService, clock: Clock) -> None:
        """Ask ``service``."""
        self._service, self._clock = service, clock
        self._known: dict[str, Credential] = {}
        """By the token's fingerprint."""
        self._failed: dict[str, tuple[datetime, ProbeError]] = {}
        self._turn = asyncio.Lock()

    def known(self, token: Secret) -> Credential | None:
        """The login that ``token`` is, where that was found out already."""
        return self._known.get(token.fingerprint)

    def refusal(self, token: Secret) -> PersonalTokenRefusedError | None:
        """Why ``token`` is no login any more, where that was found out already."""
        error = self._failed[token.fingerprint][1] if token.fingerprint in self._failed else None
        return error if isinstance(error, PersonalTokenRefusedError) else None

    async def find(self, token: Secret) -> Credential:
        """The login that ``token`` is. Raises PersonalTokenRefusedError where it is dead, else any ProbeError."""
        name = token.fingerprint
        async with self._turn:
            if (known := self._known.get(name)) is not None:
                return known
            if (failed := self._failed.get(name)) is not None:
                at, error = failed
                # One that is dead stays so.
                if isinstance(error, PersonalTokenRefusedError) or abs(self._clock.now() - at) < _AGAIN:
                    raise error
            try:
                login = await self._ask(token)
            except ProbeError as error:
                self._failed[name] = (self._clock.now(), error)
                raise
            self._known[name] = login
            return login

    async def _ask(self, token: Secret) -> Credential:
        try:
            async with asyncio.timeout(_SECONDS):
                answer = await self._service.token_owner(token)
        except TimeoutError:
            raise UncertainError(reason=Phrase("it took longer than {n} seconds", n=f"{_SECONDS:g}")) from None
        failure = judge(answer, host=_HOST, now=self._clock.now())
        if isinstance(failure, TokenRefusedError):
            raise PersonalTokenRefusedError
        if failure is not None:
            raise failure
        return read_owner(token, answer.body)


@final
class OwnedTokenStore:
    """Implements ``AccountStore`` read only: the official client's, whose personal access token is an account too.

    What the client keeps of it is the token alone. :meth:`load` doesn't wait for the service; :meth:`changed` does.
    """

    def __init__(self, store: AccountStore, owners: TokenOwners) -> None:
        """Read ``store``, and ask ``owners``."""
        self._store, self._owners = store, owners
        self._unknown: tuple[PersonalToken, ...] = ()
        self._owned: tuple[StoredCredential, ...] = ()
        """Those of the last :meth:`load`, without an owner and with one."""

    @property
    def kind(self) -> StoreKind:
        """That of the store."""
        return self._store.kind

    async def load(self, *, asks: bool = False) -> StoreContents:
        """What the store holds, with the tokens whose owner is known by now."""
        contents = await self._store.load(asks=asks)
        known = [(one, self._owners.known(one.token)) for one in contents.personal]
        self._unknown = tuple(one for one, login in known if login is None)
        self._owned = tuple(stored_token(login, one, self.kind) for one, login in known if login is not None)
        dead = [(one, self._owners.refusal(one.token)) for one in self._unknown]
        refused = [Unreadable(location=one.location, problem=error.problem) for one, error in dead if error is not None]
        self._unknown = tuple(one for one, error in dead if error is None)
        return replace(
            contents,
            found=(*contents.found, *self._owned),
            unreadable=(*contents.unreadable, *refused),
            # That there is a token and no account is said for want of an owner alone.
            api_key=None if contents.personal and not self._unknown else contents.api_key,
            personal=self._unknown,
        )

    async def read(self, key: AccountKey) -> StoredCredential | None:
        """The account's login as it is now, a token as it was at the last :meth:`load`. Raises StoreError."""
        return await self._store.read(key) or self._owned_by(key)

    async def glance(self, key: AccountKey) -> StoredCredential | None:
        """As the store does, and a token as :meth:`read` does. Raises StoreError."""
        return await self._store.glance(key) or self._owned_by(key)

    async def check_writable(self, key: AccountKey) -> None:
        """As the store says."""
        await self._store.check_writable(key)

    async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
        """As the store does."""
        return await self._store.save(credential, replaces)

    async def remove(self, key: AccountKey) -> None:
        """As the store does."""
        await self._store.remove(key)

    def folders(self) -> Collection[Path] | None:
        """As the store does; None while there is a token of which the service has not said whose it is."""
        return None if self._unknown else self._store.folders()

    async def changed(self) -> bool:
        """Whether the store changed, or it was found out just now whose a token of it is, or that it is dead."""
        if await self._store.changed():
            return True
        for one in self._unknown:
            try:
                await self._owners.find(one.token)
            except PersonalTokenRefusedError:
                return True
            except ProbeError:
                continue
            return True
        return False

    def _owned_by(self, key: AccountKey) -> StoredCredential | None:
        return next((one for one in self._owned if one.credential.key == key), None)


@final
class FoundTokenStore:
    """Implements ``AccountStore`` read only, over personal access tokens that were found where no store looks."""

    def __init__(self, kind: StoreKind, found: Sequence[StoredCredential]) -> None:
        """Hold ``found``."""
        self._kind, self._found = kind, tuple(found)

    @property
    def kind(self) -> StoreKind:
        """Which place they are from."""
        return self._kind

    async def load(self, *, asks: bool = False) -> StoreContents:
        """All of them."""
        del asks
        return StoreContents(found=self._found)

    async def read(self, key: AccountKey) -> StoredCredential | None:
        """That of the account."""
        return next((one for one in self._found if one.credential.key == key), None)

    async def glance(self, key: AccountKey) -> StoredCredential | None:
        """That of the account."""
        return await self.read(key)

    async def check_writable(self, key: AccountKey) -> None:
        """Raise OfficialLoginError, always."""
        self._refuse(key)

    async def save(self, credential: Credential, replaces: AccountKey | None = None) -> StoredCredential:
        """Raise OfficialLoginError, always."""
        del replaces
        self._refuse(credential.key)

    async def remove(self, key: AccountKey) -> None:
        """Raise OfficialLoginError, always."""
        self._refuse(key)

    def folders(self) -> tuple[Path, ...]:
        """None of them: it never changes."""
        return ()

    async def changed(self) -> bool:
        """Never."""
        return False

    def _refuse(self, key: AccountKey) -> NoReturn:
        stored = next((one for one in self._found if one.credential.key == key), None)
        raise OfficialLoginError(path="" if stored is None else stored.location)


def stored_token(login: Credential, one: PersonalToken, kind: StoreKind) -> StoredCredential:
    """``login`` as what was found as ``one`` in a place of ``kind``."""
    return StoredCredential(credential=login, store=kind, location=one.location)

"""Takes logins that were found in files into the stores, each under its account's lock."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.worth import rivals
from probe_tray.core.errors import PersonalTokenRefusedError, ProbeError, Problem, StoreError
from probe_tray.core.formats.document import Document
from probe_tray.core.formats.login_fields import NoLogin
from probe_tray.core.transfer.import_plan import ImportAction, Item, Source, plan, replan, verdict
from probe_tray.engine.account.accounts import Accounts, hold_all
from probe_tray.engine.account.token_owners import TokenOwners
from probe_tray.engine.transfer.login_check import DEAD_PERSONAL, LoginCheck
from probe_tray.ports.accounts import AccountLocks


class Preview(NamedTuple):
    """What an import would do."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...] = ()
    """Why some of the stores cannot tell what they hold."""
    blocked: bool = False
    """Whether the store that takes new logins is one of them: then nothing can be taken now."""


class Taken(NamedTuple):
    """What became of one login."""

    action: ImportAction
    """What was found to be right once nobody else could change the account any more."""
    faults: tuple[StoreError, ...] = ()
    """Why some of the stores that hold the account did not take it; another one did."""


class LoginImport:
    """Keeps logins of other programs; they are never revoked from here, for they were not obtained here."""

    def __init__(
        self,
        accounts: Accounts,
        locks: AccountLocks,
        check: LoginCheck,
        owners: TokenOwners,
        saw_in_client: Callable[[str], Awaitable[None]],
    ) -> None:
        """Keep them in the stores of ``accounts``: where the account is already, else in the first.

        ``check`` finds those that are dead already, ``owners`` whose personal access tokens are. ``saw_in_client``
        remembers the fingerprints of the official client's refresh tokens, so that a copy is known for one later.
        """
        self._saw_in_client = saw_in_client
        self._owners = owners
        self._check = check
        self._accounts = accounts
        self._locks = locks

    async def preview(self, sources: Iterable[Source], now: datetime) -> Preview:
        """What will happen to each login of ``sources`` at ``now`` (aware UTC). Nothing is taken."""
        sources = tuple(sources)
        await self._note(sources)
        contents = await asyncio.gather(*(store.load() for store in self._accounts.ours))
        # The official client's own file may lie in a folder of ours.
        known = [s.credential for content in contents for s in content.found if s.store is not StoreKind.OFFICIAL]
        problems = tuple(content.problem for content in contents if content.problem is not None)
        owned = await self._with_owners(sources)
        brought = [d.credential for one in owned for d in one.documents if d.credential is not None]
        accounts = {login.account_id for login in brought}
        ended = await self._check.ended.find(
            [*rivals(brought), *(login for login in known if login.account_id in accounts)]
        )
        items = await self._checked(plan(owned, known, now, ended), known, ended)
        return Preview(items, problems, blocked=contents[0].problem is not None)

    async def _checked(
        self, items: tuple[Item, ...], known: Sequence[Credential], ended: Collection[str]
    ) -> tuple[Item, ...]:
        """``items`` with those that are dead, each of which gives its place to another login of its account."""
        while True:
            found = await self._check.checked(items)
            dead = ImportAction.DEAD
            left = [new if new.action is dead else old for old, new in zip(items, found, strict=True)]
            again = replan(left, known, ended)
            if again == tuple(left):
                return found
            items = again

    async def _note(self, sources: Iterable[Source]) -> None:
        for document in (document for source in sources if source.in_use for document in source.documents):
            token = None if document.credential is None else document.credential.refresh_token
            if token is not None:
                await self._saw_in_client(token.fingerprint)

    async def _with_owners(self, sources: Iterable[Source]) -> list[Source]:
        """``sources`` where each personal access token is the login that it is, or has the reason why it is none."""
        return [replace(one, documents=tuple([await self._owned(d) for d in one.documents])) for one in sources]

    async def _owned(self, document: Document) -> Document:
        login = document.credential
        token = login.access_token if login is not None and login.is_personal else document.personal
        if token is None:
            return document
        try:
            owned = await self._owners.find(token)
        except PersonalTokenRefusedError:
            return replace(document, credential=None, personal=token, no_login=NoLogin.REFUSED, reason=DEAD_PERSONAL)
        except ProbeError as error:
            # What its file says of its owner is as good until the service can be asked.
            return document if login is not None else replace(document, reason=error.cause)
        if login is not None:
            owned = replace(owned, expired=login.expired, others=login.others)
        return replace(document, credential=owned, no_login=None, personal=None, reason="")

    async def take(self, login: Credential, account: AccountKey) -> Taken:
        """Keep ``login`` unless what is kept of its ``account`` is as good.

        That is the one the preview named: where only one of the two names its user, its key is not the login's own.

        A renewal may have brought a newer one since the preview was made. Raises StoreError or DataFolderError when no
        store took it, or when it cannot be told what they hold; then nothing was changed.
        """
        keys = {login.key, account}
        async with hold_all(self._locks, keys):
            held = [stored.credential for key in keys for _, stored in await self._accounts.holders(key)]
            action = verdict(login, held, await self._check.ended.find(held))
            if not action.takes:
                return Taken(action)
            for key in keys:
                await self._accounts.check_writable(key)
            return Taken(action, await self._accounts.keep(login, replaces=account))

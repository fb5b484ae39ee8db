"""What a person does with an account besides looking: move it to the other store, or remove it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from probe_tray.core.account.credential import StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    NoSuchStoreError,
    NotRevokedError,
    OfficialLoginError,
    Phrase,
    ServiceError,
)
from probe_tray.engine.account.accounts import Accounts
from probe_tray.ports.accounts import AccountLocks
from probe_tray.ports.files import RemovedAccounts
from probe_tray.ports.http import AuthService


class AccountChanges:
    """Moves and removes logins, under the account's lock, so that no renewal runs meanwhile."""

    def __init__(
        self,
        accounts: Accounts,
        auth: AuthService,
        locks: AccountLocks,
        removed: RemovedAccounts,
        lasting: Callable[[AccountKey], Awaitable[StoredCredential | None]],
        set_vault_aside: Callable[[], Awaitable[int]],
    ) -> None:
        """``removed`` keeps a sync from bringing accounts back.

        ``lasting`` tells which of an account's logins in our stores is the one to renew, and so the one to keep.
        ``set_vault_aside`` keeps records that cannot be opened out of the way and returns how many.
        """
        self._accounts = accounts
        self._auth = auth
        self._locks = locks
        self._removed = removed
        self._lasting = lasting
        self._set_vault_aside = set_vault_aside

    async def tokens_of(self, key: AccountKey) -> frozenset[str]:
        """The fingerprints of the account's access tokens, once no renewal of it runs.

        Raises StoreError where a store can't be read, and DataFolderError.
        """
        async with self._locks.hold(key):
            return await self._tokens_of(key)

    async def remove(self, key: AccountKey, *, revoke: bool, seen: frozenset[str] | None = None) -> bool:
        """Delete the account's login from every store of ours; whether that was done.

        It is not where the stores hold other tokens than those that were ``seen``. With ``revoke`` the
        service ends the login too, where this program obtained it; when that fails nothing is removed and
        NotRevokedError is raised. Raises StoreError.
        """
        try:
            async with self._locks.hold(key):
                if seen is not None and await self._tokens_of(key) != seen:
                    return False
                if revoke:
                    await self._revoke(key)
                for store in self._accounts.ours:
                    # The official client's own file, which stays, may lie in a folder of ours.
                    with suppress(OfficialLoginError):
                        await store.remove(key)
                await self._removed.add_removed(key.slug)
                return True
        finally:
            # Also after a failure: one store may have done its part before another one failed.
            await self._accounts.read()

    async def move(self, key: AccountKey, to: StoreKind) -> None:
        """Keep the account in the store ``to`` and in no other of ours.

        Raises StoreError; then it is where it was, or in both where the old place does not let go of it.
        """
        try:
            async with self._locks.hold(key):
                await self._move(key, to)
        finally:
            await self._accounts.read()

    async def reset_vault(self) -> None:
        """Set aside the records whose key is gone, so that a new key can be made at the next login."""
        await self._set_vault_aside()
        await self._accounts.read()

    async def _move(self, key: AccountKey, to: StoreKind) -> None:
        target = next((s for s in self._accounts.ours if s.kind is to), None)
        if target is None:
            raise NoSuchStoreError
        holders = await self._accounts.holders(key)
        kept = await self._lasting(key)
        if kept is None:
            return
        await target.check_writable(key)
        await target.save(kept.credential)
        for store, _ in holders:
            if store is not target:
                await store.remove(key)

    async def _tokens_of(self, key: AccountKey) -> frozenset[str]:
        holders = await self._accounts.holders(key)
        return frozenset(stored.credential.access_token.fingerprint for _, stored in holders)

    async def _revoke(self, key: AccountKey) -> None:
        tokens: dict[Secret, str | Phrase] = {}
        for _, stored in await self._accounts.holders(key):
            if stored.credential.made_here and stored.credential.refresh_token is not None:
                tokens[stored.credential.refresh_token] = stored.credential.email or Phrase("the account")
        for token, who in tokens.items():
            try:
                answer = await self._auth.revoke(token)
            except ServiceError as error:
                reason = error.facts.get("reason") or Phrase("its answer can't be read")
                raise NotRevokedError(who=who, reason=reason) from None
            # A login that the service does not know any more is as good as revoked.
            if not answer.ok and answer.status not in {400, 401, 404}:
                raise NotRevokedError(who=who, reason=Phrase("status {n}", n=str(answer.status)))

"""One login, from the click to the account in the list."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.owner import Owner
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    BrowserError,
    ClockError,
    DataFolderError,
    OtherAccountError,
    PastedAddressError,
    Phrase,
    ProbeError,
    StoreError,
)
from probe_tray.core.events import LoginChanged, TroubleMet
from probe_tray.core.state import AccountState, LoginPhase, LoginState, Way
from probe_tray.engine.account.accounts import Accounts, hold_all, unnamed_account
from probe_tray.engine.login.browser_login import BrowserLogin, LoginMethod, Waiting
from probe_tray.engine.login.code_exchange import CodeExchange
from probe_tray.engine.store import Store
from probe_tray.engine.timers import to_the_end
from probe_tray.ports.accounts import AccountLocks

REPLACED = "replaced by another login"
"""The message of a cancellation after which another login follows at once."""


class _Brought(NamedTuple):
    """A new login, and the account that it was to be of, as it was before; None for any account."""

    credential: Credential
    account: AccountState | None


class LoginRunner:
    """Runs one login at a time; the state tells how it goes."""

    def __init__(
        self,
        sign_ins: Mapping[Way, LoginMethod],
        exchange: CodeExchange,
        accounts: Accounts,
        locks: AccountLocks,
        store: Store,
    ) -> None:
        """Sign in with one of ``sign_ins``, keep the result in ``accounts`` under the account's lock."""
        self._sign_ins = sign_ins
        self._exchange = exchange
        self._accounts = accounts
        self._locks = locks
        self._store = store
        self._current: LoginMethod | None = None
        self._unsaved: _Brought | None = None
        self.kept: AccountKey | None = None
        """Whose login the latest run has saved, also where it was cancelled while it did; None where it has not."""

    @property
    def address(self) -> Secret | None:
        """The sign-in page of the login that waits now."""
        return None if self._current is None else self._current.address

    async def run(self, account: AccountKey | None, way: Way = Way.BROWSER) -> AccountKey | None:
        """Log in to a new account, or to ``account`` again; the key that was signed in, None when it failed."""
        self.kept = None
        self._tell(LoginState(phase=LoginPhase.OPENING, way=way, account=account))
        try:
            # Before the person does anything: a locked keyring or a full disk must not cost them a sign-in.
            await self._accounts.check_writable(account or AccountKey(""))
            before = None if account is None else self._store.state.account(account)
            credential = await self._kept_at_last()
            if credential is None or (account is not None and not _is_login_of(before, account, credential)):
                # A proxy that is gone would show only when the code is traded: after all that the person had to do.
                await self._exchange.check()
                credential = await self._signed_in(account, way)
                self._unsaved = _Brought(credential, before)
                # From here on the tokens exist nowhere else: neither cancelling nor quitting may lose them.
                await to_the_end(self._keep(self._unsaved))
        except ProbeError as error:
            self._fail(error)
            return None
        except BaseException as end:
            # One that takes this one's place tells its own state: nothing is to vanish and come back in between.
            if REPLACED not in end.args:
                self._tell(None)
            raise
        if account is not None and not _is_login_of(before, account, credential):
            self._fail(OtherAccountError(who=credential.email or Phrase("another account")))
        else:
            self._finish(credential.key)
        return credential.key

    async def show_page(self) -> None:
        """Open the sign-in page of the waiting login once more."""
        login = self._waiting()
        if login is None or self._current is None:
            return
        if login.problem is not None:
            self._tell(replace(login, problem=None))
        try:
            await self._current.show_page()
        except BrowserError as error:
            self._trouble(error)

    def paste(self, text: Secret) -> None:
        """Finish the login that waits for a browser with the address this one ended at.

        What is wrong with the address is told, and the login goes on waiting.
        """
        login = self._waiting()
        if login is None or not isinstance(self._current, BrowserLogin):
            return
        try:
            self._current.paste(text)
        except PastedAddressError as error:
            self._tell(replace(login, pasted=error.problem))

    async def close(self) -> None:
        """Before the program ends: try once more to save what could not be saved. Raises StoreError."""
        await self._kept_at_last()

    async def _kept_at_last(self) -> Credential | None:
        """The login of an earlier run whose tokens could not be saved then: it is not asked of the person again."""
        if (brought := self._unsaved) is None:
            return None
        await to_the_end(self._keep(brought))
        return brought.credential

    async def _keep(self, brought: _Brought) -> None:
        credential, before = brought
        older = before.key if before is not None and before.owner.may_become(credential.owner) else None
        replaces = older or await unnamed_account(self._accounts.ours, credential) or credential.key
        for fault in await self._kept(credential, replaces):
            self._store.dispatch(TroubleMet(problem=fault.problem))
        self._unsaved, self.kept = None, credential.key
        await self._accounts.read()

    async def _kept(self, credential: Credential, replaces: AccountKey) -> tuple[StoreError, ...]:
        try:
            # A renewal of the account's older login must not put its own tokens over these afterwards.
            async with hold_all(self._locks, (credential.key, replaces)):
                return await self._accounts.keep(credential, replaces)
        except DataFolderError:
            # The tokens are worth more than the lock.
            return await self._accounts.keep(credential, replaces)

    async def _signed_in(self, account: AccountKey | None, way: Way) -> Credential:
        def waits(waiting: Waiting) -> None:
            self._tell(
                LoginState(
                    phase=LoginPhase.WAITING,
                    way=way,
                    account=account,
                    port=waiting.port,
                    user_code=waiting.user_code,
                    page=waiting.page,
                    ends_at=waiting.ends_at,
                )
            )

        self._current = self._sign_ins[way]
        try:
            grant = await self._current.run(waits, self._trouble)
        finally:
            self._current = None
        self._tell(LoginState(phase=LoginPhase.EXCHANGING, way=way, account=account))
        return await self._exchange.run(grant, self._clock_is_off)

    def _finish(self, key: AccountKey) -> None:
        login = self._store.state.login
        if login is not None and login.clock_off is not None:
            self._store.dispatch(TroubleMet(problem=ClockError.off_by(login.clock_off).problem))
        self._tell(LoginState(phase=LoginPhase.DONE, account=key))

    def _fail(self, error: ProbeError) -> None:
        if (login := self._store.state.login) is not None:
            self._tell(
                LoginState(
                    phase=LoginPhase.FAILED,
                    way=login.way,
                    account=login.account,
                    problem=error.problem,
                    unsaved=self._unsaved is not None,
                    clock_off=login.clock_off,
                )
            )

    def _clock_is_off(self, ahead: timedelta) -> None:
        if (login := self._store.state.login) is not None:
            self._tell(replace(login, clock_off=ahead))

    def _trouble(self, error: ProbeError) -> None:
        if (login := self._waiting()) is not None:
            self._tell(replace(login, problem=error.problem))

    def _waiting(self) -> LoginState | None:
        login = self._store.state.login
        return login if login is not None and login.phase is LoginPhase.WAITING else None

    def _tell(self, login: LoginState | None) -> None:
        self._store.dispatch(LoginChanged(login=login))


def _is_login_of(before: AccountState | None, account: AccountKey, credential: Credential) -> bool:
    """Whether this is a login of the account that was asked for; it may be the first one to name its user."""
    owner = Owner(account.account_id, account.user_id) if before is None else before.owner
    return owner.may_become(credential.owner)

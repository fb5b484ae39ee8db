"""One login, from the click to the account in the list."""

from msgspec.structs import replace

from probe_tray.core.credential import Credential
from probe_tray.core.errors import OtherAccountError, ProbeError
from probe_tray.core.events import LoginChanged, TroubleMet
from probe_tray.core.identity import AccountKey
from probe_tray.core.secret import Secret
from probe_tray.core.state import LoginPhase, LoginState
from probe_tray.engine.accounts import Accounts
from probe_tray.engine.sign_in import BrowserSignIn
from probe_tray.engine.store import Store
from probe_tray.engine.waiting import to_the_end


class Login:
    """Runs one login at a time; the state tells how it goes."""

    def __init__(self, sign_in: BrowserSignIn, accounts: Accounts, store: Store) -> None:
        """Sign in with ``sign_in``, keep the result in ``accounts``."""
        self._sign_in = sign_in
        self._accounts = accounts
        self._store = store
        self._unsaved: Credential | None = None

    @property
    def address(self) -> Secret | None:
        """The sign-in page of the login that waits now."""
        return self._sign_in.address

    async def run(self, account: AccountKey | None) -> AccountKey | None:
        """Log in to a new account, or to ``account`` again; the key that was signed in, None when it failed."""
        self._tell(LoginState(phase=LoginPhase.OPENING, account=account))
        try:
            # Before the person does anything: a locked keyring or a full disk must not cost them a sign-in.
            await self._accounts.check_writable(account or AccountKey(""))
            credential = await self._kept_at_last()
            if credential is None or account not in {None, credential.key}:
                self._unsaved = credential = await self._signed_in(account)
                # From here on the tokens exist nowhere else: neither cancelling nor quitting may lose them.
                await to_the_end(self._keep(credential))
        except ProbeError as error:
            self._tell(LoginState(phase=LoginPhase.FAILED, account=account, problem=error.problem))
            return None
        except BaseException:
            self._tell(None)
            raise
        if account is not None and credential.key != account:
            other = OtherAccountError(who=credential.email or "another account")
            self._tell(LoginState(phase=LoginPhase.FAILED, account=account, problem=other.problem))
        else:
            self._tell(LoginState(phase=LoginPhase.DONE, account=credential.key))
        return credential.key

    async def show_page(self) -> None:
        """Open the sign-in page of the waiting login once more."""
        login = self._store.state.login
        if login is not None and login.phase is LoginPhase.WAITING and login.problem is not None:
            self._tell(replace(login, problem=None))
        await self._sign_in.show_page(self._trouble)

    async def _kept_at_last(self) -> Credential | None:
        """The login of an earlier run whose tokens could not be saved then: it is not asked of the person again."""
        if (credential := self._unsaved) is not None:
            await to_the_end(self._keep(credential))
        return credential

    async def _keep(self, credential: Credential) -> None:
        for fault in await self._accounts.keep(credential):
            self._store.dispatch(TroubleMet(problem=fault.problem))
        self._unsaved = None
        await self._accounts.read()

    async def _signed_in(self, account: AccountKey | None) -> Credential:
        return await self._sign_in.run(
            lambda port, ends_at: self._tell(
                LoginState(phase=LoginPhase.WAITING, account=account, port=port, ends_at=ends_at)
            ),
            self._trouble,
            lambda: self._tell(LoginState(phase=LoginPhase.EXCHANGING, account=account)),
        )

    def _trouble(self, error: ProbeError) -> None:
        login = self._store.state.login
        if login is not None and login.phase is LoginPhase.WAITING:
            self._tell(replace(login, problem=error.problem))

    def _tell(self, login: LoginState | None) -> None:
        self._store.dispatch(LoginChanged(login=login))

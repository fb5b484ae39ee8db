"""One look at one account's quota, with the renewal that a refused access token calls for."""

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import OfficialExpiredError, ProbeError, TokenRefusedError
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.renewal.request import RenewalKind, Renewed
from probe_tray.core.settings import Settings
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.polling.reset_credit_check import ResetCreditCheck
from probe_tray.engine.polling.usage_query import ask_once, problem_of
from probe_tray.engine.renewal.authorized_session import AuthorizedSession
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.ports.http import QuotaService
from probe_tray.ports.time import Clock

_LOG_OUT_SECONDS = 5.0
"""So long a log-out of the official client may take from its first step to its last."""


class UsageCheck:
    """Asks for a snapshot; a login of ours whose access token is refused is renewed once, then asked again once."""

    def __init__(self, quota: QuotaService, accounts: Accounts, renewals: Renewals, clock: Clock) -> None:
        """Ask ``quota`` with the logins of ``accounts``."""
        self._quota = quota
        self._accounts = accounts
        self._renewals = renewals
        self._clock = clock
        self._credits = ResetCreditCheck(quota, clock)

    async def snapshot(self, key: AccountKey, settings: Settings) -> Snapshot:
        """The quota now. Raises a ProbeError."""
        stored = await self._accounts.current(key)
        if stored is None:
            raise await self._gone(TokenRefusedError())

        async def renew(login: Credential, refusal: TokenRefusedError) -> Renewed:
            if stored.store is StoreKind.OFFICIAL:
                return await self._of_client(login, refusal)
            if not settings.auto_renew or not stored.may_be_renewed:
                raise refusal
            # Another program may have renewed it, which the renewal finds out before it asks the service.
            renewed = await self._renewals.renew_refused(login, refusal, days=settings.renew_before_expiry_days)
            await self._accounts.read()
            return renewed

        # Whatever its recorded or own end: this computer's clock may be wrong, and only the service's counts.
        session = AuthorizedSession(stored.credential, self._renewals, renew, problem_of)
        reply = await session.ask(lambda login: ask_once(self._quota, login, self._clock))
        if reply.problem is not None:
            raise reply.problem
        if isinstance(reply.answer.outcome, ProbeError):
            raise reply.answer.outcome
        return await self._credits.completed(reply.answer.outcome, session.credential)

    async def _of_client(self, credential: Credential, refusal: TokenRefusedError) -> Renewed:
        """The login that the official client has now, where it is another one."""
        # Service fact: a log-out revokes the tokens before the client removes its login, and there is nothing to say.
        await self._clock.sleep(_LOG_OUT_SECONDS)
        now = await self._accounts.current(credential.key)
        if now is None:
            raise await self._gone(refusal)
        if now.credential.access_token != credential.access_token:
            # Nobody has renewed it for this check, so a refusal of that one is remembered of no renewal.
            return Renewed(kind=RenewalKind.FRESH, credential=now.credential, location=now.location)
        end = credential.expiry
        raise refusal if end is None or end > self._clock.now() else OfficialExpiredError

    async def _gone(self, refusal: TokenRefusedError) -> TokenRefusedError:
        """What is said of a login that is in no store any more: nothing, once its account is gone from the state."""
        await self._accounts.read()
        return refusal

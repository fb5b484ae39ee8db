"""One look at one account's quota, with the renewal that a refused access token calls for."""

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import OfficialExpiredError, TokenRefusedError
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.settings import Settings
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.polling.reset_credit_check import ResetCreditCheck
from probe_tray.engine.polling.usage_query import ask_usage
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
        try:
            # Whatever its recorded or own end: this computer's clock may be wrong, and only the service's counts.
            return await self._ask(stored.credential)
        except TokenRefusedError as error:
            if stored.store is StoreKind.OFFICIAL:
                return await self._of_client(stored.credential, error)
            if not settings.auto_renew or not stored.may_be_renewed:
                raise
            return await self._renewed(stored.credential, error, settings)

    async def _of_client(self, credential: Credential, refusal: TokenRefusedError) -> Snapshot:
        """What the service answers the login that the official client has now."""
        # Service fact: a log-out revokes the tokens before the client removes its login, and there is nothing to say.
        await self._clock.sleep(_LOG_OUT_SECONDS)
        now = await self._accounts.current(credential.key)
        if now is None:
            raise await self._gone(refusal)
        if now.credential.access_token != credential.access_token:
            return await self._ask(now.credential)
        end = credential.expiry
        raise refusal if end is None or end > self._clock.now() else OfficialExpiredError

    async def _gone(self, refusal: TokenRefusedError) -> TokenRefusedError:
        """What is said of a login that is in no store any more: nothing, once its account is gone from the state."""
        await self._accounts.read()
        return refusal

    async def _renewed(self, credential: Credential, refusal: TokenRefusedError, settings: Settings) -> Snapshot:
        # Another program may have renewed it, which the renewal finds out before it asks the service.
        renewed = await self._renewals.renew_refused(credential, refusal, days=settings.renew_before_expiry_days)
        await self._accounts.read()
        try:
            return await self._ask(renewed.credential)
        except TokenRefusedError as again:
            raise await self._renewals.refused_again(renewed, again) from None

    async def _ask(self, credential: Credential) -> Snapshot:
        found = await ask_usage(self._quota, credential, self._clock)
        await self._renewals.accepted(credential.key)
        return await self._credits.completed(found, credential)

"""One look at one account's quota, with the renewal that a refused or ended access token calls for."""

from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.errors import OfficialExpiredError, TokenRefusedError
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalRequest
from probe_tray.core.settings import Settings
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.polling.reset_credit_check import ResetCreditCheck
from probe_tray.engine.polling.usage_query import ask_usage
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.ports.http import QuotaService
from probe_tray.ports.time import Clock


class UsageCheck:
    """Asks for a snapshot; a login of ours whose access token does not work is renewed once, then asked again once."""

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
            raise TokenRefusedError
        credential = stored.credential
        ended = credential.expiry is not None and credential.expiry <= self._clock.now()
        if ended and stored.store is StoreKind.OFFICIAL:
            raise OfficialExpiredError
        if not _may_renew(stored, settings):
            return await self._ask(credential)
        if not ended:
            try:
                return await self._ask(credential)
            except TokenRefusedError:
                # Another program may have renewed it, which the renewal finds out before it asks the service.
                ended = True
        seen = credential.access_token.fingerprint
        wish = RenewalRequest(days=settings.renew_before_expiry_days, reason=Reason.REFUSED, seen=seen)
        renewed = await self._renewals.renew(key, wish)
        await self._accounts.read()
        return await self._ask(renewed.credential)

    async def _ask(self, credential: Credential) -> Snapshot:
        found = await ask_usage(self._quota, credential, self._clock)
        return await self._credits.completed(found, credential)


def _may_renew(stored: StoredCredential, settings: Settings) -> bool:
    ours = stored.store is not StoreKind.OFFICIAL
    return settings.auto_renew and ours and stored.credential.refresh_token is not None

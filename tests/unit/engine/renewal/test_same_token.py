"""Two accounts that hold the same refresh token, one of them without its owner's name, use it once between them."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from msgspec.structs import replace

from probe_tray.core.account.credential import Claims, Credential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import LoginEndedError
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalKind, RenewalRequest
from probe_tray.core.service.answer import Answer
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.sync.no_shared_logins import NoSharedLogins
from tests.safety.bench import ANA, Bench
from tests.support.fakes import MemoryTally, settle

NAMELESS = AccountKey(ANA.account_id)
FORCED = RenewalRequest(days=3, reason=Reason.FORCED)


class Locks:
    """Locks among the tasks of this process."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def hold(self, key: AccountKey) -> AsyncGenerator[None]:
        async with self._locks.setdefault(key.slug, asyncio.Lock()):
            yield

    @asynccontextmanager
    async def hold_token(self, fingerprint: str) -> AsyncGenerator[None]:
        async with self._locks.setdefault(fingerprint, asyncio.Lock()):
            yield


def without_name(login: Credential) -> Credential:
    return replace(login, claims=Claims(account_id=login.account_id, issued_at=login.claims.issued_at))


async def test_at_the_same_time_one_request_is_made() -> None:
    bench, locks, gate = Bench(StoreKind.VAULT, StoreKind.FOLDER), Locks(), asyncio.Event()
    bench.stores[1].held = {NAMELESS: without_name(bench.stores[1].held[ANA])}
    answer = bench.issuer.refresh

    async def slow(refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        await gate.wait()
        return await answer(refresh_token, arrived)

    bench.issuer.refresh = slow
    renewals = Renewals(bench.transaction, locks, bench.clock, lambda _: None, NoSharedLogins(), MemoryTally(), locks)
    both = [asyncio.create_task(renewals.renew(key, FORCED)) for key in (ANA, NAMELESS)]
    await settle()
    gate.set()
    named, nameless = await asyncio.gather(*both, return_exceptions=True)
    assert not isinstance(named, BaseException)
    assert named.kind is RenewalKind.RENEWED
    # Its token is known to be spent, so it is never sent again.
    assert isinstance(nameless, LoginEndedError)
    assert (len(bench.issuer.sent), bench.issuer.revoked) == (1, False)
    assert bench.issuer.live in bench.held()

"""A day of the tray app in seconds: busy service, outage, sleep and a wrong clock; every login lives or is flagged."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import pytest

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import NotSentError, UncertainError
from probe_tray.core.renewal.journal import TokenVerdict
from probe_tray.core.service.answer import Answer
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.polling.poller import Poller
from probe_tray.engine.polling.usage_check import UsageCheck
from probe_tray.engine.renewal.refresh_transaction import RefreshTransaction
from probe_tray.engine.renewal.renewal_timer import RenewalTimer
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.store import Store
from probe_tray.engine.sync.no_shared_logins import NoSharedLogins
from probe_tray.engine.timers import watch_clock
from tests.safety.bench import MemoryJournal, MemoryMemory, Steps, refusal
from tests.support.fakes import START, FakeClock, MemoryStore, MemoryTally, NoTokenLocks, ScriptedService
from tests.support.tokens import credential, reply_body, tokens
from tests.unit.engine.bench import NoLocks, running, usage_answer

HOUR = timedelta(hours=1)
PEOPLE = 30
POLL_MINUTES = 15


class Chance:
    """Chance that is the same in every run."""

    def __init__(self, seed: int) -> None:
        self._source = random.Random(seed)  # noqa: S311 - a test's moments

    def token_bytes(self, count: int) -> bytes:
        return self._source.randbytes(count)

    def uniform(self, low: float, high: float) -> float:
        return self._source.uniform(low, high)


class BusyService(ScriptedService):
    """The service of many people, with the day's weather."""

    def __init__(self, clock: FakeClock, seed: int) -> None:
        super().__init__()
        self._clock, self._chance = clock, random.Random(seed)  # noqa: S311 - a test's weather
        self.slept = timedelta()
        self.numbers = dict.fromkeys((f"person{n}" for n in range(PEOPLE)), 1)
        self.requests: list[tuple[str, float]] = []
        self.lost: dict[str, float] = {}
        self.reused: list[float] = []
        self.usages: Counter[str] = Counter()

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self._clock.monotonic()) + self.slept

    def live(self, person: str) -> Secret:
        return Secret(f"rt_{person}.{self.numbers[person]}")

    async def usage(self, credential: Credential) -> Answer:
        self.usages[credential.account_id] += 1
        self._weather(usage=True)
        if credential.claims.expires_at is not None and credential.claims.expires_at <= self.now:
            return refusal(401, "token_expired")
        return self._busy() or usage_answer()

    async def refresh(self, refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        del arrived
        person, _, number = refresh_token.reveal().removeprefix("rt_").partition(".")
        moment = self.now.timestamp()
        self.requests.append((refresh_token.fingerprint, moment))
        self._weather(usage=False)
        if (busy := self._busy()) is not None:
            return busy
        # Even a program that sends it twice is to be found out, so both are counted before anything is said.
        if self.numbers[person] != int(number):
            self.reused.append(moment - self.lost.get(refresh_token.fingerprint, moment))
            return refusal(401, "refresh_token_reused")
        self.numbers[person] += 1
        body = reply_body(tokens(person, number=self.numbers[person], at=self.now), expires_in=864000)
        if self._is_outage():
            self.lost[refresh_token.fingerprint] = moment
            raise UncertainError(reason="the connection was lost")
        return Answer(200, {}, body)

    def _is_outage(self) -> bool:
        return timedelta(hours=4) <= self.now - START < timedelta(hours=5)

    def _weather(self, *, usage: bool) -> None:
        if self._is_outage() and (usage or self._chance.random() < 0.6):
            raise NotSentError(reason="there is no connection")

    def _busy(self) -> Answer | None:
        hours = (self.now - START) / HOUR
        if 2 <= hours < 3 and self._chance.random() < 0.7:
            return Answer(429, {"Retry-After": "120"}, b"")
        return Answer(503, {}, b"") if 16 <= hours < 16.5 else None


class Day:
    """The tray app's own tasks over doubles."""

    def __init__(self, seed: int) -> None:
        self.clock, chance = FakeClock(), Chance(seed)
        self.service = BusyService(self.clock, seed)
        # Their ends are spread over two days, the first of them is now.
        self.vault = MemoryStore(
            StoreKind.VAULT,
            *(
                credential(person, at=START - timedelta(days=10) + 1.5 * HOUR * number)
                for number, person in enumerate(self.service.numbers)
            ),
        )
        self.store = Store(AppState(settings=Settings(poll_minutes=POLL_MINUTES)))
        self.accounts = Accounts([self.vault], self.store, nothing_remembered)
        self.memory = MemoryMemory(Steps())
        journal = MemoryJournal(Steps())
        transaction = RefreshTransaction(
            self.service, self.accounts, journal, self.memory, self.clock, chance, "auth.example"
        )
        self.renewals = Renewals(
            transaction, NoLocks(), self.clock, self.store.dispatch, NoSharedLogins(), MemoryTally(), NoTokenLocks()
        )
        asker = UsageCheck(self.service, self.accounts, self.renewals, self.clock)
        self.poller = Poller(asker, self.store, self.clock, chance)
        self.timer = RenewalTimer(self.renewals, self.accounts, self.store, self.clock, chance)

    async def pass_by(self) -> None:
        await self.accounts.read()
        async with AsyncExitStack() as tasks:
            for work in (self.poller.run(), self.timer.run(), watch_clock(self.clock, self._woke)):
                await tasks.enter_async_context(running(work))
            await self.clock.advance(7 * HOUR)
            # The machine sleeps.
            self.service.slept = 3 * HOUR
            self.clock.jump(3 * HOUR)
            await self.clock.advance(2 * HOUR)
            # The clock is set wrong, and two hours later right again.
            self.clock.jump(-2 * HOUR)
            await self.clock.advance(2 * HOUR)
            self.clock.jump(2 * HOUR)
            await self.clock.advance(10 * HOUR)
        await self.renewals.close()

    def _woke(self, at: datetime) -> None:
        self.timer.woke(at)
        self.poller.refresh([a.key for a in self.store.state.accounts])


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.heavy) for seed in (1, 2))])
async def test_every_login_lives_or_is_flagged_at_the_end_of_the_day(seed: int) -> None:
    day = Day(seed)
    await day.pass_by()
    fates: Counter[str] = Counter()
    for held in day.vault.held.values():
        person = held.email.partition("@")[0]
        token = held.refresh_token
        assert token is not None
        known = day.memory.known.get(token.fingerprint)
        account = day.store.state.account(held.key)
        assert account is not None
        flagged = known is not None and known.verdict in {TokenVerdict.UNCERTAIN, TokenVerdict.ENDED}
        if flagged:
            assert account.renewal.problem is not None
        assert flagged or token == day.service.live(person), f"{person} is lost, and nobody is told"
        alive = held.expiry is not None and held.expiry > day.clock.now()
        assert flagged or alive, f"{person} was not renewed in time"
        fates["flagged" if flagged else "renewed" if day.service.numbers[person] > 1 else "as it was"] += 1
    assert fates["renewed"] >= PEOPLE / 3
    assert all(after >= 15 * 60 for after in day.service.reused)
    check_ceiling(day)


def check_ceiling(day: Day) -> None:
    """No storm: neither in all nor for one login, and quotas at their interval."""
    assert len(day.service.requests) <= PEOPLE * 8
    by_token: dict[str, list[float]] = defaultdict(list)
    for token, moment in day.service.requests:
        by_token[token].append(moment)
    for moments in by_token.values():
        assert all(sum(start <= m < start + 600 for m in moments) <= 4 for start in moments)
    assert max(day.service.usages.values()) <= 24 * 60 / POLL_MINUTES * 1.2

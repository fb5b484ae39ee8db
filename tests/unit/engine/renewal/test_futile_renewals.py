"""Renewals that change nothing, on computers that share a table: they must not take turns with them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, timedelta

import pytest

from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ProbeError, StillRefusedError
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalKind, RenewalRequest
from probe_tray.core.service.answer import Answer
from probe_tray.core.settings import Settings
from probe_tray.core.sync.rows import SyncOptions
from probe_tray.engine.polling.usage_check import UsageCheck
from tests.support.fakes import START
from tests.support.tokens import credential, reply_body, tokens
from tests.unit.engine.bench import Bench, usage_answer
from tests.unit.engine.sync_bench import KEY, TARGET, FakeTable

HOUR = timedelta(hours=1)
ANA = credential("ana", at=START - HOUR)
REVOKED = Answer(401, {}, b'{"error": {"code": "token_revoked"}}')
REVOKED_PROBLEM = StillRefusedError(reason="the login was revoked").problem


class Issuer:
    """Renews whatever it is asked to; each refresh token works once."""

    def __init__(self) -> None:
        self.spent: list[str] = []


class Computer(Bench):
    """A tray with one login, which it shares over a table."""

    def __init__(self, table: FakeTable, issuer: Issuer, login: Credential = ANA) -> None:
        super().__init__(login)
        self.sync.table.held, self.sync.table.writes = table.held, table.writes
        self.sync.ready = True
        self._issuer = issuer
        self.service.refresh = self._refresh
        self.check = UsageCheck(self.service, self.accounts, self.renewals, self.clock)

    async def _refresh(self, refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        del arrived
        token = refresh_token.reveal()
        assert token not in self._issuer.spent
        self._issuer.spent.append(token)
        number = len(self._issuer.spent) + 1
        return Answer(200, {}, reply_body(tokens("ana", number=number, at=self.clock.now())))

    async def synchronize(self) -> None:
        report = await self.sync.syncing.run(TARGET, SyncOptions(), lambda _done, _total: None)
        assert report.problem is None

    async def look(self) -> ProbeError | None:
        """Check the account once; what is wrong with it."""
        try:
            await self.check.snapshot(ANA.key, Settings())
        except ProbeError as error:
            return error
        return None


def two() -> tuple[Computer, Computer, Issuer]:
    table, issuer = FakeTable(AesGcmLoginCipher(KEY).seal(ANA, bytes(12), UTC)), Issuer()
    return Computer(table, issuer), Computer(table, issuer), issuer


async def later(span: timedelta, *computers: Computer) -> None:
    await asyncio.gather(*(computer.clock.advance(span) for computer in computers))


@pytest.mark.parametrize(
    ("asleep", "syncs_first", "renewals"),
    [(0, False, 1), (30, False, 1), (30, True, 2)],
    ids=["both awake", "one asleep for a day", "one asleep for a day, whose sync is faster than its check"],
)
async def test_computers_that_share_a_revoked_login_do_not_take_turns_renewing_it(
    asleep: int, renewals: int, *, syncs_first: bool
) -> None:
    first, second, issuer = two()
    for computer in (first, second):
        computer.service.answer("usage", REVOKED)
    for hour in range(100):
        for computer in (first, second)[: 2 if hour >= asleep else 1]:
            if syncs_first:
                await computer.synchronize()
            problem = await computer.look()
            assert problem is not None
            assert problem.problem == REVOKED_PROBLEM
            await computer.synchronize()
        await later(HOUR, first, second)
    # One that meets a token of others first when it is refused cannot know whether anybody has tried.
    assert len(issuer.spent) == renewals


async def test_a_login_that_stays_refused_is_tried_again_after_half_of_a_tokens_life() -> None:
    first, _, issuer = two()
    first.service.answer("usage", REVOKED)
    await first.look()
    first.vault.held[ANA.key] = credential("ana", number=7, at=first.clock.now() + HOUR)
    await later(119 * HOUR, first)
    await first.look()
    assert issuer.spent == ["rt_ana.1"]
    await later(2 * HOUR, first)
    await first.look()
    assert issuer.spent == ["rt_ana.1", "rt_ana.7"]


async def test_a_login_that_worked_since_is_renewed_when_it_is_refused() -> None:
    first, _, issuer = two()
    first.service.answer("usage", REVOKED)
    await first.look()
    first.vault.held[ANA.key] = credential("ana", number=7, at=first.clock.now() + HOUR)
    await later(2 * HOUR, first)
    first.service.answers.pop("usage")
    first.service.answer("usage", usage_answer(), REVOKED, usage_answer())
    assert await first.look() is None
    assert await first.look() is None
    assert issuer.spent == ["rt_ana.1", "rt_ana.7"]


async def test_while_renewing_does_not_help_a_login_of_another_computer_is_still_taken_over() -> None:
    first, second, issuer = two()
    first.service.answer("usage", REVOKED, REVOKED, REVOKED, usage_answer())
    assert isinstance(await first.look(), StillRefusedError)
    await later(HOUR, first, second)
    # Somebody has logged in again on the other one.
    second.vault.held[ANA.key] = credential("ana", number=7, at=second.clock.now())
    await second.synchronize()
    assert await first.look() is None
    assert first.vault.held[ANA.key].access_token == second.vault.held[ANA.key].access_token
    assert issuer.spent == ["rt_ana.1"]


async def test_a_renewal_that_a_person_asks_for_is_made_all_the_same() -> None:
    first, _, issuer = two()
    first.service.answer("usage", REVOKED)
    await first.look()
    forced = RenewalRequest(days=3, reason=Reason.FORCED)
    assert (await first.renewals.renew(ANA.key, forced)).kind is RenewalKind.RENEWED
    # It is no help either, and is not followed by another one.
    assert isinstance(await first.look(), StillRefusedError)
    assert len(issuer.spent) == 2


async def test_computers_whose_setting_is_longer_than_a_tokens_life_do_not_take_turns() -> None:
    first, second, issuer = two()
    request = RenewalRequest(days=99_999)
    for _ in range(100):
        for computer in (first, second):
            await later(HOUR / 2, first, second)
            await computer.synchronize()
            await computer.renewals.renew(ANA.key, request)
    # Each half of a token's life has room for one of each.
    assert len(issuer.spent) <= 2

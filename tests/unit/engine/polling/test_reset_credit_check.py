from datetime import UTC, datetime, timedelta

from probe_tray.core.errors import NotSentError
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.service.answer import Answer
from probe_tray.engine.polling.usage_check import ResetCreditCheck
from tests.support.fakes import START, FakeClock, ScriptedService
from tests.support.tokens import credential

ANA, BEN = credential("ana"), credential("ben")
END = datetime(2026, 12, 1, 8, tzinfo=UTC)
LISTED = Answer(200, {}, b'{"credits": [{"expires_at": "2026-12-01T08:00:00Z"}]}')


class Asked:
    """An asker and its service."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.service, self.clock = ScriptedService(), FakeClock()
        self.service.answer("reset_credits", *answers)
        self.asker = ResetCreditCheck(self.service, self.clock)

    async def ends(self, count: int | None = 1, login: object = ANA) -> tuple[datetime, ...]:
        snapshot = Snapshot(taken_at=START, reset_credits=count)
        return (await self.asker.completed(snapshot, BEN if login is BEN else ANA)).reset_credit_ends


async def test_the_ends_are_asked_for_once_an_hour_and_kept_in_between() -> None:
    asked = Asked(LISTED)
    assert [await asked.ends() for _ in range(3)] == [(END,)] * 3
    assert asked.service.count("reset_credits") == 1
    await asked.clock.advance(timedelta(hours=1))
    await asked.ends()
    assert asked.service.count("reset_credits") == 2


async def test_they_are_asked_for_again_at_once_where_their_number_has_changed() -> None:
    both = b'{"credits": [{"expires_at": "2026-12-01T08:00:00Z"}, {"expires_at": "2026-12-09T08:00:00Z"}]}'
    later = datetime(2026, 12, 9, 8, tzinfo=UTC)
    asked = Asked(Answer(200, {}, both), Answer(200, {}, b'{"credits": [{"expires_at": "2026-12-09T08:00:00Z"}]}'))
    assert [await asked.ends(2), await asked.ends(1), await asked.ends(1)] == [(END, later), (later,), (later,)]
    assert asked.service.count("reset_credits") == 2


async def test_ends_of_another_number_of_credits_are_told_no_more_where_the_new_ones_cannot_be_had() -> None:
    asked = Asked(LISTED, NotSentError(reason="no network"))
    assert [await asked.ends(2), await asked.ends(1), await asked.ends(1)] == [(END,), (), ()]
    assert asked.service.count("reset_credits") == 2


async def test_a_credit_that_comes_after_all_were_used_is_asked_for_at_once() -> None:
    asked = Asked(LISTED)
    assert [await asked.ends(count) for count in (1, 0, 1)] == [(END,), (), (END,)]


async def test_each_account_is_asked_for_its_own() -> None:
    asked = Asked(LISTED, Answer(200, {}, b"{}"))
    assert (await asked.ends(), await asked.ends(login=BEN)) == ((END,), ())


async def test_nobody_is_asked_where_there_are_no_credits() -> None:
    asked = Asked(LISTED)
    assert [await asked.ends(count) for count in (None, 0, -1)] == [()] * 3
    assert asked.service.asked == []


async def test_a_failure_costs_nothing_but_the_answer() -> None:
    asked = Asked(LISTED, NotSentError(reason="no network"), Answer(404, {}, b""), Answer(200, {}, b"{}"))
    found = [await asked.ends()]
    for _ in range(3):
        await asked.clock.advance(timedelta(hours=1))
        found.append(await asked.ends())
    assert found == [(END,), (END,), (END,), ()]

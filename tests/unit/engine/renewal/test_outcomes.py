"""What an earlier run of the program learnt of a refresh token, as a person is told of it."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from probe_tray.core.errors import LoginEndedError, Phrase, ProbeError, ReadError, UncertainLoginError
from probe_tray.core.renewal.journal import TokenOutcome, TokenVerdict
from probe_tray.core.state import RenewalState
from probe_tray.engine.renewal.token_memory import TokenMemory
from tests.support.fakes import START, FakeClock, FakeRandomness, MemoryOfTokens, problem_kind

TOKEN, OTHER = "0123456789abcdef", "fedcba9876543210"
SOON = START + timedelta(minutes=10)


class Unreadable(MemoryOfTokens):
    """A memory on a disk that fails."""

    async def recall(self, fingerprint: str) -> TokenOutcome | None:
        raise ReadError(path=fingerprint, reason="the disk fails")

    async def glance(self, fingerprint: str) -> TokenOutcome | None:
        return await self.recall(fingerprint)

    async def recall_all(self, fingerprints: Sequence[str]) -> Sequence[TokenOutcome | ReadError | None]:
        return [ReadError(path=fingerprint, reason="the disk fails") for fingerprint in fingerprints]


def outcomes(known: TokenOutcome | None) -> TokenMemory:
    memory = MemoryOfTokens()
    if known is not None:
        memory.known[TOKEN] = known
    return TokenMemory(memory, FakeClock(), FakeRandomness())


@pytest.mark.parametrize(
    ("known", "problem"),
    [
        (None, None),
        (TokenOutcome(verdict=TokenVerdict.FRESH, at=START), None),
        (TokenOutcome(verdict=TokenVerdict.ENDED, at=START, reason="it was used elsewhere"), LoginEndedError),
        (TokenOutcome(verdict=TokenVerdict.UNCERTAIN, at=START, until=SOON), UncertainLoginError),
        (TokenOutcome(verdict=TokenVerdict.UNCERTAIN, at=START, until=START, failures=1), None),
        (TokenOutcome(verdict=TokenVerdict.UNCERTAIN, at=START, until=START, failures=2), UncertainLoginError),
        (TokenOutcome(verdict=TokenVerdict.BACKOFF, at=START, until=SOON), None),
    ],
)
async def test_what_needs_a_person_is_told_with_its_time(
    known: TokenOutcome | None, problem: type[ProbeError] | None
) -> None:
    memory = outcomes(known)
    renewal = await memory.renewal_of(TOKEN)
    assert problem_kind(renewal.problem) == problem
    assert renewal.last_at == (START if problem else None)
    assert await memory.renewals_of([OTHER, TOKEN, OTHER]) == [RenewalState(), renewal, RenewalState()]


async def test_a_computer_that_was_started_anew_counts_by_the_wall_clock_again() -> None:
    known = TokenOutcome(verdict=TokenVerdict.UNCERTAIN, at=START, until=START, uptime=5000.0)
    assert (await outcomes(known).renewal_of(TOKEN)).problem is None
    known = TokenOutcome(verdict=TokenVerdict.UNCERTAIN, at=START, until=SOON, uptime=5000.0)
    assert problem_kind((await outcomes(known).renewal_of(TOKEN)).problem) == UncertainLoginError


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("it was used elsewhere", Phrase("it was used elsewhere")),
        ("", Phrase("OpenAI refused it")),
        ("words of another version", "words of another version"),
    ],
)
async def test_why_a_login_has_ended_is_kept_as_text_and_can_be_translated_afterwards(kept: str, told: str) -> None:
    known = TokenOutcome(verdict=TokenVerdict.ENDED, at=START, reason=kept)
    problem = (await outcomes(known).renewal_of(TOKEN)).problem
    assert problem is not None
    assert dict(problem.facts)["reason"] == told
    assert isinstance(dict(problem.facts)["reason"], Phrase) == isinstance(told, Phrase)


async def test_what_is_remembered_of_an_ended_login_is_plain_text() -> None:
    memory = MemoryOfTokens()
    await TokenMemory(memory, FakeClock(), FakeRandomness()).ended(TOKEN, Phrase("it was used elsewhere"))
    assert type(memory.known[TOKEN].reason) is str


async def test_a_memory_that_cannot_be_read_accuses_nobody() -> None:
    memory = TokenMemory(Unreadable(), FakeClock(), FakeRandomness())
    assert (await memory.renewal_of(TOKEN)).problem is None
    assert await memory.renewals_of([TOKEN, OTHER]) == [RenewalState(), RenewalState()]

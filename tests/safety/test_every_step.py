"""A renewal that fails, or dies, at each of its steps: the newest token is never lost without a word."""

import asyncio
import errno
from datetime import timedelta

import pytest

from probe_tray.adapters.files.disk import reason_of
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    KeyringAbsentError,
    KeyringDeniedError,
    KeyringLockedError,
    KeyringNoAnswerError,
    ProbeError,
    StoreError,
    WriteError,
)
from probe_tray.core.renewal.journal import TokenVerdict
from probe_tray.core.renewal.policy import Reason
from tests.safety.bench import Bench, Crash

NUMBERS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EBUSY, errno.EDQUOT)
FAULTS: list[StoreError] = [
    *(WriteError(path="the disk", reason=reason_of(OSError(number, ""))) for number in NUMBERS),
    KeyringLockedError(),
    KeyringDeniedError(),
    KeyringAbsentError(),
    KeyringNoAnswerError(),
]
BEFORE = ("pending", "read vault", "read folder", "recall", "check vault", "check folder", "prepare", "prepared")
AFTER = ("keep", "kept", "save vault", "save folder", "remember fresh", "remember ended", "finish")


def name_of(fault: StoreError) -> str:
    return fault.facts.get("reason", type(fault).__name__)


def is_safe(bench: Bench) -> bool:
    """Whether the token that works is in a store or in the journal."""
    return bench.issuer.live in bench.held() | bench.kept()


def is_flagged(bench: Bench) -> bool:
    """Whether a person is told, or will be at the next start: the intent is there, or what came of it."""
    intents = any(answer is None for _, answer in bench.journal.entries.values())
    verdicts = [bench.memory.known.get(Secret(token).fingerprint) for token in bench.held()]
    return intents or any(v is not None and v.verdict in {TokenVerdict.UNCERTAIN, TokenVerdict.ENDED} for v in verdicts)


@pytest.mark.parametrize("fault", FAULTS, ids=name_of)
@pytest.mark.parametrize("step", BEFORE)
async def test_what_cannot_be_proved_beforehand_is_not_asked_for(step: str, fault: StoreError) -> None:
    bench = Bench(StoreKind.VAULT, StoreKind.FOLDER)
    bench.steps.faults[step] = fault
    with pytest.raises(type(fault)):
        await bench.renew(Reason.FORCED)
    assert bench.issuer.sent == []
    bench.steps.faults.clear()
    bench.restart()
    await bench.clock.advance(timedelta(minutes=20))
    await bench.renew(Reason.FORCED)
    assert bench.held() == {bench.issuer.live}


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        pytest.param(step, fault, id=f"{step} {name_of(fault)}")
        for step in AFTER
        for fault in FAULTS
        # The keyring has a part in these two alone.
        if isinstance(fault, WriteError) or step in {"keep", "save vault"}
    ],
)
async def test_a_fault_after_the_answer_loses_nothing(step: str, fault: StoreError) -> None:
    bench = Bench(StoreKind.VAULT, StoreKind.FOLDER)
    bench.steps.faults[step] = fault
    told = await renewed_or_told(bench)
    assert is_safe(bench)
    assert told == step.startswith("save")
    await renewed_or_told(bench)
    assert is_safe(bench)
    bench.steps.faults.clear()
    bench.restart()
    await bench.renew()
    assert bench.held() == {bench.issuer.live}
    assert bench.issuer.reused == []
    assert len(bench.issuer.sent) == 1


async def renewed_or_told(bench: Bench) -> bool:
    """Whether the renewal was reported as one that did not come to its end."""
    try:
        await bench.renew()
    except ProbeError:
        return True
    return False


def steps_of_a_whole_renewal() -> int:
    bench = Bench(StoreKind.VAULT, StoreKind.FOLDER)
    asyncio.run(bench.renew())
    return len(bench.steps.seen)


@pytest.mark.parametrize("second", [None, 1, 3, 5, 8, 12])
@pytest.mark.parametrize("crash", range(steps_of_a_whole_renewal()))
async def test_a_process_that_dies_at_any_step_and_then_at_another(crash: int, second: int | None) -> None:
    bench = Bench(StoreKind.VAULT, StoreKind.FOLDER)
    bench.steps.crash_at = crash
    with pytest.raises(Crash):
        await bench.renew()
    assert is_safe(bench) or is_flagged(bench)
    if second is not None:
        bench.restart()
        bench.steps.crash_at = second
        try:
            await bench.renew(Reason.FORCED)
        except (Crash, ProbeError):
            assert is_safe(bench) or is_flagged(bench)
    bench.restart()
    try:
        await bench.renew()
    except ProbeError:
        assert is_flagged(bench)
    assert is_safe(bench) or is_flagged(bench)
    assert bench.issuer.reused == []

"""Real time and real chance, as far as they can be told apart from anything else."""

from datetime import UTC, datetime, timedelta

import pytest

from probe_tray.adapters.system import SystemClock, SystemRandomness


def test_now_is_aware_and_utc() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_monotonic_never_goes_back() -> None:
    clock = SystemClock()
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)


@pytest.mark.parametrize("seconds", [-5, 0, 0.01])
async def test_sleep_waits_that_long_and_not_below_zero(seconds: float) -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(seconds)
    # Timers may be a little early by the clock's own grain.
    assert clock.monotonic() - before >= seconds - 0.002


def test_random_bytes_have_the_length_asked_for_and_never_repeat() -> None:
    randomness = SystemRandomness()
    drawn = {randomness.token_bytes(32) for _ in range(1000)}
    assert len(drawn) == 1000
    assert {len(one) for one in drawn} == {32}


def test_uniform_stays_between_its_bounds_and_varies() -> None:
    randomness = SystemRandomness()
    drawn = {randomness.uniform(15, 60) for _ in range(1000)}
    assert len(drawn) > 900
    assert 15 <= min(drawn) < 25
    assert 50 < max(drawn) <= 60

"""Real time and real chance, as far as they can be told apart from anything else."""

import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from probe_tray.adapters.system import LocalZone, SystemClock, SystemRandomness


def test_now_is_aware_and_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


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


@pytest.mark.skipif(sys.platform == "win32", reason="TZ as POSIX has it")
@pytest.mark.parametrize(
    ("written", "hours"), [("XXX-25", 24), ("XXX+24", -24), ("XXX-167", 24), ("XXX-14", 14), ("nonsense", 0), ("", 0)]
)
def test_a_zone_that_no_place_has_still_tells_a_time(
    written: str, hours: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", written)
    time.tzset()
    try:
        moment = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
        local = moment.astimezone(LocalZone())
        assert abs(local.replace(tzinfo=UTC) - moment - timedelta(hours=hours)) <= timedelta(minutes=1)
        assert len(f"{local:%H:%M %z}") == len("12:30 +0000")
        assert local == moment
    finally:
        monkeypatch.undo()
        time.tzset()


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

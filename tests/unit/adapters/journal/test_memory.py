"""What is remembered of refresh tokens: an end is for ever, damage makes nothing up."""

import asyncio
import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.adapters.files.disk import NEWER_VERSION, Disk
from probe_tray.adapters.journal.renewal_memory import FileRenewalMemory
from probe_tray.core.errors import ReadError, SilentDiskError, WriteError
from probe_tray.core.renewal.journal import TokenOutcome, TokenVerdict
from tests.support.disks import FAULTS, WRITING_STEPS, HangingDisk, TroubledDisk
from tests.support.fakes import START
from tests.support.patience import PATIENCE
from tests.support.threads import calls_in_threads

PRINT, OTHER = "0123456789abcdef", "fedcba9876543210"
ENDED = TokenOutcome(verdict=TokenVerdict.ENDED, at=START, reason="refresh_token_reused")
UNCERTAIN = TokenOutcome(verdict=TokenVerdict.UNCERTAIN, at=START, until=START + timedelta(minutes=15), uptime=12.5)
FRESH = TokenOutcome(verdict=TokenVerdict.FRESH, at=START)
BACKOFF = TokenOutcome(
    verdict=TokenVerdict.BACKOFF, at=START, until=START + timedelta(seconds=30), failures=3, reason="429"
)
DAY = timedelta(days=1)


def _text(file: Path) -> str:
    return file.read_text()


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


@pytest.mark.parametrize("outcome", [ENDED, UNCERTAIN, BACKOFF, FRESH], ids=lambda o: o.verdict.value)
async def test_an_outcome_is_known_after_a_restart(tmp_path: Path, outcome: TokenOutcome) -> None:
    await FileRenewalMemory(tmp_path / "memory", disk=Disk()).remember(PRINT, outcome)
    assert await FileRenewalMemory(tmp_path / "memory", disk=Disk()).recall(PRINT) == outcome
    assert await FileRenewalMemory(tmp_path / "memory", disk=Disk()).recall(OTHER) is None


async def test_what_an_earlier_version_wrote_is_known(tmp_path: Path) -> None:
    (tmp_path / f"{PRINT}.passing").write_text(
        '{"outcome":{"verdict":"uncertain","at":"2026-11-22T07:04:05Z","until":"2026-11-22T07:19:05Z","failures":2,'
        '"reason":""},"check":"9df78959451277ff"}\n'
    )
    at = datetime(2026, 11, 22, 7, 4, 5, tzinfo=UTC)
    until = at + timedelta(minutes=15)
    known = await FileRenewalMemory(tmp_path, disk=Disk()).recall(PRINT)
    assert known == TokenOutcome(verdict=TokenVerdict.UNCERTAIN, at=at, until=until, failures=2)


@pytest.mark.parametrize("suffix", ["passing", "ended"])
async def test_what_a_newer_version_wrote_is_left_alone_and_no_such_token_is_used(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"{PRINT}.{suffix}"
    file.write_text('{"version":2,"verdict":"perhaps"}')
    memory = FileRenewalMemory(tmp_path, disk=Disk())
    if suffix == "passing":
        with pytest.raises(ReadError, match=NEWER_VERSION):
            await memory.recall(PRINT)
    else:
        # Its name alone says it.
        assert (found := await memory.recall(PRINT)) is not None
        assert found.verdict is TokenVerdict.ENDED
    with pytest.raises(WriteError, match=NEWER_VERSION):
        await memory.remember(PRINT, ENDED if suffix == "ended" else FRESH)
    await memory.remember(OTHER, replace(FRESH, at=START + 500 * DAY))
    assert _text(file) == '{"version":2,"verdict":"perhaps"}'


async def test_nothing_is_known_at_first(tmp_path: Path) -> None:
    assert await FileRenewalMemory(tmp_path / "memory", disk=Disk()).recall(PRINT) is None


async def test_the_last_passing_outcome_counts(tmp_path: Path) -> None:
    memory = FileRenewalMemory(tmp_path, disk=Disk())
    await memory.remember(PRINT, BACKOFF)
    await memory.remember(PRINT, UNCERTAIN)
    assert await memory.recall(PRINT) == UNCERTAIN


async def test_an_end_is_never_taken_back(tmp_path: Path) -> None:
    memory = FileRenewalMemory(tmp_path, disk=Disk())
    await memory.remember(PRINT, ENDED)
    await memory.remember(PRINT, BACKOFF)
    assert await memory.recall(PRINT) == ENDED


async def test_many_writers_at_once_do_not_lose_an_end(tmp_path: Path) -> None:
    outcomes = [BACKOFF] * 10 + [ENDED] + [UNCERTAIN] * 10
    await asyncio.gather(*(FileRenewalMemory(tmp_path, disk=Disk()).remember(PRINT, outcome) for outcome in outcomes))
    assert await FileRenewalMemory(tmp_path, disk=Disk()).recall(PRINT) == ENDED


async def test_an_end_survives_damage_to_its_file(tmp_path: Path) -> None:
    memory = FileRenewalMemory(tmp_path, disk=Disk())
    await memory.remember(PRINT, ENDED)
    only_file(tmp_path).write_bytes(b"")
    known = await memory.recall(PRINT)
    assert known is not None
    assert known.verdict is TokenVerdict.ENDED


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b'{"outcome": {"verdict": "of a newer version"}, "check": ""}'])
async def test_what_was_damaged_forbids_a_request_as_long_as_it_may_have_done(tmp_path: Path, content: bytes) -> None:
    await FileRenewalMemory(tmp_path, disk=Disk()).remember(PRINT, UNCERTAIN)
    only_file(tmp_path).write_bytes(content)
    changed = START + timedelta(seconds=7)
    os.utime(only_file(tmp_path), (changed.timestamp(), changed.timestamp()))
    quarter = timedelta(minutes=15)
    assert await FileRenewalMemory(tmp_path, disk=Disk()).recall(PRINT) == TokenOutcome(
        verdict=TokenVerdict.UNCERTAIN, at=changed, until=changed + quarter
    )


async def test_old_outcomes_are_forgotten(tmp_path: Path) -> None:
    memory = FileRenewalMemory(tmp_path, disk=Disk())
    await memory.remember(PRINT, ENDED)
    await memory.remember(OTHER, BACKOFF)
    await memory.remember("c" * 16, FRESH)
    late = TokenOutcome(verdict=TokenVerdict.BACKOFF, at=START + 399 * DAY)
    await a_week_of_use(memory, START + 392 * DAY)
    await memory.remember("a" * 16, late)
    assert await memory.recall(PRINT) == ENDED
    assert await memory.recall("c" * 16) == FRESH
    assert await memory.recall(OTHER) is None
    await a_week_of_use(memory, START + 401 * DAY)
    assert await memory.recall(PRINT) is None
    assert await memory.recall("c" * 16) is None
    assert await memory.recall("a" * 16) == late


async def a_week_of_use(memory: FileRenewalMemory, first: datetime) -> None:
    """An outcome a day."""
    for number in range(7):
        outcome = TokenOutcome(verdict=TokenVerdict.BACKOFF, at=first + number * DAY)
        await memory.remember(f"{number:016x}", outcome)


@pytest.mark.parametrize("ahead", [1, 40, 70, 500])
async def test_a_clock_that_is_ahead_for_some_days_makes_nothing_be_forgotten(tmp_path: Path, ahead: int) -> None:
    outcomes = {f"{number:x}" * 16: one for number, one in enumerate((ENDED, FRESH, UNCERTAIN), start=10)}
    memory = FileRenewalMemory(tmp_path, disk=Disk())
    await a_week_of_use(memory, START - 7 * DAY)
    for name, outcome in outcomes.items():
        await memory.remember(name, outcome)
    # A renewal, or a run of the command, every few hours.
    for number in range(12):
        late = TokenOutcome(verdict=TokenVerdict.BACKOFF, at=START + ahead * DAY + number * DAY / 3)
        await FileRenewalMemory(tmp_path, disk=Disk()).remember(f"{number + 100:016x}", late)
    await memory.remember(OTHER, replace(BACKOFF, at=START + DAY))
    assert {name: await memory.recall(name) for name in outcomes} == outcomes


async def test_after_a_pause_of_months_nothing_is_forgotten_at_once(tmp_path: Path) -> None:
    await FileRenewalMemory(tmp_path, disk=Disk()).remember(PRINT, FRESH)
    await FileRenewalMemory(tmp_path, disk=Disk()).remember(OTHER, replace(FRESH, at=START + 300 * DAY))
    assert await FileRenewalMemory(tmp_path, disk=Disk()).recall(PRINT) == FRESH


async def test_hundreds_of_renewals_do_not_read_each_other(tmp_path: Path) -> None:
    disk = TroubledDisk()
    memory = FileRenewalMemory(tmp_path, disk=disk)
    for number in range(50):
        await memory.remember(f"{number:016x}", FRESH)
    assert disk.steps.count("read") <= 50
    await a_week_of_use(memory, START + 401 * DAY)
    assert await memory.recall(f"{20:016x}") is None


async def test_a_memory_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    disk = TroubledDisk()
    memory = FileRenewalMemory(tmp_path, disk=disk)
    await memory.remember(PRINT, BACKOFF)
    disk.trouble("read", errno.EIO)
    with pytest.raises(ReadError):
        await memory.recall(PRINT)


@pytest.mark.parametrize("step", WRITING_STEPS[:-1])
@pytest.mark.parametrize("number", FAULTS)
async def test_a_write_that_fails_keeps_what_was_known(tmp_path: Path, step: str, number: int) -> None:
    disk = TroubledDisk()
    memory = FileRenewalMemory(tmp_path, disk=disk)
    await memory.remember(PRINT, BACKOFF)
    disk.trouble(step, number)
    with pytest.raises(WriteError):
        await memory.remember(PRINT, UNCERTAIN)
    disk.calm()
    assert await memory.recall(PRINT) == BACKOFF


async def test_only_fingerprints_name_files(tmp_path: Path) -> None:
    for name in ("", "../../etc/passwd", "0123456789ABCDEF", PRINT + "0"):
        with pytest.raises(ValueError, match="16 hex digits"):
            await FileRenewalMemory(tmp_path, disk=Disk()).recall(name)
        with pytest.raises(ValueError, match="16 hex digits"):
            await FileRenewalMemory(tmp_path, disk=Disk()).remember(name, ENDED)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
async def test_files_are_private(tmp_path: Path) -> None:
    await FileRenewalMemory(tmp_path / "memory", disk=Disk()).remember(PRINT, ENDED)
    assert only_file(tmp_path / "memory").stat().st_mode & 0o777 == 0o600


@given(
    st.builds(
        TokenOutcome,
        verdict=st.sampled_from(TokenVerdict),
        at=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - Hypothesis wants naive bounds and adds the zone
        reason=st.text(max_size=20),
        uptime=st.none() | st.floats(0, 1e9),
    ),
    st.data(),
)
async def test_damage_makes_nothing_up(outcome: TokenOutcome, data: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        await FileRenewalMemory(folder, disk=Disk()).remember(PRINT, outcome)
        file = only_file(folder)
        whole = file.read_bytes()
        place = data.draw(st.integers(0, len(whole) - 1))
        flipped = whole[:place] + bytes([whole[place] ^ (1 << data.draw(st.integers(0, 7)))]) + whole[place + 1 :]
        for damaged in (whole[:place], flipped):
            file.write_bytes(damaged)
            found = await recalled(folder)
            # The damage may have hit the number of its version.
            assert found in (outcome, NEWER_VERSION) or is_doubt(found, outcome.verdict, file)


@given(st.binary(max_size=200), st.sampled_from([ENDED, FRESH]))
async def test_content_of_any_kind_is_damage(content: bytes, before: TokenOutcome) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        await FileRenewalMemory(folder, disk=Disk()).remember(PRINT, before)
        file = only_file(folder)
        file.write_bytes(content)
        assert is_doubt(await FileRenewalMemory(folder, disk=Disk()).recall(PRINT), before.verdict, file)


async def recalled(folder: Path) -> TokenOutcome | str | None:
    """What is remembered, or why it cannot be read."""
    try:
        return await FileRenewalMemory(folder, disk=Disk()).recall(PRINT)
    except ReadError as error:
        return error.facts["reason"]


def is_doubt(found: TokenOutcome | str | None, before: TokenVerdict, file: Path) -> bool:
    """What counts where the content is lost: an end stays one, anything else may have been an answer that was lost."""
    if before is TokenVerdict.ENDED:
        return found == TokenOutcome(verdict=TokenVerdict.ENDED, at=datetime.fromtimestamp(0, UTC))
    changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return found == TokenOutcome(verdict=TokenVerdict.UNCERTAIN, at=changed, until=changed + timedelta(minutes=15))


async def test_what_is_asked_at_once_is_read_by_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = FileRenewalMemory(tmp_path / "memory", disk=Disk())
    for number in range(20):
        await memory.remember(f"{number:016x}", replace(BACKOFF, failures=number))
    threads = calls_in_threads(monkeypatch)
    found = await asyncio.gather(*(memory.recall(f"{number:016x}") for number in range(21)))
    assert found == [*(replace(BACKOFF, failures=number) for number in range(20)), None]
    assert len(threads) == 1
    assert await memory.recall(f"{3:016x}") == replace(BACKOFF, failures=3)
    assert len(threads) == 2


async def test_many_are_recalled_together_each_as_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = FileRenewalMemory(tmp_path, disk=Disk())
    names = [f"{number:016x}" for number in range(4)]
    await memory.remember(names[0], FRESH)
    await memory.remember(names[1], ENDED)
    (tmp_path / f"{names[2]}.passing").write_text('{"version":2}')
    threads = calls_in_threads(monkeypatch)
    fresh, ended, newer, none, again = await memory.recall_all([*names, names[0]])
    assert (fresh, ended, none, again) == (FRESH, ENDED, None, FRESH)
    assert isinstance(newer, ReadError)
    assert len(threads) == 1


async def test_what_cannot_be_read_is_told_only_to_who_asked_for_it(tmp_path: Path) -> None:
    memory = FileRenewalMemory(tmp_path, disk=Disk())
    await memory.remember(PRINT, FRESH)
    (tmp_path / f"{OTHER}.passing").write_text('{"version":2}')
    found = await asyncio.gather(memory.recall(PRINT), memory.recall(OTHER), return_exceptions=True)
    assert found[0] == FRESH
    assert isinstance(found[1], ReadError)


async def test_who_is_cancelled_takes_nothing_from_the_others(tmp_path: Path) -> None:
    memory = FileRenewalMemory(tmp_path, disk=Disk())
    await memory.remember(PRINT, FRESH)
    first, second = (asyncio.create_task(memory.recall(PRINT)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == FRESH
    assert first.cancelled()


async def test_who_can_do_without_waits_for_no_disk_that_does_not_answer(tmp_path: Path) -> None:
    disk = HangingDisk(tmp_path)
    memory = FileRenewalMemory(tmp_path, disk=disk)
    await FileRenewalMemory(tmp_path, disk=Disk()).remember(PRINT, FRESH)
    recall = asyncio.create_task(memory.recall(PRINT))
    try:
        for _ in range(2):
            with pytest.raises(SilentDiskError):
                async with asyncio.timeout(PATIENCE):
                    await memory.glance(PRINT)
        # A renewal waits: without what it is about to hear no token is used.
        assert not recall.done()
    finally:
        disk.answers.set()
    assert await recall == FRESH
    # Without any patience each glance would be a race: how they go on is shown with a DiskJobs that has some.
    assert await memory.recall(PRINT) == FRESH

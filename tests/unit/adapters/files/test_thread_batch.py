"""Small questions to the disk, many in one thread."""

import asyncio
import threading
from functools import partial

import pytest

from probe_tray.adapters.files.thread_batch import DiskJobs
from tests.support.patience import PATIENCE


class Disk:
    """Answers each number with its double, and notes in which trip to a thread it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.trips: list[list[int]] = []
        self.began, self.may_go_on = threading.Event(), threading.Event()
        self.may_go_on.set()
        to_thread = asyncio.to_thread

        async def counted(*call: object) -> object:
            self.trips.append([])
            return await to_thread(*call)  # type: ignore[arg-type]

        monkeypatch.setattr(asyncio, "to_thread", counted)

    def answer(self, number: int) -> int:
        self.began.set()
        assert self.may_go_on.wait(PATIENCE)
        self.trips[-1].append(number)
        if number < 0:
            raise FileNotFoundError(number)
        return 2 * number


async def until_began(disk: Disk) -> None:
    # Not by the default executor's threads alone: the loop goes on meanwhile.
    assert await asyncio.get_running_loop().run_in_executor(None, disk.began.wait, PATIENCE)


async def test_what_is_asked_in_one_turn_is_answered_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    jobs = DiskJobs()
    assert await asyncio.gather(*(jobs.do(partial(disk.answer, number)) for number in range(100))) == [
        2 * number for number in range(100)
    ]
    assert disk.trips == [list(range(100))]
    assert await jobs.do(partial(disk.answer, 7)) == 14
    assert len(disk.trips) == 2


async def test_what_is_asked_while_a_thread_works_is_answered_together_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = Disk(monkeypatch)
    disk.may_go_on.clear()
    jobs = DiskJobs()
    first = asyncio.create_task(jobs.do(partial(disk.answer, 1)))
    await until_began(disk)
    others = [asyncio.create_task(jobs.do(partial(disk.answer, number))) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    disk.may_go_on.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6, 8]
    assert disk.trips == [[1], [2, 3, 4]]


async def test_what_fails_is_told_to_whoever_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    disk, jobs = Disk(monkeypatch), DiskJobs()
    one, failed, two = await asyncio.gather(
        jobs.do(partial(disk.answer, 1)),
        jobs.do(partial(disk.answer, -1)),
        jobs.do(partial(disk.answer, 2)),
        return_exceptions=True,
    )
    assert (one, two) == (2, 4)
    assert isinstance(failed, FileNotFoundError)


async def test_whoever_gives_up_takes_the_answer_from_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    disk.may_go_on.clear()
    jobs = DiskJobs()
    impatient, patient = (asyncio.create_task(jobs.do(partial(disk.answer, number))) for number in (1, 2))
    await until_began(disk)
    impatient.cancel()
    await asyncio.wait({impatient})
    disk.may_go_on.set()
    assert await patient == 4
    assert impatient.cancelled()


async def test_where_no_thread_can_be_had_whoever_asked_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def none_left(*_call: object) -> None:
        raise RuntimeError

    jobs = DiskJobs()
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "to_thread", none_left)
        with pytest.raises(RuntimeError):
            await jobs.do(partial(abs, -1))
    assert await jobs.do(partial(abs, -1)) == 1


async def test_who_ends_all_work_at_once_leaves_nobody_waiting_who_comes_later() -> None:
    jobs = DiskJobs()
    asking = asyncio.create_task(jobs.do(partial(abs, -1)))
    await asyncio.sleep(0)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.wait({asking})
    assert await jobs.do(partial(abs, -2)) == 2

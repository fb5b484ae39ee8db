"""Small questions to the disk, many in one thread."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path

import pytest

from probe_tray.adapters.files.thread_batch import DiskJobs, Raised, ThreadBatch
from tests.support.patience import PATIENCE
from tests.support.threads import calls_in_threads

HERE, THERE = Path("here"), Path("there")
Ask = Callable[[Callable[[], int]], Coroutine[object, object, int]]


def _do_each(jobs: Sequence[Callable[[], int]]) -> Sequence[int | Raised]:
    return [_result_or_fault(job) for job in jobs]


def _result_or_fault(job: Callable[[], int]) -> int | Raised:
    try:
        return job()
    except FileNotFoundError as error:
        return Raised(error)


@pytest.fixture(params=["batch", "jobs"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Has a job done: as a question of a batch, or as one that lies in a folder."""
    return ThreadBatch(_do_each).ask if request.param == "batch" else partial(DiskJobs().do, HERE)


class Disk:
    """Answers each number with its double, and notes in which trip to a thread it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.began, self.may_go_on = threading.Event(), threading.Event()
        self.may_go_on.set()
        self._calls, self._answered = calls_in_threads(monkeypatch), dict[int, list[int]]()

    @property
    def trips(self) -> list[list[int]]:
        """What was answered in each trip that has answered something."""
        return list(self._answered.values())

    @property
    def trip_count(self) -> int:
        return sum("_do_each" in call for call in self._calls)

    def answer(self, number: int) -> int:
        self.began.set()
        assert self.may_go_on.wait(PATIENCE)
        self._answered.setdefault(len(self._calls), []).append(number)
        if number < 0:
            raise FileNotFoundError(number)
        return 2 * number


async def until_began(disk: Disk) -> None:
    # Not by the default executor's threads alone: the loop goes on meanwhile.
    assert await asyncio.get_running_loop().run_in_executor(None, disk.began.wait, PATIENCE)


async def test_what_is_asked_in_one_turn_is_answered_in_one_thread(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    assert await asyncio.gather(*(ask(partial(disk.answer, number)) for number in range(100))) == [
        2 * number for number in range(100)
    ]
    assert disk.trips == [list(range(100))]
    assert await ask(partial(disk.answer, 7)) == 14
    assert len(disk.trips) == 2


async def test_what_is_asked_while_a_thread_works_is_answered_together_after_it(
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = Disk(monkeypatch)
    disk.may_go_on.clear()
    first = asyncio.create_task(ask(partial(disk.answer, 1)))
    await until_began(disk)
    others = [asyncio.create_task(ask(partial(disk.answer, number))) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    disk.may_go_on.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6, 8]
    assert disk.trips == [[1], [2, 3, 4]]


async def test_what_fails_is_told_to_whoever_asked_for_it(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    one, failed, two = await asyncio.gather(
        ask(partial(disk.answer, 1)),
        ask(partial(disk.answer, -1)),
        ask(partial(disk.answer, 2)),
        return_exceptions=True,
    )
    assert (one, two) == (2, 4)
    assert isinstance(failed, FileNotFoundError)


async def test_whoever_gives_up_takes_the_answer_from_nobody_else(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    disk.may_go_on.clear()
    impatient, patient = (asyncio.create_task(ask(partial(disk.answer, number))) for number in (1, 2))
    await until_began(disk)
    impatient.cancel()
    await asyncio.wait({impatient})
    disk.may_go_on.set()
    assert await patient == 4
    assert impatient.cancelled()


async def test_where_no_thread_can_be_had_whoever_asked_is_told(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_call: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(asyncio.get_running_loop(), "run_in_executor", none_left)
        with pytest.raises(RuntimeError):
            await ask(partial(abs, -1))
    assert await ask(partial(abs, -1)) == 1


async def test_who_ends_all_work_at_once_leaves_nobody_waiting_who_comes_later(ask: Ask) -> None:
    asking = asyncio.create_task(ask(partial(abs, -1)))
    await asyncio.sleep(0)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.wait({asking})
    assert await ask(partial(abs, -2)) == 2


class Looks:
    """When the jobs that take long are looked for: when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._waiting: list[Callable[[], object]] = []
        monkeypatch.setattr(asyncio.get_running_loop(), "call_later", self._wait)

    def once(self) -> None:
        waiting, self._waiting = self._waiting, []
        for look in waiting:
            look()

    def twice(self) -> None:
        self.once()
        self.once()

    def _wait(self, _seconds: float, look: Callable[[], object]) -> object:
        self._waiting.append(look)
        return look


async def test_a_folder_that_does_not_answer_holds_up_its_own_jobs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    disk, looks, jobs = Disk(monkeypatch), Looks(monkeypatch), DiskJobs()
    disk.may_go_on.clear()
    first = asyncio.create_task(jobs.do(HERE, partial(abs, -1)))
    there = [asyncio.create_task(jobs.do(THERE, partial(disk.answer, number))) for number in (1, 2, 3)]
    here = asyncio.create_task(jobs.do(HERE, partial(abs, -2)))
    await until_began(disk)
    assert not first.done()
    looks.twice()
    assert (await first, await here) == (1, 2)
    there.append(asyncio.create_task(jobs.do(THERE, partial(disk.answer, 4))))
    for number in (3, 4, 5):
        assert await jobs.do(HERE, partial(abs, -number)) == number
        looks.twice()
    assert not any(task.done() for task in there)
    disk.may_go_on.set()
    assert await asyncio.gather(*there) == [2, 4, 6, 8]
    # With the others, for the second one here, for each of the three, and for what waited there.
    assert disk.trip_count == 6


async def test_once_it_answers_its_jobs_go_with_the_others_again(monkeypatch: pytest.MonkeyPatch) -> None:
    disk, looks, jobs = Disk(monkeypatch), Looks(monkeypatch), DiskJobs()
    disk.may_go_on.clear()
    there = asyncio.create_task(jobs.do(THERE, partial(disk.answer, 1)))
    await until_began(disk)
    looks.twice()
    disk.may_go_on.set()
    assert await there == 2
    before = len(disk.trips)
    assert await asyncio.gather(*(jobs.do(place, partial(disk.answer, 3)) for place in (HERE, THERE))) == [6, 6]
    assert disk.trips[before:] == [[3, 3]]


async def test_jobs_that_take_long_together_and_not_one_by_one_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    disk, looks, jobs = Disk(monkeypatch), Looks(monkeypatch), DiskJobs()
    loop = asyncio.get_running_loop()

    def answered_after_a_look(number: int) -> int:
        looked = threading.Event()
        loop.call_soon_threadsafe(lambda: (looks.once(), looked.set()))
        assert looked.wait(PATIENCE)
        return disk.answer(number)

    numbers = range(20)
    tasks = [jobs.do((HERE, THERE)[number % 2], partial(answered_after_a_look, number)) for number in numbers]
    assert await asyncio.gather(*tasks) == [2 * number for number in numbers]
    assert disk.trips == [list(numbers)]


async def test_who_does_not_wait_is_told_that_a_folder_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    disk, looks, jobs = Disk(monkeypatch), Looks(monkeypatch), DiskJobs()
    disk.may_go_on.clear()
    waits = [asyncio.create_task(jobs.do(THERE, partial(disk.answer, number))) for number in (1, 2)]
    hasty = asyncio.create_task(jobs.do(THERE, partial(disk.answer, 3), waits=False))
    await until_began(disk)
    looks.twice()
    with pytest.raises(TimeoutError):
        await hasty
    with pytest.raises(TimeoutError):
        await jobs.do(THERE, partial(disk.answer, 4), waits=False)
    disk.may_go_on.set()
    assert await asyncio.gather(*waits) == [2, 4]
    assert await jobs.do(THERE, partial(disk.answer, 5), waits=False) == 10

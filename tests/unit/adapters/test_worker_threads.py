import gc
import threading
import weakref
from collections.abc import Iterator

import pytest

from probe_tray.adapters.worker_threads import WorkerThreads
from tests.support.patience import PATIENCE


class Held:
    """Work that goes on until it is let go."""

    def __init__(self) -> None:
        self.began, self.gate = threading.Event(), threading.Event()

    def run(self) -> str:
        self.began.set()
        assert self.gate.wait(PATIENCE)
        return threading.current_thread().name


@pytest.fixture
def threads() -> Iterator[WorkerThreads]:
    made = WorkerThreads(2)
    yield made
    made.shutdown()


def test_what_the_work_brings_or_raises_comes_to_whoever_asked(threads: WorkerThreads) -> None:
    assert threads.submit(sorted, [2, 1], reverse=True).result(PATIENCE) == [2, 1]
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 // 0).result(PATIENCE)


def test_what_comes_one_after_the_other_needs_few_threads() -> None:
    threads = WorkerThreads(100)
    names = {threads.submit(lambda: threading.current_thread().name).result(PATIENCE) for _ in range(200)}
    threads.shutdown()
    # Not always one: that it is done is told a moment before the thread rests.
    assert len(names) < 10


def test_side_by_side_as_many_as_there_may_be_threads_and_the_others_in_their_order(threads: WorkerThreads) -> None:
    held = [Held() for _ in range(4)]
    futures = [threads.submit(one.run) for one in held]
    for one in held[:2]:
        assert one.began.wait(PATIENCE)
    assert not held[2].began.is_set()
    held[0].gate.set()
    assert held[2].began.wait(PATIENCE)
    assert not held[3].began.is_set()
    for one in held:
        one.gate.set()
    assert len({future.result(PATIENCE) for future in futures}) == 2


def test_work_that_is_cancelled_before_its_turn_is_not_begun(threads: WorkerThreads) -> None:
    held = [Held() for _ in range(3)]
    futures = [threads.submit(one.run) for one in held]
    assert futures[2].cancel()
    for one in held:
        one.gate.set()
    assert [future.result(PATIENCE) != "" for future in futures[:2]] == [True, True]
    threads.shutdown()
    assert not held[2].began.is_set()


def test_the_end_waits_for_what_was_taken_and_then_nothing_more_is() -> None:
    threads = WorkerThreads(1)
    held = [Held(), Held()]
    futures = [threads.submit(one.run) for one in held]
    assert held[0].began.wait(PATIENCE)
    ending = threading.Thread(target=threads.shutdown)
    ending.start()
    for one in held:
        one.gate.set()
    ending.join(PATIENCE)
    assert not ending.is_alive()
    assert [future.done() for future in futures] == [True, True]
    with pytest.raises(RuntimeError):
        threads.submit(len, "")


def test_where_no_thread_can_be_had_whoever_asks_is_told(
    threads: WorkerThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        with pytest.raises(RuntimeError, match="new thread"):
            threads.submit(len, "")
    assert threads.submit(len, "ab").result(PATIENCE) == 2


def test_nothing_of_what_has_failed_is_kept() -> None:
    class Failing:
        def run(self) -> None:
            raise ZeroDivisionError

    threads, work = WorkerThreads(1), Failing()
    kept = weakref.ref(work)
    gc.disable()
    try:
        with pytest.raises(ZeroDivisionError):
            threads.submit(work.run).result(PATIENCE)
        threads.submit(len, "").result(PATIENCE)
        del work
        assert kept() is None
    finally:
        gc.enable()
        threads.shutdown()


def test_nothing_of_what_is_done_is_kept() -> None:
    threads, work = WorkerThreads(1), Held()
    work.gate.set()
    kept = weakref.ref(work)
    threads.submit(work.run).result(PATIENCE)
    # The thread has let go of it before it does something else.
    threads.submit(len, "").result(PATIENCE)
    del work
    gc.collect()
    assert kept() is None
    threads.shutdown()

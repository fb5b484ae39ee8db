"""The joined loop, in a process of its own: it takes over signals and ends Qt's loop."""

import signal
import subprocess
import sys
import textwrap

import pytest

from tests.support.patience import PATIENCE
from tests.support.signals import ENDING, posix_signals

START = """
import asyncio
import os
import signal
import time
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from probe_tray.ui.event_loop.loop import run

app = QApplication([])
{before}


async def other():
    try:
        await asyncio.sleep(20)
    finally:
        print("other ended", flush=True)


async def main():
    kept = asyncio.create_task(other())
    try:
        await asyncio.sleep(0)
        {act}
        await asyncio.sleep(20)
    finally:
        await asyncio.sleep(0.01)
        print("tidied up", flush=True)
    return 0

status = run(app, main)
print("status", status)
"""


def ended(act: str, before: str = "") -> tuple[int, list[str], str]:
    program = START.format(act=textwrap.dedent(act), before=before)
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return done.returncode, done.stdout.split("\n")[:-1], done.stderr


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ("return 7", 7),
        ("app.quit()", 0),
        *(pytest.param(f"os.kill(os.getpid(), {int(one)})", end, marks=posix_signals) for one, end in ENDING),
        pytest.param(
            "QTimer.singleShot(50, lambda: os.kill(os.getpid(), signal.SIGTERM))",
            128 + signal.SIGTERM,
            marks=posix_signals,
        ),
    ],
)
def test_however_it_ends_the_main_coroutine_tidies_up_and_no_task_is_left(act: str, status: int) -> None:
    code, said, complaints = ended(act)
    assert said == ["tidied up", "other ended", f"status {status}"]
    assert (code, complaints) == (0, "")


def test_a_closed_console_is_outlived_until_tasks_and_threads_have_ended() -> None:
    before = """
        from contextlib import contextmanager
        from threading import Event
        from probe_tray.adapters.systems.current import this_system

        @contextmanager
        def outlive_console(_system):
            yield
            print("console left", flush=True)

        type(this_system()).outlive_console = outlive_console
        go, begun = Event(), Event()

        def save():
            begun.set()
            go.wait()
            print("saved", flush=True)

        async def last():
            try:
                await asyncio.sleep(20)
            finally:
                go.set()
    """
    act = """
        asyncio.get_running_loop().run_in_executor(None, save)
        begun.wait()
        ending = asyncio.create_task(last())
        await asyncio.sleep(0)
        return 0
    """
    status, said, errors = ended(textwrap.indent(textwrap.dedent(act), " " * 8).strip(), textwrap.dedent(before))
    assert (status, errors) == (0, "")
    assert said[-2:] == ["console left", "status 0"]
    assert sorted(said[:-2]) == ["other ended", "saved", "tidied up"]


def test_a_failure_of_the_main_coroutine_comes_out() -> None:
    code, said, complaints = ended('raise ValueError("a failure")')
    assert code == 1
    assert said == ["tidied up", "other ended"]
    assert "ValueError: a failure" in complaints


def test_a_generator_that_is_left_in_the_middle_is_closed() -> None:
    act = """
        closed = asyncio.Event()

        async def numbers():
            try:
                yield 1
            finally:
                await asyncio.sleep(0)
                print("generator ended", flush=True)
                closed.set()

        async for _ in numbers():
            break
        await closed.wait()
        return 0
    """
    status, said, errors = ended(textwrap.indent(textwrap.dedent(act), " " * 8).strip())
    assert (status, errors) == (0, "")
    assert said[0] == "generator ended"


def test_callbacks_run_in_their_order_also_those_of_other_threads_and_those_in_a_loop_of_qt() -> None:
    act = """
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        said = []

        def nested():
            inner = QEventLoop()
            said.append("begin")
            loop.call_soon(said.append, "from within")
            loop.call_soon(inner.quit)
            inner.exec()
            said.append("end")

        loop.call_soon(said.append, "first")
        loop.call_soon(said.append, "cancelled").cancel()
        loop.call_soon(nested)
        loop.call_soon(said.append, "waiting")
        await asyncio.to_thread(loop.call_soon_threadsafe, done.set)
        await done.wait()
        # The thread may be quicker than the end of the loop within.
        while "end" not in said:
            await asyncio.sleep(0)
        print(*said, sep=", ", flush=True)
        return 0
    """
    status, said, errors = ended(textwrap.indent(textwrap.dedent(act), " " * 8).strip())
    assert (status, errors) == (0, "")
    assert said[0] == "first, begin, waiting, from within, end"


def test_callbacks_that_always_ask_for_another_turn_keep_neither_the_window_nor_its_end_waiting() -> None:
    act = """
        class Window(QWidget):
            painted = 0

            def paintEvent(self, event):
                self.painted += 1
                print("painted", flush=True)

        loop, window = asyncio.get_running_loop(), Window()

        def again(ask):
            ask(again, ask)

        again(loop.call_soon)
        again(loop.call_soon_threadsafe)
        window.show()
        while not window.painted:
            await asyncio.sleep(0)
        window.update()
        while window.painted < 2:
            await asyncio.sleep(0)
        await asyncio.to_thread(print, "thread ended", flush=True)
        await asyncio.sleep(0.001)
        app.quit()
    """
    status, said, errors = ended(textwrap.indent(textwrap.dedent(act), " " * 8).strip())
    assert (status, errors) == (0, "")
    assert said == ["painted", "painted", "thread ended", "tidied up", "other ended", "status 0"]


def test_steps_that_follow_from_each_other_share_a_turn_of_qt() -> None:
    act = """
        loop, done, turns = asyncio.get_running_loop(), asyncio.Event(), []
        queue = loop.call_soon.__self__
        start = queue.startTimer
        queue.startTimer = lambda milliseconds: turns.append(milliseconds) or start(milliseconds)

        def step(left):
            loop.call_soon(step, left - 1) if left else done.set()

        # Where the machine has other work, a turn may end early.
        for _ in range(100):
            turns.clear()
            done.clear()
            step(20)
            await done.wait()
            if len(turns) <= 2:
                print("shared", flush=True)
                break
        return 0
    """
    status, said, errors = ended(textwrap.indent(textwrap.dedent(act), " " * 8).strip())
    assert (status, errors) == (0, "")
    assert said[0] == "shared"


def test_callbacks_run_at_their_time_and_those_that_are_cancelled_are_gone_at_once() -> None:
    act = """
        import weakref

        loop, done, said = asyncio.get_running_loop(), asyncio.Event(), []
        cancelled = loop.call_later(3600, said.append, "cancelled")
        kept = weakref.ref(cancelled)
        cancelled.cancel()
        cancelled.cancel()
        del cancelled
        print(kept() is None, flush=True)
        loop.call_later(0.05, done.set)
        loop.call_later(-1, said.append, "late")
        second = loop.call_at(loop.time() + 0.03, said.append, "second")
        loop.call_at(loop.time() + 0.01, said.append, "first")
        loop.call_later(0.005, loop.call_later(0.02, said.append, "cancelled in time").cancel)
        print(isinstance(second, asyncio.TimerHandle), 0 < second.when() - loop.time() <= 0.03, flush=True)
        await done.wait()
        second.cancel()
        print(*said, sep=", ", flush=True)
        return 0
    """
    status, said, errors = ended(textwrap.indent(textwrap.dedent(act), " " * 8).strip())
    assert (status, errors) == (0, "")
    assert said[:3] == ["True", "True True", "late, first, second"]


def test_what_is_cancelled_after_it_has_run_ends_no_other_timer_of_that_number() -> None:
    act = """
        loop, ran, started = asyncio.get_running_loop(), {}, []
        timed = loop.call_later.__self__
        start = timed.startTimer
        timed.startTimer = lambda milliseconds: started.append(start(milliseconds)) or started[-1]
        for _ in range(5000):
            done = asyncio.Event()
            handle = loop.call_later(0.001, done.set)
            number = started[-1]
            if number in ran:
                ran[number].cancel()
            async with asyncio.timeout(10):
                await done.wait()
            if number in ran:
                print("ran", flush=True)
                break
            ran[number] = handle
        return 0
    """
    status, said, errors = ended(textwrap.indent(textwrap.dedent(act), " " * 8).strip())
    assert (status, errors) == (0, "")
    assert said[0] == "ran"


def test_events_of_qt_come_between_callbacks_that_take_long() -> None:
    act = """
        loop, said = asyncio.get_running_loop(), []

        def work(name):
            said.append(name)
            time.sleep(0.02)

        # Where the machine has other work, the turn may be over before the first one.
        for _ in range(100):
            done = asyncio.Event()
            said.clear()
            loop.call_soon(QTimer.singleShot, 0, lambda: said.append("event"))
            for name in ("first", "second", "third"):
                loop.call_soon(work, name)
            loop.call_soon(done.set)
            await done.wait()
            if said[:1] == ["first"]:
                break
        print(*said, sep=", ", flush=True)
        return 0
    """
    status, said, errors = ended(textwrap.indent(textwrap.dedent(act), " " * 8).strip())
    assert (status, errors) == (0, "")
    assert said[0] in {"first, event, second, third", "first, second, event, third"}


def test_what_is_done_in_a_thread_comes_back_in_one_step_of_the_loop() -> None:
    act = """
        import threading
        from concurrent.futures import ThreadPoolExecutor

        loop, steps = asyncio.get_running_loop(), []
        told = loop.call_soon_threadsafe

        def counted(*call, context=None):
            steps.append(threading.current_thread() is threading.main_thread())
            return told(*call, context=context)

        loop.call_soon_threadsafe = counted
        print(await asyncio.to_thread(sum, [1, 2]), steps, flush=True)
        try:
            await asyncio.to_thread({}.__getitem__, "none")
        except KeyError as error:
            print(error, flush=True)
        with ThreadPoolExecutor(1) as executor:
            name = await loop.run_in_executor(executor, threading.current_thread)
        print(len(steps), name.name.startswith("ThreadPool"), flush=True)
        return 0
    """
    status, said, errors = ended(textwrap.indent(textwrap.dedent(act), " " * 8).strip())
    assert (status, errors) == (0, "")
    assert said[:3] == ["3 [False]", "'none'", "3 True"]


def test_nothing_is_kept_of_what_has_failed_in_a_thread() -> None:
    act = """
        import gc
        import weakref

        class Failing:
            def run(self):
                raise ZeroDivisionError

        work = Failing()
        kept = weakref.ref(work)
        gc.disable()
        try:
            await asyncio.to_thread(work.run)
        except ZeroDivisionError:
            pass
        await asyncio.to_thread(int)
        del work
        print(kept() is None, flush=True)
        return 0
    """
    status, said, errors = ended(textwrap.indent(textwrap.dedent(act), " " * 8).strip())
    assert (status, errors) == (0, "")
    assert said[0] == "True"


def test_what_nobody_waits_for_any_more_is_not_begun_in_a_thread() -> None:
    act = """
        import threading

        loop, gate, begun = asyncio.get_running_loop(), threading.Event(), []
        held = [loop.run_in_executor(None, gate.wait, 60) for _ in range(10)]
        waiting = [loop.run_in_executor(None, begun.append, name) for name in ("given up", "wanted")]
        waiting[0].cancel()
        gate.set()
        await asyncio.gather(*held, waiting[1])
        print(waiting[0].cancelled(), *begun, flush=True)
        return 0
    """
    status, said, errors = ended(textwrap.indent(textwrap.dedent(act), " " * 8).strip())
    assert (status, errors) == (0, "")
    assert said[0] == "True wanted"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], ["status 0"]),
        # A console that is closed: Windows ends the process as soon as the handler returns.
        (["close"], ["tidied up", "may be ended 1", f"status {128 + signal.SIGTERM}"]),
    ],
)
def test_on_windows_the_loop_sleeps_until_something_has_completed(words: list[str], said: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-m", "tests.unit.ui.event_loop.completion_port", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stdout.splitlines() == ["read 5 bytes True", *said, "waits 0 for ever", "threads 1"], done


def test_what_a_socket_or_a_timer_brings_is_done_in_the_turn_of_qt_that_tells_of_it() -> None:
    act = """
        import socket

        loop, turns, found = asyncio.get_running_loop(), [0], {"socket": [], "timer": []}

        def turned():
            turns[0] += 1

        app.eventDispatcher().awake.connect(turned)
        ours, theirs = socket.socketpair()
        came = asyncio.Event()
        loop.add_reader(ours.fileno(), lambda: came.set() if ours.recv(1) else None)
        # Where the machine has other work, there may be more turns.
        for _ in range(50):
            await asyncio.sleep(0.005)
            before = turns[0]
            theirs.send(b"x")
            await came.wait()
            came.clear()
            found["socket"].append(turns[0] - before)
            before = turns[0]
            await asyncio.sleep(0.005)
            found["timer"].append(turns[0] - before)
        loop.remove_reader(ours.fileno())
        ours.close()
        theirs.close()
        print(min(found["socket"]), min(found["timer"]), flush=True)
        return 0
    """
    status, said, errors = ended(textwrap.indent(textwrap.dedent(act), " " * 8).strip())
    assert (status, errors) == (0, "")
    assert said[0] == "1 1"


def test_a_socket_is_watched_until_its_callback_goes_also_from_within_and_in_a_loop_of_qt() -> None:
    act = """
        import socket

        loop, said, done = asyncio.get_running_loop(), [], asyncio.Event()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        number = ours.fileno()

        def first():
            said.append("first")
            loop.add_reader(number, second)

        def second():
            ours.recv(1)
            said.append("second")
            loop.add_reader(number, third)
            theirs.send(b"x")
            inner = QEventLoop()
            QTimer.singleShot(50, inner.quit)
            inner.exec()
            said.append("inner loop ended")
            loop.add_writer(number, fourth)

        def third():
            said.append("third " + ours.recv(1).decode())

        def fourth():
            said.append("fourth")
            print(loop.remove_writer(number), loop.remove_writer(number), flush=True)
            print(loop.remove_reader(number), loop.remove_reader(number), flush=True)
            theirs.send(b"y")
            loop.call_later(0.05, done.set)

        loop.add_reader(number, first)
        theirs.send(b"x")
        await done.wait()
        print(*said, sep=", ", flush=True)
        ours.close()
        theirs.close()
        return 0
    """
    status, said, errors = ended(textwrap.indent(textwrap.dedent(act), " " * 8).strip())
    assert (status, errors) == (0, "")
    assert said[:2] == ["True False", "True False"]
    assert said[2] == "first, second, third x, inner loop ended, fourth"

"""The account locks, with real tasks and real processes."""

import asyncio
import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from probe_tray.adapters import locks as locks_module
from probe_tray.adapters.locks import FileLocks, KernelLock
from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.systems.windows_files import take_lock
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import DataFolderError, HeldUpError
from tests.support.patience import PATIENCE

ANA, BEN = AccountKey("account-1", "ana"), AccountKey("account-1", "ben")

HOLDER = """
import asyncio, sys
from pathlib import Path
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.account.identity import AccountKey

async def main():
    async with FileLocks(Path(sys.argv[1])).hold(AccountKey("account-1", "ana")):
        print("held", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""

COUNTER = """
import asyncio, sys
from pathlib import Path
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.account.identity import AccountKey

async def main():
    locks, file = FileLocks(Path(sys.argv[1])), Path(sys.argv[2])
    for _ in range(int(sys.argv[3])):
        async with locks.hold(AccountKey("account-1", "ana")):
            number = int(file.read_text())
            await asyncio.sleep(0)
            file.write_text(str(number + 1))

asyncio.run(main())
"""


def start(program: str, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


async def is_free(locks: FileLocks, key: AccountKey, *, seconds: float = PATIENCE) -> bool:
    async def take() -> None:
        async with locks.hold(key):
            pass

    try:
        await asyncio.wait_for(take(), seconds)
    except TimeoutError:
        return False
    return True


async def test_tasks_of_one_process_take_turns_in_order(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    order: list[int] = []
    inside = 0

    async def work(number: int) -> None:
        nonlocal inside
        async with locks.hold(ANA):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            order.append(number)
            inside -= 1

    await asyncio.gather(*(work(number) for number in range(20)))
    assert order == list(range(20))


async def test_two_users_of_the_folder_in_one_process_exclude_each_other(tmp_path: Path) -> None:
    async with FileLocks(tmp_path).hold(ANA):
        assert not await is_free(FileLocks(tmp_path), ANA, seconds=0.3)
    assert await is_free(FileLocks(tmp_path), ANA)


async def test_accounts_do_not_wait_for_each_other(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    async with locks.hold(ANA):
        assert await is_free(locks, BEN)


async def test_a_failure_inside_releases_the_lock(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    with pytest.raises(RuntimeError):
        async with locks.hold(ANA):
            raise RuntimeError
    assert await is_free(FileLocks(tmp_path), ANA)


async def test_who_waits_for_a_process_that_never_goes_on_is_told_in_the_end(tmp_path: Path) -> None:
    mine, theirs = FileLocks(tmp_path, patience=0.05), FileLocks(tmp_path)
    async with theirs.hold(ANA):
        with pytest.raises(HeldUpError) as caught:
            async with mine.hold(ANA):
                pytest.fail("the lock was held")
        # As where no lock can be made at all: whoever holds the only copy of a login saves it without.
        assert isinstance(caught.value, DataFolderError)
    async with mine.hold(ANA):
        assert not await is_free(theirs, ANA, seconds=0.3)


async def test_a_wait_for_another_process_is_told_once_for_all_who_wait(tmp_path: Path) -> None:
    told: list[bool] = []
    changed = asyncio.Event()

    def waits(waiting: bool) -> None:  # noqa: FBT001 - as FileLocks calls it
        told.append(waiting)
        changed.set()

    mine, theirs = FileLocks(tmp_path, silence=0, waits=waits), FileLocks(tmp_path)

    async def take(key: AccountKey) -> None:
        async with mine.hold(key):
            pass

    await take(ANA)
    assert told == []
    async with theirs.hold(ANA), theirs.hold(BEN):
        takers = [asyncio.create_task(take(key)) for key in (ANA, ANA, BEN)]
        async with asyncio.timeout(PATIENCE):
            await changed.wait()
        assert told == [True]
    await asyncio.gather(*takers)
    assert told == [True, False]


async def test_who_stops_waiting_waits_no_longer(tmp_path: Path) -> None:
    told: list[bool] = []
    mine, theirs = FileLocks(tmp_path, patience=0.1, silence=0, waits=told.append), FileLocks(tmp_path)
    async with theirs.hold(ANA):
        with pytest.raises(HeldUpError):
            async with mine.hold(ANA):
                pytest.fail("the lock was held")
    assert told == [True, False]


async def test_a_waiting_task_that_is_cancelled_leaves_nothing_locked(tmp_path: Path) -> None:
    mine, theirs = FileLocks(tmp_path), FileLocks(tmp_path)

    async def take() -> None:
        async with theirs.hold(ANA):
            pytest.fail("the lock was held")

    async with mine.hold(ANA):
        waiting = asyncio.create_task(take())
        await asyncio.wait({waiting}, timeout=0.1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert await is_free(theirs, ANA)


async def test_cancelling_in_the_very_moment_of_taking_leaves_nothing_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_go, done = threading.Event(), threading.Event(), threading.Event()
    real: Callable[[locks_module.KernelLock], bool] = locks_module.KernelLock.take

    def slow(self: locks_module.KernelLock) -> bool:
        begun.set()
        may_go.wait(PATIENCE)
        try:
            return real(self)
        finally:
            done.set()

    monkeypatch.setattr(locks_module.KernelLock, "take", slow)

    async def take() -> None:
        async with FileLocks(tmp_path).hold(ANA):
            pytest.fail("the task was cancelled")

    taking = asyncio.create_task(take())
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    may_go.set()
    assert await asyncio.to_thread(done.wait, PATIENCE)
    monkeypatch.undo()
    assert await is_free(FileLocks(tmp_path), ANA)


async def test_the_lock_file_stays_private_and_is_never_removed(tmp_path: Path) -> None:
    folder = tmp_path / "locks"
    locks = FileLocks(folder)
    async with locks.hold(ANA):
        (before,) = folder.iterdir()
        inode = before.stat().st_ino
    async with locks.hold(ANA):
        (after,) = folder.iterdir()
    assert after.stat().st_ino == inode
    assert "account-1" not in after.name
    assert "ana" not in after.name
    if os.name == "posix":
        assert after.stat().st_mode & 0o077 == 0
        assert folder.stat().st_mode & 0o077 == 0


async def test_a_folder_that_cannot_be_made_is_a_clear_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataFolderError) as caught:
        async with FileLocks(tmp_path / "file").hold(ANA):
            pytest.fail("there is no folder")
    assert str(tmp_path / "file") in caught.value.title


async def test_another_process_excludes_us_until_it_ends(tmp_path: Path) -> None:
    other = start(HOLDER, tmp_path)
    with other:
        assert other.stdout is not None
        assert await asyncio.to_thread(other.stdout.readline) == "held\n"
        assert not await is_free(FileLocks(tmp_path), ANA, seconds=0.3)
        other.communicate("")
    assert await is_free(FileLocks(tmp_path), ANA)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_process_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    other = start(HOLDER, tmp_path)
    with other:
        assert other.stdout is not None
        assert await asyncio.to_thread(other.stdout.readline) == "held\n"
        other.send_signal(signal.SIGKILL)
        await asyncio.to_thread(other.wait)
        with contextlib.suppress(BrokenPipeError):
            other.communicate()
    assert await is_free(FileLocks(tmp_path), ANA)


async def test_processes_that_race_never_meet(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    racing = [start(COUNTER, tmp_path / "locks", counter, 25) for _ in range(4)]
    for process in racing:
        await asyncio.to_thread(process.communicate, "")
    assert [process.returncode for process in racing] == [0] * 4
    assert counter.read_text() == "100"


async def test_a_refresh_token_s_lock_is_one_of_few_and_no_account_s(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    async with locks.hold_token("ab" + "0" * 14), locks.hold(ANA):
        same = asyncio.create_task(_hold_token(FileLocks(tmp_path), "ab" + "0" * 14))
        await asyncio.wait_for(_hold_token(locks, "cd" + "0" * 14), PATIENCE)
        assert not same.done()
    await asyncio.wait_for(same, PATIENCE)
    await _hold_token(locks, "ab" + "1" * 14)
    assert _token_locks(tmp_path) == ["token-ab.lock", "token-cd.lock"]


def _token_locks(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("token-*"))


async def _hold_token(locks: FileLocks, fingerprint: str) -> None:
    async with locks.hold_token(fingerprint):
        pass


def test_the_lock_of_a_version_that_used_the_library_counts_too(tmp_path: Path) -> None:
    ours, theirs = this_system().take_lock, take_lock
    for first, second in ((ours, theirs), (theirs, ours)):
        release = first(tmp_path / "a.lock")
        assert release is not None
        assert second(tmp_path / "a.lock") is None
        release()
        release = second(tmp_path / "a.lock")
        assert release is not None
        release()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps an open file from being removed")
def test_a_lock_whose_file_was_removed_excludes_nobody_and_counts_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def removed_at_once(path: Path, flags: int, mode: int) -> int:
        file = opened(path, flags, mode)
        path.unlink()
        return file

    monkeypatch.setattr(os, "open", removed_at_once)
    lock = KernelLock(tmp_path / "a.lock")
    assert not lock.take()
    monkeypatch.undo()
    assert lock.take()
    lock.give_up()


@pytest.mark.skipif(sys.platform == "win32", reason="links are for administrators there")
def test_a_link_is_not_locked(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("kept")
    (tmp_path / "a.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataFolderError):
        KernelLock(tmp_path / "a.lock").take()
    assert (tmp_path / "elsewhere").read_text() == "kept"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_lock_file_whose_mode_cannot_be_set_is_locked_even_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_file: int, _mode: int) -> None:
        raise PermissionError(errno.EPERM, "not the owner")

    monkeypatch.setattr(os, "fchmod", refused)
    lock, other = KernelLock(tmp_path / "a.lock"), KernelLock(tmp_path / "a.lock")
    assert lock.take()
    assert not other.take()
    lock.give_up()

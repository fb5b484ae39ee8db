"""One login through a browser at a time, among several processes."""

from pathlib import Path

import pytest

from probe_tray.adapters.callback.exclusive import ExclusiveListener
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import LoginUnderWayError, PortsTakenError
from tests.support.fakes import FakeListener

STATE = Secret("the-state")


def process(folder: Path) -> tuple[FakeListener, ExclusiveListener]:
    """A listener as each process has one."""
    inner = FakeListener()
    return inner, ExclusiveListener(inner, lambda: FileLocks(folder / "locks").attempt("login"))


async def test_a_second_process_is_told_at_once_and_may_go_on_after_the_first(tmp_path: Path) -> None:
    (_, first), (never, second) = process(tmp_path), process(tmp_path)
    async with first.open(STATE):
        with pytest.raises(LoginUnderWayError):
            async with second.open(STATE):
                pytest.fail("both listen")
        assert never.opened == []
    async with second.open(STATE):
        assert len(never.opened) == 1


async def test_a_login_that_could_not_listen_holds_up_nobody(tmp_path: Path) -> None:
    (inner, first), (_, second) = process(tmp_path), process(tmp_path)
    inner.fault = PortsTakenError(holder="another program")
    with pytest.raises(PortsTakenError):
        async with first.open(STATE):
            pytest.fail("it listens")
    async with second.open(STATE):
        pass


async def test_where_no_lock_can_be_made_a_login_goes_on(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("a file in the place of the folder", "utf-8")
    inner, only = process(tmp_path)
    async with only.open(STATE):
        assert len(inner.opened) == 1

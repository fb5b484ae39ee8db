"""Which programs of the client run, as the system tells it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from probe_tray.adapters.codex import client_processes
from probe_tray.adapters.codex.client_processes import SystemClientProcesses
from probe_tray.adapters.systems.operating_system import UserProgram
from probe_tray.core.errors import CodexProgramsUnknownError

HOME, OTHER = os.path.realpath("/home/ana/.codex"), os.path.realpath("/srv/other")
CLOSED = """
import ctypes, os
libc = ctypes.CDLL(None)
libc.prctl(15, b"codex-app-server", 0, 0, 0)  # PR_SET_NAME, prctl(2)
libc.prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: nobody may look into it
print("ready", flush=True)
input()
"""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[int]:
    program = tmp_path / "codex"
    shutil.copy(shutil.which("sleep") or "", program)
    if subprocess.run([program, "0"], check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("sleep is one of several programs in one file here, which goes by its name")
    with subprocess.Popen([program, "600"], env={**os.environ, "CODEX_HOME": str(tmp_path)}) as process:
        yield process.pid
        process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="the process table of Linux")
async def test_a_client_is_found_by_its_name_and_its_home(client: int, tmp_path: Path) -> None:
    processes = SystemClientProcesses(Path(HOME))
    found = [(one.name, one.number) for one in await processes.running(str(tmp_path))]
    assert found == [("codex", client)]
    assert client not in [one.number for one in await processes.running(HOME)]


@pytest.fixture
def closed_client() -> Iterator[int]:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", CLOSED], stdin=pipe, stdout=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        with suppress(PermissionError):
            Path(f"/proc/{process.pid}/environ").read_bytes()
            pytest.skip("this user may look into every program")
        yield process.pid
        process.stdin.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the process table of Linux")
async def test_one_that_nobody_may_look_into_counts_for_every_home(closed_client: int) -> None:
    found = await SystemClientProcesses(Path(HOME)).running(OTHER)
    assert [one.name for one in found if one.number == closed_client] == ["codex-app-serve"]


async def running(monkeypatch: pytest.MonkeyPatch, *programs: UserProgram, home: str = HOME) -> list[tuple[str, int]]:
    listing = SimpleNamespace(user_programs=lambda: programs)
    monkeypatch.setattr(client_processes, "this_system", lambda: listing)
    return [(one.name, one.number) for one in await SystemClientProcesses(Path(HOME)).running(home)]


async def test_every_program_of_the_client_counts_by_whatever_name_a_system_has_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ["codex", "Codex", "codex.exe", "CODEX.EXE", "Codex-App.exe", "codex-app-server", "codex-app-serve"]
    found = await running(monkeypatch, *[UserProgram(name, number) for number, name in enumerate(names)])
    assert [number for _, number in found] == list(range(len(names)))
    assert [name for name, _ in found[2:4]] == ["codex", "CODEX"]


async def test_others_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["codex-probe", "codex-linux-sandbox", "mycodex", "codexy", "node", "-zsh", "(codex)", "", "probe-tray"]
    assert await running(monkeypatch, *[UserProgram(name, 1) for name in names]) == []


@pytest.mark.parametrize("error", [PermissionError(), subprocess.TimeoutExpired("ps", 3)])
async def test_where_the_system_lists_none_nobody_knows_whether_one_runs(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def user_programs() -> list[UserProgram]:
        raise error

    monkeypatch.setattr(client_processes, "this_system", lambda: SimpleNamespace(user_programs=user_programs))
    with pytest.raises(CodexProgramsUnknownError):
        await SystemClientProcesses(Path(HOME)).running(HOME)


async def test_a_program_counts_for_the_home_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = (UserProgram("codex", 1, ""), UserProgram("codex", 2, "/srv/other"), UserProgram("codex", 3, None))
    assert [number for _, number in await running(monkeypatch, *programs)] == [1, 3]
    elsewhere = await running(monkeypatch, *programs, home=OTHER)
    assert [number for _, number in elsewhere] == [2, 3]

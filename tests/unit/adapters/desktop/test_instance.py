"""One running program, and what later starts say to it, over both kinds of socket."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.adapters.desktop.instance import Instance
from probe_tray.adapters.desktop.instance_server import serve
from probe_tray.adapters.desktop.instance_socket import (
    InstanceSocket,
    LoopbackInstanceSocket,
    StartRequest,
    UnixInstanceSocket,
    runtime_lock,
    socket_path,
    system_socket,
)
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.errors import NotAnsweringError
from tests.desktop.waiting import wait_for
from tests.support.numbers import FakeNumbers
from tests.support.patience import PATIENCE

MakeSocket = Callable[[Path], InstanceSocket]
NUMBERS = FakeNumbers()
HOLD = """
import sys
from pathlib import Path
from probe_tray.adapters.desktop.instance import Instance
from probe_tray.adapters.desktop.instance_socket import StartRequest
from probe_tray.adapters.desktop.instance_socket import UnixInstanceSocket, system_socket
from probe_tray.adapters.files.disk import Disk
folder = Path(sys.argv[1])
first = Instance(folder, system_socket(folder, disk=Disk()))
assert first.claim(StartRequest.SHOW)
listener, _ = UnixInstanceSocket(folder / "instance.socket").open()
print("holds", flush=True)
sys.stdin.read()
"""


def unix(folder: Path) -> InstanceSocket:
    return UnixInstanceSocket(folder / "instance.socket")


def usual(folder: Path) -> InstanceSocket:
    return system_socket(folder, disk=Disk())


def loopback(folder: Path) -> InstanceSocket:
    return LoopbackInstanceSocket(folder / "instance.address", disk=Disk())


SOCKETS = [pytest.param(unix, marks=pytest.mark.skipif(sys.platform == "win32", reason="Unix sockets")), loopback]


@pytest.fixture(params=SOCKETS)
def make_socket(request: pytest.FixtureRequest) -> MakeSocket:
    return request.param


@pytest.fixture
def folder(home: Path) -> Path:
    return home / "data"


@contextlib.asynccontextmanager
async def running(folder: Path, make_socket: MakeSocket) -> AsyncGenerator[list[StartRequest]]:
    requests: list[StartRequest] = []
    first = Instance(folder, make_socket(folder))
    assert first.claim(StartRequest.SHOW)
    async with first.serve(requests.append, NUMBERS):
        yield requests
    first.release()


def later(folder: Path, make_socket: MakeSocket, patience: float = 5) -> Instance:
    return Instance(folder, make_socket(folder), patience=patience)


async def say(make_socket: MakeSocket, folder: Path, said: bytes) -> bytes:
    """What the running program answers to these bytes; empty when it hangs up."""

    def talk() -> bytes:
        knocked = make_socket(folder).connect(10)
        assert knocked is not None
        caller, passwords = knocked
        with caller:
            try:
                caller.sendall(said.replace(b"{password}", passwords.caller.encode()))
                caller.shutdown(socket.SHUT_WR)
                return caller.recv(200)
            except ConnectionError:
                return b""

    return await asyncio.to_thread(talk)


@pytest.mark.parametrize("asked", StartRequest)
async def test_a_second_start_is_heard_by_the_first(folder: Path, make_socket: MakeSocket, asked: StartRequest) -> None:
    async with running(folder, make_socket) as requests:
        assert not await asyncio.to_thread(later(folder, make_socket).claim, asked)
        assert await asyncio.to_thread(later(folder, make_socket).tell_if_running, asked)
    assert requests == [asked, asked]


def test_with_none_running_nothing_is_told_and_nothing_left_behind(folder: Path, make_socket: MakeSocket) -> None:
    asking = later(folder, make_socket)
    assert not asking.tell(StartRequest.QUIT)
    assert not asking.tell_if_running(StartRequest.QUIT)
    assert not folder.exists()


async def test_after_the_end_of_the_first_the_next_start_runs(folder: Path, make_socket: MakeSocket) -> None:
    async with running(folder, make_socket):
        pass
    after = later(folder, make_socket)
    assert not await asyncio.to_thread(after.tell, StartRequest.SHOW)
    assert await asyncio.to_thread(after.claim, StartRequest.SHOW)
    after.release()


def test_nobody_is_waited_for_where_none_runs_and_a_refusal_takes_seconds(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = later(folder, loopback)
    assert first.claim(StartRequest.SHOW)
    # What a killed program leaves: its address, and a lock that nobody holds any more.
    slow = loopback(folder)
    listener, _ = slow.open()
    listener.close()
    first.release()
    knocks: list[float] = []

    def connect(_socket: LoopbackInstanceSocket, seconds: float) -> None:
        knocks.append(seconds)

    monkeypatch.setattr(LoopbackInstanceSocket, "connect", connect)
    assert not Instance(folder, slow).tell(StartRequest.SHOW)
    assert knocks == []
    assert first.claim(StartRequest.SHOW)
    assert not Instance(folder, slow).tell(StartRequest.SHOW)
    assert len(knocks) == 1
    first.release()


def test_one_that_does_not_answer_is_named(folder: Path, make_socket: MakeSocket) -> None:
    silent = later(folder, make_socket)
    assert silent.claim(StartRequest.SHOW)
    with pytest.raises(NotAnsweringError):
        later(folder, make_socket, patience=0).claim(StartRequest.SHOW)
    with pytest.raises(NotAnsweringError):
        later(folder, make_socket, patience=0).tell_if_running(StartRequest.QUIT)
    silent.release()


def test_the_end_of_one_that_still_saves_a_login_is_waited_for(
    folder: Path, make_socket: MakeSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, pauses = later(folder, make_socket), list[float]()
    assert first.claim(StartRequest.SHOW)

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            first.release()

    monkeypatch.setattr("probe_tray.adapters.desktop.instance.time.sleep", sleep)
    asking = later(folder, make_socket)
    assert not asking.wait_for_end(0)
    pauses.clear()
    assert asking.wait_for_end()
    assert len(pauses) == 3
    # Nor is anything left locked.
    assert first.claim(StartRequest.SHOW)
    first.release()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_what_a_killed_program_left_is_no_obstacle(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "holds\n"
        with pytest.raises(NotAnsweringError):
            later(folder, usual, patience=0).claim(StartRequest.SHOW)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    assert (folder / "instance.socket").exists()

    async def start() -> list[StartRequest]:
        async with running(folder, unix) as requests:
            assert await asyncio.to_thread(later(folder, unix).tell, StartRequest.LOG_IN)
            return requests

    assert asyncio.run(start()) == [StartRequest.LOG_IN]


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"{password}",
        b"{password} shutdown\n",
        b"{password} show and more\n",
        b"{password} SHOW\n",
        b"another show\n",
        b" show\n",
        b"\xff\xfe\x00\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"{password} show" + b" " * 100_000 + b"\n",
        b"x" * 100_000,
    ],
)
async def test_anything_but_the_fixed_words_is_ignored(folder: Path, make_socket: MakeSocket, said: bytes) -> None:
    async with running(folder, make_socket) as requests:
        assert await say(make_socket, folder, said) == b""
        assert requests == []
        assert await asyncio.to_thread(later(folder, make_socket).tell, StartRequest.SHOW)


@given(noise=st.binary(max_size=300))
def test_no_noise_does_anything(noise: bytes) -> None:
    async def work() -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "d"
            async with running(folder, unix) as requests:
                await say(unix, folder, noise)
                assert requests == []

    if not noise.startswith(b"probe-tray "):
        asyncio.run(work())


async def test_callers_that_say_nothing_do_not_keep_others_out(folder: Path, make_socket: MakeSocket) -> None:
    async with running(folder, make_socket) as requests:
        # In a thread, as they come from other programs: meanwhile this one takes those before.
        silent = [await asyncio.to_thread(make_socket(folder).connect, PATIENCE) for _ in range(12)]
        assert None not in silent
        second = later(folder, make_socket, patience=PATIENCE)
        assert not await asyncio.to_thread(second.claim, StartRequest.SHOW)
        assert requests == [StartRequest.SHOW]
        for knocked in silent:
            if knocked is not None:
                knocked[0].close()


async def test_a_stranger_at_the_socket_is_not_taken_for_the_program(folder: Path, make_socket: MakeSocket) -> None:
    listener, _ = make_socket(folder).open()

    async def lie(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"ok\n")
        writer.close()

    server = await asyncio.start_server(lie, sock=listener)
    asking = later(folder, make_socket)
    assert not await asyncio.to_thread(asking.tell, StartRequest.SHOW)
    assert await asyncio.to_thread(asking.claim, StartRequest.SHOW)
    asking.release()
    server.close()


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_what_the_sockets_leave_is_private_and_goes_with_them(folder: Path, make_socket: MakeSocket) -> None:
    socket = make_socket(folder)
    listener, _ = socket.open()
    with listener:
        (left,) = folder.iterdir()
        assert stat.S_IMODE(left.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    socket.close()
    socket.close()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"1", b"70000 a b", b"-1 a b", b"x a b", b"1 a b c", b"\xff", b"1" * 5000])
def test_an_address_file_that_makes_no_sense_means_nobody(folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / "instance.address").write_bytes(content)
    assert loopback(folder).connect(1) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Unix sockets")
async def test_a_folder_whose_path_is_too_long_for_a_socket_is_no_hindrance(home: Path) -> None:
    folder = home / ("long" * 30)
    path = socket_path(folder)
    assert len(os.fsencode(path)) < 104
    assert path != socket_path(home / ("other" * 30))
    async with running(folder, usual) as requests:
        assert await asyncio.to_thread(later(folder, usual).tell, StartRequest.REFRESH)
    assert requests == [StartRequest.REFRESH]


@pytest.mark.skipif(sys.platform == "win32", reason="a folder with an open file in it stays")
async def test_with_its_folder_removed_the_running_one_is_found_all_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    folder = home / "data"
    async with running(folder, usual) as requests:
        shutil.rmtree(folder)
        second = later(folder, usual)
        assert not await asyncio.to_thread(second.claim, StartRequest.SHOW)
        # Nor does one run that cannot be reached.
        socket_path(folder).unlink()
        with pytest.raises(NotAnsweringError):
            await asyncio.to_thread(later(folder, usual, patience=0).claim, StartRequest.SHOW)
    assert requests == [StartRequest.SHOW]
    after = later(folder, usual)
    assert await asyncio.to_thread(after.claim, StartRequest.SHOW)
    after.release()


@pytest.mark.skipif(sys.platform == "win32", reason="the lock outside of the folder")
def test_where_no_lock_outside_of_the_folder_can_be_made_the_program_runs(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (home / "file").write_text("", "utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(home / "file"))
    first = later(home / "data", unix)
    assert first.claim(StartRequest.SHOW)
    # It has the data folder's lock, and a second one finds nobody who answers.
    with pytest.raises(NotAnsweringError):
        later(home / "data", unix, patience=0).claim(StartRequest.SHOW)
    first.release()
    caplog.clear()


@pytest.mark.skipif(sys.platform == "win32", reason="Unix sockets")
async def test_a_socket_that_was_tidied_away_is_opened_again(folder: Path) -> None:
    path = folder / "run" / "instance.socket"
    place = UnixInstanceSocket(path, is_tidied=True)
    requests, numbers = list[StartRequest](), FakeNumbers(b"1")
    second = Instance(folder, place)

    def reach() -> None:
        wait_for("an answer", lambda: second.tell(StartRequest.SHOW))

    async with serve(place, requests.append, numbers, look_seconds=0.01):
        knocked = place.connect(PATIENCE)
        assert knocked is not None
        with knocked[0] as early, early.makefile("rwb", 0) as said:
            said.write(b"probe-tray quota-changes\n")
            assert [await asyncio.to_thread(said.readline) for _ in range(2)] == [b"probe-tray-hears\n", b"1\n"]
            path.unlink()
            await asyncio.to_thread(reach)
            shutil.rmtree(path.parent)
            await asyncio.to_thread(reach)
            # Whoever came before goes on.
            numbers.become(b"2")
            assert await asyncio.to_thread(said.readline) == b"2\n"
    assert requests == [StartRequest.SHOW, StartRequest.SHOW]
    assert not path.exists()


@pytest.fixture
async def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """After how many seconds this loop is to wake up."""
    loop, found = asyncio.get_running_loop(), list[float]()
    call_later = loop.call_later

    def note(delay: float, work: Callable[..., object], *given: object) -> asyncio.TimerHandle:
        found.append(delay)
        return call_later(delay, work, *given)

    monkeypatch.setattr(loop, "call_later", note)
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="Unix sockets")
@pytest.mark.parametrize(("in_session", "looks"), [(True, []), (False, [600.0])])
async def test_a_program_at_rest_looks_for_its_socket_only_where_that_can_be_gone(
    folder: Path, waits: list[float], monkeypatch: pytest.MonkeyPatch, *, in_session: bool, looks: list[float]
) -> None:
    def runtime_folder(_system: object) -> Path | None:
        return folder.parent if in_session else None

    monkeypatch.setattr(type(this_system()), "runtime_folder", runtime_folder)
    monkeypatch.setattr(tempfile, "tempdir", str(folder.parent))
    async with running(folder, usual) as requests:
        assert not await asyncio.to_thread(later(folder, usual).claim, StartRequest.SHOW)
        assert waits == looks
    assert requests == [StartRequest.SHOW]


async def test_a_program_at_rest_never_looks_for_its_address(folder: Path, waits: list[float]) -> None:
    async with running(folder, loopback) as requests:
        assert not await asyncio.to_thread(later(folder, loopback).claim, StartRequest.SHOW)
        assert waits == []
    assert requests == [StartRequest.SHOW]


class UserFolders:
    """What confstr(3) of macOS answers: 65536 is _CS_DARWIN_USER_DIR of ``unistd.h``."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer

    def __call__(self, name: int) -> str | None:
        assert name == 65536
        if self.answer == "refused":
            raise OSError
        return self.answer


@pytest.mark.skipif(sys.platform == "win32", reason="confstr")
def test_a_mac_has_one_place_for_every_start_whatever_its_environment(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(os, "confstr", UserFolders("/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/0/"), raising=False)
    found: set[Path | None] = set()
    for temporary in (tmp_path / "T", tmp_path / "tmp"):
        monkeypatch.setattr(tempfile, "tempdir", str(temporary))
        found |= {socket_path(folder).parent, (runtime_lock(folder) or tmp_path).parent}
        assert len(os.fsencode(socket_path(folder))) <= 100
    assert found == {Path("/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/0/probe-tray")}


@pytest.mark.skipif(sys.platform == "win32", reason="confstr")
@pytest.mark.parametrize("answer", [None, "", "refused"])
def test_a_mac_that_names_no_folder_has_the_temporary_one(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None
) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(os, "confstr", UserFolders(answer), raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert socket_path(folder).parent.parent == tmp_path


def test_without_a_socket_the_program_still_runs(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with Instance(folder, unix(folder)).serve(lambda _: None, NUMBERS):
            pass

    (folder / "instance.socket").mkdir(parents=True)
    asyncio.run(run())
    assert "later starts cannot reach the program" in caplog.text


def test_several_starts_at_once_end_with_one_running(folder: Path) -> None:
    holders = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD.replace(".claim(StartRequest.SHOW)", "._take()"), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(3)
    ]
    try:
        assert wait_for("the losers to end", lambda: sum(h.poll() is not None for h in holders) == 2)
    finally:
        for holder in holders:
            holder.kill()
            holder.communicate()


async def test_a_caller_that_is_gone_before_it_is_accepted_ends_nothing(
    folder: Path, make_socket: MakeSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As Windows reports it (https://github.com/python/cpython/issues/93821): WinError 64.
    loop = asyncio.get_running_loop()
    accept, failures = loop.sock_accept, [OSError(64, "The specified network name is no longer available")]

    async def failing(listener: socket.socket) -> object:
        if failures:
            raise failures.pop()
        return await accept(listener)

    monkeypatch.setattr(loop, "sock_accept", failing)
    async with running(folder, make_socket) as requests:
        assert not await asyncio.to_thread(later(folder, make_socket).claim, StartRequest.SHOW)
    assert (requests, failures) == ([StartRequest.SHOW], [])

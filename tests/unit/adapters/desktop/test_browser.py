"""The browser is found, started and let go."""

import asyncio
import sys
from pathlib import Path

import pytest

from probe_tray.adapters.desktop import browser as module
from probe_tray.adapters.desktop.browser import SystemBrowser
from probe_tray.core.errors import BrowserError
from tests.desktop.waiting import wait_for
from tests.support.patience import PATIENCE

ADDRESS = "https://auth.example/oauth/authorize?state=s&x=a;b|c$(d)`e`"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts play the browser")


class Programs:
    """A folder of programs that write down how they were called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = {"PATH": str(folder)}

    def make(self, name: str, then: str = "exit 0") -> str:
        program = self.folder / name
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$0" "$@" >>"{self.folder}/calls"\n{then}\n', "utf-8")
        program.chmod(0o700)
        return str(program)

    def calls(self) -> list[str]:
        written = self.folder / "calls"
        return written.read_text("utf-8").splitlines() if written.exists() else []


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    # Each of these programs ends, however long a busy machine takes to run it.
    monkeypatch.setattr(module, "FAILS_WITHIN_SECONDS", PATIENCE)
    return Programs(tmp_path)


async def test_the_browser_of_the_environment_gets_the_address_as_one_argument(programs: Programs) -> None:
    mine = programs.make("mine")
    programs.make("xdg-open")
    await SystemBrowser({**programs.path, "BROWSER": mine}).open(ADDRESS)
    assert programs.calls() == [mine, ADDRESS]


async def test_the_address_goes_where_the_command_wants_it(programs: Programs) -> None:
    mine = programs.make("mine")
    await SystemBrowser({**programs.path, "BROWSER": f"{mine} --new '--at=%s' &"}).open(ADDRESS)
    assert programs.calls() == [mine, "--new", f"--at={ADDRESS}"]


async def test_the_next_command_is_tried_when_one_is_missing_or_fails(programs: Programs) -> None:
    bad, good = programs.make("bad", "exit 3"), programs.make("good")
    await SystemBrowser({**programs.path, "BROWSER": f"absent:'unclosed:{bad}:{good}"}).open(ADDRESS)
    assert programs.calls() == [bad, ADDRESS, good, ADDRESS]


async def test_a_name_alone_is_not_looked_for_in_the_current_folder(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(programs.folder)
    programs.make("firefox")
    mine = programs.make("mine")
    # Somebody else's program lies in the folder where this one was started.
    await SystemBrowser({"PATH": ".", "BROWSER": "firefox:./mine"}).open(ADDRESS)
    assert programs.calls() == [f"./{Path(mine).name}", ADDRESS]


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has one starter")
async def test_without_a_choice_the_desktop_decides(programs: Programs) -> None:
    starter = programs.make("xdg-open", "exit 4")
    gio = programs.make("gio")
    await SystemBrowser(programs.path).open(ADDRESS)
    assert programs.calls() == [starter, ADDRESS, gio, "open", ADDRESS]


async def test_macos_opens_with_its_own_command(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    starter = programs.make("open")
    await SystemBrowser(programs.path).open(ADDRESS)
    assert programs.calls() == [starter, ADDRESS]


async def test_nothing_that_opens_is_said_with_what_to_do(programs: Programs) -> None:
    with pytest.raises(BrowserError) as caught:
        await SystemBrowser(programs.path).open(ADDRESS)
    assert "Copy the address" in caught.value.hint
    assert "state" not in str(caught.value)


async def test_a_program_that_cannot_be_run_is_passed_over(programs: Programs) -> None:
    broken = programs.folder / "broken"
    broken.write_bytes(b"\x00not a program")
    broken.chmod(0o700)
    good = programs.make("good")
    await SystemBrowser({**programs.path, "BROWSER": f"{broken}:{good}"}).open(ADDRESS)
    assert programs.calls() == [good, ADDRESS]


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "--version", "javascript:alert(1)", "", "HTTPS", "https://a b", "https://a\n-x"]
)
async def test_only_addresses_of_the_web_are_opened(programs: Programs, address: str) -> None:
    mine = programs.make("mine")
    with pytest.raises(BrowserError):
        await SystemBrowser({**programs.path, "BROWSER": mine}).open(address)
    assert not (programs.folder / "calls").exists()


async def test_a_browser_that_stays_is_not_waited_for_and_not_a_child_of_our_terminal(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FAILS_WITHIN_SECONDS", 0.05)
    fifo = programs.folder / "until"
    module.os.mkfifo(fifo)
    # The shell's own reading ends when the test writes.
    mine = programs.make("mine", f'read line <"{fifo}"; printf "%s\\n" "$line" >>"{programs.folder}/calls"')
    async with asyncio.timeout(PATIENCE):
        await SystemBrowser({**programs.path, "BROWSER": mine}).open(ADDRESS)
    await asyncio.to_thread(wait_for, "the browser to be called", lambda: programs.calls() == [mine, ADDRESS])
    reapers = [thread for thread in module.threading.enumerate() if thread.name == "browser"]
    fifo.write_text("ended\n", "utf-8")
    for reaper in reapers:
        await asyncio.to_thread(reaper.join, PATIENCE)
    assert len(reapers) == 1
    assert not reapers[0].is_alive()
    assert programs.calls()[-1] == "ended"


async def test_what_the_browser_prints_goes_nowhere(programs: Programs, capfd: pytest.CaptureFixture[str]) -> None:
    mine = programs.make("mine", "echo out; echo err >&2")
    await SystemBrowser({**programs.path, "BROWSER": mine}).open(ADDRESS)
    assert capfd.readouterr() == ("", "")


async def test_the_address_is_not_logged(programs: Programs, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    mine = programs.make("mine")
    await SystemBrowser({**programs.path, "BROWSER": mine}).open(ADDRESS)
    assert "browser command" in caplog.text
    assert "state" not in caplog.text

"""`codex-probe use` that dies, or whose disk fails, at each step, against a service whose tokens work once."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from probe_tray.demo import DemoService
from tests.safety.use_bench import ANA, BEN, Ended, Story, UseBench, UseDriver
from tests.safety.use_driver import Run
from tests.support.mitm import Mitm
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")

API_KEY: Final = '{"OPENAI_API_KEY": "sk-test"}'
TOKENS: Final = {"id_token", "access_token", "refresh_token", "account_id"}
SAID: Final = {errno.ENOSPC: "the disk is full", errno.EROFS: "the folder is read-only"}
FOREIGN: Final = "the client's own"
KILLED: Final = -9
MOST: Final = 200
"""No exchange has as many steps."""


def nothing(bench: UseBench) -> None:
    assert bench.text is None


def lent(bench: UseBench) -> None:
    assert bench.use(ANA).status == 0


def renewed_by_the_client(bench: UseBench) -> None:
    assert bench.use(ANA, "--whole").status == 0
    assert bench.client_goes_on() == "works"


def logged_in_there(bench: UseBench) -> None:
    bench.log_in(bench.eva)


def api_key(bench: UseBench) -> None:
    bench.put(API_KEY)


def api_key_and_then_whole(bench: UseBench) -> None:
    bench.put(API_KEY)
    renewed_by_the_client(bench)


STORIES: Final = {
    "lent to an empty place": Story(nothing, (ANA,)),
    "lent after another": Story(lent, (BEN,)),
    "whole after another": Story(lent, (BEN, "--whole")),
    "taken back": Story(renewed_by_the_client, (BEN,)),
    "taken back for a whole one": Story(renewed_by_the_client, (BEN, "--whole")),
    "whole, then lent": Story(renewed_by_the_client, (ANA,)),
    "lent, then whole": Story(lent, (ANA, "--whole")),
    FOREIGN: Story(logged_in_there, (ANA, "--keep")),
    "an API key": Story(api_key, (ANA,)),
    "put back": Story(api_key_and_then_whole, ("--put-back",)),
}


@pytest.fixture(scope="module")
def use_driver() -> Iterator[UseDriver]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.safety.use_driver"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield UseDriver(process.stdin, process.stdout)
        process.stdin.close()
        process.wait(PATIENCE)


@pytest.mark.parametrize(("is_alive", "named"), [(True, "has not ended: half"), (False, "driver has ended: half")])
def test_a_run_that_hangs_or_whose_driver_dies_is_named(tmp_path: Path, *, is_alive: bool, named: str) -> None:
    output = tmp_path / "output"
    output.write_text("half a line")
    answers, answering = os.pipe()
    with os.fdopen(answers) as reading, os.fdopen(answering, "w") as writing, (tmp_path / "given").open("w") as given:
        if not is_alive:
            writing.close()
        run = Run(words=("use",), environment={}, output=str(output))
        with pytest.raises(AssertionError, match=named):
            UseDriver(given, reading, patience=0.01).run(run)


class Computers:
    """As many of them as a test wants, each with its own files, before one service."""

    def __init__(self, use_driver: UseDriver, folder: Path) -> None:
        self._ahead = 0
        self.service = DemoService(now=self._now)
        self._driver, self._folder, self._made = use_driver, folder, 0
        self._proxy: Mitm | None = None

    @contextmanager
    def running(self) -> Generator[None]:
        """With the service, which must have nothing to complain about."""
        certificates = self._folder / "ca"
        certificates.mkdir()
        with self.service as service, Mitm(service.addresses, certificates) as self._proxy:
            yield
        assert service.violations == ()

    def one(self, *, keyring: bool) -> UseBench:
        """One more."""
        assert self._proxy is not None
        self._made += 1
        self._ahead = 0
        folder = self._folder / str(self._made)
        return UseBench(self.service, self._proxy, self._driver, folder, keyring=keyring, later=self._later)

    def _now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._ahead)

    def _later(self) -> None:
        # No login is renewed twice in one second, which is how exactly tokens tell their age.
        self._ahead += 1


@pytest.fixture
def computers(use_driver: UseDriver, tmp_path: Path) -> Iterator[Computers]:
    made = Computers(use_driver, tmp_path)
    with made.running():
        yield made


def nothing_is_lost(bench: UseBench, computers: Computers, *, client_first: bool, exchanges: int) -> None:
    """Both programs go on with what they find, in either order, and then the next exchanges work."""
    turns = [bench.client_goes_on, lambda: bench.renew().said]
    for turn in turns if client_first else reversed(turns):
        came = turn()
        assert "refused" not in came, came
        assert "dead" not in came, came
    for email in (BEN, ANA, BEN)[:exchanges]:
        done = bench.use(email, "--keep")
        assert done.status == 0, done.said
        assert bench.client_goes_on() == "works"
    assert bench.renew().status == 0
    assert bench.dead() == []
    assert computers.service.count(status=401) == 0


def broken_off(bench: UseBench, story: Story, step: int, error: int = 0) -> Ended:
    """How the exchange ended that was disturbed at this step; what is in the client's place is whole."""
    story.prepare(bench)
    before = bench.text
    done = bench.use(*story.words, step=step, error=error)
    assert "Traceback" not in done.said
    held = bench.text
    assert held == before or (held is not None and (held == API_KEY or set(json.loads(held)["tokens"]) == TOKENS))
    return done


def kills(name: str, computers: Computers, *, keyring: bool, odd: int, exchanges: int) -> None:
    """One exchange after the other, each killed one step later, until one comes to its end."""
    for step in range(1, MOST):
        bench = computers.one(keyring=keyring)
        done = broken_off(bench, STORIES[name], step)
        assert done.status in {0, KILLED}, done.said
        nothing_is_lost(bench, computers, client_first=step % 2 == odd, exchanges=exchanges)
        assert bench.holds(bench.eva) == (name == FOREIGN)
        if done.status == 0:
            assert step > 2
            return
    pytest.fail("it never ends")


@pytest.mark.parametrize("name", ["taken back", FOREIGN])
def test_a_kill_at_any_step_leaves_every_login_alive(name: str, computers: Computers) -> None:
    kills(name, computers, keyring=False, odd=0, exchanges=1)


@pytest.mark.heavy
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("odd", [0, 1], ids=["client first", "we first"])
@pytest.mark.parametrize("keyring", [False, True], ids=["file", "keyring"])
@pytest.mark.parametrize("name", STORIES)
def test_a_kill_at_any_step_of_every_exchange(name: str, keyring: bool, odd: int, computers: Computers) -> None:  # noqa: FBT001
    kills(name, computers, keyring=keyring, odd=odd, exchanges=3)


def faults(name: str, error: int, computers: Computers, *, keyring: bool, apart: int) -> None:
    """One exchange after the other, each with a disk that fails from another step on."""
    for step in range(1, MOST, apart):
        bench = computers.one(keyring=keyring)
        done = broken_off(bench, STORIES[name], step, error)
        if done.status == 0:
            assert step > 2
            return
        assert done.status == 1, done.said
        # A keyring on such a disk refuses what it cannot keep.
        assert SAID[error] in done.said or (keyring and "keyring refused" in done.said)
        nothing_is_lost(bench, computers, client_first=step % 2 == 0, exchanges=1)
    pytest.fail("it never ends")


def test_a_disk_that_is_full_from_some_step_on_loses_nothing(computers: Computers) -> None:
    faults("taken back", errno.ENOSPC, computers, keyring=False, apart=13)


@pytest.mark.heavy
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("error", SAID, ids=errno.errorcode.get)
@pytest.mark.parametrize("keyring", [False, True], ids=["file", "keyring"])
@pytest.mark.parametrize("name", STORIES)
def test_a_disk_that_fails_from_any_step_on(name: str, keyring: bool, error: int, computers: Computers) -> None:  # noqa: FBT001
    faults(name, error, computers, keyring=keyring, apart=1)

"""Three homes run the installed command in a loop, as it is: one renewal after the other, syncs, and some are killed.

All share one table with leases. The issuer takes each refresh token once, and ends a login whose token comes again.
Time is the real one: a token may come again only from the computer that lost its answer, a quarter of an hour later.
"""

import json
import random
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from probe_tray.adapters.system import SystemClock
from probe_tray.core.account.secret import Secret
from probe_tray.demo import DemoService
from tests.command.bench import write
from tests.command.test_sync import KEY, Machine
from tests.database.conftest import protect
from tests.database.token_trace import TokenTrace
from tests.support.patience import PATIENCE
from tests.support.postgres import Database
from tests.support.postgrest import API_KEY, PostgRest

NAMES: Final = ("one", "two", "three")
FUNCTIONS: Final = ("take_lease", "mark_sent", "end_lease")
ANSWERS: Final = ("tokens", *(f"rpc/probe_tray_{name}" for name in FUNCTIONS))


class Home(NamedTuple):
    machine: Machine
    rest: PostgRest
    way: dict[str, str]


class Homes:
    """Three of them with the same logins, and what happens to them."""

    def __init__(self, folder: Path, accounts: int, service: DemoService, database: Database, stack: ExitStack) -> None:
        self.service, self.trace = service, TokenTrace(service)
        self.chance = random.Random(15)  # noqa: S311 - the same in every run
        self.homes = [self._home(folder, name, database, stack) for name in NAMES]
        self.killed = 0
        for number in range(accounts):
            issued = service.issue_login(f"person-{number:02}@example.com")
            for home in self.homes:
                write(home.machine.shared / f"{number:02}.json", issued, days=1)

    def _home(self, folder: Path, name: str, database: Database, stack: ExitStack) -> Home:
        machine, rest = Machine(folder / name, self.service), stack.enter_context(PostgRest(database))
        machine.set_up(sync_url=rest.url, sync_api_key=API_KEY)
        machine.shared.mkdir(mode=0o700)
        return Home(machine, rest, dict(self.trace.way_of(name, folder / f"way of {name}", stack)))

    def lap(self, *, faults: bool) -> str:
        """Each home runs the command once, all at the same time; what they said."""
        running = [(home, self._start(home, faults=faults)) for home in self.homes]
        said = [self._end(home, process) for home, process in running]
        assert not any("Traceback" in one for one in said), said
        return "\n".join(said)

    def sync(self) -> None:
        for home in self.homes:
            process = home.machine.start("--sync", more=home.way)
            said = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0, said

    def _start(self, home: Home, *, faults: bool) -> "subprocess.Popen[bytes]":
        home.rest.afterwards.clear()
        home.rest.lost.clear()
        arguments = self.chance.choice((("--renew", "-f", "tokens"), ("--renew", "tokens"), ("--sync",)))
        process = home.machine.start(*arguments, more=home.way)
        fault = self.chance.choice(("killed", "lost", "", "")) if faults else ""
        if fault == "killed":
            home.rest.afterwards[self.chance.choice(ANSWERS)] = process.kill
        if fault == "lost":
            home.rest.lost.append(self.chance.choice(ANSWERS))
        return process

    def _end(self, home: Home, process: "subprocess.Popen[bytes]") -> str:
        out, err = process.communicate(timeout=PATIENCE)
        if process.returncode == -signal.SIGKILL:
            self.killed += 1
            self.trace.has_died(home.machine.folder / "XDG_DATA_HOME")
        return (out + err).decode()

    def tokens(self) -> list[list[str]]:
        """The refresh tokens that each home holds."""
        held = [home.machine.files() for home in self.homes]
        return [
            [json.loads(text)["refresh_token"] for name, text in one.items() if name.endswith(".json")] for one in held
        ]


@pytest.fixture
def homes(request: pytest.FixtureRequest, tmp_path: Path, home: Path, database: Database) -> Iterator[Homes]:
    del home
    ahead = [timedelta()]

    def now() -> datetime:
        # Tokens of two renewals are never of the same second.
        ahead[0] += timedelta(seconds=1)
        return SystemClock().now() + ahead[0]

    protect(database, Secret(KEY))
    with DemoService(now=now) as service, ExitStack() as stack:
        yield Homes(tmp_path, request.param, service, database, stack)
    assert service.violations == ()


@pytest.mark.parametrize(
    ("homes", "laps", "faults"),
    [
        pytest.param(2, 2, False, id="all goes well"),
        pytest.param(8, 40, True, id="deaths", marks=[pytest.mark.heavy, pytest.mark.timeout(3600)]),
    ],
    indirect=["homes"],
)
def test_no_token_is_used_twice(homes: Homes, laps: int, *, faults: bool) -> None:
    homes.sync()
    said = [homes.lap(faults=faults) for _ in range(laps)]
    assert not (needless := list(homes.trace.needless())), needless
    assert len(homes.trace.uses) >= laps, "a good many renewals"
    assert (homes.killed > laps // 20) == faults
    for _ in range(2):
        homes.sync()
    first, *others = homes.tokens()
    assert all(other == first for other in others), said
    lost = homes.trace.lost
    assert sum(not homes.service.is_live(token) for token in first) <= lost, "only a lost answer costs a login"
    print(f"{laps} laps, {homes.killed} killed, {len(homes.trace.uses)} renewals, {lost} lost")

"""A month on three computers: processes of the command with homes of their own, over PostgreSQL and a strict issuer.

The clocks of the processes are ahead of the real one, by up to four minutes differently; so is the database's, for the
only times in it that end: those of the leases. The table is protected. The issuer takes each refresh token once, and
ends a login whose token comes again. Another one, which the real one is at times, repeats an answer that may have been
lost while nobody has used what it brought.

What a program cannot know is the answer to a request that was lost on the way, or with a process that was killed before
the answer came. Its computer sends the token again, half a day later here. With the strict issuer that shows that the
login has ended, and the person logs in again. So each token that comes twice is judged by itself.
"""

import json
import random
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from probe_tray.adapters.system import SystemClock
from probe_tray.core.account.secret import Secret
from probe_tray.demo import DemoService, Fault, TokenReuse
from tests.command.bench import TOKEN, write
from tests.command.preload import ahead_by
from tests.command.test_sync import KEY, Machine
from tests.database.conftest import protect
from tests.database.token_trace import TokenTrace
from tests.support.patience import PATIENCE
from tests.support.postgres import Database
from tests.support.postgrest import API_KEY, PostgRest

SKEWS: Final = (timedelta(), timedelta(minutes=-4), timedelta(minutes=4))
ANSWERS: Final = ("tokens", "rpc/probe_tray_take_lease", "rpc/probe_tray_mark_sent", "rpc/probe_tray_end_lease")

ENDED: Final = re.compile(r"^codex-probe: (tokens/\d+\.json)\b.*This login has ended", re.MULTILINE)
UNCLEAR: Final = re.compile(r"^codex-probe: (tokens/\d+\.json)\b.*The connection broke during a renewal", re.MULTILINE)
ROUND: Final = timedelta(hours=12)


class Story(NamedTuple):
    """How long it is, and how much happens in it."""

    accounts: int
    rounds: int
    faults: float
    """The chance that a computer has one in a round."""
    deaths: int
    """So many at least; which request a process makes depends on the others."""
    paused: range
    """The rounds in which the project is paused."""
    reuse: TokenReuse = TokenReuse.ENDS_LOGIN


class Computer(Machine):
    """A home, and a way of its own to the one database."""

    def __init__(
        self, folder: Path, service: DemoService, rest: PostgRest, skew: timedelta, ways: Mapping[str, str]
    ) -> None:
        super().__init__(folder, service)
        self.rest, self.skew, self.ways = rest, skew, ways
        self.clock = folder / "ahead"
        self.rounds_down = 0
        self.unclear: Counter[str] = Counter()
        """How often in a row it has said of a login that nobody knows whether its renewal went through."""
        self.ended: set[str] = set()
        """Of which logins it has said that they have ended."""
        self.set_up(sync_url=rest.url, sync_api_key=API_KEY)

    def note(self, said: str) -> None:
        """What a run with the tokens said."""
        found = set(UNCLEAR.findall(said))
        self.unclear = Counter({name: self.unclear[name] + 1 for name in found})
        self.ended |= set(ENDED.findall(said))

    def insists_on(self) -> str:
        """The login that its person renews by hand: it was tried once more by itself, and that was lost as well."""
        return next((name for name, times in sorted(self.unclear.items()) if times > 1), "")

    def held(self) -> dict[str, dict[str, str]]:
        # One that was killed may leave a file behind that has no name yet.
        return {name: json.loads(held) for name, held in self.files().items() if name.endswith(".json")}


class Month:
    """Three computers that have the same logins, and what goes wrong."""

    def __init__(
        self,
        folder: Path,
        story: Story,
        service: DemoService,
        stack: ExitStack,
        database: Database,
        now: list[timedelta],
    ) -> None:
        self.folder, self.story, self.service, self.database, self.ahead = folder, story, service, database, now
        self.trace = TokenTrace(service)
        self.chance = random.Random(15)  # noqa: S311 - the same in every run
        self.computers = [
            Computer(
                folder / name,
                service,
                stack.enter_context(PostgRest(database)),
                skew,
                self.trace.way_of(name, folder / f"way of {name}", stack),
            )
            for name, skew in zip(("one", "two", "three"), SKEWS, strict=True)
        ]
        self.started = self.killed = self.logins = self.reads = 0
        self.said: list[str] = []
        self.asked: dict[int, tuple[str, ...]] = {}
        for number in range(story.accounts):
            issued = service.issue_login(f"person-{number:02}@example.com")
            for computer in self.computers:
                computer.shared.mkdir(mode=0o700, exist_ok=True)
                write(computer.shared / f"{number:02}.json", issued, days=2.5 + 7 * number / story.accounts)

    @property
    def now(self) -> datetime:
        return SystemClock().now() + self.ahead[0]

    def run(self) -> None:
        """Tell it from the first round to the last."""
        for number in range(self.story.rounds):
            self._round(number)
            self._pass_time()
            self._look(number)
            self._log_in_again()

    def heal(self) -> None:
        """Everything works again: each computer finishes what it has begun, then they give and take.

        A login of which nobody got the last answer is found to have ended by renewing it, and the person logs in again.
        """
        for computers in ([computer] for computer in self.computers):
            self._run(computers, "--sync")
        for computer in self.computers:
            if spent := [f"tokens/{name}" for name in self._spent(computer)]:
                self._run([computer], "--renew", "-f", *spent, fails=True)
        before = self.logins
        self._log_in_again()
        for _ in range(1 if self.logins == before else 2):
            self._run(self.computers, "--sync")

    def _spent(self, computer: Computer) -> list[str]:
        return [name for name, held in computer.held().items() if not self.service.is_live(held["refresh_token"])]

    def _run(self, computers: list[Computer], *arguments: str, fails: bool = False) -> None:
        for computer in computers:
            self._mend(computer)
        running = [(computer, self._start(computer, arguments, "")) for computer in computers]
        self._wait(running)
        assert fails or all(process.returncode == 0 for _, process in running), self.told

    def _round(self, number: int) -> None:
        running: list[tuple[Computer, subprocess.Popen[bytes]]] = []
        for computer in self.computers:
            self._mend(computer)
            computer.rest.always = 540 if number in self.story.paused else 0
            if computer.rounds_down:
                computer.rounds_down -= 1
                continue
            arguments = ("--renew", "tokens") if self.chance.random() < 0.75 else ("--sync",)
            if name := computer.insists_on():
                arguments = ("--renew", "-f", name)
            fault = (
                self.chance.choice(("killed here", "killed there", "lost", "lost tokens", "cut"))
                if self.chance.random() < self.story.faults
                else ""
            )
            dies_before = f"{self.chance.randrange(self.story.accounts):02}.json" if fault == "killed here" else ""
            process = self._start(computer, arguments, dies_before)
            if fault == "killed there":
                computer.rest.afterwards[self.chance.choice(ANSWERS)] = process.kill
            if fault == "lost":
                computer.rest.lost = [self.chance.choice(ANSWERS)]
            if fault == "lost tokens":
                self.service.faults.add(TOKEN, Fault(drop="after"), grant="refresh_token")
            computer.rest.is_cut = fault == "cut"
            running.append((computer, process))
        self._wait(running)
        self.service.faults.clear()

    def _start(self, computer: Computer, arguments: tuple[str, ...], dies_before: str) -> "subprocess.Popen[bytes]":
        self.started += 1
        computer.clock.write_text(str((self.ahead[0] + computer.skew).total_seconds()))
        code = ahead_by(computer.clock, self.folder / f"preload-{self.started}", killed_before=dies_before)
        process = computer.start(*arguments, more={**computer.ways, **code})
        self.asked[process.pid] = arguments
        return process

    def _wait(self, running: list[tuple[Computer, "subprocess.Popen[bytes]"]]) -> None:
        self.said = []
        for computer, process in running:
            out, err = process.communicate(timeout=PATIENCE)
            self.said.append(f"{computer.folder.name}: {process.returncode}\n{(out + err).decode()}")
            if "--sync" not in self.asked[process.pid]:
                computer.note(self.said[-1])
            if process.returncode == -signal.SIGKILL:
                self.killed += 1
                self.trace.has_died(computer.folder / "XDG_DATA_HOME")
                computer.rounds_down = self.chance.randrange(2)
            assert "Traceback" not in self.said[-1], self.told

    def _mend(self, computer: Computer) -> None:
        computer.rest.is_cut, computer.rest.always = False, 0
        computer.rest.lost.clear()
        computer.rest.afterwards.clear()

    def _pass_time(self) -> None:
        self.ahead[0] += ROUND
        self.database.run("update probe_tray_leases set until = until - interval '12 hours'")

    def _log_in_again(self) -> None:
        """Whoever was told that a login has ended logs in again, at one computer."""
        made_now: set[str] = set()
        for computer in self.computers:
            for name in sorted({Path(path).name for path in computer.ended} - made_now):
                made_now.add(name)
                if not self.service.is_live(computer.held()[name]["refresh_token"]):
                    made = self.service.issue_login(f"person-{Path(name).stem}@example.com")
                    write(computer.shared / name, made, days=10, more={"expired": made.expires_at.isoformat()})
                    self.logins += 1
            computer.ended.clear()

    def _count_reads(self, number: int) -> None:
        """At most one read per account and hour, renewals included, on each computer."""
        for computer in self.computers:
            reads = Counter(computer.rest.reads)
            most = max((count for row_id, count in reads.items() if row_id), default=0) + reads[""]
            assert most <= ROUND // timedelta(hours=1), (number, computer.folder.name, reads, self.told)
            self.reads += reads.total()
            computer.rest.reads.clear()

    def _look(self, number: int) -> None:
        self._count_reads(number)
        needless = "\n".join(self.trace.needless())
        assert not needless, f"round {number}\n{needless}\n{self.told}"
        for name in self.computers[0].held():
            ends = [datetime.fromisoformat(computer.held()[name]["expired"]) for computer in self.computers]
            assert max(ends) > self.now, (number, name, self.told)

    @property
    def told(self) -> str:
        """What the processes of the last round said."""
        return "\n".join(self.said)

    @property
    def renewals(self) -> int:
        return self.service.count(TOKEN, grant="refresh_token", status=200)


def told(story: Story, folder: Path, database: Database) -> Iterator[Month]:
    ahead, drift = [timedelta()], [timedelta()]

    def now() -> datetime:
        # Tokens of two renewals are never of the same second.
        drift[0] += timedelta(seconds=1)
        return SystemClock().now() + ahead[0] + drift[0]

    protect(database, Secret(KEY))
    with DemoService(now=now, reuse=story.reuse) as service, ExitStack() as stack:
        yield Month(folder, story, service, stack, database, ahead)
    assert service.violations == ()


FEW_DAYS: Final = Story(accounts=4, rounds=4, faults=0.5, deaths=0, paused=range(2, 3))
WHOLE_MONTH: Final = Story(accounts=20, rounds=60, faults=0.3, deaths=3, paused=range(20, 22))


@pytest.fixture
def month(request: pytest.FixtureRequest, tmp_path: Path, home: Path, database: Database) -> Iterator[Month]:
    del home
    yield from told(request.param, tmp_path, database)


@pytest.mark.parametrize(
    "month",
    [
        pytest.param(FEW_DAYS, id="few days"),
        pytest.param(WHOLE_MONTH, id="whole month", marks=[pytest.mark.heavy, pytest.mark.timeout(3600)]),
        pytest.param(
            WHOLE_MONTH._replace(reuse=TokenReuse.REPEATS_ANSWER),
            id="whole month, lost answers are repeated",
            marks=[pytest.mark.heavy, pytest.mark.timeout(3600)],
        ),
    ],
    indirect=True,
)
def test_no_token_is_used_twice_without_need_and_every_login_is_renewed_in_time(month: Month) -> None:
    month.run()
    month.heal()
    assert not (needless := list(month.trace.needless())), needless
    ends_logins = month.story.reuse is TokenReuse.ENDS_LOGIN
    assert month.logins <= (month.trace.lost if ends_logins else 0), "only a lost answer costs a login"
    first, *others = [{name: held["refresh_token"] for name, held in one.held().items()} for one in month.computers]
    assert all(other == first for other in others), month.told
    assert all(month.service.is_live(token) for token in first.values()), month.told
    assert month.killed >= month.story.deaths
    counts = f"{month.trace.lost} lost, {month.trace.again} again, {month.logins} logins, {month.reads} reads"
    print(f"{month.started} processes, {month.killed} killed, {month.renewals} renewals, {counts}")

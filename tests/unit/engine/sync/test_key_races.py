"""Two programs that change what is kept of the key at once: in whatever order their steps come, no key gets lost."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
from msgspec.structs import replace

from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import SetUpSync
from probe_tray.core.sync.table_key import KEY_SEPARATOR, table_digest
from probe_tray.core.sync.table_record import TableStatus
from probe_tray.engine.sync.table_owner import TableOwner, forget_old_key
from tests.support.fakes import settle
from tests.unit.engine.sync.test_table_service import Owner
from tests.unit.engine.sync_bench import KEY, TARGET

NEW = Secret("c3" * 32)
BOTH = Secret(f"{NEW.reveal()}{KEY_SEPARATOR}{KEY.reveal()}")


class Turns:
    """Lets one step at a time go on: of those that wait the one that ``choices`` names."""

    def __init__(self, choices: list[int]) -> None:
        self._choices, self._waiting = choices, dict[str, asyncio.Future[None]]()
        self.options: list[int] = []
        """How many could have gone on, at each turn."""

    async def wait(self, _request: str = "") -> None:
        """Called ahead of each step; one step of a program at a time."""
        task = asyncio.current_task()
        assert task is not None
        turn = self._waiting[task.get_name()] = asyncio.get_running_loop().create_future()
        await turn

    async def play(self, programs: dict[str, Callable[[], Awaitable[object]]]) -> None:
        """Run them to their ends."""

        async def run(program: Callable[[], Awaitable[object]]) -> None:
            await program()

        tasks = [asyncio.create_task(run(program), name=name) for name, program in programs.items()]
        while True:
            await settle()
            if all(task.done() for task in tasks):
                break
            ready = sorted(self._waiting)
            assert ready, "they wait for each other"
            chosen = self._choices[len(self.options)] if len(self.options) < len(self._choices) else 0
            self.options.append(len(ready))
            self._waiting.pop(ready[chosen]).set_result(None)
        for task in tasks:
            task.result()

    @property
    def next_choices(self) -> list[int] | None:
        """Of the next order; None after the last one."""
        taken = self._choices + [0] * (len(self.options) - len(self._choices))
        for last in reversed(range(len(taken))):
            if taken[last] + 1 < self.options[last]:
                return [*taken[:last], taken[last] + 1]
        return None


def orders() -> Iterator[Turns]:
    """Every order, one after the other; each has been played when the next one is asked for."""
    choices: list[int] | None = []
    while choices is not None:
        turns = Turns(choices)
        yield turns
        choices = turns.next_choices


@pytest.mark.parametrize(
    "programs", [("begin", "forget"), ("begin", "begin again"), ("begin", "set up"), ("forget", "set up")]
)
async def test_no_key_is_let_in_and_kept_nowhere(programs: tuple[str, ...]) -> None:
    """The change of the key is at its end: the table lets in the new one of two alone, and both are kept."""
    played = 0
    for turns in orders():
        bench = Owner()
        bench.sync.table.state = TableStatus(protected=True, digests=(table_digest(NEW),))
        secrets = bench.sync.secrets
        secrets.held = replace(secrets.held, key=BOTH)
        secrets.before = bench.sync.table.before = turns.wait
        target, owner = replace(TARGET, key=BOTH), TableOwner(bench.sync.context, secrets)
        ways: dict[str, Callable[[], Awaitable[object]]] = {
            "begin": lambda owner=owner, target=target: owner.begin_key_change(target),
            "begin again": lambda owner=owner, target=target: owner.begin_key_change(target),
            "forget": lambda secrets=secrets, target=target: forget_old_key(secrets, target),
            "set up": lambda bench=bench: bench.sync.service.do(SetUpSync(url=TARGET.url, key=NEW)),
        }
        await turns.play({name: ways[name] for name in programs})
        assert bench.digests <= {table_digest(key) for key in bench.keys}, turns.options
        played += 1
    assert played > 1

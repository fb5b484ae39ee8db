"""Without sync a renewal asks nobody; with it the table has its say, to the end of what was begun."""

from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.engine.sync.late_shared_table import LateSharedTable
from tests.support.tokens import credential

KEY: Final = AccountKey("account-ana", "user-ana")
LOGIN: Final = credential("ana")
ASKED: Final[dict[str, Callable[[LateSharedTable], Awaitable[object]]]] = {
    "turn": lambda table: table.turn(KEY),
    "adopt": lambda table: table.adopt_newer(KEY, insists=True),
    "claim": lambda table: table.claim(LOGIN, insists=True),
    "sent": lambda table: table.mark_sent(KEY),
    "unshared": lambda table: table.unshared(),
    "publish": lambda table: table.publish(KEY),
    "give up": lambda table: table.give_up(KEY),
}


class Table:
    def __init__(self) -> None:
        self.asked: list[object] = []

    async def turn(self, key: AccountKey) -> float | None:
        self.asked.append(("turn", key))
        return 0.5

    async def adopt_newer(self, key: AccountKey, *, insists: bool = False) -> bool:
        self.asked.append(("adopt", key, insists))
        return True

    async def claim(self, login: Credential, *, insists: bool = False) -> bool:
        self.asked.append(("claim", login, insists))
        return True

    async def mark_sent(self, key: AccountKey) -> None:
        self.asked.append(("sent", key))

    async def unshared(self) -> tuple[AccountKey, ...]:
        self.asked.append(("unshared",))
        return (KEY,)

    async def publish(self, key: AccountKey) -> None:
        self.asked.append(("publish", key))

    async def give_up(self, key: AccountKey) -> None:
        self.asked.append(("give up", key))


class Bench:
    def __init__(self, *, is_set_up: bool) -> None:
        self.is_set_up, self.table, self.made = is_set_up, Table(), 0
        self.late = LateSharedTable(lambda: self.is_set_up, self._make)

    def _make(self) -> Table:
        self.made += 1
        return self.table


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
async def test_without_sync_nobody_is_asked(ask: Callable[[LateSharedTable], Awaitable[object]]) -> None:
    bench = Bench(is_set_up=False)
    assert not await ask(bench.late)
    assert bench.made == 0


async def test_with_sync_the_table_is_asked_and_what_it_says_counts() -> None:
    bench = Bench(is_set_up=True)
    said = {name: await ask(bench.late) for name, ask in ASKED.items()}
    assert said == {
        "turn": 0.5,
        "adopt": True,
        "claim": True,
        "sent": None,
        "unshared": (KEY,),
        "publish": None,
        "give up": None,
    }
    assert bench.table.asked == [
        ("turn", KEY),
        ("adopt", KEY, True),
        ("claim", LOGIN, True),
        ("sent", KEY),
        ("unshared",),
        ("publish", KEY),
        ("give up", KEY),
    ]
    assert bench.made == 1


async def test_a_claim_is_given_up_where_it_was_taken_though_sync_has_ended() -> None:
    bench = Bench(is_set_up=True)
    await bench.late.claim(LOGIN)
    bench.is_set_up = False
    await bench.late.give_up(KEY)
    assert bench.table.asked == [("claim", LOGIN, False), ("give up", KEY)]


async def test_what_is_set_up_later_is_asked_from_then_on() -> None:
    bench = Bench(is_set_up=False)
    assert await bench.late.adopt_newer(KEY) is False
    bench.is_set_up = True
    assert await bench.late.adopt_newer(KEY) is True

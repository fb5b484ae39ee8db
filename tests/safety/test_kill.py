"""kill -9 at any moment of a renewal, against an issuer whose tokens work once: nothing is lost that had arrived."""

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from probe_tray.core.identity import AccountKey
from probe_tray.core.journal import Verdict
from probe_tray.core.secret import Secret
from probe_tray.demo import DemoService, Fault, Gate
from tests.safety.conftest import Driver
from tests.safety.driver import Kit, Round, login_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")

IN_HAND = 0.05
"""Seconds from the service's sending until the answer is in the journal, on a machine that has much else to do.

Of these about half a millisecond is the program's own, from the arrival in the process to the write; the rest is
waiting for the processor. Meanwhile the tokens are nowhere but in memory: what is killed then had not taken the reply
in, and must be flagged.
"""
WHOLE = 0.15
"""Seconds that a renewal takes, and a little more."""
SOON = 0.015


class Watch:
    """The service's clock, which tells when it was last looked at: right before a reply is sent."""

    def __init__(self) -> None:
        self.last = 0.0

    def now(self) -> datetime:
        self.last = time.monotonic()
        return datetime.now(UTC)


class Scene:
    """One login, in a file or in the vault, which a process renews that is killed meanwhile."""

    def __init__(self, service: DemoService, driver: Driver, folder: Path, number: int) -> None:
        self._service, self._driver = service, driver
        login = service.issue_login(f"person{number}@example.com")
        self._first = login.refresh_token
        self._file = folder / f"{number}.json"
        self._file.write_bytes(login_file(login))
        self._task = Round(
            folder=str(folder / f"data{number}"),
            file=str(self._file) if number % 2 else "",
            issuer=service.addresses.issuer,
            account=login.account_id,
            user=login.user_id,
        )
        self._key = AccountKey(login.account_id, login.user_id)

    async def set_up(self) -> None:
        """Move the login into the vault, where it is to be there."""
        if not self._task.file:
            kit = Kit(msgspec.structs.replace(self._task, file=str(self._file)))
            stored = await kit.store.read(self._key)
            assert stored is not None
            await Kit(self._task).store.save(stored.credential)

    def kill(self, after: float, *, reply: bool) -> float:
        """Kill the renewal so many seconds after its beginning, or after the service let go of its reply.

        The moment at which it was killed, by the monotonic clock.
        """
        gate = Gate()
        if reply:
            fault = Fault(hold=gate, at="reply")
            self._service.faults.add("/oauth/token", fault, account=self._task.account)
        (process,) = self._driver.begin(self._task)
        if reply:
            assert gate.wait_held()
            gate.open()
        time.sleep(after)
        with suppress(ProcessLookupError):  # It was quicker.
            os.kill(process, signal.SIGKILL)
        killed = time.monotonic()
        self._driver.results(self._task)
        return killed

    def was_answered(self) -> bool:
        """Whether the service has sent the whole reply."""
        records = [r for r in self._service.requests if r.account == self._task.account]
        assert len(records) <= 1, "a token was sent twice"
        return any(record.delivered for record in records)

    async def recover(self) -> str:
        """What a new run finds: the "new" token, the "old" one that still works, or one that is "flagged"."""
        kit = Kit(self._task)
        await kit.renewals.finish_pending(self._key)
        contents = await kit.store.load()
        assert (contents.unreadable, contents.problem) == ((), None)
        (stored,) = contents.found
        token = stored.credential.refresh_token
        assert token is not None
        assert await kit.journal.pending() == ()
        known = await kit.memory.recall(token.fingerprint)
        if known is not None and known.verdict is Verdict.UNCERTAIN:
            return "flagged"
        assert self._service.is_live(token.reveal()), "a token that is dead, and nobody is told"
        return "old" if token == Secret(self._first) else "new"


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def watched(watch: Watch) -> Iterator[DemoService]:
    with DemoService(now=watch.now) as running:
        yield running


async def kill_many(rounds: int, service: DemoService, driver: Driver, watch: Watch, folder: Path) -> None:
    chance = random.Random()  # noqa: S311 - moments, no secrets
    found: Counter[str] = Counter()
    slowest = 0.0
    for number in range(rounds):
        scene = Scene(service, driver, folder, number)
        await scene.set_up()
        # Half of them where it matters most.
        reply = number % 4 > 1
        killed = scene.kill(chance.uniform(0, SOON if reply else WHOLE), reply=reply)
        end = await scene.recover()
        answered = scene.was_answered()
        since = killed - watch.last
        found[f"{end}{', answered' if answered else ''}"] += 1
        if answered and end != "new":
            slowest = max(slowest, since)
            assert since < IN_HAND, f"lost {since * 1000:.1f} ms after it had arrived"
    sys.stdout.write(f"{dict(found)}; latest that was flagged after the reply: {slowest * 1000:.1f} ms\n")
    assert found["new, answered"] > rounds // 10, "the moments must reach beyond the reply"
    assert service.violations == ()


@pytest.mark.timeout(180)
async def test_two_hundred_kills(watched: DemoService, driver: Driver, watch: Watch, tmp_path: Path) -> None:
    await kill_many(200, watched, driver, watch, tmp_path)


@pytest.mark.heavy
@pytest.mark.timeout(900)
async def test_a_thousand_kills(watched: DemoService, driver: Driver, watch: Watch, tmp_path: Path) -> None:
    await kill_many(1000, watched, driver, watch, tmp_path)

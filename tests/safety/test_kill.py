"""kill -9 at any moment of a renewal, against an issuer whose tokens work once: nothing is lost that had arrived."""

import os
import random
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.renewal.journal import TokenVerdict
from probe_tray.demo import DemoService
from tests.safety.conftest import Driver
from tests.safety.driver import Kit, Round, login_file
from tests.safety.relay import Relay, relaying

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")

WHOLE = 0.15
"""Seconds that a renewal takes, and a little more."""
SOON = 0.006
"""Seconds after the service's sending in which a machine that does nothing else reads the reply and writes it down."""


class Scene:
    """One login, in a file or in the vault, which a process renews that is killed meanwhile."""

    def __init__(self, service: DemoService, relay: Relay, driver: Driver, folder: Path, number: int) -> None:
        self._service, self._driver = service, driver
        self.passage = relay.expect()
        login = service.issue_login(f"person{number}@example.com")
        self._first = login.refresh_token
        self._file = folder / f"{number}.json"
        self._file.write_bytes(login_file(login))
        self._task = Round(
            folder=str(folder / f"data{number}"),
            file=str(self._file) if number % 2 else "",
            issuer=relay.address,
            account=login.account_id,
            user=login.user_id,
        )
        self._key = AccountKey(login.account_id, login.user_id)

    async def set_up(self) -> None:
        """Move the login into the vault, where it is to be there."""
        if not self._task.file:
            kit = Kit(msgspec.structs.replace(self._task, file=str(self._file)), Disk())
            stored = await kit.store.read(self._key)
            assert stored is not None
            await Kit(self._task, Disk()).store.save(stored.credential)

    def kill(self, after: float, *, reply: bool) -> None:
        """Kill the renewal so many seconds after its beginning, or after the reply was sent to it."""
        if reply:
            self.passage.hold()
        (process,) = self._driver.begin(self._task)
        if reply:
            self.passage.aim(process, after)
        else:
            time.sleep(after)
            with suppress(ProcessLookupError):  # It was quicker.
                os.kill(process, signal.SIGKILL)
        self._driver.results(self._task)
        records = [r for r in self._service.requests if r.account == self._task.account]
        assert len(records) <= 1, "a token was sent twice"
        if records:
            self.passage.wait()

    async def recover(self) -> str:
        """What a new run finds: the "new" token, the "old" one that still works, or one that is "flagged"."""
        kit = Kit(self._task, Disk())
        await kit.renewals.finish_pending(self._key)
        contents = await kit.store.load()
        assert (contents.unreadable, contents.problem) == ((), None)
        (stored,) = contents.found
        token = stored.credential.refresh_token
        assert token is not None
        assert await kit.journal.pending() == ()
        known = await kit.memory.recall(token.fingerprint)
        if known is not None and known.verdict is TokenVerdict.UNCERTAIN:
            return "flagged"
        assert self._service.is_live(token.reveal()), "a token that is dead, and nobody is told"
        return "old" if token == Secret(self._first) else "new"


async def kill_many(rounds: int, service: DemoService, driver: Driver, folder: Path) -> None:
    chance = random.Random()  # noqa: S311 - moments, no secrets
    found: Counter[str] = Counter()
    soon = SOON
    with relaying(service.addresses.issuer) as relay:
        for number in range(rounds):
            scene = Scene(service, relay, driver, folder, number)
            await scene.set_up()
            # Half of them where it matters most.
            reply = number % 4 > 1
            scene.kill(chance.uniform(0, soon if reply else WHOLE), reply=reply)
            if reply:
                # Three quarters of the moments lie beyond the reading, however busy the machine is.
                soon = max(SOON, soon * (0.8 if scene.passage.taken else 2))
            end = await scene.recover()
            # Whatever the system still held when the process died had not come to it: its token is flagged.
            assert end == "new" or not scene.passage.taken, f"the reply had been taken in, and the token is {end}"
            found[f"{end}, {'taken' if scene.passage.taken else 'unread' if scene.passage.sent else 'unsent'}"] += 1
    sys.stdout.write(f"{dict(found)}\n")
    assert found["new, taken"] > rounds // 4, "the moments must reach beyond the reply, and it must be taken at once"
    assert found["flagged, unread"] + found["flagged, unsent"] > 0, "the moments must begin before the reply"
    assert service.violations == ()


async def test_two_hundred_kills(service: DemoService, driver: Driver, tmp_path: Path) -> None:
    await kill_many(200, service, driver, tmp_path)


@pytest.mark.heavy
@pytest.mark.timeout(900)
async def test_a_thousand_kills(service: DemoService, driver: Driver, tmp_path: Path) -> None:
    await kill_many(1000, service, driver, tmp_path)

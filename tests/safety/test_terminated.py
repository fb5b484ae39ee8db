"""A process that is ended from outside before each step of its disk, as Task Manager does it: no login is lost.

On Windows ``Popen.kill`` is TerminateProcess, elsewhere it sends SIGKILL (Python documentation, ``subprocess``).
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, cast

import msgspec
import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.renewal.journal import TokenVerdict
from probe_tray.demo import DemoLogin, DemoService
from tests.safety.driver import Kit, Round, login_file
from tests.support.patience import PATIENCE

FOLDER = Path(__file__).parents[2]


async def make_login(service: DemoService, folder: Path, number: int, *, in_vault: bool) -> tuple[DemoLogin, Round]:
    login = service.issue_login(f"person{number}@example.com")
    file = folder / f"{number}.json"
    file.write_bytes(login_file(login))
    task = Round(
        folder=str(folder / f"data{number}"),
        file=str(file),
        issuer=service.addresses.issuer,
        account=login.account_id,
        user=login.user_id,
    )
    if not in_vault:
        return login, task
    stored = await Kit(task, Disk()).store.read(AccountKey(login.account_id, login.user_id))
    assert stored is not None
    task = msgspec.structs.replace(task, file="")
    await Kit(task, Disk()).store.save(stored.credential)
    return login, task


def killed_at(step: int, task: Round) -> str:
    """Kill a renewal before that step: what it said last."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.safety.stopping"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=FOLDER,
        env=dict(os.environ),
    )
    try:
        stdin, stdout = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
        stdin.write(f"{step}\n{msgspec.json.encode(task).decode()}\n")
        stdin.flush()
        return stdout.readline().strip()
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)


async def found_afterwards(service: DemoService, login: DemoLogin, task: Round) -> str:
    """What a new process finds: the "new" token, the "old" one that still works, or one that is "flagged"."""
    kit = Kit(task, Disk())
    await kit.renewals.finish_pending(AccountKey(task.account, task.user))
    contents = await kit.store.load()
    assert (contents.unreadable, contents.problem) == ((), None)
    (stored,) = contents.found
    token = stored.credential.refresh_token
    assert token is not None
    assert await kit.journal.pending() == ()
    known = await kit.memory.recall(token.fingerprint)
    if known is not None and known.verdict is TokenVerdict.UNCERTAIN:
        return "flagged"
    assert service.is_live(token.reveal()), "a token that is dead, and nobody is told"
    return "old" if token.reveal() == login.refresh_token else "new"


@pytest.mark.parametrize("in_vault", [False, True], ids=["file", "vault"])
async def test_ended_before_each_step_of_its_disk(service: DemoService, tmp_path: Path, *, in_vault: bool) -> None:
    found: list[str] = []
    said = "stopped"
    while said == "stopped":
        login, task = await make_login(service, tmp_path, len(found), in_vault=in_vault)
        said = killed_at(len(found) + 1, task)
        end = await found_afterwards(service, login, task)
        sent = [request for request in service.requests if request.account == task.account]
        assert len(sent) <= 1, "a token was sent twice"
        assert bool(sent) is (end != "old") or end == "flagged", f"step {len(found) + 1}: {end}, sent {len(sent)}"
        found.append(end)
    assert said == "ended RENEWED"
    # Before the request nothing was sent; what was written down before the process ended is not lost.
    assert list(dict.fromkeys(found)) in (["old", "flagged", "new"], ["old", "new"])
    assert service.violations == ()

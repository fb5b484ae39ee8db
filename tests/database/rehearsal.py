"""What a person does with the table, begun from the same place again and again, and ended at each of its steps."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe_tray.cli.session.exit_status import ExitStatus
from tests.database.owner import Owner

STRIDES = [pytest.param(5, id="some steps"), pytest.param(1, id="each step", marks=pytest.mark.heavy)]
MOST_STEPS = 60
BOTH_ACCOUNTS = ["account-ana", "account-bob"]


class Rehearsal:
    """A home and a table that can be begun with again."""

    def __init__(self, owner: Owner, folder: Path) -> None:
        self.owner, self._database, self._kept = owner, owner.rest.database, folder
        shutil.copytree(owner.folder, folder)
        self._database.run(
            "create table kept_rows as table tokens; create table kept_keys as table probe_tray_keys",
        )

    def again(self) -> None:
        shutil.rmtree(self.owner.folder)
        shutil.copytree(self._kept, self.owner.folder)
        self._database.run(
            "delete from tokens; insert into tokens table kept_rows;"
            "delete from probe_tray_keys; insert into probe_tray_keys table kept_keys"
        )

    def interrupted(self, *arguments: str, stride: int) -> Iterator[str]:
        """The same with a Ctrl-C at each of the steps, until it comes to its end before; what it said."""
        for step in range(1, MOST_STEPS, stride):
            self.again()
            status, out, said = self.owner.run(*arguments, interrupted_at=step)
            if status == ExitStatus.SUCCESS:
                assert step > 1
                return
            assert status == ExitStatus.INTERRUPTED, said
            assert "interrupted" in said
            yield out + said
        pytest.fail("it has more steps than expected")

    def killed(self, *arguments: str, stride: int, given: str = "") -> Iterator[str]:
        """Run it from the beginning for each of the steps, until it is not killed any more; what it said then."""
        for step in range(1, MOST_STEPS, stride):
            self.again()
            status, _, said = self.owner.run(*arguments, given=given, dies_after=step)
            yield said
            if status != -signal.SIGKILL:
                assert status == 0, said
                assert step > 1
                return
        pytest.fail("it has more steps than expected")


def readable(owner: Owner) -> list[str]:
    """The accounts whose rows its keys open."""
    return sorted(name for name, row in owner.opened().items() if row.login is not None)

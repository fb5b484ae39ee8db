"""The disk fails at any one step of a real renewal, or from there on: nothing is lost, nothing is asked in vain."""

import asyncio
import errno
import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ProbeError
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalRequest
from probe_tray.core.state import AppState
from probe_tray.engine.account.accounts import Accounts, nothing_remembered
from probe_tray.engine.renewal.refresh_transaction import RefreshTransaction
from probe_tray.engine.store import Store
from tests.safety.bench import ANA, Steps, StrictIssuer
from tests.safety.driver import Kit, Round
from tests.support.coordinators import no_other_program, nobody_else
from tests.support.fakes import FakeClock, FakeRandomness
from tests.support.tokens import credential

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the steps of a POSIX disk")

FOR_GOOD = 10**9
FAULTS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EBUSY, errno.EDQUOT)
STEPS = ("open", "read", "create", "reopen", "write", "sync", "close", "open_folder", "sync_folder", "rename", "remove")


class CountingDisk(Disk):
    """Numbers its steps; those from ``first`` to ``last`` fail with ``error``."""

    def __init__(self) -> None:
        self.count = 0
        self.first, self.last, self.error = 10**9, 10**9, errno.EIO
        for name in STEPS:
            setattr(self, name, self._counted(getattr(super(), name)))

    def sync(self, file: int) -> None:
        """Takes no time: what is shown here is what a failure means."""

    def fail(self, first: int, last: int, error: int) -> None:
        self.count, self.first, self.last, self.error = 0, first, last, error

    def _counted(self, step: Callable[..., object]) -> Callable[..., object]:
        def run(*arguments: object) -> object:
            self.count += 1
            if self.first <= self.count <= self.last:
                if step.__name__ == "close":
                    step(*arguments)
                raise OSError(self.error, "injected")
            return step(*arguments)

        return run


class Bench:
    """A real store, journal and memory on a disk that fails, and an issuer whose tokens work once."""

    def __init__(self, folder: Path, kind: StoreKind) -> None:
        self.disk = CountingDisk()
        self.issuer = StrictIssuer(Steps(), FakeClock())
        file = str(folder / "login.json") if kind is StoreKind.FILES else ""
        self._task = Round(folder=str(folder / "data"), file=file, issuer="", account="", user="")
        asyncio.run(Kit(self._task, Disk()).store.save(credential("ana")))
        self.begin()

    def begin(self) -> None:
        """A new process."""
        kit = Kit(self._task, self.disk)
        self._store = kit.store
        self._transaction = RefreshTransaction(
            self.issuer,
            Accounts([kit.store], Store(AppState()), nothing_remembered),
            kit.journal,
            kit.memory,
            FakeClock(),
            FakeRandomness(),
            "auth.example",
        )

    def renew(self, reason: Reason | None) -> ProbeError | None:
        try:
            asyncio.run(
                self._transaction.run(
                    ANA, RenewalRequest(days=3, reason=reason), lambda: None, nobody_else(), no_other_program
                )
            )
        except ProbeError as error:
            return error
        return None

    def token(self) -> Secret | None:
        found = asyncio.run(self._store.read(ANA))
        assert found is not None
        return found.credential.refresh_token


def trials(steps: int, *, every: bool) -> Iterator[tuple[int, int, int]]:
    """The first step that fails, the last, and with what error: each step alone, and as the first of many."""
    for step in range(1, steps + 1):
        if every:
            # One step in six is the first of many.
            yield from ((step, FOR_GOOD if (step + error) % len(FAULTS) == 0 else step, error) for error in FAULTS)
        else:
            yield step, step, FAULTS[step % len(FAULTS)]
            yield step, FOR_GOOD, FAULTS[(step + step // len(FAULTS) + 1) % len(FAULTS)]


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.heavy)], ids=["each step", "each error"])
def test_the_disk_fails_at_each_step(tmp_path: Path, *, every: bool) -> None:
    results: Counter[str] = Counter()
    for kind in (StoreKind.FILES, StoreKind.VAULT):
        whole = Bench(tmp_path / kind.value, kind)
        assert whole.renew(Reason.FORCED) is None
        assert whole.disk.count > 30
        numbers = itertools.count()
        for step, last, error in trials(whole.disk.count, every=every):
            bench = Bench(tmp_path / f"{kind.value}{next(numbers)}", kind)
            bench.disk.fail(step, last, error)
            told = bench.renew(Reason.FORCED)
            bench.disk.fail(10**9, 10**9, error)
            held = bench.token()
            again = bench.renew(None)
            sent = len(bench.issuer.sent)
            assert again is None, f"step {step} of {whole.disk.count}: {again!r}"
            assert bench.token() == Secret(bench.issuer.live or "")
            assert bench.issuer.reused == []
            assert sent <= 1
            assert told is not None or held == Secret(bench.issuer.live or "")
            results["told" if told else "renewed"] += 1
            results["no request"] += not sent
    print(dict(results))
    assert results["no request"] > 100
    assert results["renewed"] > 100

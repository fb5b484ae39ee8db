"""What every row of the bench is given."""

import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from tests.bench.home import codex_login, copies, fill_vault, new_home
from tests.bench.processes import run, started
from tests.bench.surroundings import ROOT, RunningService, Surroundings, service

PROGRAM: Final = Path(sys.executable).with_name("probe-tray")
COMMAND: Final = Path(sys.executable).with_name("codex-probe")
_CALM: Final = 10.0
"""Seconds without a question after which the first round of checks is over."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A home with accounts, and the service that knows them."""

    folder: Path
    environment: dict[str, str]
    service: RunningService
    logins: Path
    """Credential files of everybody at the service."""


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """Where to measure, how often, and whom to tell."""

    around: Surroundings
    tell: Callable[[str], None]
    rounds: int
    rest: float
    """Seconds at rest in which wake-ups are counted."""
    day_speed: float
    """How many times as fast as time the fast motion goes."""
    peer: Path | None
    """The Python of the other tray, None where it cannot be installed."""

    def folder(self, name: str) -> Path:
        """A new folder."""
        path = self.around.folder / f"{name}-{time.monotonic_ns()}"
        path.mkdir()
        return path

    @contextmanager
    def place(
        self, accounts: int, kept: str = "vault", *, latency: float = 0.0, speed: float = 1.0, **settings: object
    ) -> Generator[Place]:
        """Accounts ``kept`` in the vault, in a folder, or at the Codex client (one), or nowhere but in ``logins``."""
        self.tell(f"{accounts} accounts, {kept}")
        folder = self.folder(kept)
        with service(folder / "service", accounts=accounts, latency=latency, speed=speed) as running:
            logins = folder / "service" / "logins"
            chosen = dict(settings)
            if kept == "folder":
                chosen |= {"sync_dir": str(copies(logins, folder / "shared", accounts)), "storage": "folder"}
            way = {**self.around.environment, **running.addresses.environment}
            environment = new_home(folder, way, chosen)
            if kept == "vault":
                fill_vault(logins, environment, folder)
            elif kept == "codex":
                codex_login(next(logins.iterdir()), Path(environment["HOME"]))
            yield Place(folder=folder, environment=environment, service=running, logins=logins)

    @contextmanager
    def tray(self, arguments: list[str | Path], environment: Mapping[str, str]) -> Generator["Tray"]:
        """A tray program that runs; its icon is there."""
        host = self.around.shell
        host.forget()
        began = time.monotonic()
        with started(arguments, environment, self.folder("run")) as process:
            item, shown = host.wait()
            yield Tray(pid=process.pid, item=item, icon_after=shown - began)

    def driven(self, scenario: str, place: Place, *more: str) -> dict[str, object]:
        """What a scenario of the driver has found."""
        arguments = [sys.executable, "-m", "tests.bench.driver", scenario, *more]
        environment = {**place.environment, "PYTHONPATH": str(ROOT)}
        found = run(arguments, environment, self.folder("driver"))
        return msgspec.json.decode(found.output.splitlines()[-1], type=dict[str, object])

    def wait_checked(self, place: Place, accounts: int, *, ours: bool = True) -> None:
        """Have everybody asked for now, and wait until nothing has been asked for a while.

        Where the tray is not ``ours``, only wait.
        """
        seen, since = place.service.ask(), time.monotonic()
        end, wished = since + 400, not ours
        while time.monotonic() < end:
            asked = place.service.ask()
            if asked != seen:
                seen, since = asked, time.monotonic()
            if seen and not wished:
                # Once the accounts have been read: by itself it would ask for three in a second.
                run([PROGRAM, "--refresh"], place.environment, self.folder("refresh"))
                wished = True
            if seen >= accounts and time.monotonic() - since > _CALM:
                return
            time.sleep(0.2)
        msg = f"{seen} of {accounts} accounts were asked for"
        raise TimeoutError(msg)


class Tray(msgspec.Struct, frozen=True, kw_only=True):
    """A tray program that shows its icon."""

    pid: int
    item: str
    """The bus name of its icon."""
    icon_after: float
    """Seconds from its start to the icon's picture."""

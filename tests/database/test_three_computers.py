"""Three computers, each a home of its own, run the command over one real database against a strict issuer."""

import json
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from probe_tray.adapters.system import SystemClock
from probe_tray.demo import DemoService
from tests.command.bench import TOKEN, write
from tests.command.preload import killed_before_replacing
from tests.command.test_sync import Machine
from tests.support.mitm import Mitm
from tests.support.patience import PATIENCE
from tests.support.postgrest import API_KEY, PostgRest

RENEW = ("--renew", "-f")


class Computers:
    """Three of them, of which each has the same two logins. Tokens of two renewals are never of the same second."""

    def __init__(self, folder: Path, service: DemoService, rest: PostgRest, ways: dict[str, str]) -> None:
        self.service, self.rest, self.ways = service, rest, ways
        self.machines = [Machine(folder / name, service) for name in ("one", "two", "three")]
        for number, person in enumerate(service.people[:2]):
            issued = service.issue_login(person.email)
            for machine in self.machines:
                machine.shared.mkdir(mode=0o700, exist_ok=True)
                write(machine.shared / f"{number}.json", issued, days=1)
        for machine in self.machines:
            machine.set_up(sync_url=rest.url, sync_api_key=API_KEY)

    def run(self, machine: Machine, *arguments: str) -> tuple[int, str]:
        process = machine.start(*arguments, more=self.ways)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, (out + err).decode()

    def tokens(self) -> list[list[str]]:
        """The refresh tokens that each computer holds."""
        return [[json.loads(held)["refresh_token"] for held in machine.files().values()] for machine in self.machines]

    @property
    def refreshes(self) -> int:
        return self.service.count(TOKEN, grant="refresh_token")

    @property
    def refused(self) -> int:
        return self.service.count(TOKEN, grant="refresh_token", status=401) + self.service.count(
            TOKEN, grant="refresh_token", status=400
        )


@pytest.fixture
def computers(tmp_path: Path, home: Path, rest: PostgRest) -> Iterator[Computers]:
    del home
    certificates = tmp_path / "ca"
    certificates.mkdir()
    ahead = [timedelta()]

    def now() -> datetime:
        ahead[0] += timedelta(seconds=1)
        return SystemClock().now() + ahead[0]

    with DemoService(now=now) as service, Mitm(service.addresses, certificates) as proxy:
        yield Computers(tmp_path, service, rest, proxy.environment)
    assert service.violations == ()


def test_all_three_renew_and_sync_at_once_and_no_token_is_used_twice(computers: Computers) -> None:
    assert computers.run(computers.machines[0], "--sync")[0] == 0
    started = [machine.start(*RENEW, "tokens", more=computers.ways) for machine in computers.machines]
    said = [process.communicate(timeout=PATIENCE) for process in started]
    assert (computers.refused, 2 <= computers.refreshes <= 6) == (0, True), said
    for machine in computers.machines:
        status, text = computers.run(machine, "--sync")
        assert status == 0, text
    held = computers.tokens()
    assert held[0] == held[1] == held[2]
    assert all(computers.service.is_live(token) for token in held[0])


def test_one_that_is_killed_after_it_sent_is_not_overtaken_and_what_it_got_is_adopted(
    computers: Computers, tmp_path: Path
) -> None:
    assert computers.run(computers.machines[0], "--sync")[0] == 0
    first, second, _ = computers.machines
    dying = first.start(
        *RENEW, "tokens/0.json", more=computers.ways | killed_before_replacing("0.json", tmp_path / "preload")
    )
    dying.communicate(timeout=PATIENCE)
    assert (dying.returncode, computers.refreshes) == (-signal.SIGKILL, 1)
    _end_all_leases(computers.rest)
    status, text = computers.run(second, *RENEW, "tokens/0.json")
    assert (status, computers.refreshes) == (1, 1), text
    assert "Another computer began to renew this login and hasn't shared the new one yet." in text
    status, text = computers.run(first, "--renew", "tokens/0.json")
    assert (status, computers.refreshes) == (0, 1), text
    status, text = computers.run(second, *RENEW, "tokens/0.json")
    assert (status, computers.refreshes, computers.refused) == (0, 1, 0), text
    assert "already renewed elsewhere, taken over" in text
    held = computers.tokens()
    assert held[0][0] == held[1][0]
    assert computers.service.is_live(held[0][0])


def _end_all_leases(rest: PostgRest) -> None:
    """Let three minutes pass for them."""
    rest.database.run("update probe_tray_leases set until = until - interval '3 minutes'")

"""Renewals on computers that share a table, seen from outside."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from probe_tray.adapters.system import SystemClock
from probe_tray.demo import DemoService, Fault
from probe_tray.demo.table import PATH
from tests.command.bench import TOKEN, write
from tests.command.test_sync import Machine
from tests.support.mitm import Mitm
from tests.support.patience import PATIENCE

_NOBODY = "http://127.0.0.1:9"


class Computers:
    """The service with its table, whose clock jumps: tokens of two renewals are never of the same second."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ahead = timedelta()
        self.service = DemoService(now=lambda: SystemClock().now() + self.ahead)
        self.more: dict[str, str] = {}

    def machine(self, name: str) -> Machine:
        return Machine(self.folder / name, self.service)

    def run(self, machine: Machine, *arguments: str) -> tuple[int, str, str]:
        """Some time later, run the command on a machine to its end."""
        self.ahead += timedelta(seconds=5)
        process = machine.start(*arguments, more=self.more)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out.decode(), err.decode()

    @property
    def refreshes(self) -> int:
        """How many refresh tokens were spent."""
        return self.service.count(TOKEN, grant="refresh_token")


@pytest.fixture
def computers(tmp_path: Path, home: Path) -> Iterator[Computers]:
    del home
    certificates = tmp_path / "ca"
    certificates.mkdir()
    found = Computers(tmp_path)
    with found.service, Mitm(found.service.addresses, certificates) as proxy:
        found.more = proxy.environment
        yield found
    assert found.service.violations == ()


def shared_by_two(computers: Computers, *, days: float = 9) -> tuple[Machine, Machine, str]:
    """Two machines with the same login, of which the first has renewed it since, and the other knows nothing of it."""
    first, second = computers.machine("one"), computers.machine("two")
    issued = computers.service.issue_login(computers.service.people[0].email)
    for machine in (first, second):
        machine.shared.mkdir(mode=0o700)
        write(machine.shared / "a.json", issued, days=days)
    assert computers.run(first, "--sync")[0] == 0
    assert computers.run(first, "--renew", "-f", "tokens/a.json")[0] == 0
    assert computers.run(first, "--sync")[0] == 0
    assert computers.refreshes == 1
    return first, second, issued.refresh_token


def token(machine: Machine) -> str:
    return str(json.loads(machine.files()["a.json"])["refresh_token"])


@pytest.mark.parametrize("way", [("--renew", "-f"), ("--renew",)], ids=" ".join)
def test_what_another_computer_has_renewed_is_taken_over_without_a_request(
    computers: Computers, way: tuple[str, ...]
) -> None:
    first, second, old = shared_by_two(computers, days=1)
    assert token(second) == old
    status, out, err = computers.run(second, *way, "tokens/a.json")
    assert (status, computers.refreshes) == (0, 1), err
    assert "already renewed elsewhere, taken over" in out
    assert token(second) == token(first)
    assert computers.service.is_live(token(second))


def test_a_status_that_is_refused_takes_it_over_as_well(computers: Computers) -> None:
    first, second, old = shared_by_two(computers)
    computers.service.faults.add("/wham/usage", Fault(status=401))
    status, _, err = computers.run(second, "--status", "tokens/a.json")
    assert (status, computers.refreshes) == (0, 1), err
    assert token(second) == token(first) != old


@pytest.mark.parametrize("leases", [True, False])
def test_a_renewal_is_in_the_table_at_once_and_the_other_computer_goes_on_from_there(
    computers: Computers, *, leases: bool
) -> None:
    computers.service.table.leases.exists = leases
    first, second, _ = shared_by_two(computers)
    assert computers.run(second, "--renew", "-f", "tokens/a.json")[0] == 0
    assert (computers.run(second, "--renew", "-f", "tokens/a.json")[0], computers.refreshes) == (0, 2)
    # Without a sync in between: the renewal itself has written the row.
    assert (computers.run(first, "--renew", "-f", "tokens/a.json")[0], computers.refreshes) == (0, 2)
    assert token(first) == token(second)
    status, out, _ = computers.run(first, "--sync", "--json")
    assert (status, json.loads(out)["same"]) == (0, 1)
    time = computers.service.table.rows[0].update_time or ""
    assert "." not in time, "no claim is left behind"


def test_without_the_table_a_renewal_waits_while_it_can(computers: Computers) -> None:
    _, second, old = shared_by_two(computers, days=1)
    second.set_up(sync_url=_NOBODY)
    status, out, err = computers.run(second, "--renew", "tokens/a.json")
    assert (status, computers.refreshes, token(second)) == (1, 1, old)
    assert "The renewal waits because the shared table couldn't be checked" in out + err
    assert "with -f to renew it without the table" in err


def test_without_the_table_a_login_that_has_ended_is_renewed_and_it_is_told(computers: Computers) -> None:
    machine = computers.machine("one")
    machine.shared.mkdir(mode=0o700)
    ended = computers.service.issue_login(computers.service.people[0].email, lifetime=-3600)
    write(machine.shared / "a.json", ended, days=-1)
    machine.set_up(sync_url=_NOBODY)
    status, out, err = computers.run(machine, "--renew", "tokens/a.json")
    assert (status, computers.refreshes) == (0, 1)
    assert "renewed (it had expired)" in out
    assert "A login had to be renewed although the shared table couldn't be checked" in err
    assert computers.service.is_live(token(machine))


def test_without_the_table_a_person_may_insist_and_is_told(computers: Computers) -> None:
    machine = computers.machine("one")
    machine.shared.mkdir(mode=0o700)
    write(machine.shared / "a.json", computers.service.issue_login(computers.service.people[0].email), days=9)
    machine.set_up(sync_url=_NOBODY)
    status, out, err = computers.run(machine, "--renew", "-f", "tokens/a.json")
    assert (status, computers.refreshes) == (0, 1)
    assert "renewed (asked for with -f)" in out
    assert "A login had to be renewed although the shared table couldn't be checked" in err
    assert "A login was renewed, but the shared table doesn't have it yet" in err
    assert computers.service.is_live(token(machine))


def test_a_login_that_is_not_in_the_table_is_renewed_and_left_to_the_sync(computers: Computers) -> None:
    machine = computers.machine("one")
    machine.shared.mkdir(mode=0o700)
    write(machine.shared / "a.json", computers.service.issue_login(computers.service.people[0].email), days=1)
    status, _, err = computers.run(machine, "--renew", "tokens/a.json")
    assert (status, computers.refreshes, computers.service.table.rows) == (0, 1, ()), err
    assert computers.service.count(PATH) > 0

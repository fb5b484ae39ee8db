"""Eight processes at once renew one account: one request, and all of them end well."""

import sys
from pathlib import Path

import pytest

from probe_tray.adapters.system import SystemClock
from probe_tray.demo import DemoService
from tests.safety.conftest import Driver
from tests.safety.driver import Round, login_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")


@pytest.mark.parametrize("rounds", [40, pytest.param(200, marks=pytest.mark.heavy)])
def test_eight_processes_make_one_request(service: DemoService, driver: Driver, tmp_path: Path, rounds: int) -> None:
    login = service.issue_login("ana@example.com")
    file = tmp_path / "ana.json"
    file.write_bytes(login_file(login))
    for number in range(rounds):
        task = Round(
            folder=str(tmp_path / "data"),
            file=str(file),
            issuer=service.addresses.issuer,
            account=login.account_id,
            user=login.user_id,
            since=SystemClock().now().timestamp(),
            processes=8,
        )
        assert sorted(driver.run(task)) == ["ADOPTED"] * 7 + ["RENEWED"]
        assert service.count(grant="refresh_token") == number + 1
    assert service.violations == ()
    assert {record.status for record in service.requests} == {200}

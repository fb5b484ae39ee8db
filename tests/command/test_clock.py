"""A clock that is hours away from the service's, seen from outside."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from probe_tray.demo import DemoService
from tests.command.bench import Bench, lines

WORDS = "clock is off by 3 hours"


@pytest.fixture
def demo() -> Iterator[DemoService]:
    with DemoService(now=lambda: datetime.now(UTC) + timedelta(hours=3)) as service:
        yield service
    assert service.violations == ()


@pytest.mark.parametrize("asked", [("--status",), ("--renew",), ("--renew", "--status", "--json", "--quiet")])
def test_it_is_said_once_however_many_logins_there_are_and_nothing_fails_for_it(
    bench: Bench, asked: tuple[str, ...]
) -> None:
    for number in range(2):
        bench.login(f"{number}.json", number, days=1)
    done = bench.run(*asked, bench.logins)
    assert done.returncode == 0
    assert [WORDS in line for line in lines(done.stderr)].count(True) == 1
    if "--json" in asked:
        assert len(json.loads(done.stdout)["accounts"]) == 2

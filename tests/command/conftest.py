"""The installed command with its real addresses, through a proxy that plays the service."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe_tray.demo import DemoService
from tests.command.bench import Bench
from tests.support.mitm import Mitm


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave these out where pipes, modes and signals are not those of POSIX."""
    for item in items:
        if sys.platform == "win32" and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="pipes, modes and signals as POSIX has them"))


@pytest.fixture
def demo() -> Iterator[DemoService]:
    with DemoService() as service:
        yield service
    assert service.violations == ()


@pytest.fixture
def bench(demo: DemoService, tmp_path: Path, home: Path) -> Iterator[Bench]:
    certificates = tmp_path / "ca"
    certificates.mkdir()
    logins = tmp_path / "logins"
    logins.mkdir(mode=0o700)
    with Mitm(demo.addresses, certificates) as proxy:
        yield Bench(demo, proxy, logins, home / ".local" / "share" / "probe-tray")

"""The installed command with its real addresses, through a proxy that plays the service."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Final

import pytest

from probe_tray.adapters.files.app_folders import user_places
from probe_tray.demo import DemoService
from tests.command.bench import Bench
from tests.support.demos import faultless_demo
from tests.support.mitm import Mitm

# What a test or one of its helpers calls, and POSIX alone has.
_POSIX: Final = {
    "send_signal": "signals as POSIX has them",
    "SIGKILL": "Windows has no SIGKILL",
    "Session": "a terminal as POSIX has it",
    "at_terminal": "a terminal as POSIX has it",
    "openpty": "a terminal as POSIX has it",
    "setrlimit": "limits as POSIX has them",
    "S_IMODE": "modes as POSIX has them",
    "chmod": "modes as POSIX has them",
    "symlink_to": "links need a privilege on Windows",
    "mkfifo": "Windows has no FIFOs in folders",
    "secret_service": "a Secret Service",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, one by one, what needs a terminal, signals or modes where those are not as POSIX has them."""
    if sys.platform != "win32":
        return
    for item in items:
        if isinstance(item, pytest.Function) and Path(__file__).parent in item.path.parents:
            for reason in {reason for name, reason in _POSIX.items() if name in _names(item.function.__code__)}:
                item.add_marker(pytest.mark.skip(reason=reason))


def _names(code: CodeType) -> set[str]:
    """Every name that a function uses, and those that are defined inside of it."""
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return {*code.co_names, *code.co_varnames, *(name for one in inner for name in _names(one))}


@pytest.fixture
def demo() -> Iterator[DemoService]:
    with faultless_demo() as service:
        yield service


@pytest.fixture
def bench(demo: DemoService, tmp_path: Path) -> Iterator[Bench]:
    certificates = tmp_path / "ca"
    certificates.mkdir()
    logins = tmp_path / "logins"
    logins.mkdir(mode=0o700)
    with Mitm(demo.addresses, certificates) as proxy:
        yield Bench(demo, proxy, logins, user_places().data_folder)

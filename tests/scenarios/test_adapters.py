"""The scenarios over the program's own adapters, against the simulated service."""

from collections.abc import Iterator

import pytest

from tests.scenarios.adapters import Adapters
from tests.scenarios.driver import Driver
from tests.scenarios.scenarios import Scenarios


class TestAdapters(Scenarios):
    @pytest.fixture
    def program(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
        driver = Adapters(monkeypatch)
        yield driver
        driver.close()
        assert driver.faults() == []

"""The scenarios over doubles of every port."""

from collections.abc import Iterator

import pytest

from tests.scenarios.doubles import Doubles
from tests.scenarios.driver import Driver
from tests.scenarios.scenarios import Scenarios


class TestDoubles(Scenarios):
    @pytest.fixture
    def program(self) -> Iterator[Driver]:
        driver = Doubles()
        yield driver
        assert driver.faults() == []

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from probe_tray.demo import DemoService, sample_people, special_people
from tests.support.patience import PATIENCE
from tests.unit.demo.client import Client


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def service(hands: Hands) -> Iterator[DemoService]:
    with DemoService(people=(*sample_people(), *special_people()), now=hands.now) as running:
        yield running


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(limits=httpx.Limits(max_keepalive_connections=0), trust_env=False, timeout=PATIENCE) as fresh:
        yield fresh


@pytest.fixture
def client(service: DemoService, http: httpx.Client) -> Client:
    return Client(service, http)

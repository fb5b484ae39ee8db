"""What the test of the way to the service learns about the clocks."""

from datetime import timedelta

import pytest

from probe_tray.adapters.http.probe import HttpProbe
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.account.secret import Secret
from probe_tray.core.service.service import Service
from tests.support.fakes import START, FakeClock
from tests.support.raw_server import http, raw_server


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        ("Sun, 22 Nov 2026 06:07:00 GMT", timedelta(minutes=7)),
        ("Sun, 22 Nov 2026 05:53:00 GMT", timedelta(minutes=-7)),
        ("yesterday", None),
    ],
)
@pytest.mark.parametrize("status", ["401 Unauthorized", "503 Service Unavailable"])
async def test_every_answer_tells_how_far_the_clocks_are_apart(date: str, ahead: timedelta | None, status: str) -> None:
    answer = http(b'{"detail": "no"}', status, "Content-Type: application/json", f"Date: {date}")
    async with raw_server(answer) as server:
        address = f"http://127.0.0.1:{server.port}"
        service = Service(issuer=address, backend=address)
        probe = HttpProbe(service, {}, FakeClock(START), SystemProxies, handles=KnownSecrets().add)
        assert probe.clock_ahead is None
        await probe.reach(Secret(""))
    assert probe.clock_ahead == ahead

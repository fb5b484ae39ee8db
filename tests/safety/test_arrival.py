"""What has arrived is not lost to anything that happens to the connection afterwards."""

import httpx
import pytest

from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.proxy.proxy import detect_proxy
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.account.secret import Secret
from probe_tray.core.service.service import Service
from probe_tray.demo import DemoService


async def test_an_answer_outlives_a_connection_that_cannot_be_closed(
    service: DemoService, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    close = httpx.AsyncHTTPTransport.__aexit__

    async def fail(transport: httpx.AsyncHTTPTransport, *_: object) -> None:
        await close(transport)
        closed.append(True)
        raise httpx.CloseError("the connection was lost")

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "__aexit__", fail)
    addresses = service.addresses
    client = ServiceClient(
        Service(issuer=addresses.issuer, backend=addresses.backend),
        detect_proxy("", {}, override_name="--proxy", system=SystemProxies),
        {},
        handles=KnownSecrets().add,
        answered=lambda _: None,
    )
    login = service.issue_login("ana@example.com")
    assert (await client.refresh(Secret(login.refresh_token), lambda _piece: None)).ok
    await client.aclose()
    assert closed == [True]

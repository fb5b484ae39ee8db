"""The forward proxy of the black-box tests: real names, real TLS, a simulated service behind it."""

import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from probe_tray.demo import DemoService, Fault
from tests.support.mitm import Connect, Mitm
from tests.support.patience import PATIENCE
from tests.unit.demo.client import AUTHORIZE, REDIRECT, VERIFIER, bearer, callback, hidden

ISSUER = "https://auth.openai.com"
BACKEND = "https://chatgpt.com/backend-api"
OPENED = [Connect("auth.openai.com", 443, 200)]


@pytest.fixture
def service() -> Iterator[DemoService]:
    with DemoService() as running:
        yield running


@pytest.fixture
def mitm(service: DemoService, tmp_path: Path) -> Iterator[Mitm]:
    with Mitm(service.addresses, tmp_path) as running:
        yield running


@pytest.fixture
def program(mitm: Mitm) -> Iterator[httpx.Client]:
    with _program(mitm) as client:
        yield client


def _program(mitm: Mitm, proxy: str | None = None) -> httpx.Client:
    trust = ssl.create_default_context(cafile=mitm.certificates.ca)
    return httpx.Client(proxy=proxy or mitm.url, verify=trust, trust_env=False, timeout=PATIENCE)


def test_a_whole_login_with_the_real_addresses(program: httpx.Client, service: DemoService, mitm: Mitm) -> None:
    page = program.get(f"{ISSUER}/oauth/authorize", params=AUTHORIZE)
    answer = program.post(f"{ISSUER}/consent", data={"ticket": hidden(page, "ticket"), "email": "ana@example.com"})
    fields = {
        "grant_type": "authorization_code",
        "client_id": AUTHORIZE["client_id"],
        "code": callback(answer)["code"],
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }
    tokens = program.post(f"{ISSUER}/oauth/token", data=fields).json()
    assert service.is_live(tokens["refresh_token"])
    assert service.violations == ()
    assert list(mitm.connects) == OPENED


def test_a_device_login_redirects_to_the_real_issuer(program: httpx.Client, service: DemoService) -> None:
    client_id = AUTHORIZE["client_id"]
    start = f"{ISSUER}/api/accounts/deviceauth"
    codes = program.post(f"{start}/usercode", json={"client_id": client_id}).json()
    service.approve_device(codes["user_code"], "ana@example.com")
    asked = {name: codes[name] for name in ("device_auth_id", "user_code")}
    grant = program.post(f"{start}/token", json=asked).json()
    fields = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "code": grant["authorization_code"],
        "redirect_uri": f"{ISSUER}/deviceauth/callback",
        "code_verifier": grant["code_verifier"],
    }
    assert program.post(f"{ISSUER}/oauth/token", data=fields).status_code == 200
    assert service.violations == ()


def test_usage_comes_from_the_backend(program: httpx.Client, service: DemoService, mitm: Mitm) -> None:
    login = service.issue_login("ana@example.com")
    usage = program.get(f"{BACKEND}/wham/usage", headers=bearer(login))
    assert usage.json()["email"] == "ana@example.com"
    assert mitm.connects == (Connect("chatgpt.com", 443, 200),)


def test_a_dropped_connection_is_dropped_here_too(program: httpx.Client, service: DemoService) -> None:
    login = service.issue_login("ana@example.com")
    fields = {"grant_type": "refresh_token", "client_id": AUTHORIZE["client_id"], "refresh_token": login.refresh_token}
    service.faults.add("/oauth/token", Fault(drop="after"))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        program.post(f"{ISSUER}/oauth/token", data=fields)
    assert not service.is_live(login.refresh_token)


@pytest.mark.parametrize("host", ["example.com", "api.openai.com", "chatgpt.com:8443"])
def test_any_other_host_is_refused_and_recorded(program: httpx.Client, mitm: Mitm, host: str) -> None:
    with pytest.raises(httpx.ProxyError, match="502"):
        program.get(f"https://{host}/")
    assert [connect.status for connect in mitm.connects] == [502]
    assert host.startswith(mitm.connects[0].host)


def test_plain_http_is_refused(program: httpx.Client, mitm: Mitm) -> None:
    assert program.get("http://chatgpt.com/").status_code == 405
    assert [connect.status for connect in mitm.connects] == [405]


def test_a_program_that_does_not_trust_the_authority_gets_nothing(mitm: Mitm, service: DemoService) -> None:
    with httpx.Client(proxy=mitm.url, trust_env=False) as stranger, pytest.raises(httpx.ConnectError, match="CERT"):
        stranger.get(f"{ISSUER}/oauth/authorize")
    assert service.requests == ()


def test_a_proxy_may_want_a_password(service: DemoService, tmp_path: Path) -> None:
    with Mitm(service.addresses, tmp_path, user="me", password="pass-word") as mitm:
        with _program(mitm, mitm.url.replace("me:pass-word@", "")) as client, pytest.raises(httpx.ProxyError):
            client.get(f"{ISSUER}/codex/device")
        with _program(mitm, mitm.url.replace("pass-word", "wrong")) as client, pytest.raises(httpx.ProxyError):
            client.get(f"{ISSUER}/codex/device")
        with _program(mitm) as client:
            assert client.get(f"{ISSUER}/codex/device").status_code == 200
        assert [connect.status for connect in mitm.connects] == [407, 407, 200]


def test_a_program_needs_nothing_but_its_environment(mitm: Mitm) -> None:
    code = "import urllib.request; print(urllib.request.urlopen('https://auth.openai.com/codex/device').status)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=mitm.environment, timeout=PATIENCE
    )
    assert done.stdout == "200\n"


def test_stopping_cuts_open_tunnels(service: DemoService, tmp_path: Path) -> None:
    mitm = Mitm(service.addresses, tmp_path)
    mitm.start()
    with _program(mitm) as client:
        assert client.get(f"{ISSUER}/codex/device").status_code == 200
        mitm.stop()
        with pytest.raises(httpx.TransportError):
            client.get(f"{ISSUER}/codex/device")

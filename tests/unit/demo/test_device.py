"""Device codes: the page where one is typed, and what the waiting program hears."""

import httpx
import pytest

from probe_tray.demo import DemoService
from tests.unit.demo.client import CLIENT_ID, Client, claims, error_code, hidden, problems
from tests.unit.demo.conftest import Hands

START = "/api/accounts/deviceauth/usercode"
POLL = "/api/accounts/deviceauth/token"


@pytest.fixture
def codes(client: Client) -> dict[str, str]:
    return client.json(START, {"client_id": CLIENT_ID}).json()


def _poll(client: Client, codes: dict[str, str]) -> httpx.Response:
    return client.json(POLL, {name: codes[name] for name in ("device_auth_id", "user_code")})


def test_the_interval_is_a_string(codes: dict[str, str]) -> None:
    assert codes["interval"] == "5"


def test_a_typed_code_logs_the_other_machine_in(client: Client, service: DemoService, codes: dict[str, str]) -> None:
    assert _poll(client, codes).status_code == 403
    assert "Enter the code" in client.get(f"{client.issuer}/codex/device").text
    chooser = client.form("/codex/device", user_code=codes["user_code"].lower().replace("-", " "))
    done = client.form("/codex/device", user_code=hidden(chooser, "user_code"), email="ana@example.com")
    assert "You are logged in" in done.text
    grant = _poll(client, codes).json()
    assert len(grant["code_verifier"]) == 86
    tokens = client.exchange(
        grant["authorization_code"],
        code_verifier=grant["code_verifier"],
        redirect_uri=f"{client.issuer}/deviceauth/callback",
    )
    assert claims(tokens.json()["id_token"])["email"] == "ana@example.com"
    assert service.violations == ()


def test_a_device_code_belongs_to_its_own_redirect(client: Client, service: DemoService, codes: dict[str, str]) -> None:
    service.approve_device(codes["user_code"], "ana@example.com")
    grant = _poll(client, codes).json()
    assert client.exchange(grant["authorization_code"], code_verifier=grant["code_verifier"]).status_code == 400
    assert problems(service) == ["redirect_uri is not the authorized one"]


def test_saying_no_ends_the_wait(client: Client, service: DemoService, codes: dict[str, str]) -> None:
    assert "You said no" in client.form("/codex/device", user_code=codes["user_code"], decision="deny").text
    assert error_code(_poll(client, codes)) == "access_denied"
    assert service.violations == ()


def test_a_code_lives_15_minutes(client: Client, codes: dict[str, str], hands: Hands) -> None:
    hands.advance(minutes=15, seconds=1)
    assert error_code(_poll(client, codes)) == "expired_token"
    assert client.form("/codex/device", user_code=codes["user_code"]).status_code == 422


def test_a_granted_code_is_given_out_once(client: Client, service: DemoService, codes: dict[str, str]) -> None:
    service.approve_device(codes["user_code"], "ana@example.com")
    assert _poll(client, codes).status_code == 200
    assert error_code(_poll(client, codes)) == "expired_token"


@pytest.mark.parametrize("typed", ["", "ABCD", "BBBB-BBBB", "<script>"])
def test_a_wrong_code_is_asked_again(client: Client, service: DemoService, typed: str) -> None:
    answer = client.form("/codex/device", user_code=typed)
    assert answer.status_code == 422
    assert "<script>" not in answer.text
    assert service.violations == ()


def test_a_wrong_address_is_asked_again(client: Client, service: DemoService, codes: dict[str, str]) -> None:
    answer = client.form("/codex/device", user_code=codes["user_code"], email="nobody")
    assert answer.status_code == 422
    assert hidden(answer, "user_code") == codes["user_code"]
    assert service.violations == ()


def test_a_poll_for_somebody_elses_code_is_refused(client: Client, codes: dict[str, str]) -> None:
    assert error_code(_poll(client, codes | {"device_auth_id": "deviceauth_guess"})) == "invalid_device_code"


def test_approving_what_does_not_wait_fails(service: DemoService) -> None:
    with pytest.raises(KeyError):
        service.approve_device("BBBB-BBBB", "ana@example.com")


def test_a_service_may_not_know_device_codes(http: httpx.Client) -> None:
    with DemoService(device_login=False) as service:
        assert Client(service, http).json(START, {"client_id": CLIENT_ID}).status_code == 404
        assert service.violations == ()


@pytest.mark.parametrize(
    "body", [{}, {"client_id": "another"}, {"client_id": CLIENT_ID, "scope": "openid"}, {"client_id": None}]
)
def test_a_strange_start_is_a_violation(client: Client, service: DemoService, body: object) -> None:
    assert client.json(START, body).status_code == 400
    assert len(service.violations) == 1


def test_a_form_where_json_belongs_is_a_violation(client: Client, service: DemoService) -> None:
    assert client.form(START, client_id=CLIENT_ID).status_code == 415
    assert len(service.violations) == 1

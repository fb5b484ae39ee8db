"""From the consent page to tokens."""

import base64
import json

import pytest

from probe_tray.demo import DemoService
from tests.unit.demo.client import AUTHORIZE, CHALLENGE, STATE, Client, callback, claims, error_code, part, problems
from tests.unit.demo.conftest import Hands

AUTH = "https://api.openai.com/auth"


def test_a_person_chooses_and_the_program_gets_tokens(client: Client, service: DemoService) -> None:
    page = client.authorize()
    assert "ana@example.com" in page.text
    answer = client.answer(page, seat="/".join(_key(service, "ana@example.com")))
    assert callback(answer)["state"] == STATE
    tokens = client.exchange(callback(answer)["code"]).json()
    assert set(tokens) == {"access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"}
    assert tokens["expires_in"] == 864_000
    assert service.is_live(tokens["refresh_token"])
    assert service.violations == ()


def test_the_tokens_say_who_it_is(client: Client, service: DemoService, hands: Hands) -> None:
    login = service.issue_login("lee@studio.example")
    person, access = claims(login.id_token), claims(login.access_token)
    assert person["email"] == "lee@studio.example"
    assert part(person, AUTH, "chatgpt_account_id") == part(access, AUTH, "chatgpt_account_id") == login.account_id
    assert part(person, AUTH, "chatgpt_user_id") == login.user_id
    assert part(person, AUTH, "chatgpt_plan_type") == "team"
    assert part(person, AUTH, "chatgpt_account_is_fedramp") is False
    assert json.dumps(part(person, AUTH, "organizations")).count('"title": "Studio"') == 1
    assert access["iat"] == hands.now().timestamp()
    assert access["exp"] == hands.now().timestamp() + 864_000
    assert part(access, "https://api.openai.com/profile", "email") == "lee@studio.example"


@pytest.mark.parametrize("email", ["ana@example.com", "x@y.z"])
def test_tokens_are_as_long_as_the_real_ones(service: DemoService, email: str) -> None:
    assert len(service.issue_login(email).access_token) > 1400


def test_the_tokens_are_signed_with_es256(service: DemoService) -> None:
    header = service.issue_login("ana@example.com").access_token.partition(".")[0]
    assert json.loads(base64.urlsafe_b64decode(header + "=="))["alg"] == "ES256"


def test_a_login_never_shows_its_tokens(service: DemoService) -> None:
    login = service.issue_login("ana@example.com")
    assert login.refresh_token not in repr(login)
    assert login.access_token not in f"{login}"


def test_deny_sends_the_person_back_without_a_code(client: Client) -> None:
    answer = callback(client.answer(client.authorize(), decision="deny"))
    assert answer["error"] == "access_denied"
    assert answer["state"] == STATE
    assert "code" not in answer


def test_a_workspace_without_codex_is_refused_with_its_reason(client: Client, service: DemoService) -> None:
    answer = callback(client.answer(client.authorize(), email="guest@example.com"))
    assert answer["error"] == "access_denied"
    assert "missing_codex_entitlement" in answer["error_description"]
    assert service.violations == ()


def test_a_new_address_gets_an_account(client: Client, service: DemoService) -> None:
    tokens = client.exchange(client.code("new.one@example.org")).json()
    assert claims(tokens["id_token"])["email"] == "new.one@example.org"
    assert service.people[-1].email == "new.one@example.org"


@pytest.mark.parametrize("email", ["", "nobody", "a b@example.com", "<b>@x", 'x"@y.z', "a@" + "b" * 300])
def test_what_is_no_address_is_asked_again(client: Client, service: DemoService, email: str) -> None:
    answer = client.answer(client.authorize(), email=email)
    assert answer.status_code == 422
    assert "not an email address" in answer.text
    assert service.violations == ()


def test_a_login_page_is_good_for_10_minutes(client: Client, hands: Hands) -> None:
    page = client.authorize()
    hands.advance(minutes=11)
    assert client.answer(page, email="ana@example.com").status_code == 410


def test_two_logins_live_side_by_side(client: Client, service: DemoService) -> None:
    first, second = (client.exchange(client.code()).json()["refresh_token"] for _ in range(2))
    assert service.is_live(first)
    assert service.is_live(second)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("port", [1455, 1457])
def test_the_registered_addresses_are_accepted(client: Client, service: DemoService, host: str, port: int) -> None:
    redirect = f"http://{host}:{port}/auth/callback"
    answer = client.answer(client.authorize(redirect_uri=redirect), email="ana@example.com")
    assert answer.headers["location"].startswith(redirect + "?")
    assert client.exchange(callback(answer)["code"], redirect_uri=redirect).status_code == 200
    assert service.violations == ()


@pytest.mark.parametrize("name", sorted(AUTHORIZE))
def test_a_missing_parameter_is_a_violation(client: Client, service: DemoService, name: str) -> None:
    assert client.authorize(**{name: None}).status_code == 400
    assert problems(service) == [f"missing query parameter {name}"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("response_type", "token"),
        ("client_id", "another"),
        ("redirect_uri", "http://localhost:1456/auth/callback"),
        ("redirect_uri", "https://localhost:1455/auth/callback"),
        ("redirect_uri", "http://localhost:1455/auth/callback/"),
        ("redirect_uri", "http://localhost.evil.example:1455/auth/callback"),
        ("redirect_uri", "http://[::1]:1455/auth/callback"),
        ("scope", "openid"),
        ("scope", "openid email profile offline_access"),
        ("code_challenge", CHALLENGE + "="),
        ("code_challenge", "short"),
        ("code_challenge_method", "plain"),
        ("state", "short"),
        ("id_token_add_organizations", "1"),
        ("codex_cli_simplified_flow", "false"),
        ("originator", "probe-tray"),
        ("prompt", "login"),
    ],
)
def test_a_strange_authorization_is_a_violation(client: Client, service: DemoService, name: str, value: str) -> None:
    assert client.authorize(**{name: value}).status_code == 400
    assert len(service.violations) == 1
    assert name in problems(service)[0]


def test_a_repeated_parameter_is_a_violation(client: Client, service: DemoService) -> None:
    url = client.authorize().request.url
    assert client.get(f"{url}&state={STATE}").status_code == 400
    assert problems(service) == ["repeated query parameter state"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"code_verifier": "w" * 86}, "code_verifier does not prove the code_challenge"),
        ({"code_verifier": "v" * 43}, "code_verifier does not prove the code_challenge"),
        ({"redirect_uri": "http://localhost:1457/auth/callback"}, "redirect_uri is not the authorized one"),
        ({"client_id": "another"}, "client_id is not the registered one"),
        ({"code": "ac_guess"}, "the code is unknown"),
        ({"scope": "openid"}, "unknown form field scope"),
    ],
)
def test_a_strange_exchange_is_a_violation(
    client: Client, service: DemoService, changes: dict[str, str], problem: str
) -> None:
    assert client.exchange(client.code(), **changes).status_code == 400
    assert problems(service) == [problem]


def test_a_code_works_once_and_its_second_use_ends_the_login(client: Client, service: DemoService) -> None:
    code = client.code()
    token = client.exchange(code).json()["refresh_token"]
    assert error_code(client.exchange(code)) == "invalid_grant"
    assert not service.is_live(token)
    assert problems(service) == ["the code was used before"]


def test_a_code_lives_10_minutes(client: Client, service: DemoService, hands: Hands) -> None:
    code = client.code()
    hands.advance(minutes=10, seconds=1)
    assert client.exchange(code).status_code == 400
    assert problems(service) == ["the code is older than 10 minutes"]


def test_an_exchange_in_json_is_a_violation(client: Client, service: DemoService) -> None:
    body = {
        "grant_type": "authorization_code",
        "client_id": "x",
        "code": "x",
        "redirect_uri": "x",
        "code_verifier": "x",
    }
    assert client.json("/oauth/token", body).status_code == 400
    assert len(service.violations) == 1


def _key(service: DemoService, email: str) -> tuple[str, str]:
    login = service.issue_login(email)
    return login.account_id, login.user_id

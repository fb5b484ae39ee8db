"""Refresh tokens work once; what ends a login, and what a program is told then."""

import threading

import httpx
import pytest

from probe_tray.demo import DemoService, FamilyState, TokenReuse, fingerprint
from tests.unit.demo.client import CLIENT_ID, Client, error_code, problems
from tests.unit.demo.conftest import Hands


def test_a_renewal_names_new_tokens_and_kills_the_old_one(client: Client, service: DemoService) -> None:
    login = service.issue_login("ana@example.com")
    renewed = client.renew(login.refresh_token).json()
    assert renewed["refresh_token"] != login.refresh_token
    assert renewed["access_token"] != login.access_token
    assert not service.is_live(login.refresh_token)
    assert service.is_live(renewed["refresh_token"])
    assert service.violations == ()


def test_a_renewal_may_come_as_json(client: Client, service: DemoService) -> None:
    token = service.issue_login("ana@example.com").refresh_token
    body = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": token}
    assert service.is_live(client.json("/oauth/token", body).json()["refresh_token"])
    assert service.violations == ()


def test_a_used_token_is_refused_and_ends_the_whole_login(client: Client, service: DemoService) -> None:
    login = service.issue_login("ana@example.com")
    renewed = client.renew(login.refresh_token).json()
    refusal = client.renew(login.refresh_token)
    assert refusal.status_code == 401
    assert error_code(refusal) == "refresh_token_reused"
    assert not service.is_live(renewed["refresh_token"])
    assert error_code(client.renew(renewed["refresh_token"])) == "refresh_token_invalidated"
    assert error_code(client.usage(login)) == "token_revoked"


def test_a_gentle_service_refuses_the_used_token_only(http: httpx.Client) -> None:
    with DemoService(reuse=TokenReuse.REFUSED) as service:
        client = Client(service, http)
        login = service.issue_login("ana@example.com")
        renewed = client.renew(login.refresh_token).json()
        assert error_code(client.renew(login.refresh_token)) == "refresh_token_reused"
        assert service.is_live(renewed["refresh_token"])


def test_a_patient_service_gives_its_answer_again_until_the_next_token_is_used(http: httpx.Client) -> None:
    with DemoService(reuse=TokenReuse.REPEATS_ANSWER) as service:
        client = Client(service, http)
        login = service.issue_login("ana@example.com")
        renewed = client.renew(login.refresh_token).json()
        assert client.renew(login.refresh_token).json() == renewed
        assert service.repeated == 1
        client.renew(renewed["refresh_token"])
        assert error_code(client.renew(login.refresh_token)) == "refresh_token_reused"


@pytest.mark.parametrize(
    ("state", "code", "usage"),
    [
        (FamilyState.EXPIRED, "refresh_token_expired", 200),
        (FamilyState.INVALIDATED, "refresh_token_invalidated", 401),
        (FamilyState.REVOKED, "refresh_token_invalidated", 401),
    ],
)
def test_an_ended_login_is_told_apart(
    client: Client, service: DemoService, state: FamilyState, code: str, usage: int
) -> None:
    login = service.issue_login("ana@example.com")
    service.end_logins("ana@example.com", state)
    assert error_code(client.renew(login.refresh_token)) == code
    assert client.usage(login).status_code == usage


@pytest.mark.parametrize("token", ["rt_0123456789abcdef.guess", "anything", "rt_"])
def test_an_unknown_token_is_refused(client: Client, token: str) -> None:
    assert error_code(client.renew(token)) == "refresh_token_invalidated"


def test_another_program_renews_first(client: Client, service: DemoService) -> None:
    login = service.issue_login("ana@example.com")
    other = service.renew_elsewhere(login.refresh_token)
    assert service.is_live(other.refresh_token)
    assert service.requests == ()
    assert error_code(client.renew(login.refresh_token)) == "refresh_token_reused"


def test_racing_renewals_have_one_winner(client: Client, service: DemoService) -> None:
    token = service.issue_login("ana@example.com").refresh_token
    answers: list[int] = []
    racers = [threading.Thread(target=lambda: answers.append(client.renew(token).status_code)) for _ in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(answers) == [200, *[401] * 7]


def test_logging_out_ends_the_login(client: Client, service: DemoService) -> None:
    login = service.issue_login("ana@example.com")
    body = {"token": login.refresh_token, "token_type_hint": "refresh_token", "client_id": CLIENT_ID}
    assert client.json("/oauth/revoke", body).status_code == 200
    assert not service.is_live(login.refresh_token)
    assert client.usage(login).status_code == 401
    assert client.json("/oauth/revoke", body | {"token": "rt_unknown.token"}).status_code == 200
    assert service.violations == ()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"token": "x", "client_id": CLIENT_ID}, "missing JSON member token_type_hint"),
        (
            {"token": "x", "token_type_hint": "access_token", "client_id": CLIENT_ID},
            "token_type_hint is not refresh_token",
        ),
        ({"token": 1, "token_type_hint": "refresh_token", "client_id": CLIENT_ID}, "JSON member token is not a string"),
        (["token"], "the body is not a JSON object"),
    ],
)
def test_a_strange_revocation_is_a_violation(client: Client, service: DemoService, body: object, problem: str) -> None:
    assert client.json("/oauth/revoke", body).status_code == 400
    assert problems(service) == [problem]


@pytest.mark.parametrize(
    ("content", "kind", "problem"),
    [
        (b"", "application/x-www-form-urlencoded", "missing form field client_id, grant_type, refresh_token"),
        (b"grant_type", "application/x-www-form-urlencoded", "the form is not well formed"),
        (b"\xff=1", "application/x-www-form-urlencoded", "the body is not UTF-8"),
        (b"a=1", "text/plain", "content type text/plain instead of application/x-www-form-urlencoded"),
        (b"{", "application/json", "the body is not JSON"),
        (b'{"client_id": "a", "client_id": "b"}', "application/json", "repeated JSON member client_id"),
        (b"grant_type=a&grant_type=b", "application/x-www-form-urlencoded", "repeated form field grant_type"),
    ],
)
def test_a_strange_body_is_a_violation(
    client: Client, service: DemoService, content: bytes, kind: str, problem: str
) -> None:
    answer = client.http.post(f"{client.issuer}/oauth/token", content=content, headers={"content-type": kind})
    assert answer.status_code in {400, 415}
    assert problems(service) == [problem]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"grant_type": "password"}, "grant_type is neither authorization_code nor refresh_token"),
        ({"scope": "openid"}, "unknown form field scope"),
    ],
)
def test_a_strange_renewal_is_a_violation(
    client: Client, service: DemoService, fields: dict[str, str], problem: str
) -> None:
    token = service.issue_login("ana@example.com").refresh_token
    sent = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": token} | fields
    assert client.form("/oauth/token", **sent).status_code == 400
    assert problems(service) == [problem]
    assert service.is_live(token)


def test_a_renewal_on_a_used_connection_is_a_violation(client: Client, service: DemoService) -> None:
    token = service.issue_login("ana@example.com").refresh_token
    fields = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": token}
    with httpx.Client(trust_env=False) as kept:
        renewed = kept.post(f"{client.issuer}/oauth/token", data=fields).json()["refresh_token"]
        again = kept.post(f"{client.issuer}/oauth/token", data=fields | {"refresh_token": renewed})
    assert again.status_code == 400
    assert problems(service) == ["a refresh on a connection that was used before"]
    assert service.is_live(renewed)


def test_the_record_names_the_token_by_its_fingerprint_only(client: Client, service: DemoService, hands: Hands) -> None:
    login = service.issue_login("ana@example.com")
    client.renew(login.refresh_token)
    (record,) = service.requests
    assert record.fingerprint == fingerprint(login.refresh_token)
    assert record.grant == "refresh_token"
    assert record.account == login.account_id
    assert record.status == 200
    assert record.delivered
    assert record.time == hands.now()
    assert login.refresh_token not in repr(record)


def test_requests_are_counted_by_what_is_asked(client: Client, service: DemoService) -> None:
    login = service.issue_login("ana@example.com")
    client.renew(login.refresh_token)
    client.renew(login.refresh_token)
    assert service.count() == service.count("/oauth/token", grant="refresh_token", account=login.account_id) == 2
    assert service.count("/oauth/token", status=401) == service.count(status=200, method="POST") == 1
    assert service.count("/oauth/token", grant="authorization_code") == service.count("/wham/usage") == 0

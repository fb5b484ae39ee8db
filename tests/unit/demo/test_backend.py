"""Usage, reset credits, models and responses, and who may ask for them."""

from email.utils import parsedate_to_datetime

import pytest

from probe_tray.demo import DemoLogin, DemoService
from probe_tray.demo.models import NAMES
from tests.unit.demo.client import Client, bearer, error_code, part, problems
from tests.unit.demo.conftest import Hands

SHORT, WEEK = 18_000, 604_800


@pytest.fixture
def login(service: DemoService) -> DemoLogin:
    return service.issue_login("ana@example.com")


def test_usage_is_the_accounts_own(client: Client, service: DemoService, login: DemoLogin) -> None:
    body = client.usage(login).json()
    assert (body["email"], body["plan_type"], body["account_id"]) == ("ana@example.com", "plus", login.account_id)
    assert part(body, "rate_limit", "primary_window", "used_percent") == 42
    assert part(body, "rate_limit", "secondary_window", "used_percent") == 17
    assert service.violations == ()


def test_the_date_is_the_services_own(client: Client, login: DemoLogin, hands: Hands) -> None:
    hands.advance(hours=3)
    assert parsedate_to_datetime(client.usage(login).headers["date"]) == hands.now()


def test_two_members_of_a_team_have_one_account_id_and_two_quotas(client: Client, service: DemoService) -> None:
    lee, kim = (service.issue_login(f"{name}@studio.example") for name in ("lee", "kim"))
    assert lee.account_id == kim.account_id
    assert lee.user_id != kim.user_id
    assert client.usage(lee).json()["rate_limit"] != client.usage(kim).json()["rate_limit"]


def test_one_address_may_have_two_workspaces(client: Client, service: DemoService) -> None:
    own = service.issue_login("sam@example.com")
    shared = service.issue_login("sam@example.com", service.issue_login("lee@studio.example").account_id)
    assert own.user_id == shared.user_id
    assert [client.usage(one).json()["plan_type"] for one in (own, shared)] == ["plus", "team"]


def test_a_question_without_any_login_is_refused_and_no_mistake(
    client: Client, service: DemoService, login: DemoLogin
) -> None:
    answer = client.usage(login, authorization=None, chatgpt_account_id=None)
    assert (answer.status_code, error_code(answer), service.violations) == (401, "unauthorized", ())


@pytest.mark.parametrize(
    ("changes", "status", "problem"),
    [
        ({"user_agent": "python-httpx/0.28"}, 400, "User-Agent is not probe-tray/<version>"),
        ({"user_agent": "probe-tray"}, 400, "User-Agent is not probe-tray/<version>"),
        ({"chatgpt_account_id": None}, 400, "missing ChatGPT-Account-Id"),
        (
            {"chatgpt_account_id": "another"},
            403,
            "ChatGPT-Account-Id names a workspace that this token has nothing to do with",
        ),
        ({"authorization": None}, 401, "missing Authorization: Bearer"),
        ({"authorization": "Basic eDp5"}, 401, "missing Authorization: Bearer"),
        ({"accept": "*/*"}, 400, "accept is not application/json"),
        ({"cookie": "a=b"}, 400, "cookies were sent"),
        ({"if_none_match": '"x"'}, 400, "a conditional request: answers are never cached"),
        ({"x_openai_fedramp": "true"}, 400, "X-OpenAI-Fedramp does not fit the account"),
        ({"host": "chatgpt.evil.example"}, 421, "Host is none of this service's names"),
    ],
)
def test_strange_headers_are_a_violation(
    client: Client, service: DemoService, login: DemoLogin, changes: dict[str, str | None], status: int, problem: str
) -> None:
    assert client.usage(login, **changes).status_code == status
    assert problems(service) == [problem]


def test_an_agency_account_needs_its_header(client: Client, service: DemoService) -> None:
    pat = service.issue_login("pat@agency.example")
    assert client.usage(pat, x_openai_fedramp="true").status_code == 200
    assert service.violations == ()
    assert client.usage(pat).status_code == 400
    assert problems(service) == ["X-OpenAI-Fedramp does not fit the account"]


def test_the_public_name_is_served_too(client: Client, service: DemoService, login: DemoLogin) -> None:
    assert client.usage(login, host="chatgpt.com").status_code == 200
    assert service.violations == ()


def test_an_expired_token_is_refused(client: Client, service: DemoService, login: DemoLogin, hands: Hands) -> None:
    hands.advance(days=10)
    assert error_code(client.usage(login)) == "token_expired"
    assert service.violations == ()


@pytest.mark.parametrize("token", ["a.b.c", "x", "é"])
def test_a_token_that_nobody_signed_is_refused(client: Client, login: DemoLogin, token: str) -> None:
    headers = {name: value.encode() for name, value in bearer(login, authorization=f"Bearer {token}").items()}
    answer = client.http.get(
        f"{client.backend}/wham/usage", headers=[(name.encode(), headers[name]) for name in headers]
    )
    assert answer.status_code == 401
    assert error_code(answer) == "invalid_token"


def test_a_token_of_another_service_is_refused(client: Client, login: DemoLogin) -> None:
    with DemoService() as other:
        foreign = other.issue_login("ana@example.com")
        assert error_code(client.usage(foreign)) == "invalid_token"


def test_another_path_or_method_is_a_violation(client: Client, service: DemoService, login: DemoLogin) -> None:
    headers = bearer(login)
    for method, path, status in (
        ("GET", "/wham/usages", 404),
        ("POST", "/wham/usage", 405),
        ("HEAD", "/wham/usage", 405),
        ("POST", "/wham/rate-limit-reset-credits/consume", 404),
    ):
        assert client.http.request(method, client.backend + path, headers=headers).status_code == status
    assert problems(service) == [
        "unknown path",
        "method POST instead of GET",
        "method HEAD instead of GET",
        "unknown path",
    ]


def test_the_issuer_does_not_answer_for_the_backend(client: Client, service: DemoService, login: DemoLogin) -> None:
    answer = client.http.get(f"{client.issuer}/backend-api/wham/usage", headers=bearer(login))
    assert answer.status_code == 404
    assert problems(service) == ["unknown path"]


def test_a_query_where_none_belongs_is_a_violation(client: Client, service: DemoService, login: DemoLogin) -> None:
    assert client.http.get(f"{client.backend}/wham/usage?t=1", headers=bearer(login)).status_code == 400
    assert problems(service) == ["unknown query parameter t"]


def test_reset_credits_are_listed_with_their_expiry(client: Client, login: DemoLogin) -> None:
    body = client.http.get(f"{client.backend}/wham/rate-limit-reset-credits", headers=bearer(login)).json()
    assert body["available_count"] == 2 == len(body["credits"])
    assert set(body["credits"][0]) == {"id", "status", "granted_at", "expires_at"}


def test_models_are_listed_with_some_that_are_hidden(client: Client, service: DemoService, login: DemoLogin) -> None:
    body = client.http.get(f"{client.backend}/codex/models?client_version=0.1.0", headers=bearer(login)).json()
    shown = [model["slug"] for model in body["models"] if model["visibility"] == "list"]
    assert shown == list(NAMES)
    assert len(body["models"]) > len(shown)
    assert service.violations == ()


@pytest.mark.parametrize("query", ["", "?client_version=1", "?client_version=1.2.3&x=1"])
def test_models_need_a_version(client: Client, service: DemoService, login: DemoLogin, query: str) -> None:
    assert client.http.get(f"{client.backend}/codex/models{query}", headers=bearer(login)).status_code == 400
    assert len(service.violations) == 1


def test_a_good_model_streams_and_begins_with_created(client: Client, service: DemoService, login: DemoLogin) -> None:
    answer = client.ask_model(login)
    assert answer.headers["content-type"] == "text/event-stream"
    kinds = [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event: ")]
    assert kinds == ["response.created", "response.output_text.delta", "response.completed"]
    assert service.violations == ()


def test_closing_after_the_first_event_is_fine(client: Client, service: DemoService, login: DemoLogin) -> None:
    headers = bearer(login, accept="text/event-stream", originator="codex_cli_rs")
    body = client.ask_model(login).request.content
    headers["content-type"] = "application/json"
    with client.http.stream("POST", f"{client.backend}/codex/responses", content=body, headers=headers) as stream:
        assert "response.created" in next(stream.iter_lines())
    assert client.usage(login).status_code == 200
    assert service.violations == ()


@pytest.mark.parametrize(
    ("email", "model", "status", "says"),
    [
        ("ana@example.com", "gpt-5.5", 400, '"detail"'),
        ("ana@example.com", "gpt-0", 404, "model_not_found"),
        ("ana@example.com", "gpt-5.6-luna", 200, "event: response.failed"),
        ("research@example.com", "gpt-6-sol", 429, "usage_limit_reached"),
    ],
)
def test_some_models_fail(client: Client, service: DemoService, email: str, model: str, status: int, says: str) -> None:
    answer = client.ask_model(service.issue_login(email), model)
    assert answer.status_code == status
    assert says in answer.text
    assert service.violations == ()


def test_a_used_up_account_is_told_when_it_resets(client: Client, service: DemoService, hands: Hands) -> None:
    login = service.issue_login("research@example.com")
    resets = part(client.usage(login).json(), "rate_limit", "secondary_window", "reset_at")
    assert part(client.ask_model(login).json(), "error", "resets_at") == resets


@pytest.mark.parametrize("change", [{"store": True}, {"model": 5}, {"input": []}, {"instructions": "Hello"}, {"x": 1}])
def test_a_strange_model_test_is_a_violation(
    client: Client, service: DemoService, login: DemoLogin, change: dict[str, object]
) -> None:
    assert client.ask_model(login, **change).status_code == 400
    assert len(service.violations) == 1


def test_a_test_sets_what_is_used(client: Client, service: DemoService, login: DemoLogin, hands: Hands) -> None:
    hands.advance(minutes=20)
    service.set_used("ana@example.com", {SHORT: 96})
    body = client.usage(login).json()
    assert part(body, "rate_limit", "primary_window", "used_percent") == 96
    assert part(body, "rate_limit", "secondary_window", "used_percent") == 17


def test_a_test_sets_the_whole_answer(client: Client, service: DemoService, login: DemoLogin) -> None:
    service.set_usage("ana@example.com", {"plan_type": "free"})
    assert client.usage(login).json() == {"plan_type": "free"}
    service.set_usage("ana@example.com", None)
    assert client.usage(login).json()["plan_type"] == "plus"

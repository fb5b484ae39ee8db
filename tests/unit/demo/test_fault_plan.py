"""Scripted faults: what the client sees, and what has happened at the service all the same."""

import threading
from typing import Literal

import httpx
import pytest

from probe_tray.demo import DemoLogin, DemoService, Fault, Gate
from probe_tray.demo.fault_plan import Drop
from tests.support.patience import PATIENCE
from tests.unit.demo.client import Client, bearer, problems

Moment = Literal["request", "reply"]


@pytest.fixture
def login(service: DemoService) -> DemoLogin:
    return service.issue_login("ana@example.com")


def test_a_status_replaces_the_answer_and_nothing_happens(
    client: Client, service: DemoService, login: DemoLogin
) -> None:
    service.faults.add("/oauth/token", Fault(status=503, body="busy", headers={"retry-after": "7"}))
    answer = client.renew(login.refresh_token)
    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (503, "busy", "7")
    assert service.is_live(login.refresh_token)
    assert client.renew(login.refresh_token).status_code == 200


def test_a_body_may_be_bytes_or_json(client: Client, service: DemoService, login: DemoLogin) -> None:
    service.faults.add("/wham/usage", Fault(status=200, body=b"\xff"))
    service.faults.add("/wham/usage", Fault(status=403, body={"error": {"code": "x"}}))
    assert client.usage(login).content == b"\xff"
    assert client.usage(login).json() == {"error": {"code": "x"}}


@pytest.mark.parametrize("drop", ["before", "after", "mid"])
def test_a_dropped_connection(client: Client, service: DemoService, login: DemoLogin, drop: Drop) -> None:
    service.faults.add("/oauth/token", Fault(drop=drop))
    with pytest.raises(httpx.RemoteProtocolError):
        client.renew(login.refresh_token)
    assert service.is_live(login.refresh_token) is (drop == "before")
    (record,) = service.requests
    assert not record.delivered


def test_a_garbled_answer_follows_a_real_renewal(client: Client, service: DemoService, login: DemoLogin) -> None:
    service.faults.add("/oauth/token", Fault(garbage=True))
    answer = client.renew(login.refresh_token)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()
    assert not service.is_live(login.refresh_token)


def test_an_answer_without_a_new_refresh_token_leaves_the_old_one_alive(
    client: Client, service: DemoService, login: DemoLogin
) -> None:
    service.faults.add("/oauth/token", Fault(omit=frozenset({"refresh_token", "id_token", "expires_in"})))
    assert set(client.renew(login.refresh_token).json()) == {"access_token", "scope", "token_type"}
    assert service.is_live(login.refresh_token)


def test_an_answer_without_an_id_token_still_renews(client: Client, service: DemoService, login: DemoLogin) -> None:
    service.faults.add("/oauth/token", Fault(omit=frozenset({"id_token"})))
    renewed = client.renew(login.refresh_token).json()
    assert "id_token" not in renewed
    assert service.is_live(renewed["refresh_token"])


@pytest.mark.parametrize(("at", "alive"), [("request", True), ("reply", False)])
def test_a_gate_holds_a_request_or_its_reply(
    client: Client, service: DemoService, login: DemoLogin, at: Moment, *, alive: bool
) -> None:
    gate = Gate()
    service.faults.add("/oauth/token", Fault(hold=gate, at=at))
    answers: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(client.renew(login.refresh_token).status_code))
    asking.start()
    assert gate.wait_held()
    assert service.is_live(login.refresh_token) is alive
    assert client.usage(login).status_code == 200
    assert answers == []
    gate.open()
    asking.join()
    assert answers == [200]


def test_an_open_gate_lets_everything_through(client: Client, service: DemoService, login: DemoLogin) -> None:
    gate = Gate()
    gate.open()
    service.faults.add("/wham/usage", Fault(hold=gate), times=None)
    assert [client.usage(login).status_code for _ in range(2)] == [200, 200]
    assert gate.wait_held(2)
    assert not gate.wait_held(3, timeout=0.01)


def test_a_held_request_does_not_keep_the_service_from_stopping(http: httpx.Client) -> None:
    gate, service = Gate(), DemoService()
    service.start()
    client, login = Client(service, http), service.issue_login("ana@example.com")
    service.faults.add("/wham/usage", Fault(hold=gate))
    failures: list[Exception] = []

    def ask() -> None:
        try:
            client.usage(login)
        except httpx.TransportError as failure:
            failures.append(failure)

    asking = threading.Thread(target=ask)
    asking.start()
    assert gate.wait_held()
    service.stop()
    asking.join()
    assert len(failures) == 1
    gate.open()


def test_a_delay_outlasts_an_impatient_client(client: Client, service: DemoService, login: DemoLogin) -> None:
    service.faults.add("/wham/usage", Fault(delay=30))
    impatient = httpx.Timeout(PATIENCE, read=0.05)
    with pytest.raises(httpx.ReadTimeout):
        client.http.get(f"{client.backend}/wham/usage", headers=bearer(login), timeout=impatient)


def test_a_fault_meets_only_its_account_and_grant_and_number(
    client: Client, service: DemoService, login: DemoLogin
) -> None:
    lee = service.issue_login("lee@studio.example")
    service.faults.add("/wham/usage", Fault(status=500), account=lee.account_id, times=2)
    service.faults.add("/oauth/token", Fault(status=500), grant="refresh_token", account=lee.account_id)
    assert [client.usage(one).status_code for one in (login, lee, lee, lee)] == [200, 500, 500, 200]
    assert [client.renew(one.refresh_token).status_code for one in (login, lee, lee)] == [200, 500, 200]


def test_faults_are_forgotten_when_cleared(client: Client, service: DemoService, login: DemoLogin) -> None:
    service.faults.add("/wham/usage", Fault(status=500), times=None)
    assert [client.usage(login).status_code for _ in range(3)] == [500] * 3
    service.faults.clear()
    assert client.usage(login).status_code == 200
    assert problems(service) == []

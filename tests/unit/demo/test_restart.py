"""What outlives a run, and what is never written down."""

import stat
from pathlib import Path

import httpx
import pytest

from probe_tray.demo import DemoService
from tests.unit.demo.client import Client, error_code
from tests.unit.demo.conftest import Hands


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "demo.json"


def test_logins_and_people_outlive_a_restart(state: Path, http: httpx.Client, hands: Hands) -> None:
    with DemoService(state_file=state, now=hands.now) as service:
        kept, used = service.issue_login("new@example.org"), service.issue_login("ana@example.com")
        renewed = Client(service, http).renew(used.refresh_token).json()["refresh_token"]
        before = Client(service, http).usage(kept).json()
    with DemoService(state_file=state, now=hands.now) as service:
        client = Client(service, http)
        assert client.usage(kept).json() == before
        assert service.is_live(kept.refresh_token)
        assert service.is_live(renewed)
        assert error_code(client.renew(used.refresh_token)) == "refresh_token_reused"
        assert not service.is_live(renewed)


def test_no_token_is_in_the_file_and_only_its_owner_reads_it(state: Path, http: httpx.Client) -> None:
    with DemoService(state_file=state) as service:
        login = service.issue_login("ana@example.com")
        renewed = Client(service, http).renew(login.refresh_token).json()
    text = state.read_text("utf-8")
    tokens = (login.refresh_token, login.access_token, login.id_token, *map(str, renewed.values()))
    assert [token for token in tokens if len(token) > 40 and token in text] == []
    assert renewed["refresh_token"].partition(".")[2] not in text
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert list(state.parent.iterdir()) == [state]


def test_what_a_test_sets_outlives_a_restart(state: Path, http: httpx.Client, hands: Hands) -> None:
    with DemoService(state_file=state, now=hands.now) as service:
        service.set_used("ana@example.com", {18_000: 97})
    with DemoService(state_file=state, now=hands.now) as service:
        usage = Client(service, http).usage(service.issue_login("ana@example.com")).json()
        assert usage["rate_limit"]["primary_window"]["used_percent"] == 97


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"people": 5}', b"\xff"])
def test_a_broken_file_is_set_aside(state: Path, content: bytes) -> None:
    state.write_bytes(content)
    service = DemoService(state_file=state)
    assert len(service.people) == 3
    assert state.with_suffix(".broken").read_bytes() == content
    assert not state.exists()


def test_a_newer_versions_file_is_set_aside(state: Path) -> None:
    state.write_bytes(b'{"version": 2, "rooms": []}')
    assert len(DemoService(state_file=state).people) == 3
    assert state.with_suffix(".newer").read_bytes() == b'{"version": 2, "rooms": []}'


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    service = DemoService(state_file=tmp_path / "gone" / "demo.json")
    with pytest.raises(FileNotFoundError):
        service.issue_login("ana@example.com")


def test_a_stopped_service_starts_again(http: httpx.Client) -> None:
    service = DemoService()
    service.start()
    login = service.issue_login("ana@example.com")
    service.stop()
    with pytest.raises(RuntimeError, match="not running"):
        _ = service.addresses
    with service:
        assert Client(service, http).usage(login).status_code == 200
    service.stop()


def test_a_taken_port_is_an_error() -> None:
    with DemoService() as first:
        taken = int(first.addresses.issuer.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"):
            DemoService(port=taken).start()

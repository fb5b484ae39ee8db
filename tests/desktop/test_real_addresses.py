"""The installed programs with their real addresses, through a proxy which alone knows where those hosts are today."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe_tray.demo import DemoService
from tests.desktop.bench import Desktop, installed
from tests.desktop.walking import NEWCOMER, App, data_folder, official_login, vault_tokens
from tests.support.mitm import BACKEND_HOST, ISSUER_HOST, Mitm

pytestmark = [pytest.mark.desktop]


@pytest.fixture
def service() -> Iterator[DemoService]:
    with DemoService() as running:
        yield running


@pytest.fixture
def proxy(service: DemoService, tmp_path: Path) -> Iterator[Mitm]:
    with Mitm(service.addresses, tmp_path, user="ana", password="proxy-password") as running:
        yield running


@pytest.fixture
def browser_proxy(service: DemoService, tmp_path: Path) -> Iterator[Mitm]:
    """Another one for the browser, so that what the program asks for can be told apart."""
    folder = tmp_path / "browser"
    folder.mkdir()
    with Mitm(service.addresses, folder) as running:
        yield running


def test_login_and_polling_go_through_the_proxy_to_the_real_hosts(
    desktop: Desktop, service: DemoService, proxy: Mitm, browser_proxy: Mitm
) -> None:
    app = App(desktop, env=proxy.environment)
    url = app.start_login()
    assert url.startswith("https://auth.openai.com/oauth/authorize?")
    app.finish_login(url, NEWCOMER, proxy=browser_proxy.url)
    app.wait_account(NEWCOMER)
    app.quit()
    assert {(c.host, c.port, c.status) for c in proxy.connects} == {(ISSUER_HOST, 443, 200), (BACKEND_HOST, 443, 200)}
    assert service.count("/oauth/token", status=200) == 1
    assert service.count("/wham/usage", status=200) >= 1
    assert service.violations == ()
    secrets = [*vault_tokens(desktop, demo=False), b"proxy-password"]
    assert desktop.files_containing(secrets) == []
    assert not any(secret in (app.program.output() + app.program.errors()).encode() for secret in secrets)


def test_the_official_clients_login_is_shown_at_once_and_left_alone(
    desktop: Desktop, service: DemoService, proxy: Mitm
) -> None:
    login = service.issue_login("ana@example.com", lifetime=3600)
    home = desktop.home / "codex"
    home.mkdir()
    file = home / "auth.json"
    file.write_bytes(official_login(login))
    before = (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino)
    app = App(desktop, env={**proxy.environment, "CODEX_HOME": str(home)})
    app.wait_account("ana@example.com")
    app.open_panel()
    app.read(r"^ana@example\.com\..*5 h: \d+% used.*Renewed by the Codex client")
    app.quit()
    assert (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino) == before
    assert [path.name for path in home.iterdir()] == ["auth.json"]
    assert service.count("/oauth/token") == 0
    assert service.is_live(login.refresh_token)
    assert service.violations == ()
    assert not (data_folder(desktop, demo=False) / "vault").exists()


def test_the_command_prints_and_writes_the_quotas_through_the_proxy(
    desktop: Desktop, service: DemoService, proxy: Mitm, tmp_path: Path
) -> None:
    folder = desktop.home / "logins"
    folder.mkdir()
    for name, email in (("a", "ana@example.com"), ("b", "lee@studio.example")):
        (folder / f"{name}.json").write_bytes(official_login(service.issue_login(email)))
    before = {path: path.read_bytes() for path in folder.iterdir()}
    table = tmp_path / "x.csv"
    done = desktop.run(installed("codex-probe"), "--status", "--output", table, folder, env=proxy.environment)
    assert "ana@example.com" in done.output()
    assert "lee@studio.example" in done.output()
    with table.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 2
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert {(c.host, c.status) for c in proxy.connects} == {(BACKEND_HOST, 200)}
    assert service.count("/oauth/token") == 0
    assert service.violations == ()


def test_a_certificate_that_nobody_vouches_for_is_refused_with_what_to_do(
    desktop: Desktop, service: DemoService, proxy: Mitm
) -> None:
    home = desktop.home / "codex"
    home.mkdir()
    (home / "auth.json").write_bytes(official_login(service.issue_login("ana@example.com")))
    app = App(desktop, env={"HTTPS_PROXY": proxy.url, "CODEX_HOME": str(home)})
    app.open_panel()
    app.read("^ana@example\\.com\\..*couldn't be verified")
    assert service.requests == ()

"""The official client's login is among what `--status` shows where nothing was named."""

import json
from pathlib import Path

import pytest

from tests.command.bench import TOKEN, Bench
from tests.desktop.walking import official_login


@pytest.fixture
def client(tmp_path: Path) -> Path:
    folder = tmp_path / "codex"
    folder.mkdir()
    return folder


def accounts(bench: Bench, client: Path, *command: object) -> tuple[int, list[dict[str, object]]]:
    done = bench.run(*command, "--json", CODEX_HOME=str(client))
    return done.returncode, json.loads(done.stdout)["accounts"]


def test_the_first_command_of_a_newcomer_shows_the_clients_login(bench: Bench, client: Path) -> None:
    path = client / "auth.json"
    path.write_bytes(official_login(bench.demo.issue_login(bench.demo.people[0].email)))
    before = path.read_bytes()
    status, (account,) = accounts(bench, client, "--status")
    assert (status, account["email"]) == (0, bench.demo.people[0].email)
    assert account["file"] == str(path)
    assert "windows" in json.dumps(account)
    assert (bench.demo.count(TOKEN), path.read_bytes()) == (0, before)
    # It is the client's: nothing else works on it unless it is named.
    for command in (["--renew"], ["--renew", "--status"], ["--export", "jsonl", "-o", "-"]):
        done = bench.run(*command, CODEX_HOME=str(client))
        assert "There is no login yet" in done.stderr.decode()


def test_an_account_of_ones_own_is_not_shown_twice(bench: Bench, client: Path, tmp_path: Path) -> None:
    mine, other = (person.email for person in bench.demo.people[:2])
    bench.login("a.json", 0, days=9)
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"sync_dir": str(bench.logins)}))
    (client / "auth.json").write_bytes(official_login(bench.demo.issue_login(mine)))
    status, found = accounts(bench, client, "--status", "--config", config)
    assert (status, [account["email"] for account in found]) == (0, [mine])
    (client / "auth.json").write_bytes(official_login(bench.demo.issue_login(other)))
    status, found = accounts(bench, client, "--status", "--config", config)
    assert (status, [account["email"] for account in found]) == (0, [mine, other])


def test_what_the_client_has_in_its_place_is_named(bench: Bench, client: Path) -> None:
    path = client / "auth.json"
    path.write_text('{"OPENAI_API_KEY": "sk-test"}')
    done = bench.run("--status", CODEX_HOME=str(client))
    assert "API key: no quota to show" in done.stdout.decode()
    path.write_text("{")
    done = bench.run("--status", CODEX_HOME=str(client))
    assert done.returncode == 1
    assert f"{path} is not a login" in done.stderr.decode() + done.stdout.decode()


def test_the_clients_other_homes_are_shown_too(bench: Bench, client: Path, tmp_path: Path) -> None:
    mine, other = (person.email for person in bench.demo.people[:2])
    work = tmp_path / "work"
    work.mkdir()
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"codex_homes": [str(work), str(tmp_path / "absent")]}))
    (work / "auth.json").write_bytes(official_login(bench.demo.issue_login(other)))
    status, found = accounts(bench, client, "--status", "--config", config)
    assert (status, [account["email"] for account in found]) == (0, [other])
    (client / "auth.json").write_bytes(official_login(bench.demo.issue_login(mine)))
    status, found = accounts(bench, client, "--status", "--config", config)
    assert (status, [account["email"] for account in found]) == (0, [mine, other])

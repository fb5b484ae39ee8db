"""`codex-probe use` lets the official client work with an account."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.command.bench import Bench


class Client:
    """The official client's folder, and what is in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = home / "auth.json"

    @property
    def login(self) -> dict[str, Any]:
        return json.loads(self.path.read_text())

    @property
    def tokens(self) -> dict[str, str]:
        return self.login["tokens"]

    def put(self, tokens: dict[str, str], **more: object) -> None:
        whole = {"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": tokens}
        self.path.write_text(json.dumps(whole | {"last_refresh": "2026-11-22T06:53:11.183362420Z"} | more))
        self.path.chmod(0o600)


class Used:
    """Two accounts in a folder, and the command that gives them to the client."""

    def __init__(self, bench: Bench, client: Client, config: Path) -> None:
        self.bench, self.client = bench, client
        self._config = config
        config.write_text(json.dumps({"sync_dir": str(bench.logins), "storage": "folder"}))
        self.ana, self.ben = (bench.demo.people[n].email for n in (0, 1))
        bench.login("ana.json", 0, days=9)
        bench.login("ben.json", 1, days=9)

    def run(self, *words: object) -> tuple[int, str]:
        done = self.bench.run(*words, "--config", self._config, CODEX_HOME=str(self.client.home))
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    def use(self, *words: object) -> str:
        status, said = self.run("use", *words)
        assert status == 0, said
        return said


@pytest.fixture
def used(bench: Bench, tmp_path: Path) -> Used:
    home = tmp_path / "codex"
    home.mkdir()
    return Used(bench, Client(home), tmp_path / "config.json")


def test_an_account_is_lent_without_its_refresh_token(used: Used) -> None:
    status, said = used.run("use", "ana@example.com")
    assert status == 0
    assert f"Codex works with {used.ana} from its next start." in said
    held = used.bench.held("ana.json")
    assert used.client.tokens == {
        "id_token": held["id_token"],
        "access_token": held["access_token"],
        "refresh_token": "",
        "account_id": held["account_id"],
    }
    assert used.client.login["auth_mode"] == "chatgpt"
    assert used.client.login["OPENAI_API_KEY"] is None
    assert used.client.login["last_refresh"].endswith("Z")
    if os.name == "posix":
        assert stat.S_IMODE(used.client.path.stat().st_mode) == 0o600
    assert used.bench.is_live("ana.json")


def test_a_renewal_brings_the_lent_account_s_new_access_token_to_the_client(used: Used) -> None:
    used.use(used.ana)
    before = used.client.tokens
    status, said = used.run("--renew", "-f")
    assert status == 0, said
    assert used.client.tokens["access_token"] != before["access_token"]
    assert used.client.tokens["access_token"] == used.bench.held("ana.json")["access_token"]
    assert used.client.tokens["refresh_token"] == ""


def test_what_other_programs_keep_in_the_client_s_file_stays(used: Used) -> None:
    foreign = used.bench.demo.issue_login("carl@example.com")
    tokens = {name: getattr(foreign, name) for name in ("id_token", "access_token", "refresh_token", "account_id")}
    used.client.put(tokens | {"login_owner_id": "theirs"}, other_tool={"a": [1, 2]})
    used.use(used.ana)
    assert used.client.login["other_tool"] == {"a": [1, 2]}
    assert "login_owner_id" not in used.client.tokens


def test_a_login_that_only_the_client_has_is_never_lost(used: Used) -> None:
    foreign = used.bench.demo.issue_login("carl@example.com")
    tokens = {name: getattr(foreign, name) for name in ("id_token", "access_token", "refresh_token", "account_id")}
    used.client.put(tokens)
    before = used.client.path.read_bytes()
    said = used.use(used.ana)
    assert "codex-probe use --back" in said
    used.use("--back")
    assert used.client.path.read_bytes() == before
    assert used.bench.is_live("ana.json")
    # Or it becomes an account here.
    said = used.use(used.ana, "--yes")
    assert "The login of carl@example.com that Codex had is in Probe Tray." in said
    used.use("carl@example.com")
    assert used.client.tokens["access_token"] == foreign.access_token
    assert used.client.tokens["refresh_token"] == ""


def test_an_api_key_is_kept_and_put_back(used: Used) -> None:
    used.client.path.write_text('{"OPENAI_API_KEY": "sk-test", "auth_mode": "apikey"}')
    before = used.client.path.read_bytes()
    used.use(used.ana)
    assert "sk-test" not in used.client.path.read_text()
    used.use("--back")
    assert used.client.path.read_bytes() == before
    status, said = used.run("use", "--back")
    assert status == 1
    assert "There is no earlier login of Codex to put back." in said


def test_an_unclear_name_changes_nothing(used: Used) -> None:
    used.bench.demo.issue_login(used.ana)
    second = used.bench.demo.people[0]
    if len(second.workspaces) > 1:
        from tests.command.bench import write

        write(used.bench.logins / "second.json", used.bench.demo.issue_login(used.ana, second.workspaces[1].account_id))
        status, said = used.run("use", used.ana)
        assert status == 1
        assert "fits several accounts" in said
        assert said.count(used.ana) > 2
    status, said = used.run("use", "nobody")
    assert status == 2
    assert "has the address, alias or id nobody" in said
    assert not used.client.path.exists()


def test_an_account_that_cannot_be_renewed_is_refused(used: Used) -> None:
    path = used.bench.logins / "ana.json"
    held = used.bench.held("ana.json")
    path.write_text(json.dumps({name: value for name, value in held.items() if name != "refresh_token"}))
    status, said = used.run("use", used.ana)
    assert status == 1
    assert "and Codex needs one" in said
    assert not used.client.path.exists()


def test_an_id_token_that_is_missing_is_fetched_first(used: Used) -> None:
    path = used.bench.logins / "ana.json"
    held = used.bench.held("ana.json")
    path.write_text(json.dumps({name: value for name, value in held.items() if name != "id_token"}))
    used.use(used.ana)
    assert used.client.tokens["id_token"] == used.bench.held("ana.json")["id_token"] != ""


@pytest.mark.skipif(os.name != "posix", reason="links need a privilege on Windows")
def test_a_link_stays_and_what_it_leads_to_is_replaced(used: Used, tmp_path: Path) -> None:
    elsewhere = tmp_path / "dotfiles"
    elsewhere.mkdir()
    (elsewhere / "auth.json").write_text("{}")
    used.client.path.symlink_to(elsewhere / "auth.json")
    used.use(used.ana)
    assert used.client.path.is_symlink()
    assert json.loads((elsewhere / "auth.json").read_text())["tokens"]["account_id"]


@pytest.mark.parametrize(
    ("store", "reason"),
    [("ephemeral", "its settings keep it in memory only"), ("keyring", "the keyring"), ("auto", "the keyring")],
)
def test_a_client_that_keeps_its_login_elsewhere_is_left_alone(used: Used, store: str, reason: str) -> None:
    (used.client.home / "config.toml").write_text(f'cli_auth_credentials_store = "{store}"\n')
    used.client.path.write_text('{"OPENAI_API_KEY": "sk-test", "auth_mode": "apikey"}')
    before = used.client.path.read_bytes()
    for words in ((used.ana,), ("--back",)):
        status, said = used.run("use", *words)
        assert status == 1
        assert "Codex keeps its login where Probe Tray can't put one" in said
        assert reason in said
    assert used.client.path.read_bytes() == before
    assert sorted(found.name for found in used.client.home.iterdir()) == ["auth.json", "config.toml"]


def test_it_says_what_it_needs(used: Used) -> None:
    for words, wanted in (
        (["use"], "needs one account"),
        (["use", "a", "b"], "needs one account"),
        (["use", "a", "--back"], "takes no account"),
        (["--status", "--back"], "works only with use"),
    ):
        status, said = used.run(*words)
        assert (status, wanted in said) == (2, True), said

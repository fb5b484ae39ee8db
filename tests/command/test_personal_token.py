"""Personal access tokens at the command line."""

import json
from pathlib import Path

import pytest

from tests.command.bench import TOKEN, Bench

WHOAMI = "/whoami"


class Held:
    """A person's token, in the official client's place and in files."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench, self.email = bench, bench.demo.people[0].email
        self.token = bench.demo.make_personal_token(self.email)
        self.client = folder / "codex"
        self.client.mkdir()
        self.file = folder / "token.json"
        self.file.write_text(json.dumps({"OPENAI_API_KEY": None, "personal_access_token": self.token}))
        self.shared = folder / "shared"
        self.config = folder / "config.json"
        self.config.write_text(json.dumps({"sync_dir": str(self.shared), "storage": "folder"}))

    def run(self, *command: object, status: int = 0) -> tuple[str, str]:
        done = self.bench.run(*command, CODEX_HOME=str(self.client))
        said = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == status, said
        assert self.token not in "".join(said)
        return said

    def accounts(self, *command: object, status: int = 0) -> list[dict[str, object]]:
        return json.loads(self.run(*command, "--json", status=status)[0])["accounts"]


@pytest.fixture
def held(bench: Bench, tmp_path: Path) -> Held:
    return Held(bench, tmp_path)


def test_a_token_is_shown_as_an_account_with_its_limits(held: Held) -> None:
    (account,) = held.accounts("--status", held.file)
    assert (account["email"], account["file"]) == (held.email, str(held.file))
    assert "windows" in json.dumps(account)
    (held.client / "auth.json").write_bytes(held.file.read_bytes())
    (account,) = held.accounts("--status")
    assert (account["email"], account["file"]) == (held.email, str(held.client / "auth.json"))
    line, _ = held.run("--format", "line")
    assert line.startswith("ana 5h ")
    assert held.bench.demo.count(TOKEN) == 0


def test_a_token_is_never_renewed_and_that_is_no_failure(held: Held) -> None:
    said, _ = held.run("--renew", held.file)
    assert "personal access token: nothing to renew" in said
    assert held.bench.demo.count(WHOAMI) == 0
    held.run("--import", "--yes", held.file, "--config", held.config)
    said, _ = held.run("--renew", "-f", "--config", held.config)
    assert "personal access token: nothing to renew" in said
    assert held.bench.demo.count(TOKEN) == 0


def test_an_imported_token_is_kept_as_its_account_and_its_models_can_be_tested(held: Held) -> None:
    said, _ = held.run("--import", "--yes", held.file, "--config", held.config)
    assert held.email in said
    (kept,) = held.shared.glob("*.json")
    assert json.loads(kept.read_bytes())["chatgpt_user_id"] == held.bench.demo.people[0].user_id
    asked = held.bench.demo.count(WHOAMI)
    (account,) = held.accounts("--status", "--config", held.config)
    assert (account["email"], held.bench.demo.count(WHOAMI)) == (held.email, asked)
    said, _ = held.run("--apitest", "--yes", "--config", held.config)
    assert held.email in said


def test_a_token_that_was_revoked_is_found_at_import_and_said_later(held: Held) -> None:
    held.run("--import", "--yes", held.file, "--config", held.config)
    held.bench.demo.revoke_personal_token(held.token)
    _, said = held.run("--import", "--yes", held.file, "--config", held.config, status=1)
    assert "OpenAI has already refused this personal access token" in said
    for named in (held.file, "--config"):
        more = (held.config,) if named == "--config" else ()
        out, said = held.run("--status", named, *more, status=1)
        assert "OpenAI no longer accepts this personal access token." in out + said
        assert "Make a new one where you made this one" in out + said
    assert held.bench.demo.count(TOKEN) == 0


@pytest.mark.parametrize("kind", ["codex-probe", "auth.json", "sub2api", "jsonl"])
def test_an_exported_token_can_be_imported_again(held: Held, kind: str, tmp_path: Path) -> None:
    held.run("--import", "--yes", held.file, "--config", held.config)
    held.run("--export", kind, "-o", f"{tmp_path}/out/", "--config", held.config)
    (written,) = (tmp_path / "out").iterdir()
    assert held.token in written.read_text()
    (account,) = held.accounts("--status", written)
    assert account["email"] == held.email


def test_a_format_that_has_no_place_for_a_token_leaves_it_out(held: Held, tmp_path: Path) -> None:
    held.run("--import", "--yes", held.file, "--config", held.config)
    _, said = held.run("--export", "cliproxyapi", "-o", f"{tmp_path}/out/", "--config", held.config, status=1)
    assert "a personal access token, which CLIProxyAPI's files have no place for" in said
    assert not (tmp_path / "out").exists()


def test_a_pasted_token_is_imported(held: Held) -> None:
    done = held.bench.run_given(held.token.encode(), "--import", "--yes", "-", "--config", held.config)
    assert (done.returncode, held.token in done.stdout.decode() + done.stderr.decode()) == (0, False)
    assert len(list(held.shared.glob("*.json"))) == 1

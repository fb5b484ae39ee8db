"""`codex-probe use` against the simulated service, with the client's place as a file."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from probe_tray.adapters.logins.official_store import keyring_user
from probe_tray.demo.token_families import DemoLogin
from tests.command.bench import COMMAND, Bench
from tests.desktop.walking import official_login
from tests.support.screen import Session
from tests.support.secret_service import is_here as secret_service_is_here
from tests.support.secret_service import secret_service


class Client:
    """The official client's home, and the command that works on it."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench, self.home = bench, folder / "codex"
        self.home.mkdir(mode=0o700)
        self.config = folder / "config.json"
        self.config.write_text(json.dumps({"sync_dir": str(bench.logins), "storage": "folder"}))

    def run(self, *arguments: object, **environment: str) -> "subprocess.CompletedProcess[bytes]":
        """Run the command."""
        words = ("use", *arguments, "--config", self.config)
        return self.bench.run(*words, CODEX_HOME=str(self.home), **environment)

    @property
    def path(self) -> Path:
        return self.home / "auth.json"

    @property
    def tokens(self) -> dict[str, str]:
        return json.loads(self.path.read_bytes())["tokens"]


@pytest.fixture
def client(bench: Bench, tmp_path: Path) -> Client:
    return Client(bench, tmp_path)


def said(done: "subprocess.CompletedProcess[bytes]") -> str:
    return (done.stdout + done.stderr).decode()


def test_an_account_is_lent_and_shown(bench: Bench, client: Client) -> None:
    ana = bench.login("a.json", 0, days=9)
    done = client.run(ana.email.upper())
    assert (done.returncode, client.tokens["access_token"]) == (0, ana.access_token)
    assert client.tokens["refresh_token"] == ""
    assert f"Codex uses {ana.email} from its next start." in said(done)
    assert "sk-" not in said(done)
    assert ana.access_token not in said(done)
    shown = client.run()
    assert (shown.returncode, shown.stdout.decode()) == (
        0,
        f"{client.home}: {ana.email}, renewed by Probe Tray\n",
    )


def test_what_ends_a_login_in_codex_is_said_with_the_first_use_alone(bench: Bench, client: Client) -> None:
    ana, ben = bench.login("a.json", 0, days=9), bench.login("b.json", 1, days=9)
    warnings = ["Don't use codex logout" in said(client.run(login.email)) for login in (ana, ben, ana)]
    assert warnings == [True, False, False]


def test_a_renewal_passes_the_fresh_token_on(bench: Bench, client: Client) -> None:
    ana = bench.login("a.json", 0, days=9)
    assert client.run(ana.email).returncode == 0
    done = bench.run("--renew", "-f", bench.logins / "a.json", CODEX_HOME=str(client.home))
    assert done.returncode == 0
    assert client.tokens["access_token"] == bench.held()["access_token"] != ana.access_token
    assert client.tokens["refresh_token"] == ""


def test_what_codex_renews_is_left_to_it_and_followed(bench: Bench, client: Client) -> None:
    ana, ben = bench.login("a.json", 0, days=9), bench.login("b.json", 1, days=9)
    whole = client.run(ana.email, "--whole")
    assert whole.returncode == 0
    assert "Codex renews this login from now on." in said(whole)
    assert client.tokens["refresh_token"] == ana.refresh_token
    before = bench.refreshes()
    done = bench.run("--renew", "-f", bench.logins / "a.json", CODEX_HOME=str(client.home))
    # No failure: a scheduled run meets it every time.
    assert (done.returncode, bench.refreshes()) == (0, before)
    assert "Codex" in done.stdout.decode()
    fresh = bench.demo.issue_login(ana.email)
    client.path.write_bytes(official_login(fresh))
    assert client.run(ben.email).returncode == 0
    assert bench.refresh_token("a.json") == fresh.refresh_token
    assert client.tokens["access_token"] == ben.access_token


def test_the_settings_say_who_renews_it_where_the_command_does_not(bench: Bench, client: Client) -> None:
    ana = bench.login("a.json", 0, days=9)
    settings = {**json.loads(client.config.read_text()), "codex_hand_over": "whole"}
    client.config.write_text(json.dumps(settings))
    assert client.run(ana.email).returncode == 0
    assert client.tokens["refresh_token"] == ana.refresh_token


def test_several_that_match_are_listed_and_nothing_is_done(bench: Bench, client: Client) -> None:
    ana = bench.login("a.json", 0, days=9)
    done = client.run("nobody@example.com")
    assert (done.returncode, client.path.exists()) == (2, False)
    assert "No account is called “nobody@example.com”." in said(done)
    assert client.run(ana.account_id).returncode == 0


def test_an_account_may_be_in_a_vault_that_cannot_be_opened(bench: Bench, client: Client) -> None:
    ana = bench.login("a.json", 0, days=9)
    vault = bench.data / "vault"
    vault.mkdir(parents=True, mode=0o700)
    (vault / f"{'a' * 24}.json").write_text("{}")
    away = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
    done = client.run("eva@example.com", **away)
    assert (done.returncode, "keyring" in said(done).lower()) == (1, True)
    assert "None of the accounts that can be read is called “eva@example.com”." in said(done)
    asked = bench.run("guard", "--account", "eva@example.com", "--config", client.config, **away)
    assert (asked.returncode, "None of the accounts that can be read" in said(asked)) == (3, True)
    shown = bench.run("next", "--config", client.config, **away)
    assert (shown.returncode, shown.stdout.decode()) == (0, f"{ana.email}\n")
    assert "keyring" in shown.stderr.decode().lower()


def test_a_place_of_the_client_that_cannot_be_read_is_said(client: Client) -> None:
    client.path.mkdir()
    done = client.run()
    assert (done.returncode, done.stdout) == (1, b"")
    assert "auth.json can't be read" in said(done)
    client.path.rmdir()
    client.home.rmdir()
    # Who has not started Codex yet is not logged in there.
    assert client.run().stdout.decode() == f"{client.home}: not logged in with an account\n"
    assert client.run("--home", client.home).returncode == 1


def foreign(bench: Bench, client: Client) -> DemoLogin:
    login = bench.demo.issue_login(bench.demo.people[2].email)
    client.path.write_bytes(official_login(login))
    return login


@pytest.mark.parametrize("word", ["--keep", "--yes"])
def test_a_login_that_is_not_here_is_kept_only_with_a_word(bench: Bench, client: Client, word: str) -> None:
    ana, eva = bench.login("a.json", 0, days=9), foreign(bench, client)
    before = client.path.read_bytes()
    done = client.run(ana.email)
    assert (done.returncode, client.path.read_bytes()) == (1, before)
    assert f"Codex is logged in as {eva.email}" in said(done)
    assert "--keep" in said(done)
    assert client.run(ana.email, word).returncode == 0
    files = [json.loads(path.read_bytes()) for path in bench.logins.iterdir()]
    assert eva.refresh_token in [held["refresh_token"] for held in files]


@pytest.mark.parametrize("put_back", [False, True])
@pytest.mark.parametrize(("keys", "status"), [(b"\x03", 130), (b"n\n", 1), (b"y\n", 0)])
def test_a_person_at_a_terminal_is_asked_and_one_ctrl_c_ends_it(
    bench: Bench, client: Client, keys: bytes, status: int, *, put_back: bool
) -> None:
    ana = bench.login("a.json", 0, days=9)
    if put_back:
        client.path.write_text('{"OPENAI_API_KEY": "sk-test"}')
        assert client.run(ana.email).returncode == 0
    eva = foreign(bench, client)
    before = client.path.read_bytes()
    environment = os.environ | bench.proxy.environment | {"TERM": "xterm-256color", "CODEX_HOME": str(client.home)}
    words = "--put-back" if put_back else ana.email
    with Session([COMMAND, "use", words, "--config", str(client.config)], environment, columns=200) as watched:
        watched.watch(lambda screen: "Keep that login here first? [y/N]" in "\n".join(screen.lines))
        watched.type(keys)
        assert watched.end() == status
    held = [json.loads(path.read_bytes())["refresh_token"] for path in bench.logins.iterdir()]
    assert (client.path.read_bytes() == before, eva.refresh_token in held) == (status != 0, status == 0)


def test_a_yes_keeps_no_other_login_than_the_one_that_was_named(bench: Bench, client: Client) -> None:
    ana = bench.login("a.json", 0, days=9)
    eva = foreign(bench, client)
    environment = os.environ | bench.proxy.environment | {"TERM": "xterm-256color", "CODEX_HOME": str(client.home)}
    with Session([COMMAND, "use", ana.email, "--config", str(client.config)], environment, columns=200) as watched:
        watched.watch(lambda screen: f"logged in as {eva.email}" in "\n".join(screen.lines))
        other = bench.demo.issue_login(bench.demo.people[1].email)
        there = official_login(other)
        client.path.write_bytes(there)
        watched.type(b"y\n")
        watched.watch(lambda screen: f"logged in as {other.email}" in "\n".join(screen.lines))
        watched.type(b"n\n")
        assert watched.end() == 1
    assert (client.path.read_bytes(), len([*bench.logins.iterdir()])) == (there, 1)


def test_an_api_key_is_kept_and_put_back(bench: Bench, client: Client) -> None:
    ana = bench.login("a.json", 0, days=9)
    client.path.write_text('{"OPENAI_API_KEY": "sk-test"}')
    done = client.run(ana.email)
    assert done.returncode == 0
    assert "codex-probe use --put-back" in said(done)
    done = client.run("--put-back")
    assert (done.returncode, client.path.read_text()) == (0, '{"OPENAI_API_KEY": "sk-test"}')
    done = client.run("--put-back")
    assert (done.returncode, client.path.read_text()) == (1, '{"OPENAI_API_KEY": "sk-test"}')


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a", "b"], "use takes one account."),
        (["--put-back", "a"], "--put-back takes no account."),
        (["--whole"], "--whole and --keep need an account."),
        (["a", "--hide-names"], "--hide-names can't be combined with this action."),
    ],
)
def test_what_makes_no_sense_is_said(client: Client, arguments: list[str], words: str) -> None:
    done = client.run(*arguments)
    assert (done.returncode, words in said(done)) == (2, True)


@pytest.mark.skipif(sys.platform != "linux", reason="file names elsewhere are always text")
def test_a_home_whose_name_is_no_text_is_named_before_anything_is_done(
    bench: Bench, client: Client, tmp_path: Path
) -> None:
    ana, home = bench.login("a.json", 0, days=9), tmp_path / os.fsdecode(b"bad\xff")
    home.mkdir(mode=0o700)
    done = client.run(ana.email, "--home", home)
    assert (done.returncode, list(home.iterdir()), bench.journal()) == (2, [], [])
    assert "its name isn't valid text" in said(done)


def test_a_home_that_is_not_there_is_named(bench: Bench, client: Client, tmp_path: Path) -> None:
    ana = bench.login("a.json", 0, days=9)
    done = client.run(ana.email, "--home", tmp_path / "nowhere")
    assert (done.returncode, (tmp_path / "nowhere").exists()) == (1, False)
    assert f"The Codex folder {tmp_path / 'nowhere'} doesn't exist." in said(done)


def test_a_link_is_not_followed(bench: Bench, client: Client, tmp_path: Path) -> None:
    ana = bench.login("a.json", 0, days=9)
    target = tmp_path / "target.json"
    target.write_text("{}")
    client.path.symlink_to(target)
    done = client.run(ana.email)
    assert (done.returncode, target.read_text(), client.path.is_symlink()) == (1, "{}", True)
    assert "it is a link" in said(done)


def test_the_file_is_private_whatever_it_was(bench: Bench, client: Client) -> None:
    ana = bench.login("a.json", 0, days=9)
    client.path.write_text("{}")
    client.path.chmod(0o644)
    assert client.run(ana.email).returncode == 0
    assert client.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("config", ['cli_auth_credentials_store = "elsewhere"', "= broken"])
def test_a_place_that_is_not_understood_is_left_alone(bench: Bench, client: Client, config: str) -> None:
    ana = bench.login("a.json", 0, days=9)
    (client.home / "config.toml").write_text(config)
    done = client.run(ana.email)
    assert (done.returncode, client.path.exists()) == (1, False)
    assert "config.toml" in said(done)


def test_a_keyring_that_is_not_there_is_said(bench: Bench, client: Client) -> None:
    ana = bench.login("a.json", 0, days=9)
    (client.home / "config.toml").write_text('cli_auth_credentials_store = "keyring"')
    done = client.run(ana.email)
    assert (done.returncode, client.path.exists()) == (1, False)
    assert "keyring" in said(done)


def test_a_home_that_is_the_folder_of_logins_too_keeps_both_apart(bench: Bench, client: Client) -> None:
    ana = bench.login("a.json", 0, days=9)
    done = client.run(ana.email, "--home", bench.logins)
    assert (done.returncode, (bench.logins / "auth.json").exists()) == (2, False)
    assert "is the folder of your logins" in said(done)
    settings = {**json.loads(client.config.read_text()), "codex_homes": [str(bench.logins)]}
    client.config.write_text(json.dumps(settings))
    assert client.run(ana.email, "--home", bench.logins).returncode == 0
    done = bench.run("--renew", "-f", bench.logins / "a.json", "--config", client.config, CODEX_HOME=str(client.home))
    assert done.returncode == 0
    tokens = json.loads((bench.logins / "auth.json").read_bytes())["tokens"]
    assert tokens["access_token"] == bench.held()["access_token"] != ana.access_token
    assert tokens["refresh_token"] == ""


def test_putting_back_keeps_a_login_that_is_not_here_only_with_a_word(bench: Bench, client: Client) -> None:
    ana = bench.login("a.json", 0, days=9)
    client.path.write_text('{"OPENAI_API_KEY": "sk-test"}')
    assert client.run(ana.email).returncode == 0
    eva = foreign(bench, client)
    assert client.run("--put-back").returncode == 1
    assert client.tokens["access_token"] == eva.access_token
    assert client.run("--put-back", "--keep").returncode == 0
    files = [json.loads(path.read_bytes()) for path in bench.logins.iterdir()]
    assert eva.refresh_token in [held["refresh_token"] for held in files]


@pytest.mark.skipif(not secret_service_is_here(), reason="GNOME Keyring is missing")
def test_a_keyring_of_the_client_is_used_and_said_where_it_is_locked(bench: Bench, client: Client) -> None:
    ana, ben = bench.login("a.json", 0, days=9), bench.login("b.json", 1, days=9)
    (client.home / "config.toml").write_text('cli_auth_credentials_store = "keyring"')
    with secret_service() as keyring:
        # As the client keeps it.
        there = {"service": "Codex Auth", "username": keyring_user(client.home)}
        keyring.add(official_login(ana).decode(), application="rust-keyring", target="default", **there)
        assert client.run(ben.email, **keyring.environment).returncode == 0
        (held,) = keyring.secrets("Codex Auth")
        assert json.loads(held)["tokens"]["access_token"] == ben.access_token
        keyring.lock()
        done = client.run(ana.email, **keyring.environment)
        keyring.unlock()
        assert (done.returncode, keyring.secrets("Codex Auth")) == (1, [held])
    assert "keyring" in said(done)
    assert not client.path.exists()
    assert bench.is_live("a.json")


CHINESE = {"LANG": "zh_CN.UTF-8", "LANGUAGE": "zh_CN", "LC_ALL": "zh_CN.UTF-8"}


@pytest.mark.parametrize("case", ["unknown account", "link", "foreign login", "missing home"])
def test_what_goes_wrong_is_said_in_chinese_too(case: str, bench: Bench, client: Client, tmp_path: Path) -> None:
    ana = bench.login("a.json", 0, days=9)
    words: list[object] = [ana.email]
    if case == "unknown account":
        words = ["nobody@example.com"]
    elif case == "link":
        (tmp_path / "target.json").write_text("{}")
        client.path.symlink_to(tmp_path / "target.json")
    elif case == "foreign login":
        foreign(bench, client)
    elif case == "missing home":
        words += ["--home", tmp_path / "nowhere"]
    done = client.run(*words, **CHINESE)
    assert done.returncode in {1, 2}
    assert re.search("[\u4e00-\u9fff]{4}", said(done)), said(done)
    # What nobody has translated.
    plain = re.sub(r"codex-probe( use)?|Probe Tray|Codex|\S*[/@.]\S*|--\w+|[iI]d|token|ID", "", said(done))
    assert not re.search("[a-z]{3,} [a-z]{2,}", plain), said(done)

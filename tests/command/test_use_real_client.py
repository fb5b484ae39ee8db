"""`codex-probe use` with the real official client against the simulated service. CONTRIBUTING says how to get it."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command.bench import COMMAND, Bench
from tests.support.client_gate import client_gate
from tests.support.patience import PATIENCE

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        shutil.which("codex") is None,
        reason="NOT RUN: the official client is missing. npm install -g @openai/codex@0.171.0",
    ),
]


class RealClient:
    """The official client in a home of its own, and our command that works on it."""

    def __init__(self, bench: Bench, folder: Path, address: str) -> None:
        self.bench, self.home = bench, folder / "codex"
        self.home.mkdir(mode=0o700)
        (self.home / "config.toml").write_text(f'chatgpt_base_url = "{address}/backend-api"\n')
        self.config = folder / "config.json"
        self.config.write_text(json.dumps({"sync_dir": str(bench.logins), "storage": "folder"}))
        token = f"{address}/oauth/token"
        self.environment = {"CODEX_HOME": str(self.home), "CODEX_REFRESH_TOKEN_URL_OVERRIDE": token}

    @property
    def words(self) -> tuple[str, ...]:
        return ("--config", str(self.config))

    def use(self, *arguments: str) -> None:
        done = self.bench.run("use", *arguments, *self.words, **self.environment)
        assert done.returncode == 0, done.stderr.decode()

    def account(self, *, renew: bool) -> str:
        """Whom a fresh client says it is; with ``renew`` after it has renewed its login."""
        command = [shutil.which("codex") or "", "app-server"]
        environment = os.environ | self.environment
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as client:
            try:
                _ask(client, 1, "initialize", {"clientInfo": {"name": "test", "version": "1"}})
                answer = _ask(client, 2, "account/read", {"refreshToken": renew})
            finally:
                client.kill()
        assert "result" in answer, answer
        return str(answer["result"]["account"]["email"])


def _ask(client: "subprocess.Popen[bytes]", number: int, method: str, parameters: dict[str, object]) -> dict[str, Any]:
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write(json.dumps({"id": number, "method": method, "params": parameters}).encode() + b"\n")
    client.stdin.flush()
    for line in client.stdout:
        answer = json.loads(line)
        if answer.get("id") == number:
            return answer
    raise AssertionError("the client has ended")


@pytest.fixture
def client(bench: Bench, tmp_path: Path) -> Iterator[RealClient]:
    with client_gate(bench.demo) as address:
        yield RealClient(bench, tmp_path, address)


def test_from_one_account_to_the_other_and_back_no_login_is_lost(bench: Bench, client: RealClient) -> None:
    logins = {"a.json": bench.login("a.json", 0, days=9), "b.json": bench.login("b.json", 1, days=9)}
    for number in range(20):
        way = ["--whole"] if number % 2 else []
        for name, login in logins.items():
            client.use(login.email, *way)
            assert client.account(renew=bool(way)) == login.email, (number, name)
            if not way:
                done = bench.run("--renew", "-f", bench.logins / name, **client.environment)
                assert done.returncode == 0, done.stderr.decode()
                assert client.account(renew=False) == login.email
    client.use(logins["a.json"].email)
    assert bench.is_live("a.json")
    assert bench.is_live("b.json")


def test_a_kill_at_any_moment_leaves_both_logins_alive(bench: Bench, client: RealClient) -> None:
    logins = [bench.login("a.json", 0, days=9), bench.login("b.json", 1, days=9)]
    client.use(logins[0].email, "--whole")
    for number in range(40):
        login = logins[(number + 1) % 2]
        process = subprocess.Popen(
            [COMMAND, "use", login.email, *(["--whole"] if number % 4 < 2 else []), *client.words],
            env=os.environ | bench.proxy.environment | client.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # The command takes about a second; its steps lie in the last third.
        try:
            process.wait(timeout=0.4 + 0.02 * number)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=PATIENCE)
        assert client.account(renew=False) in {one.email for one in logins}
        # What the client has as a whole it may renew at once; the next run takes that back.
        held = json.loads((client.home / "auth.json").read_bytes())["tokens"]
        if held["refresh_token"]:
            client.account(renew=True)
        client.use(login.email)
        assert bench.is_live("a.json"), number
        assert bench.is_live("b.json"), number

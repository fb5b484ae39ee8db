"""`codex-probe use` with the real official client against the simulated service. CONTRIBUTING says how to get it."""

import json
import os
import queue
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import pytest

from tests.command.bench import COMMAND, Bench
from tests.command.preload import killed_after
from tests.support.client_gate import client_gate
from tests.support.patience import PATIENCE
from tests.support.secret_service import SecretService, is_here, secret_service

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        shutil.which("codex") is None,
        reason="NOT RUN: the official client is missing. npm install -g @openai/codex@0.171.0",
    ),
]
MOST = 100
"""No exchange has as many steps."""


class RealClient:
    """The official client in a home of its own, and our command that works on it."""

    def __init__(self, bench: Bench, folder: Path, address: str, keyring: SecretService | None) -> None:
        self.bench, self.home, self._folder, self._keyring = bench, folder / "codex", folder, keyring
        self.home.mkdir(mode=0o700)
        settings = f'chatgpt_base_url = "{address}/backend-api"\n'
        if keyring is not None:
            settings = 'cli_auth_credentials_store = "keyring"\n' + settings
        (self.home / "config.toml").write_text(settings)
        self.config = folder / "config.json"
        self.config.write_text(json.dumps({"sync_dir": str(bench.logins), "storage": "folder"}))
        token = f"{address}/oauth/token"
        self.environment = {"CODEX_HOME": str(self.home), "CODEX_REFRESH_TOKEN_URL_OVERRIDE": token}
        if keyring is not None:
            self.environment |= keyring.environment

    @property
    def words(self) -> tuple[str, ...]:
        return ("--config", str(self.config))

    @property
    def refresh_token(self) -> str:
        """What is in the client's place."""
        path = self.home / "auth.json"
        assert path.exists() == (self._keyring is None)
        text = path.read_text() if self._keyring is None else self._keyring.secrets("Codex Auth")[0]
        return str(json.loads(text)["tokens"]["refresh_token"])

    def use(self, *arguments: str) -> None:
        done = self.bench.run("use", *arguments, *self.words, **self.environment)
        assert done.returncode == 0, done.stderr.decode()

    def use_killed(self, steps: int, *arguments: str) -> bool:
        """Whether the command was killed after so many steps, and did not come to its end before."""
        folder = self._folder / f"preload-{len(list(self._folder.iterdir()))}"
        killed = killed_after(steps, folder)
        done = subprocess.run(
            [COMMAND, "use", *arguments, *self.words],
            env=os.environ | self.bench.proxy.environment | self.environment | killed,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr.decode()
        return done.returncode != 0

    def account(self, *, renew: bool) -> str:
        """Whom a fresh client says it is; with ``renew`` after it has renewed its login."""
        command = [shutil.which("codex") or "", "app-server"]
        pipe = subprocess.PIPE
        environment = os.environ | self.environment
        with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as client:
            assert client.stdin is not None
            assert client.stdout is not None
            answers = _lines(client.stdout)
            try:
                _ask(client.stdin, answers, 1, "initialize", {"clientInfo": {"name": "test", "version": "1"}})
                answer = _ask(client.stdin, answers, 2, "account/read", {"refreshToken": renew})
                # It ends with its input, and so does what it has started; killed, it would leave that running.
                client.stdin.close()
                client.wait(PATIENCE)
            finally:
                client.kill()
        assert "result" in answer, answer
        return str(answer["result"]["account"]["email"])


def _lines(stream: IO[bytes]) -> "queue.SimpleQueue[bytes]":
    """The lines as they come, and an empty one at the end, so that nobody waits for them for ever."""
    found: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        for line in stream:
            found.put(line)
        found.put(b"")

    threading.Thread(target=read, daemon=True).start()
    return found


def _ask(
    given: IO[bytes],
    answers: "queue.SimpleQueue[bytes]",
    number: int,
    method: str,
    parameters: dict[str, object],
) -> dict[str, Any]:
    given.write(json.dumps({"id": number, "method": method, "params": parameters}).encode() + b"\n")
    given.flush()
    while line := answers.get(timeout=PATIENCE):
        answer = json.loads(line)
        if answer.get("id") == number:
            return answer
    raise AssertionError("the client has ended")


@pytest.fixture(params=["file", "keyring"])
def client(bench: Bench, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RealClient]:
    with ExitStack() as stack:
        keyring = None
        if request.param == "keyring":
            if not is_here():
                pytest.skip("GNOME Keyring is missing")
            keyring = stack.enter_context(secret_service())
        yield RealClient(bench, tmp_path, stack.enter_context(client_gate(bench.demo)), keyring)


@pytest.mark.timeout(1800)
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


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("before", ["", "--whole"], ids=["lent before", "whole before"])
@pytest.mark.parametrize("way", ["", "--whole"], ids=["lent", "whole"])
def test_a_kill_at_any_step_leaves_both_logins_alive(bench: Bench, client: RealClient, before: str, way: str) -> None:
    ana, ben = bench.login("a.json", 0, days=9), bench.login("b.json", 1, days=9)
    for steps in range(1, MOST):
        client.use(ana.email, *filter(None, [before]))
        was_killed = client.use_killed(steps, ben.email, *filter(None, [way]))
        assert client.account(renew=False) in {ana.email, ben.email}
        # What the client has as a whole it may renew at once; the next run takes that back.
        if client.refresh_token:
            client.account(renew=True)
        client.use(ben.email)
        assert client.account(renew=False) == ben.email
        assert bench.is_live("a.json"), steps
        assert bench.is_live("b.json"), steps
        if not was_killed:
            assert steps > 2
            return
    pytest.fail("it never ends")

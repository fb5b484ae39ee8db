"""The real Codex client works with what `codex-probe use` gives it, and no login dies on the way.

It runs where REAL_CODEX names the client's program, as `npm install @openai/codex` brings it.
"""

import json
import os
import random
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from probe_tray.demo import DemoService
from tests.command.bench import Bench
from tests.support.patience import PATIENCE

CLIENT = os.environ.get("REAL_CODEX", "")
ROUNDS = 20

pytestmark = [pytest.mark.heavy, pytest.mark.skipif(not CLIENT, reason="REAL_CODEX names no client")]


class Relay(ThreadingHTTPServer):
    """Passes on what the simulated service knows, as this program would ask it; the rest is not there."""

    def __init__(self, demo: DemoService) -> None:
        super().__init__(("127.0.0.1", 0), RelayedRequest)
        self.demo = demo
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class RelayedRequest(BaseHTTPRequestHandler):
    server: Relay  # pyright: ignore[reportIncompatibleVariableOverride] - narrower

    def do_GET(self) -> None:
        if not self.path.endswith("/wham/usage"):
            self.answer(404, b"{}")
            return
        headers = {name: self.headers[name] for name in ("Authorization", "ChatGPT-Account-Id")}
        backend = self.server.demo.addresses.backend
        ours = {"Accept": "application/json", "User-Agent": "probe-tray/1.0"}
        self.relay(Request(f"{backend}/wham/usage", headers=headers | ours))  # noqa: S310 - loopback

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body.pop("refresh_reason", None)
        data, issuer = json.dumps(body).encode(), self.server.demo.addresses.issuer
        self.relay(Request(f"{issuer}{self.path}", data, {"Content-Type": "application/json"}))  # noqa: S310 - loopback

    def relay(self, request: Request) -> None:
        try:
            with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
                self.answer(answer.status, answer.read())
        except HTTPError as error:
            self.answer(error.code, error.read())

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the standard library calls it
        """Say nothing."""


class RealClient:
    """The client's app server, asked over its standard input."""

    def __init__(self, home: Path, relay: Relay) -> None:
        self.home, self._relay = home, relay
        home.mkdir()
        (home / "config.toml").write_text(
            f'chatgpt_base_url = "{relay.address}/backend-api"\ncheck_for_update_on_startup = false\n'
        )

    def ask(self, method: str, parameters: object = None) -> dict[str, Any]:
        address = self._relay.address
        process = subprocess.Popen(
            [CLIENT, "app-server"],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home.parent),
                "CODEX_HOME": str(self.home),
                "CODEX_REFRESH_TOKEN_URL_OVERRIDE": f"{address}/oauth/token",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        hello = {"clientInfo": {"name": "test", "version": "1"}}
        calls = ({"id": 0, "method": "initialize", "params": hello}, {"method": "initialized"})
        for call in (*calls, {"id": 1, "method": method, "params": parameters}):
            process.stdin.write(json.dumps(call) + "\n")
            process.stdin.flush()
        for line in process.stdout:
            answer = json.loads(line)
            if answer.get("id") == 1:
                process.kill()
                process.communicate()
                return answer
        raise AssertionError(process.communicate())


@pytest.fixture
def client(demo: DemoService, tmp_path: Path) -> Iterator[RealClient]:
    relay = Relay(demo)
    yield RealClient(tmp_path / "codex", relay)
    relay.shutdown()
    relay.server_close()


def test_two_accounts_take_turns_and_no_login_dies(bench: Bench, client: RealClient, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"sync_dir": str(bench.logins), "storage": "folder"}))
    names = {"ana.json": bench.login("ana.json", 0, days=9), "ben.json": bench.login("ben.json", 1, days=9)}
    chance = random.Random(17)  # noqa: S311 - no secret

    def run(*words: str) -> str:
        done = bench.run(*words, "--config", config, CODEX_HOME=str(client.home))
        assert done.returncode == 0, done.stderr.decode()
        return done.stderr.decode()

    for number in range(ROUNDS):
        name, login = list(names.items())[number % 2]
        words = ("use", login.email)
        killed = bench.start(*words, "--config", config, CODEX_HOME=str(client.home))
        time.sleep(chance.uniform(0.2, 1.2))
        bench.kill(killed)
        run(*words)
        # The client works, with this account.
        answer = client.ask("account/rateLimits/read")
        assert "result" in answer, answer
        assert [one.account for one in bench.demo.requests if one.path.endswith("/usage")][-1] == login.account_id
        tokens = json.loads((client.home / "auth.json").read_bytes())["tokens"]
        assert tokens["account_id"] == login.account_id
        assert tokens["refresh_token"] == ""
        run("--renew", "-f", str(bench.logins / name))
        renewed = json.loads((client.home / "auth.json").read_bytes())["tokens"]
        assert renewed["access_token"] == bench.held(name)["access_token"] != tokens["access_token"]
        other = next(one for one in names if one != name)
        assert bench.is_live(other), number
    # Both go on here.
    run("use", names["ana.json"].email)
    run("--renew", "-f", "--status")
    assert bench.is_live("ana.json")
    assert bench.is_live("ben.json")

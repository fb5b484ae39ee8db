"""Verbs for tests of the installed command."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from probe_tray.demo import DemoService
from probe_tray.demo.token_families import DemoLogin
from tests.support.mitm import Mitm
from tests.support.patience import PATIENCE

COMMAND = str(Path(sys.executable).with_name("codex-probe"))
TOKEN = "/oauth/token"
NO_WAY_OUT = {"HTTPS_PROXY": "http://127.0.0.1:9"}
"""A proxy that is not there, for a command that has no simulated service: it must not look for the real one."""
_TOKENS = ("id_token", "access_token", "refresh_token")


class Bench:
    """A service, the way to it, and a folder of logins."""

    def __init__(self, demo: DemoService, proxy: Mitm, logins: Path, data: Path) -> None:
        self.demo, self.proxy, self.logins, self.data = demo, proxy, logins, data

    def login(
        self, name: str = "a.json", number: int = 0, *, days: float = 1, more: Mapping[str, object] | None = None
    ) -> DemoLogin:
        """Write a credential file of one of the service's people, whose recorded end is so many ``days`` away."""
        issued = self.demo.issue_login(self.demo.people[number].email)
        write(self.logins / name, issued, days=days, more=more)
        return issued

    def refreshes(self, status: int = 0) -> int:
        """How many refresh requests were made, or got this answer."""
        return self.demo.count(TOKEN, grant="refresh_token", status=status)

    def run(self, *arguments: object, **environment: str) -> "subprocess.CompletedProcess[bytes]":
        """Run the command to its end."""
        return self.run_given(b"", *arguments, **environment)

    def run_given(self, given: bytes, *arguments: object, **environment: str) -> "subprocess.CompletedProcess[bytes]":
        """The same with ``given`` as its standard input."""
        return subprocess.run(
            [COMMAND, *map(str, arguments)],
            env=os.environ | self.proxy.environment | environment,
            cwd=self.logins.parent,
            input=given,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )

    def start(
        self, *arguments: object, before: Callable[[], None] | None = None, **environment: str
    ) -> "subprocess.Popen[bytes]":
        """Start the command; ``before`` is called in its process right before."""
        return subprocess.Popen(
            [COMMAND, *map(str, arguments)],
            env=os.environ | self.proxy.environment | environment,
            cwd=self.logins.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=before,  # noqa: PLW1509 - the tests' own process has no other thread that holds a lock then
        )

    def held(self, name: str = "a.json") -> dict[str, object]:
        """What a credential file holds now."""
        return cast("dict[str, object]", json.loads((self.logins / name).read_bytes()))

    def refresh_token(self, name: str = "a.json") -> str:
        """The refresh token in a file."""
        return str(self.held(name)["refresh_token"])

    def is_live(self, name: str = "a.json") -> bool:
        """Whether the service would renew what a file holds."""
        return self.demo.is_live(self.refresh_token(name))

    def journal(self) -> list[Path]:
        """The renewals that were not finished."""
        return sorted((self.data / "journal").glob("*.journal"))

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End it without a word."""
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE)


def write(path: Path, issued: DemoLogin, *, days: float = 1, more: Mapping[str, object] | None = None) -> None:
    """Write a login as the Go program does."""
    held: dict[str, object] = {name: getattr(issued, name) for name in _TOKENS}
    held |= {
        "account_id": issued.account_id,
        "last_refresh": "2026-11-22T15:04:05+08:00",
        "email": issued.email,
        "type": "codex",
        "expired": (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds"),
    }
    path.write_text(json.dumps(held | dict(more or {})))
    path.chmod(0o600)


def lines(data: bytes) -> list[str]:
    """What was printed, line by line."""
    return data.decode().splitlines()

"""Two accounts, a home of the official client, and what both programs do with the logins in it."""

import json
import os
import select
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, NamedTuple

import httpx
import msgspec

from probe_tray.adapters.logins.official_store import keyring_user
from probe_tray.demo import DemoService
from probe_tray.demo.token_families import DemoLogin
from tests.command.bench import TOKEN, write
from tests.desktop.walking import official_login
from tests.safety.use_driver import Run
from tests.support.mitm import Mitm
from tests.support.patience import PATIENCE
from tests.tooling.isolation import folders

ANA: Final = "ana@example.com"
BEN: Final = "lee@studio.example"
CLIENT_ID: Final = "app_EMoamEEZ73f0CkXaXp7hrann"
NAMES: Final = ("id_token", "access_token", "refresh_token")


class Ended(NamedTuple):
    """How a run of the command ended."""

    status: int
    said: str


class UseDriver:
    """The other end of the driver's standard streams."""

    def __init__(self, given: IO[str], answers: IO[str], *, patience: float = PATIENCE) -> None:
        self._given, self._answers, self._patience = given, answers, patience

    def run(self, task: Run) -> Ended:
        """One run, to its end. Raises AssertionError with what it said where that does not come, or the driver ends."""
        self._given.write(msgspec.json.encode(task).decode() + "\n")
        self._given.flush()
        # One line for each run: none is waiting in the buffer.
        came, _, _ = select.select([self._answers], [], [], self._patience)
        line = self._answers.readline() if came else ""
        path = Path(task.output)
        said = path.read_text(errors="replace") if path.exists() else ""
        assert came, f"{task.words} has not ended: {said}"
        assert line, f"the driver has ended: {said}"
        return Ended(int(line.split()[1]), said)


class UseBench:
    """One person's computer, with the logins of Ana in ``a.json`` and of Ben in ``b.json``."""

    def __init__(
        self,
        demo: DemoService,
        proxy: Mitm,
        driver: UseDriver,
        folder: Path,
        *,
        keyring: bool,
        later: Callable[[], None],
    ) -> None:
        """``keyring``: where the client keeps its login. ``later`` lets a second pass for the service."""
        folder.mkdir()
        self._later = later
        self._demo, self._driver, self._folder = demo, driver, folder
        self.home, self.logins, self.entries = folder / "codex", folder / "logins", folder / "keyring.json"
        self._with_keyring = keyring
        for made in (self.home, self.logins):
            made.mkdir(mode=0o700)
        config = folder / "config.json"
        config.write_text(json.dumps({"sync_dir": str(self.logins), "storage": "folder"}))
        self._config = str(config)
        self._environment = os.environ | folders(folder / "user") | proxy.environment | {"CODEX_HOME": str(self.home)}
        if keyring:
            (self.home / "config.toml").write_text('cli_auth_credentials_store = "keyring"\n')
        for email, name in ((ANA, "a.json"), (BEN, "b.json")):
            write(self.logins / name, demo.issue_login(email), days=9)
        self.eva = demo.issue_login(demo.people[2].email)

    def use(self, *words: str, step: int = 0, error: int = 0) -> Ended:
        """`codex-probe use` with these words; see ``Run`` for the rest."""
        return self._run(("use", *words, "--config", self._config), step=step, error=error)

    def renew(self) -> Ended:
        """Renew all that is ours to renew."""
        self._later()
        return self._run(("--renew", "-f", "--config", self._config))

    def _run(self, words: tuple[str, ...], *, step: int = 0, error: int = 0) -> Ended:
        keyring = str(self.entries) if self._with_keyring else ""
        output = str(self._folder / "output")
        environment = dict(self._environment)
        task = Run(words=words, environment=environment, output=output, step=step, error=error, keyring=keyring)
        return self._driver.run(task)

    @property
    def text(self) -> str | None:
        """What is in the client's place."""
        if self._with_keyring:
            return self._entries().get(self._entry)
        path = self.home / "auth.json"
        return path.read_text() if path.exists() else None

    def put(self, text: str) -> None:
        """Somebody puts something else there."""
        if self._with_keyring:
            self.entries.write_text(json.dumps({**self._entries(), self._entry: text}))
        else:
            (self.home / "auth.json").write_text(text)

    def _entries(self) -> dict[str, str]:
        return json.loads(self.entries.read_text()) if self.entries.exists() else {}

    @property
    def _entry(self) -> str:
        return f"Codex Auth {keyring_user(self.home)}"

    def log_in(self, login: DemoLogin) -> None:
        """`codex login`."""
        self.put(official_login(login).decode())

    def client_goes_on(self) -> str:
        """The client works with what is in its place, and renews what it can; how that went."""
        if self.text is None:
            return "nothing there"
        held = json.loads(self.text)
        tokens = held.get("tokens")
        if tokens is None:
            return "no account"
        if tokens["refresh_token"]:
            answer = self._renewed(tokens["refresh_token"])
            if not answer.is_success:
                return f"refused: {answer.text}"
            fresh = answer.json()
            tokens |= {name: fresh[name] for name in NAMES}
            self.put(json.dumps(held | {"last_refresh": datetime.now(UTC).isoformat()}))
        return "works" if self._answers(tokens) else "its access token is dead"

    def _renewed(self, token: str) -> httpx.Response:
        self._later()
        form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": CLIENT_ID}
        return self._ask("POST", self._demo.addresses.issuer + TOKEN, {}, form)

    def _answers(self, tokens: dict[str, str]) -> bool:
        headers = {"authorization": f"Bearer {tokens['access_token']}", "chatgpt-account-id": tokens["account_id"]}
        return self._ask("GET", f"{self._demo.addresses.backend}/wham/usage", headers, None).is_success

    def _ask(self, method: str, address: str, headers: dict[str, str], form: dict[str, str] | None) -> httpx.Response:
        own = {"accept": "application/json", "user-agent": "probe-tray/1.0.0"}
        with httpx.Client(trust_env=False) as service:
            return service.request(method, address, headers=headers | own, data=form)

    def held(self) -> dict[str, str]:
        """The refresh token in each of our files."""
        files = sorted(self.logins.glob("*.json"))
        return {path.name: json.loads(path.read_bytes())["refresh_token"] for path in files}

    def dead(self) -> list[str]:
        """Which of our files hold a refresh token that the service would refuse."""
        return [name for name, token in self.held().items() if not self._demo.is_live(token)]

    def holds(self, login: DemoLogin) -> bool:
        """Whether one of our files holds this person's login."""
        return any(json.loads(path.read_bytes())["email"] == login.email for path in self.logins.glob("*.json"))


class Story(NamedTuple):
    """What was before, and the exchange that is broken off."""

    prepare: Callable[[UseBench], object]
    words: tuple[str, ...]

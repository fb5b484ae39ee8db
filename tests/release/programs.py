"""Both programs as somebody installed them, with verbs for what a first use does."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from probe_tray.demo import DemoService
from tests.command.bench import write
from tests.desktop.waiting import wait_for
from tests.support.mitm import Mitm
from tests.support.patience import PATIENCE

CHINESE: Final = {"LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8", "LANGUAGE": "zh_CN"}
_SECONDS: Final = PATIENCE


class Programs:
    """The folder that has them; nothing of the checkout is on their way."""

    def __init__(self, folder: Path, place: Path) -> None:
        """``place`` is where they run and where a first use leaves its files."""
        self._folder, self._place = folder, place

    def run(self, program: str, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """Run one of them to its end, which must be a good one, and return what it printed."""
        done = subprocess.run(
            [self._folder / program, *arguments],
            env=self._environment(env),
            cwd=self._place,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{program} ended with {done.returncode}: {done.stderr}"
        return done.stdout

    def status(self) -> str:
        """What ``codex-probe --status`` prints in Chinese about one login, asked of the simulated service."""
        certificates, logins = self._place / "ca", self._place / "logins"
        for folder in (certificates, logins):
            folder.mkdir(mode=0o700)
        with DemoService() as service, Mitm(service.addresses, certificates) as proxy:
            person = service.people[0].email
            write(logins / "a.json", service.issue_login(person))
            printed = self.run("codex-probe", "--status", str(logins), env=proxy.environment | CHINESE)
            assert service.violations == ()
        assert person in printed
        return printed

    def start_and_quit_tray(self) -> None:
        """Start the tray app without a screen, with the simulated service, until it answers; then have it quit."""
        tray = subprocess.Popen(
            [self._folder / "probe-tray", "--demo", "--background"],
            env=self._environment({"QT_QPA_PLATFORM": "offscreen"}),
            cwd=self._place,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for("the tray app", lambda: tray.poll() is not None or self._quits(), seconds=_SECONDS)
            said, _ = tray.communicate(timeout=_SECONDS)
        finally:
            tray.kill()
            tray.wait(_SECONDS)
        assert tray.returncode == 0, said.decode()

    def _quits(self) -> bool:
        return "is quitting" in self.run("probe-tray", "--demo", "--quit")

    def _environment(self, more: Mapping[str, str] | None) -> dict[str, str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "VIRTUAL_ENV"))}
        return env | {"QT_QPA_PLATFORM": "offscreen"} | dict(more or {})


def assert_both_work(programs: Programs, version: str) -> None:
    """What a person does first with each: its version, its help, a status in Chinese, a start of the tray app."""
    assert programs.run("codex-probe", "--version").strip() == f"codex-probe {version}"
    assert programs.run("probe-tray", "--version").strip() == f"probe-tray {version}"
    assert "usage" in programs.run("codex-probe", "--help").lower()
    status = programs.status()
    # The catalogue is a file that ships with the program.
    assert "账户" in status
    assert "%" in status
    programs.start_and_quit_tray()

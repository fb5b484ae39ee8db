"""The answers for scripts: from the running app without a request, else from the service."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.command.bench import Bench
from tests.desktop.waiting import wait_for
from tests.support.patience import PATIENCE

TRAY = str(Path(sys.executable).with_name("probe-tray"))
USAGE = "/wham/usage"


@contextmanager
def tray(bench: Bench, home: Path, **settings: object) -> Generator[None]:
    """The running app with the folder of logins, once it has asked for every quota."""
    config = home / ".config" / "probe-tray" / "config.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps({"storage": "folder", "sync_dir": str(bench.logins)} | settings))
    config.chmod(0o600)
    running = subprocess.Popen(
        [TRAY, "--background"],
        env=os.environ | bench.proxy.environment | {"QT_QPA_PLATFORM": "offscreen"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    accounts = len(list(bench.logins.glob("*.json")))
    try:
        assert wait_for("the first checks", lambda: bench.demo.count(USAGE) >= accounts, seconds=PATIENCE)
        yield
    finally:
        running.terminate()
        running.wait(PATIENCE)


def test_next_asks_the_service_where_no_app_runs(bench: Bench) -> None:
    emails = [person.email for person in bench.demo.people[:3]]
    for number in range(3):
        bench.login(f"{number}.json", number, days=9)
    done = bench.run("next", "logins")
    assert (done.returncode, done.stdout.decode()) == (0, f"{emails[0]}\n"), done.stderr
    assert bench.demo.count(USAGE) == 3
    found = json.loads(bench.run("next", "--json", "--hide-names", "logins").stdout)
    assert (found["name"], found["email"], found["usable"]) == ("a•••@e•••", "", True)


def test_next_takes_the_running_apps_numbers_without_a_request(bench: Bench, home: Path) -> None:
    for number in range(2):
        bench.login(f"{number}.json", number, days=9)
    with tray(bench, home):
        first = bench.run("next")
        asked = bench.demo.count(USAGE)
        again = bench.run("next")
        assert (again.returncode, again.stdout) == (0, f"{bench.demo.people[0].email}\n".encode()), again.stderr
        assert (first.stdout, bench.demo.count(USAGE)) == (again.stdout, asked)
        # Another configuration has other accounts, which the running app knows nothing of.
        assert bench.run("next", "logins/1.json").stdout == f"{bench.demo.people[1].email}\n".encode()
        assert bench.demo.count(USAGE) == asked + 1

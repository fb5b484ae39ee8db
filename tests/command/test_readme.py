"""The commands that README shows, run as they stand there."""

import re
import shlex

import pytest

import project
from tests.command.bench import Bench

_LINES = re.findall(
    r"^uv run codex-probe (\S.*?)(?: +# .*)?$", (project.ROOT / "README.md").read_text("utf-8"), re.MULTILINE
)
ELSEWHERE = {
    "--login -o ~/logins/": "tests/command/test_login.py",  # a browser comes back there
    "use you@example.com": "tests/command/test_use.py",  # with a home of Codex
    "--sync": "tests/command/test_sync.py",  # with a table, as the others below
    "--sync --show-code": "tests/command/test_setup_code.py",
    "--sync --change-key": "tests/database/test_table_commands.py",
    "--sync --stop-sharing you@example.com": "tests/database/test_table_commands.py",
}
"""What needs more than a folder of logins is run there."""


def test_what_is_run_elsewhere_is_still_shown() -> None:
    assert set(ELSEWHERE) <= set(_LINES)
    for shown, where in ELSEWHERE.items():
        parts = shlex.split(shown)
        option = next((part for part in reversed(parts) if part.startswith("--")), parts[0])
        assert f'"{option}"' in (project.ROOT / where).read_text("utf-8")


@pytest.mark.parametrize("shown", [line for line in _LINES if line not in ELSEWHERE])
def test_it_works_as_shown(bench: Bench, shown: str) -> None:
    bench.login("a.json")
    for number, name in enumerate(("a.json", "b.json")):
        bench.login(f"../{name}", number)
    arguments = [str(bench.logins) if part == "~/logins" else part for part in shlex.split(shown)]
    done = bench.run(*arguments)
    # This machine may lack what diagnose looks for.
    assert done.returncode in ({0, 1} if "diagnose" in shown else {0}), done.stderr.decode()
    assert done.stdout
    if "--output" in shown:
        assert (bench.logins.parent / "x.csv").read_text().count(",200,") == 2

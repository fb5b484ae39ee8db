"""Run every check of the project: `uv run python -m tests`.

All steps run even if one fails; the exit status is 0 only if all of them passed. The last line is pytest's own count.
On Debian and Ubuntu the first step installs the system packages that the tests need, and names them before.
`--no-install` installs nothing: the tests that need a missing program are skipped.
`--quick` leaves the desktop tests out, `--heavy` adds those that take minutes, `--coverage` says which lines no test
reaches and fails below 80 % of them, in twice the time; any other argument goes to pytest.
`--pythons` does something else: it runs all but the desktop tests on every other supported Python that this machine
has, each in an environment of its own below `.venvs`.
"""

import sys

from tests.tooling.pythons import other_pythons
from tests.tooling.steps import Pytest, Step, run_all, say, system_packages, tool, type_checks
from tests.tooling.workflows import workflow_checks


def main(arguments: list[str]) -> int:
    """Run the steps and return the exit status."""
    if {"-h", "--help"} & set(arguments):
        say(__doc__ or "")
        return 0
    install = "--no-install" not in arguments
    for_pytest = [one for one in arguments if one not in {"--pythons", "--no-install", "--coverage"}]
    if "--pythons" in arguments:
        running = f"{sys.version_info.major}.{sys.version_info.minor}"
        return _result(run_all(other_pythons(running, for_pytest)))
    pytest = Pytest(for_pytest, measures="--coverage" in arguments)
    steps: list[Step] = [] if "--quick" in arguments else [system_packages(install=install)]
    steps += [
        tool("ruff", "format", "--check", "."),
        tool("ruff", "check", "."),
        type_checks(),
        tool("lint-imports", "--no-logo"),
        workflow_checks(),
        pytest.step(),
    ]
    status = _result(run_all(steps))
    say(pytest.last_line)
    return status


def _result(failed: list[str]) -> int:
    say("\n==== result ====")
    say(f"FAILED: {', '.join(failed)}" if failed else "Every step passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

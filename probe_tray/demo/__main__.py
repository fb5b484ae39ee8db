"""``python -m probe_tray.demo``: the simulated service alone, until Ctrl-C."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from probe_tray.demo.people import people
from probe_tray.demo.service import DemoService

_WRONG = 2
_SAMPLES = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run until interrupted; the first three lines of output name issuer, backend and table, each with its address."""
    options = _parser().parse_args(argv)
    service = DemoService(
        people=people(options.accounts), port=options.port, time_scale=options.time_scale, state_file=options.state
    )
    try:
        addresses = service.start()
    except OSError as error:
        sys.stderr.write(f"The simulated service cannot listen: {error.strerror}. Choose another --port.\n")
        return _WRONG
    enough = threading.Event()

    def finish(number: int, frame: FrameType | None) -> None:
        del number, frame
        enough.set()

    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, finish)
    sys.stdout.write(f"issuer {addresses.issuer}\nbackend {addresses.backend}\ntable {addresses.table}\n")
    sys.stdout.write(f"releases {addresses.releases}\n")
    sys.stdout.flush()
    enough.wait()
    service.stop()
    for violation in service.violations:
        sys.stderr.write(f"not in the specification: {violation.method} {violation.path}: {violation.problem}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m probe_tray.demo", description="The simulated service, alone.")
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        help="the issuer's port, the others take the next ones (default: free ones)",
    )
    parser.add_argument("--accounts", type=int, default=_SAMPLES, help="how many people have an account (default: 3)")
    parser.add_argument("--time-scale", type=float, default=1.0, help="how many times as fast quotas fill (default: 1)")
    parser.add_argument("--state", type=Path, help="a file that remembers logins between runs")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""The simulated service as a process: ``python -m tests.bench.service FOLDER ACCOUNTS LATENCY SPEED``.

It prints where it is, then for each line of its standard input how many quotas were asked for, and ends with that
input. The logins of its people lie in ``FOLDER/logins``, in the form of credential files.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from probe_tray.demo import DemoService
from probe_tray.demo.fault_plan import Fault
from probe_tray.demo.people import person, personal
from probe_tray.demo.shapes import plus
from probe_tray.demo.table import PUBLISHABLE_KEY
from tests.command.bench import write
from tests.support.mitm import Mitm

USAGE: Final = "/wham/usage"


class ServiceAddresses(msgspec.Struct, frozen=True, kw_only=True):
    """How a program gets there."""

    proxy: str
    certificate: str
    table: str
    table_key: str

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to be given."""
        return {"HTTPS_PROXY": self.proxy, "SSL_CERT_FILE": self.certificate, "NO_PROXY": "127.0.0.1"}


def main() -> None:
    """Serve until the input ends."""
    folder, accounts = Path(sys.argv[1]), int(sys.argv[2])
    latency, speed = float(sys.argv[3]), float(sys.argv[4])
    origin, began = datetime.now(UTC), time.monotonic()

    def now() -> datetime:
        return origin + timedelta(seconds=(time.monotonic() - began) * speed)

    emails = [f"person-{number:04}@example.com" for number in range(accounts)]
    people = [
        person(email, personal(email, "plus", plus(20 + at % 60, 30 + at % 50))) for at, email in enumerate(emails)
    ]
    logins = folder / "logins"
    logins.mkdir(exist_ok=True)
    with DemoService(people=people, now=now) as demo:
        for number, email in enumerate(emails):
            write(logins / f"{number:04}.json", demo.issue_login(email), days=10)
        if latency:
            demo.faults.add(USAGE, Fault(delay=latency), times=None)
        with Mitm(demo.addresses, folder) as proxy:
            way = proxy.environment
            _say(
                ServiceAddresses(
                    proxy=way["HTTPS_PROXY"],
                    certificate=way["SSL_CERT_FILE"],
                    table=demo.addresses.table,
                    table_key=PUBLISHABLE_KEY,
                )
            )
            for _ in sys.stdin:
                _say(demo.count(USAGE))


def _say(what: object) -> None:
    sys.stdout.write(msgspec.json.encode(what).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

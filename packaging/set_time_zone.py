"""Give a Windows machine that is there for tests the time zone in which they tell local times: UTC+8, no summer time.

    uv run python packaging/set_time_zone.py

Elsewhere the tests do it themselves, by the variable TZ, which Windows knows nothing of. On a computer of your own,
`tzutil /g` tells the zone to go back to.
"""

import subprocess
import sys
from typing import Final

ZONE: Final = "China Standard Time"
"""Microsoft's name of Asia/Shanghai (``tzutil /l``)."""


def command(platform: str) -> tuple[str, ...]:
    """What sets it; nothing where ``platform``, as ``sys.platform`` has it, needs none."""
    return ("tzutil", "/s", ZONE) if platform == "win32" else ()


def main() -> int:
    """Set it; the exit status of what did."""
    wanted = command(sys.platform)
    return subprocess.run(wanted, check=False).returncode if wanted else 0


if __name__ == "__main__":
    sys.exit(main())

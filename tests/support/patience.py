"""How long a test waits for something outside itself before it gives up."""

from typing import Final

#: Seconds. What works arrives long before, so that this costs nothing; a machine that is busy with something else
#: makes a thread, a process or a disk wait for tens of seconds, and no test should fail for that.
PATIENCE: Final = 120.0
#: The same in milliseconds, as Qt counts.
PATIENCE_MS: Final = int(PATIENCE * 1000)

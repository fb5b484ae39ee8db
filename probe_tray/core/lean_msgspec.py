"""msgspec without typing_extensions, which has for older Pythons what this one's ``typing`` has: 0.5 MB and 6 ms.

WORKAROUND msgspec 0.22 (https://github.com/jcrist/msgspec, _utils.py): it takes that package wherever it is installed,
and does without where it is not. Whoever else wants it gets it.

What may be the first to load msgspec takes it from here; all others get the one that is there.
"""

import sys
from types import ModuleType
from typing import cast

_NAME = "typing_extensions"
_absent = _NAME not in sys.modules
if _absent:
    # What is None there cannot be imported.
    sys.modules[_NAME] = cast("ModuleType", None)
try:
    import msgspec as msgspec  # noqa: PLC0414 - for others to import from here
finally:
    if _absent:
        del sys.modules[_NAME]

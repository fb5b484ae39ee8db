"""One adapter per port, layer 3: the only package that touches disks, keyrings, networks, browsers and clocks.

Imports ``core`` and ``ports`` and no other package of its layer. Foreign exceptions are turned into leaves of
``ProbeError`` here.
"""

import sys
from types import ModuleType

from probe_tray.adapters.lean_import import import_lean

# WORKAROUND httpx 0.28.1 (https://github.com/encode/httpx, httpx/__init__.py): where click is installed, importing it
# loads its own command line too, rich and pygments with it, 7 MB and 100 ms at every start. It takes the failure of
# that import for a missing click, so it finds a module here that has nothing in it.
sys.modules.setdefault("httpx._main", ModuleType("httpx._main"))

# Before pathlib asks for it: half a megabyte, and 3 ms of each start.
import_lean("urllib.parse")

"""One adapter per port, layer 3: the only package that touches disks, keyrings, networks, browsers and clocks.

Imports ``core`` and ``ports`` and no other package of its layer. Foreign exceptions are turned into leaves of
``ProbeError`` here.
"""

import sys
from types import ModuleType

# WORKAROUND httpx 0.28.1 (https://github.com/encode/httpx, httpx/__init__.py): where click is installed, importing it
# loads its own command line too, rich and pygments with it, 7 MB and 100 ms at every start. It takes the failure of
# that import for a missing click, so it finds a module here that has nothing in it.
sys.modules.setdefault("httpx._main", ModuleType("httpx._main"))

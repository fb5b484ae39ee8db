"""One adapter per port, floor 3: the only room that touches disks, keyrings, networks, browsers and clocks.

Imports ``core`` and ``ports`` and no sibling room. Foreign exceptions are turned into leaves of ``ProbeError`` here.
"""

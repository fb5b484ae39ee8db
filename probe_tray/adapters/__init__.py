"""One adapter per port, layer 3: the only package that touches disks, keyrings, networks, browsers and clocks.

Imports ``core`` and ``ports`` and no other package of its layer. Foreign exceptions are turned into leaves of
``ProbeError`` here.
"""

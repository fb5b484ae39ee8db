"""The tests that run installed programs on a real desktop of their own.

`bench.py` is the desktop and its verbs; the other modules are what it is made of. Nothing here knows
how Probe Tray is built: these tests see what a person at the screen sees.
"""

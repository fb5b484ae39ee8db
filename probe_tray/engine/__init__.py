"""Use cases, layer 3: what the program does, in terms of ports.

Imports ``core`` and ``ports`` only. Everything runs on one event loop;
whatever may block is behind a port.
"""

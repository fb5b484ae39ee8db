"""The ``codex-probe`` command, floor 5: flags in, tables and exit states out.

Imports what lies below, never Qt; ``main`` loads the rest only once it is known to be wanted, so that it starts fast.
"""

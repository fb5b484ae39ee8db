"""The ``codex-probe`` command, layer 5: flags in, tables and exit states out.

Imports what lies below, never Qt; ``main`` loads the rest only once it is known to be wanted, so that it starts fast.
"""

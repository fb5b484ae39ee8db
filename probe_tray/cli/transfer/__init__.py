"""``codex-probe --import`` and ``--export``."""

"""``codex-probe --login``."""

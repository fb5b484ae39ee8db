"""``codex-probe --sync``."""

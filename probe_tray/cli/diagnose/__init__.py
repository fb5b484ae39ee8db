"""``codex-probe diagnose``."""

"""``codex-probe use``."""

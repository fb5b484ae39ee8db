"""``codex-probe next`` and the other actions that need nothing but the last numbers."""

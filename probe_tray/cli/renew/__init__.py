"""``codex-probe --renew``, ``--status`` and ``--apitest``."""

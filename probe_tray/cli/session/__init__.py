"""How every action of ``codex-probe`` starts and ends."""

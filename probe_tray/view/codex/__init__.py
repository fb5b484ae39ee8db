"""Use in Codex, in words."""
